"""The segment files of one recording: made with their first fragment, appended to, sealed
when they are finished.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from recording import event_kinds
from recording.files import AppendFile, sync_folder
from recording.fragments import file_suffix
from recording.gaps import Gap
from recording.journal import FragmentWritten, GapFound, GapPending, SegmentBegun, SegmentSealed
from recording.segments import SegmentFormat
from recording.summary import JsonValue
from recording.write_queue import NS_PER_MS, WriteQueue


@dataclass(slots=True)
class _OpenSegment:
    """A file that is written to; it does not exist before its first fragment."""

    begun: SegmentBegun
    file: AppendFile | None = None
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    fragments: int = 0


class SegmentFiles:
    """What ``TrackRecorder`` writes into (its ``SegmentStore``)."""

    def __init__(self, folder: Path, queue: WriteQueue) -> None:
        self._folder = folder
        self._queue = queue
        self._counts: dict[str, tuple[int, int]] = {}
        self._open: dict[str, _OpenSegment] = {}
        self._to_seal: list[_OpenSegment] = []

    def begin_segment(self, track: str, segment: SegmentFormat, *, starts_with_keyframe: bool) -> None:
        """Names the track's next file; it appears with its first fragment."""
        segments, fragments = self._counts.get(track, (0, 0))
        self._counts[track] = (segments + 1, fragments)
        begun = SegmentBegun(
            file=f"{track}-{segments + 1:04d}{file_suffix(segment.codec)}",
            track=track,
            codec=segment.codec,
            width=segment.width,
            height=segment.height,
            starts_with_keyframe=starts_with_keyframe,
        )
        self._open[track] = _OpenSegment(begun)

    def next_fragment(self, track: str) -> tuple[int, int]:
        """(index in the open file from 0, number in the track from 1) of the fragment to come."""
        return self._open[track].fragments, self._counts[track][1] + 1

    def write_fragment(self, track: str, content: bytes, *, from_ns: int, to_ns: int) -> None:
        """Appends a fragment, journal first. Raises OSError; nothing is then written for a second."""
        segment = self._open[track]
        segments, fragments = self._counts[track]
        entry = FragmentWritten(
            file=segment.begun.file,
            number=fragments + 1,
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            from_ms=from_ns // NS_PER_MS,
            to_ms=_ms_up(to_ns),
        )
        if segment.file is None:
            self._queue.append_entry_at_once(segment.begun, entry)
        else:
            self._queue.append_entry_at_once(entry)
        try:
            if segment.file is None:
                segment.file = AppendFile.create(self._folder / segment.begun.file, content)
                self._queue.book.apply(segment.begun)
            else:
                segment.file.append(content)
        except OSError as error:
            self._queue.receive_refusal(error)
            raise
        self._queue.book.apply(entry)
        segment.digest.update(content)
        segment.fragments += 1
        self._counts[track] = (segments, fragments + 1)

    def seal_segment(self, track: str) -> None:
        """Hands the track's open file over to ``seal_finished``."""
        segment = self._open.pop(track, None)
        if segment is not None and segment.file is not None:
            self._to_seal.append(segment)

    def seal_finished(self) -> None:
        """Puts finished files on disk and says so. Raises OSError: what is left is tried again."""
        while self._to_seal:
            segment = self._to_seal[0]
            assert segment.file is not None, "only files that exist are handed over"
            sealed = SegmentSealed(
                segment.begun.file, segment.fragments, segment.file.length_bytes, segment.digest.hexdigest()
            )
            try:
                segment.file.mend()
                segment.file.sync()
                self._queue.append_entry_at_once(sealed)
                self._queue.sync()
                sync_folder(self._folder)
            except OSError as error:
                self._queue.receive_refusal(error)
                raise
            segment.file.close()
            del self._to_seal[0]
            self._queue.book.apply(sealed)
            facts: dict[str, JsonValue] = {
                "file": sealed.file,
                "bytes": sealed.bytes,
                "sha256": sealed.sha256,
            }
            self._queue.tell_own(event_kinds.SEGMENT_SEALED, facts)

    def note_gap(self, track: str, gap: Gap) -> None:
        """Takes down a gap, as an entry and, where somebody would notice it, as an event."""
        found = GapFound(
            track, gap.from_ns // NS_PER_MS, _ms_up(gap.to_ns), gap.cause.value, gap.lost_packets
        )
        self._queue.note(found)
        if gap.is_noticeable:
            detail: dict[str, JsonValue] = {
                "track_sid": track,
                "from_ms": found.from_ms,
                "to_ms": found.to_ms,
                "cause": found.cause,
            }
            self._queue.tell_own(event_kinds.MEDIA_GAP, detail)

    def note_pending_gap(self, track: str, gap: Gap) -> None:
        """Takes down a gap that is going on; none of them waits for the disk."""
        entry = GapPending(
            track, gap.from_ns // NS_PER_MS, _ms_up(gap.to_ns), gap.cause.value, gap.lost_packets
        )
        if self._queue.is_disk_refusing:
            self._queue.book.apply(entry)
        else:
            self._queue.note(entry)

    def close(self) -> None:
        """Closes all files as they are. Closing twice is harmless."""
        for segment in [*self._open.values(), *self._to_seal]:
            if segment.file is not None:
                segment.file.close()


def _ms_up(time_ns: int) -> int:
    """Whole milliseconds, rounded up: an end is not before the last bit of media."""
    return -(-time_ns // NS_PER_MS)
