"""Proves a sealed recording from its files and the public key alone.

Two verdicts:

* Integrity: what is here is what was recorded. Manifest signed by the trusted key, every byte of every file
  as the manifest says, the event chain unbroken, nothing added.
* Completeness: all that was recorded is here, and what could not be recorded is explained. No segment and no
  event missing, and every track's life covered by media or by a gap with a cause. Known gaps do not spoil it.

Reads only, trusts nothing it reads, and raises nothing of the files' making: whatever is in the folder, the
answer is a verdict, with the first fault named by file and byte offset.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from recording.ecg.ecg_manifest import is_ecg_manifest
from recording.ecg.ecg_verify import verify_ecg
from recording.event_chain import BrokenEvent, genesis, parse_event
from recording.gaps import SILENT_NS
from recording.journal import JOURNAL_FILE
from recording.manifest import (
    EVENTS_FILE,
    FRAGMENTS_FILE,
    MANIFEST_FILE,
    SIGNATURE_FILE,
    FragmentLine,
    Malformed,
    Manifest,
    ManifestSegment,
    ManifestTrack,
    parse_fragments,
    parse_manifest,
)
from recording.sealed_files import read_segment, read_small
from recording.signature_check import check_signature
from recording.verdict import Completeness, Fault, Integrity, KnownGap, Verdict, untrusted

__all__ = ["Completeness", "Fault", "Integrity", "KnownGap", "Verdict", "verify_folder"]

HOLE_MS = SILENT_NS // 1_000_000 + 500
"""Media time that may pass without media or gap: pauses up to 2 s are no gaps, and ends are rounded."""


def verify_folder(folder: Path, public_key: Ed25519PublicKey) -> Verdict:
    """Checks everything in ``folder`` against the trusted ``public_key``."""
    manifest_bytes = read_small(folder / MANIFEST_FILE)
    if manifest_bytes is None:
        code = "not_sealed" if (folder / JOURNAL_FILE).exists() else "manifest_missing"
        return _unchecked(Fault(MANIFEST_FILE, None, code))
    if is_ecg_manifest(manifest_bytes):
        return verify_ecg(folder, manifest_bytes, public_key)
    try:
        manifest = parse_manifest(manifest_bytes)
    except Malformed as error:
        fault = Fault(MANIFEST_FILE, error.offset, "manifest_malformed")
        return untrusted("invalid", fault)
    signature, fault_in_signature = check_signature(folder, manifest, manifest_bytes, public_key)
    if fault_in_signature is not None:
        return untrusted(signature, fault_in_signature)
    return _Inspection(folder, manifest).verdict()


class _Inspection:
    """The checks that follow once the manifest is trusted; keeps the first fault of either kind."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._manifest = manifest
        self._altered: Fault | None = None
        self._missing: Fault | None = None
        self._sound_segments = 0
        self._events_to = 0
        self._is_chain_checked = True

    def verdict(self) -> Verdict:
        index = self._check_fragment_index()
        for track in self._manifest.tracks:
            for segment in track.segments:
                self._check_segment(segment, index.get(segment.file))
        self._check_events()
        self._check_for_extra_files()
        for track in self._manifest.tracks:
            self._check_coverage(track)
        return Verdict(
            self._manifest.recording,
            Integrity(
                "unaltered" if self._altered is None else "altered",
                self._sound_segments,
                "valid",
                self._altered,
            ),
            Completeness(
                self._completeness(),
                1,
                self._events_to,
                _known_gaps(self._manifest),
                self._missing,
            ),
        )

    def _completeness(self) -> Literal["nothing_missing", "something_missing", "unchecked"]:
        if self._missing is not None:
            return "something_missing"
        return "nothing_missing" if self._is_chain_checked else "unchecked"

    def _blame(self, file: str, offset: int | None, code: str) -> None:
        if self._altered is None:
            self._altered = Fault(file, offset, code)

    def _miss(self, file: str, offset: int | None, code: str) -> None:
        if self._missing is None:
            self._missing = Fault(file, offset, code)

    def _check_fragment_index(self) -> dict[str, FragmentLine]:
        content = read_small(self._folder / FRAGMENTS_FILE)
        if content is None:
            self._miss(FRAGMENTS_FILE, None, "fragments_missing")
            return {}
        index: dict[str, FragmentLine] = {}
        fault_at = 0
        try:
            index = parse_fragments(content)
        except Malformed as error:
            fault_at = error.offset
        stated = self._manifest.fragments
        if len(content) != stated.bytes or hashlib.sha256(content).hexdigest() != stated.sha256:
            self._blame(FRAGMENTS_FILE, fault_at, "fragments_altered")
            return {}
        return index

    def _check_segment(self, segment: ManifestSegment, fragments: FragmentLine | None) -> None:
        path = self._folder / segment.file
        reading = read_segment(path, fragments)
        if reading is None:
            if os.path.lexists(path):
                self._blame(segment.file, None, "not_a_readable_file")
            else:
                self._miss(segment.file, None, "segment_missing")
        elif reading.bytes < segment.bytes:
            at = reading.bytes if reading.fault_at is None else reading.fault_at
            self._blame(segment.file, at, "segment_shortened")
        elif reading.bytes > segment.bytes:
            at = segment.bytes if reading.fault_at is None else reading.fault_at
            self._blame(segment.file, at, "segment_lengthened")
        elif reading.sha256 != segment.sha256:
            self._blame(segment.file, reading.fault_at or 0, "segment_altered")
        else:
            self._sound_segments += 1

    def _check_events(self) -> None:
        """Follows the chain to its end, or to the first event that is not as it was: what
        follows is unchecked.
        """
        content = read_small(self._folder / EVENTS_FILE)
        stated = self._manifest.events
        if content is None:
            self._miss(EVENTS_FILE, None, "events_missing")
            return
        head = genesis(self._manifest.recording)
        offset = 0
        while offset < len(content):
            if head.sequence == stated.count:
                self._blame(EVENTS_FILE, offset, "events_added")
                return
            end = content.find(b"\n", offset)
            try:
                event = parse_event(content[offset : max(end, offset)])
            except BrokenEvent:
                self._is_chain_checked = False
                self._blame(EVENTS_FILE, offset, "event_altered")
                return
            is_next = event.previous == head.hash and event.event.sequence == head.sequence + 1
            if not is_next or event.stream != self._manifest.recording:
                self._is_chain_checked = False
                self._blame(EVENTS_FILE, offset, "chain_broken")
                if event.event.sequence > head.sequence + 1:
                    self._miss(EVENTS_FILE, offset, "event_missing")
                return
            head = event.head
            self._events_to = head.sequence
            offset = end + 1
        if head.sequence < stated.count:
            self._miss(EVENTS_FILE, len(content), "events_cut_off")
        elif head.hash != stated.head:
            self._blame(EVENTS_FILE, None, "chain_rewritten")

    def _check_for_extra_files(self) -> None:
        expected = {MANIFEST_FILE, SIGNATURE_FILE, EVENTS_FILE, FRAGMENTS_FILE}
        for track in self._manifest.tracks:
            expected.update(segment.file for segment in track.segments)
        for name in sorted(path.name for path in self._folder.iterdir()):
            if name not in expected:
                printable = name.encode("utf-8", "backslashreplace").decode()
                self._blame(printable, 0, "extra_file")

    def _check_coverage(self, track: ManifestTrack) -> None:
        covered = [(segment.from_ms, segment.to_ms, segment.file) for segment in track.segments]
        covered += [(gap.from_ms, gap.to_ms, "") for gap in track.gaps]
        until_ms = track.from_ms
        last_file = track.track
        for from_ms, to_ms, file in sorted(covered):
            if from_ms - until_ms > HOLE_MS:
                self._miss(file or last_file, None, "unexplained_hole")
                return
            until_ms = max(until_ms, to_ms)
            last_file = file or last_file
        if track.to_ms - until_ms > HOLE_MS:
            self._miss(last_file, None, "unexplained_hole")


def _known_gaps(manifest: Manifest) -> tuple[KnownGap, ...]:
    gaps = [
        KnownGap(track.track, track.identity, gap.from_ms, gap.to_ms, gap.cause)
        for track in manifest.tracks
        for gap in track.gaps
    ]
    return tuple(sorted(gaps, key=lambda gap: (gap.from_ms, gap.to_ms, gap.track)))


def _unchecked(fault: Fault) -> Verdict:
    return Verdict(
        "",
        Integrity("unchecked", 0, "invalid", fault),
        Completeness("unchecked", 1, 0, (), fault),
    )
