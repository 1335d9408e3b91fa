"""Seals an ECG of which nothing more is waited for: hashes its files, and signs what they are.

What is found in a sealed folder is checked against its manifest, never signed anew. Only what a gateway
brings after all, of an ECG whose rest was given up, is added: the manifest is set aside first, becomes a file
among the others, and the next manifest covers it together with what has come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from media_server.ecg.descriptor import Descriptor
from media_server.ecg.spans import Span, Spans
from recording.canonical import canonical_json
from recording.ecg.ecg_manifest import (
    FORMAT,
    STATED_FILE,
    VITALS_FILE,
    EcgManifest,
    LedgerHead,
    LostRest,
    LostStretch,
    SealedEpoch,
    SealedFile,
    Stretch,
    parse_ecg_manifest,
)
from recording.ecg.frame_log import FILE_SUFFIX, envelopes
from recording.files import sync_folder, write_atomically
from recording.manifest import MANIFEST_FILE, SIGNATURE_FILE, Malformed, sign_manifest
from recording.sealed_files import read_small
from recording.signing import Signer

_ASIDE: Final = "manifest-[0-9][0-9][0-9][0-9]"
"""What manifests are called that were set aside."""


class GivenUpRest(NamedTuple):
    """That the rest was declared lost. ``missing`` returns what is missing, epoch and samples, of what the
    folder holds of each epoch.
    """

    declared_at_ms: int
    is_end_known: bool
    missing: Callable[[Mapping[int, Spans]], Iterable[tuple[int, Span]]]


class SealRequest(NamedTuple):
    """What the manifest says beside what lies in the folder."""

    ecg: str
    descriptor: Descriptor
    ledger: LedgerHead
    sealed_at_ms: int
    given_up: GivenUpRest | None = None


class _Epoch(NamedTuple):
    spans: Spans
    first_taken_us: dict[int, int]


def is_sealed(folder: Path) -> bool:
    """Whether the folder has been sealed."""
    return (folder / MANIFEST_FILE).exists()


def is_whole(folder: Path) -> bool:
    """Whether the folder has been sealed, and nothing of the ECG was given up then."""
    content = read_small(folder / MANIFEST_FILE)
    if content is None:
        return False
    try:
        return parse_ecg_manifest(content).lost is None
    except Malformed:
        # Evidence: nothing is changed there.
        return True


def set_aside(folder: Path) -> None:
    """Has a folder be unsealed to which something is to be added; its manifest and signature stay under other
    names. Harmless for one that is not sealed. Raises OSError.
    """
    if not is_sealed(folder):
        return
    name = f"manifest-{len(list(folder.glob(_ASIDE + '.json'))) + 1:04d}"
    signature = read_small(folder / SIGNATURE_FILE)
    if signature is not None:
        write_atomically(folder / f"{name}.sig", signature)
    # A folder without a manifest is not sealed: it goes last.
    (folder / MANIFEST_FILE).rename(folder / f"{name}.json")
    (folder / SIGNATURE_FILE).unlink(missing_ok=True)
    sync_folder(folder)


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
        lost=None if request.given_up is None else _lost(request.given_up, epochs),
    )
    content = canonical_json(manifest.model_dump(exclude={"lost"} if manifest.lost is None else None))
    # A folder with a manifest is sealed: it comes last.
    write_atomically(folder / SIGNATURE_FILE, sign_manifest(content, signer))
    write_atomically(folder / MANIFEST_FILE, content)
    return True


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*" + FILE_SUFFIX))
    yield from (folder / name for name in (VITALS_FILE, STATED_FILE) if (folder / name).exists())
    yield from sorted([*folder.glob(_ASIDE + ".json"), *folder.glob(_ASIDE + ".sig")])


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


def _lost(given_up: GivenUpRest, epochs: Mapping[int, _Epoch]) -> LostRest:
    missing = given_up.missing({number: epoch.spans for number, epoch in epochs.items()})
    return LostRest(
        declared_at_ms=given_up.declared_at_ms,
        is_end_known=given_up.is_end_known,
        stretches=[LostStretch(epoch=number, first=hole.start, end=hole.end) for number, hole in missing],
    )
