"""Seals an ECG of which nothing more will come: hashes its files, and signs what they are.

Sealed once: what is found in the folder afterwards is checked against the first manifest, never signed anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from media_server.ecg.descriptor import Descriptor
from media_server.ecg.spans import Spans
from recording.canonical import canonical_json
from recording.ecg.ecg_manifest import (
    FORMAT,
    STATED_FILE,
    VITALS_FILE,
    EcgManifest,
    LedgerHead,
    SealedEpoch,
    SealedFile,
    Stretch,
)
from recording.ecg.frame_log import FILE_SUFFIX, envelopes
from recording.files import write_atomically
from recording.manifest import MANIFEST_FILE, SIGNATURE_FILE, sign_manifest
from recording.signing import Signer


class SealRequest(NamedTuple):
    """What the manifest says beside what lies in the folder."""

    ecg: str
    descriptor: Descriptor
    ledger: LedgerHead
    sealed_at_ms: int


class _Epoch(NamedTuple):
    spans: Spans
    first_taken_us: dict[int, int]


def is_sealed(folder: Path) -> bool:
    """Whether the folder has been sealed."""
    return (folder / MANIFEST_FILE).exists()


def seal_ecg(folder: Path, request: SealRequest, signer: Signer) -> bool:
    """Writes and signs the manifest of a folder whose log is closed; returns whether it did: one that is
    sealed stays as it is.

    Raises OSError: nothing is sealed, and it may be tried again.
    """
    if is_sealed(folder):
        return False
    files: list[SealedFile] = []
    epochs: dict[int, _Epoch] = {}
    for path in _files(folder):
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        files.append(SealedFile(file=path.name, bytes=len(content), sha256=digest))
        if path.suffix == FILE_SUFFIX:
            _note(epochs, content)
    manifest = EcgManifest(
        format=FORMAT,
        suite=signer.suite,
        key=signer.key_fingerprint,
        ecg=request.ecg,
        descriptor=dict(request.descriptor.as_json()),
        epochs=[_sealed(number, epoch) for number, epoch in sorted(epochs.items())],
        files=files,
        ledger=request.ledger,
        sealed_at_ms=request.sealed_at_ms,
    )
    content = canonical_json(manifest.model_dump())
    # A folder with a manifest is sealed: it comes last.
    write_atomically(folder / SIGNATURE_FILE, sign_manifest(content, signer))
    write_atomically(folder / MANIFEST_FILE, content)
    return True


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*" + FILE_SUFFIX))
    yield from (folder / name for name in (VITALS_FILE, STATED_FILE) if (folder / name).exists())


def _note(epochs: dict[int, _Epoch], content: bytes) -> None:
    for envelope in envelopes(content):
        epoch = epochs.setdefault(envelope.epoch, _Epoch(Spans(), {}))
        epoch.spans.add(envelope.first_sample, envelope.end_sample)
        epoch.first_taken_us[envelope.first_sample] = envelope.taken_us


def _sealed(number: int, epoch: _Epoch) -> SealedEpoch:
    first = next(iter(epoch.spans)).start
    return SealedEpoch(
        epoch=number,
        first=first,
        end=epoch.spans.end,
        first_taken_us=epoch.first_taken_us[first],
        gaps=[Stretch(first=gap.start, end=gap.end) for gap in epoch.spans.missing(first, epoch.spans.end)],
    )
