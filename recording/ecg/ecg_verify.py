"""Proves a sealed ECG from its files and the public key alone, as verify.py does a recording.

Unaltered: signed by the trusted key, every file as the manifest says, nothing added. Nothing missing: every
file is here; stretches that the device itself has lost are known gaps and do not spoil it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from media_server.ecg.descriptor import parse_descriptor
from media_server.ecg.errors import MalformedDescriptor
from recording.ecg.ecg_manifest import EcgManifest, SealedFile, parse_ecg_manifest
from recording.ecg.frame_log import envelopes
from recording.manifest import MANIFEST_FILE, SIGNATURE_FILE, Malformed
from recording.sealed_files import read_small
from recording.signature_check import check_signature
from recording.verdict import Completeness, Fault, Integrity, KnownGap, Verdict, untrusted

GAP_CAUSE = "not_sent"
"""The gateway never had these samples: its device lost them."""


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


def _known_gaps(manifest: EcgManifest, rate_hz: int) -> tuple[KnownGap, ...]:
    return tuple(
        KnownGap(
            f"epoch {epoch.epoch}",
            "ECG",
            (gap.first - epoch.first) * 1000 // rate_hz,
            (gap.end - epoch.first) * 1000 // rate_hz,
            GAP_CAUSE,
        )
        for epoch in manifest.epochs
        for gap in epoch.gaps
    )
