"""Proves a sealed ECG from its files and the public key alone, as verify.py does a recording.

Unaltered: signed by the trusted key, every file as the manifest says, nothing added; and where a manifest was
set aside, all that it told of is still what its files begin with. Nothing missing: every file is here;
stretches that the device itself has lost, and those that somebody has declared lost, are known gaps and do
not spoil it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from media_server.ecg.descriptor import parse_descriptor
from media_server.ecg.errors import MalformedDescriptor
from media_server.ecg.spans import Spans
from recording.ecg.ecg_manifest import EcgManifest, SealedFile, parse_ecg_manifest
from recording.ecg.frame_log import envelopes
from recording.manifest import MANIFEST_FILE, SIGNATURE_FILE, Malformed
from recording.sealed_files import read_small
from recording.signature_check import check_signature
from recording.verdict import Completeness, Fault, Integrity, KnownGap, Verdict, untrusted

GAP_CAUSE = "not_sent"
"""The gateway never had these samples: its device lost them."""
LOST_CAUSE = "declared_lost"
"""The gateway may have had them and has not returned: somebody has declared them lost."""
END_CAUSE = "end_unknown"
"""Nobody knows whether there was more after the last sample."""


def verify_ecg(folder: Path, manifest_bytes: bytes, public_key: Ed25519PublicKey) -> Verdict:
    """Checks everything in the folder of an ECG against the trusted key. Raises nothing of the files'
    making.
    """
    try:
        manifest = parse_ecg_manifest(manifest_bytes)
        rate_hz = parse_descriptor(manifest.descriptor).rate_hz
    except Malformed as error:
        return untrusted("invalid", Fault(MANIFEST_FILE, error.offset, "manifest_malformed"))
    except MalformedDescriptor:
        return untrusted("invalid", Fault(MANIFEST_FILE, 0, "manifest_malformed"))
    signature, fault_in_signature = check_signature(folder, manifest, manifest_bytes, public_key)
    if fault_in_signature is not None:
        return untrusted(signature, fault_in_signature)
    altered: list[Fault] = []
    missing: list[Fault] = []
    for file in manifest.files:
        fault = _fault_of(folder / file.file, file)
        if fault is not None:
            (missing if fault.code == "segment_missing" else altered).append(fault)
    sound = len(manifest.files) - len(altered) - len(missing)
    altered += _extra_files(folder, manifest)
    if not altered and not missing:
        altered += _faults_of_former(folder, manifest, public_key)
    return Verdict(
        manifest.ecg,
        Integrity("altered" if altered else "unaltered", sound, "valid", next(iter(altered), None)),
        Completeness(
            "something_missing" if missing else "nothing_missing",
            1,
            0,
            _known_gaps(manifest, rate_hz),
            next(iter(missing), None),
        ),
    )


def _fault_of(path: Path, stated: SealedFile) -> Fault | None:
    content = read_small(path)
    if content is None:
        code = "not_a_readable_file" if os.path.lexists(path) else "segment_missing"
        return Fault(stated.file, None, code)
    if len(content) < stated.bytes:
        return Fault(stated.file, len(content), "segment_shortened")
    if len(content) > stated.bytes:
        return Fault(stated.file, stated.bytes, "segment_lengthened")
    if hashlib.sha256(content).hexdigest() != stated.sha256:
        return Fault(stated.file, _whole_frames(content), "segment_altered")
    return None


def _whole_frames(content: bytes) -> int:
    """Where the first frame begins that is not whole; 0 where all are: then others stand in their place."""
    end = max((envelope.end for envelope in envelopes(content)), default=0)
    return end if end < len(content) else 0


def _extra_files(folder: Path, manifest: EcgManifest) -> list[Fault]:
    expected = {MANIFEST_FILE, SIGNATURE_FILE, *(file.file for file in manifest.files)}
    return [
        Fault(name.encode("utf-8", "backslashreplace").decode(), 0, "extra_file")
        for name in sorted(path.name for path in folder.iterdir())
        if name not in expected
    ]


def _faults_of_former(folder: Path, manifest: EcgManifest, public_key: Ed25519PublicKey) -> list[Fault]:
    """What of the files is not as a manifest told that was set aside."""
    faults: list[Fault] = []
    for name in (file.file for file in manifest.files if file.file.startswith("manifest-")):
        if not name.endswith(".json"):
            continue
        content = (folder / name).read_bytes()
        try:
            former = parse_ecg_manifest(content)
        except Malformed as error:
            faults.append(Fault(name, error.offset, "manifest_malformed"))
            continue
        signature_name = name.removesuffix(".json") + ".sig"
        _, fault = check_signature(folder, former, content, public_key, names=(name, signature_name))
        faults += [] if fault is None else [fault]
        for file in former.files:
            begins = (read_small(folder / file.file) or b"")[: file.bytes]
            if hashlib.sha256(begins).hexdigest() != file.sha256:
                faults.append(Fault(file.file, _whole_frames(begins), "segment_altered"))
    return faults


def _known_gaps(manifest: EcgManifest, rate_hz: int) -> tuple[KnownGap, ...]:
    firsts = {epoch.epoch: epoch.first for epoch in manifest.epochs}
    return tuple(
        KnownGap(
            f"epoch {epoch}",
            "ECG",
            max(0, first - firsts.get(epoch, 0)) * 1000 // rate_hz,
            max(0, end - firsts.get(epoch, 0)) * 1000 // rate_hz,
            cause,
        )
        for epoch, first, end, cause in sorted(_stretches_gone(manifest))
    )


def _stretches_gone(manifest: EcgManifest) -> Iterator[tuple[int, int, int, str]]:
    """Yields epoch, first and end sample, and why."""
    lost: dict[int, Spans] = {}
    if manifest.lost is not None:
        for stretch in manifest.lost.stretches:
            lost.setdefault(stretch.epoch, Spans()).add(stretch.first, stretch.end)
            yield stretch.epoch, stretch.first, stretch.end, LOST_CAUSE
        if manifest.epochs and not manifest.lost.is_end_known:
            last = manifest.epochs[-1]
            yield last.epoch, last.end, last.end, END_CAUSE
    for epoch in manifest.epochs:
        for gap in epoch.gaps:
            for rest in lost.get(epoch.epoch, Spans()).missing(gap.first, gap.end):
                yield epoch.epoch, rest.start, rest.end, GAP_CAUSE
