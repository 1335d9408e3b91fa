"""One recording while it is open: what the room says and what time does, until it is stopped and sealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from recording import event_kinds
from recording.book import RecordingBook
from recording.clock import Clock
from recording.errors import LedgerUnavailable
from recording.event_chain import NewEvent
from recording.files import make_private_folder, sync_folder
from recording.journal import (
    Alive,
    ParticipantGone,
    ParticipantSeen,
    RecordingBegun,
    Stopped,
    TrackBegun,
    TrackEnded,
)
from recording.ledger import NODE_STREAM, Ledger
from recording.sealing import seal_folder
from recording.segment_files import SegmentFiles
from recording.signing import Signer
from recording.summary import JsonValue, LoggedEvent, RecordingId
from recording.tap_records import RecordedTap
from recording.timeline import PublisherClock
from recording.track_recorder import TrackRecorder
from recording.write_queue import NS_PER_MS, WriteQueue

ALIVE_NS = 200 * NS_PER_MS
"""A sign of life goes to the journal this often: the end of a killed process is known to 0.3 s."""

SILENCE_NOTE_NS = 1_000 * NS_PER_MS
"""A gap that is going on is taken down this often."""

TAP_END_GRACE_NS = 2_000 * NS_PER_MS
"""A tap that ended waits so long for the room to say why; then its track ends with cause "ended"."""


class OpenRecording:
    """Writes one recording; ``on_keyframe_wanted`` is called with the track. Belongs to
    the recorder's thread.
    """

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
        """Makes the folder with journal and first event. Raises OSError,
        LedgerUnavailable; nothing remains.
        """
        self.recording_id = recording_id
        self.folder = folder
        self.zero_ns = clock.monotonic_ns()
        self._clock = clock
        self._ledger = ledger
        self._on_keyframe_wanted = on_keyframe_wanted
        self._tracks: dict[str, TrackRecorder] = {}
        self._identities: dict[str, str] = {}
        self._publishers: dict[str, PublisherClock] = {}
        self._alive_at_ns = self.zero_ns
        self._silence_noted_ns = self.zero_ns
        wall_ms = clock.wall_ns() // NS_PER_MS
        begun = RecordingBegun(
            recording=recording_id,
            room=room,
            title=title,
            started_by=started_by,
            started_at_ms=wall_ms,
            monotonic_start_ms=self.zero_ns // NS_PER_MS,
        )
        self.book = RecordingBook(begun)
        facts: dict[str, JsonValue] = {"recording": recording_id, "room": room}
        started = NewEvent(event_kinds.RECORDING_STARTED, started_by, 0, wall_ms, facts)
        make_private_folder(folder)
        try:
            self._queue = WriteQueue(folder, book=self.book, zero_ns=self.zero_ns, ledger=ledger, clock=clock)
            ledger.append(NODE_STREAM, [started])
            self._queue.tell(started)
            self._queue.flush_events()
            sync_folder(folder.parent)
        except BaseException:
            self._remove_folder()
            raise
        self._files = SegmentFiles(folder, self._queue)

    @property
    def trouble(self) -> str | None:
        """What refuses at present: "disk_full", "ledger_unavailable" or nothing."""
        return self._queue.trouble

    @property
    def events(self) -> list[LoggedEvent]:
        """The events chained so far."""
        return self._queue.events

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
            self._queue.note(ParticipantSeen(identity, name, at_ms))
        self._queue.note(TrackBegun(track, identity, kind, source, at_ms))
        detail: dict[str, JsonValue] = {
            "track_sid": track,
            "identity": identity,
            "kind": kind,
            "source": source,
        }
        self._queue.tell_own(event_kinds.TRACK_PUBLISHED, detail)
        self._identities[track] = identity
        self._tracks[track] = TrackRecorder(
            track,
            codec=codec,
            tap=tap,
            store=self._files,
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
        self._queue.note(TrackEnded(track, (now_ns - self.zero_ns) // NS_PER_MS, cause))
        self._queue.tell_own(event_kinds.TRACK_ENDED, {"track_sid": track, "cause": cause})

    def note_event(
        self, kind: str, detail: Mapping[str, JsonValue], *, actor: str, now_ns: int, wall_ns: int
    ) -> None:
        """Appends an event of ``now_ns`` (monotonic); some kinds explain gaps."""
        time_ns = max(now_ns - self.zero_ns, 0)
        kind = event_kinds.ledger_kind(kind)
        self._queue.tell(NewEvent(kind, actor, time_ns // NS_PER_MS, wall_ns // NS_PER_MS, detail))
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
            self._queue.note(ParticipantSeen(identity, str(detail.get("name", "")), time_ns // NS_PER_MS))
        elif kind == event_kinds.PARTICIPANT_LEFT and identity:
            self._queue.note(ParticipantGone(identity, time_ns // NS_PER_MS))

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
            if not self._queue.is_disk_refusing:
                self._queue.note(Alive(self._queue.now_ms()))
        self._write_what_waits(now_ns)

    def settle(self) -> None:
        """Writes everything that waits. Raises OSError, LedgerUnavailable."""
        self._queue.flush_entries()
        self._files.seal_finished()
        self._queue.flush_events()

    def stop(self, *, cause: str, actor: str) -> None:
        """Ends all tracks; nothing is recorded any more. ``seal`` follows."""
        for track in list(self._tracks):
            self.end_track(track, cause="recording_stopped")
        if self.book.stopped is None:
            self._queue.tell_own(event_kinds.RECORDING_STOPPED, {"cause": cause}, actor=actor)
            self._queue.note(Stopped(self._queue.now_ms(), cause))

    def seal(self, signer: Signer) -> None:
        """Writes everything that waits, then the manifest. Raises OSError, LedgerUnavailable: call again
        later.
        """
        assert self.book.stopped is not None, "stop comes before seal"
        self.settle()
        self._queue.sync()
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
        self._files.close()
        self._queue.close()

    def _write_what_waits(self, now_ns: int) -> None:
        if not self._queue.is_due(now_ns):
            return
        try:
            self._queue.flush_entries()
            self._files.seal_finished()
            if self._queue.may_chain(now_ns):
                self._queue.flush_events()
        except (OSError, LedgerUnavailable):
            return  # the queue knows, keeps what was refused, and tells when to try again

    def _remove_folder(self) -> None:
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()
