"""One recording while it is open: its folder, journal, events and tracks. Belongs to the recorder's thread.

The disk may refuse at any time. What has to be kept then (entries, events, segments to seal) waits in bounded
queues; media does not wait, its loss becomes a gap. Each second the disk is tried again.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recording import event_kinds
from recording.book import RecordingBook
from recording.clock import Clock
from recording.errors import LedgerUnavailable
from recording.event_chain import ChainedEvent, NewEvent
from recording.files import AppendFile, make_private_folder, sync_folder
from recording.fragments import file_suffix
from recording.gaps import Gap
from recording.journal import (
    JOURNAL_FILE,
    Alive,
    Entry,
    FragmentWritten,
    GapFound,
    GapPending,
    ParticipantGone,
    ParticipantSeen,
    RecordingBegun,
    SegmentBegun,
    SegmentSealed,
    Stopped,
    TrackBegun,
    TrackEnded,
    entry_line,
)
from recording.ledger import NODE_STREAM, Ledger
from recording.manifest import EVENTS_FILE
from recording.sealing import seal_folder
from recording.segments import SegmentFormat
from recording.signing import Signer
from recording.summary import JsonValue, LoggedEvent, RecordingId
from recording.tap_records import RecordedTap
from recording.timeline import PublisherClock
from recording.track_recorder import TrackRecorder

NS_PER_MS = 1_000_000

ALIVE_NS = 200 * NS_PER_MS
"""A sign of life goes to the journal this often: the end of a killed process is known to 0.3 s."""

SILENCE_NOTE_NS = 1_000 * NS_PER_MS
"""A gap that is going on is taken down this often."""

RETRY_NS = 1_000 * NS_PER_MS
"""A disk that refused is tried again after this long."""

TAP_END_GRACE_NS = 2_000 * NS_PER_MS
"""A tap that ended waits so long for the room to say why; then its track ends with cause "ended"."""

MAX_WAITING = 10_000
"""Entries and events that wait for the disk: about an hour of a busy room. Beyond, the newest are dropped and
counted, and the chain says so."""


@dataclass(slots=True)
class _OpenSegment:
    begun: SegmentBegun
    file: AppendFile | None
    digest: hashlib._Hash
    fragments: int


class OpenRecording:
    """Writes one recording; ``on_keyframe_wanted`` is called with the track."""

    def __init__(
        self,
        folder: Path,
        *,
        recording_id: RecordingId,
        room: str,
        title: str,
        started_by: str,
        ledger: Ledger,
        clock: Clock,
        on_keyframe_wanted: Callable[[str], None],
    ) -> None:
        """Makes the folder with journal and first event. Raises OSError, LedgerUnavailable; nothing remains
        then.
        """
        self.recording_id = recording_id
        self.folder = folder
        self.zero_ns = clock.monotonic_ns()
        self.events: list[LoggedEvent] = []
        self.trouble: str | None = None
        self.events_dropped = 0
        self._clock = clock
        self._wall_zero_ms = clock.wall_ns() // NS_PER_MS
        self._ledger = ledger
        self._on_keyframe_wanted = on_keyframe_wanted
        self._tracks: dict[str, TrackRecorder] = {}
        self._identities: dict[str, str] = {}
        self._publishers: dict[str, PublisherClock] = {}
        self._numbers: dict[str, tuple[int, int]] = {}
        self._segments: dict[str, _OpenSegment] = {}
        self._to_seal: list[_OpenSegment] = []
        self._waiting_entries: deque[Entry] = deque()
        self._waiting_events: deque[NewEvent] = deque()
        self._waiting_lines: deque[bytes] = deque()
        self._retry_at_ns = 0
        self._alive_at_ns = self.zero_ns
        self._silence_noted_ns = self.zero_ns
        begun = RecordingBegun(
            recording=recording_id,
            room=room,
            title=title,
            started_by=started_by,
            started_at_ms=self._wall_zero_ms,
            monotonic_start_ms=self.zero_ns // NS_PER_MS,
        )
        self.book = RecordingBook(begun)
        facts: dict[str, JsonValue] = {"recording": recording_id, "room": room}
        started = NewEvent(event_kinds.RECORDING_STARTED, started_by, 0, self._wall_zero_ms, facts)
        make_private_folder(folder)
        try:
            self._journal = AppendFile.create(folder / JOURNAL_FILE, entry_line(begun))
            self._events_file = AppendFile.reopen(folder / EVENTS_FILE)
            ledger.append(NODE_STREAM, [started])
            self._waiting_events.append(started)
            self._flush_events()
            sync_folder(folder.parent)
        except BaseException:
            self._remove_folder()
            raise

    # ---- what the room says
    # ---------------------------------------------------------------------------------

    def add_track(
        self, track: str, *, identity: str, name: str, kind: str, source: str, codec: str, tap: RecordedTap
    ) -> None:
        """Records a track from now on; one that is recorded already is left alone and its new tap closed."""
        if track in self.book.tracks:
            tap.close()
            return
        now_ns = self._clock.monotonic_ns()
        start_ns = now_ns - self.zero_ns
        at_ms = start_ns // NS_PER_MS
        known = self.book.participants.get(identity)
        if known is None or known.to_ms is not None:
            self._note_entry(ParticipantSeen(identity, name, at_ms))
        self._note_entry(TrackBegun(track, identity, kind, source, at_ms))
        detail: dict[str, JsonValue] = {
            "track_sid": track,
            "identity": identity,
            "kind": kind,
            "source": source,
        }
        self._note_own_event(event_kinds.TRACK_PUBLISHED, detail)
        self._identities[track] = identity
        self._tracks[track] = TrackRecorder(
            track,
            codec=codec,
            tap=tap,
            store=self,
            publisher=self._publishers.setdefault(identity, PublisherClock()),
            zero_ns=self.zero_ns,
            start_ns=start_ns,
        )

    def end_track(self, track: str, *, cause: str) -> None:
        """Ends a track; one that is not recorded (any more) is ignored."""
        recorder = self._tracks.pop(track, None)
        if recorder is None:
            return
        now_ns = self._clock.monotonic_ns()
        recorder.end(now_ns)
        self._note_entry(TrackEnded(track, (now_ns - self.zero_ns) // NS_PER_MS, cause))
        self._note_own_event(event_kinds.TRACK_ENDED, {"track_sid": track, "cause": cause})

    def note_event(
        self, kind: str, detail: Mapping[str, JsonValue], *, actor: str, now_ns: int, wall_ns: int
    ) -> None:
        """Appends an event of ``now_ns`` (monotonic); some kinds explain gaps."""
        time_ns = max(now_ns - self.zero_ns, 0)
        kind = event_kinds.ledger_kind(kind)
        self._queue_event(NewEvent(kind, actor, time_ns // NS_PER_MS, wall_ns // NS_PER_MS, detail))
        identity = str(detail.get("identity", ""))
        if kind in (event_kinds.TRACK_MUTED, event_kinds.TRACK_UNMUTED):
            muted = self._tracks.get(str(detail.get("track_sid", "")))
            if muted is not None:
                muted.receive_mute(time_ns, is_muted=kind == event_kinds.TRACK_MUTED)
        elif kind in (event_kinds.PARTICIPANT_LOST, event_kinds.PARTICIPANT_RESUMED):
            for track, recorder in self._tracks.items():
                if self._identities[track] == identity:
                    recorder.receive_link(time_ns, is_lost=kind == event_kinds.PARTICIPANT_LOST)
        elif kind == event_kinds.PARTICIPANT_JOINED and identity:
            self._note_entry(ParticipantSeen(identity, str(detail.get("name", "")), time_ns // NS_PER_MS))
        elif kind == event_kinds.PARTICIPANT_LEFT and identity:
            self._note_entry(ParticipantGone(identity, time_ns // NS_PER_MS))

    # ---- what time does
    # -------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Reads all taps, writes what is due, tries a disk that refused again. Raises
        nothing of the disk's.
        """
        now_ns = self._clock.monotonic_ns()
        for track, recorder in list(self._tracks.items()):
            recorder.pump(now_ns)
            if recorder.wants_keyframe(now_ns):
                self._on_keyframe_wanted(track)
            if recorder.tap_ended_ns is not None and now_ns - recorder.tap_ended_ns > TAP_END_GRACE_NS:
                self.end_track(track, cause="ended")
        if now_ns - self._silence_noted_ns >= SILENCE_NOTE_NS:
            self._silence_noted_ns = now_ns
            for recorder in self._tracks.values():
                recorder.note_silence(now_ns)
        if now_ns - self._alive_at_ns >= ALIVE_NS:
            self._alive_at_ns = now_ns
            if self.trouble is None:
                self._note_entry(Alive((now_ns - self.zero_ns) // NS_PER_MS))
        if self.trouble is None or now_ns >= self._retry_at_ns:
            self._try_to_flush(now_ns)

    def settle(self) -> None:
        """Writes everything that waits. Raises OSError, LedgerUnavailable."""
        self._end_trouble()
        self._flush()

    def stop(self, *, cause: str, actor: str) -> None:
        """Ends all tracks; nothing is recorded any more. ``seal`` follows."""
        for track in list(self._tracks):
            self.end_track(track, cause="recording_stopped")
        if self.book.stopped is None:
            self._note_own_event(event_kinds.RECORDING_STOPPED, {"cause": cause}, actor=actor)
            self._note_entry(Stopped(self._now_ms(), cause))

    def seal(self, signer: Signer) -> None:
        """Writes everything that waits, then the manifest. Raises OSError, LedgerUnavailable: call again
        later.
        """
        assert self.book.stopped is not None, "stop comes before seal"
        self.settle()
        self._events_file.sync()
        head = self._ledger.head(self.recording_id)
        seal_folder(
            self.folder,
            self.book,
            state="sealed",
            end_ms=self.book.stopped.at_ms,
            end_cause=self.book.stopped.cause,
            events=head,
            ledger=self._ledger,
            signer=signer,
            wall_ms=self._clock.wall_ns() // NS_PER_MS,
        )
        self.close()

    def close(self) -> None:
        """Closes all files as they are. Closing twice is harmless."""
        for recorder in self._tracks.values():
            recorder.close()
        for segment in [*self._segments.values(), *self._to_seal]:
            if segment.file is not None:
                segment.file.close()
        self._journal.close()
        self._events_file.close()

    # ---- SegmentStore: what tracks write
    # --------------------------------------------------------------------

    def begin_segment(self, track: str, segment: SegmentFormat, *, starts_with_keyframe: bool) -> None:
        """Names the track's next file; it appears with its first fragment."""
        segments, fragments = self._numbers.get(track, (0, 0))
        self._numbers[track] = (segments + 1, fragments)
        begun = SegmentBegun(
            file=f"{track}-{segments + 1:04d}{file_suffix(segment.codec)}",
            track=track,
            codec=segment.codec,
            width=segment.width,
            height=segment.height,
            starts_with_keyframe=starts_with_keyframe,
        )
        self._segments[track] = _OpenSegment(begun, None, hashlib.sha256(), 0)

    def next_fragment(self, track: str) -> tuple[int, int]:
        """(index in the open file from 0, number in the track from 1) of the fragment to come."""
        return self._segments[track].fragments, self._numbers[track][1] + 1

    def write_fragment(self, track: str, content: bytes, *, from_ns: int, to_ns: int) -> None:
        """Appends a fragment, journal first. Raises OSError; the disk then rests for a second."""
        if self.trouble is not None:
            raise OSError("the disk refused less than a second ago")
        segment = self._segments[track]
        segments, fragments = self._numbers[track]
        entry = FragmentWritten(
            file=segment.begun.file,
            number=fragments + 1,
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            from_ms=from_ns // NS_PER_MS,
            to_ms=-(-to_ns // NS_PER_MS),
        )
        try:
            self._flush_entries()
            if segment.file is None:
                self._journal.append(entry_line(segment.begun) + entry_line(entry))
                segment.file = AppendFile.create(self.folder / segment.begun.file, content)
                self.book.apply(segment.begun)
            else:
                self._journal.append(entry_line(entry))
                segment.file.append(content)
        except OSError as error:
            self._begin_trouble(error)
            raise
        self.book.apply(entry)
        segment.digest.update(content)
        segment.fragments += 1
        self._numbers[track] = (segments, fragments + 1)

    def seal_segment(self, track: str) -> None:
        """Hands the track's open file over for sealing."""
        segment = self._segments.pop(track, None)
        if segment is not None and segment.file is not None:
            self._to_seal.append(segment)

    def note_gap(self, track: str, gap: Gap) -> None:
        """Takes down a gap, as an entry and, where somebody would notice it, as an event."""
        found = GapFound(
            track, gap.from_ns // NS_PER_MS, -(-gap.to_ns // NS_PER_MS), gap.cause, gap.lost_packets
        )
        self._note_entry(found)
        if gap.is_noticeable:
            detail: dict[str, JsonValue] = {
                "track_sid": track,
                "from_ms": found.from_ms,
                "to_ms": found.to_ms,
                "cause": found.cause,
            }
            self._note_own_event(event_kinds.MEDIA_GAP, detail)

    def note_pending_gap(self, track: str, gap: Gap) -> None:
        """Takes down a gap that is going on; none of them waits for the disk."""
        entry = GapPending(
            track, gap.from_ns // NS_PER_MS, -(-gap.to_ns // NS_PER_MS), gap.cause, gap.lost_packets
        )
        if self.trouble is None:
            self._note_entry(entry)
        else:
            self.book.apply(entry)

    # ---- queues
    # ---------------------------------------------------------------------------------------------

    def _now_ms(self) -> int:
        return (self._clock.monotonic_ns() - self.zero_ns) // NS_PER_MS

    def _note_entry(self, entry: Entry) -> None:
        self.book.apply(entry)
        if len(self._waiting_entries) < MAX_WAITING:
            self._waiting_entries.append(entry)
        else:
            self.events_dropped += 1

    def _note_own_event(
        self, kind: str, detail: Mapping[str, JsonValue], *, actor: str = event_kinds.ACTOR_RECORDER
    ) -> None:
        wall_ms = self._clock.wall_ns() // NS_PER_MS
        self._queue_event(NewEvent(kind, actor, self._now_ms(), wall_ms, detail))

    def _queue_event(self, event: NewEvent) -> None:
        if len(self._waiting_events) < MAX_WAITING:
            self._waiting_events.append(event)
        else:
            self.events_dropped += 1

    def _try_to_flush(self, now_ns: int) -> None:
        try:
            if self.trouble is not None:
                self._end_trouble()
            self._flush()
        except (OSError, LedgerUnavailable) as error:
            self._begin_trouble(error)
            self._retry_at_ns = now_ns + RETRY_NS

    def _begin_trouble(self, error: OSError | LedgerUnavailable) -> None:
        self._retry_at_ns = self._clock.monotonic_ns() + RETRY_NS
        if self.trouble is None:
            self.trouble = "disk_full"
            code = error.errno if isinstance(error, OSError) else None
            self._note_own_event(event_kinds.RECORDING_TROUBLE, {"cause": self.trouble, "errno": code})

    def _end_trouble(self) -> None:
        """Tries the disk with what waits; the trouble is over when that went well. Raises what the disk
        raises.
        """
        if self.trouble is None:
            return
        self._flush_entries()
        self._journal.append(entry_line(Alive(self._now_ms())))
        self.trouble = None
        self._note_own_event(event_kinds.RECORDING_TROUBLE_OVER, {"cause": "disk_full"})
        if self.events_dropped:
            # Past the bound: this one must not be dropped.
            wall_ms = self._clock.wall_ns() // NS_PER_MS
            facts: dict[str, JsonValue] = {"count": self.events_dropped}
            self._waiting_events.append(
                NewEvent(
                    event_kinds.EVENTS_DROPPED, event_kinds.ACTOR_RECORDER, self._now_ms(), wall_ms, facts
                )
            )
            self.events_dropped = 0

    def _flush(self) -> None:
        self._flush_entries()
        self._seal_segments()
        self._flush_events()

    def _flush_entries(self) -> None:
        if not self._waiting_entries:
            return
        self._journal.append(b"".join(map(entry_line, self._waiting_entries)))
        self._waiting_entries.clear()

    def _seal_segments(self) -> None:
        while self._to_seal:
            segment = self._to_seal[0]
            assert segment.file is not None
            segment.file.mend()
            segment.file.sync()
            sealed = SegmentSealed(
                segment.begun.file, segment.fragments, segment.file.length_bytes, segment.digest.hexdigest()
            )
            self._journal.append(entry_line(sealed))
            self._journal.sync()
            sync_folder(self.folder)
            segment.file.close()
            self._to_seal.pop(0)
            self.book.apply(sealed)
            facts: dict[str, JsonValue] = {
                "file": sealed.file,
                "bytes": sealed.bytes,
                "sha256": sealed.sha256,
            }
            self._note_own_event(event_kinds.SEGMENT_SEALED, facts)

    def _flush_events(self) -> None:
        if self._waiting_events:
            chained = self._ledger.append(self.recording_id, list(self._waiting_events))
            self._waiting_events.clear()
            self._take(chained)
        while self._waiting_lines:
            self._events_file.append(self._waiting_lines[0])
            self._waiting_lines.popleft()

    def _take(self, chained: list[ChainedEvent]) -> None:
        self.events += [event.event for event in chained]
        self._waiting_lines.extend(event.line + b"\n" for event in chained)

    def _remove_folder(self) -> None:
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()
