"""The thread that owns taps and files: ten times a second it carries out commands, then
lets every recording tick.
"""

from __future__ import annotations

import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from recording.catalogue import Catalogue
from recording.clock import Clock
from recording.errors import (
    FolderInUse,
    FolderUnwritable,
    LedgerUnavailable,
    RecorderStopped,
    UnknownRecording,
)
from recording.event_chain import BrokenEvent
from recording.event_kinds import ACTOR_RECORDER
from recording.files import make_private_folder
from recording.lanes import detail_of_book
from recording.ledger import Ledger
from recording.open_recording import OpenRecording
from recording.recovery import needs_recovery, recover_folder
from recording.signing import Signer
from recording.summary import (
    JsonValue,
    RecordingId,
    RecoveredRecording,
)
from recording.tap_records import RecordedTap
from recording.write_queue import NS_PER_MS

RECORDINGS_FOLDER = "recordings"
LOCK_FILE = ".lock"

PASS_NS = 100 * NS_PER_MS
"""Time between two reads of a tap; a quarter of a fragment, so that it adds little to what a kill loses."""

MAX_COMMANDS = 4_096
"""A disk that hangs for a minute in a busy room; beyond that commands are refused and counted."""

SNAPSHOT_NS = 1_000 * NS_PER_MS
SNAPSHOT_SHARE = 50
"""A snapshot for pages is made each second, and takes at most a fiftieth of the thread's time."""

SEAL_RETRY_NS = 1_000 * NS_PER_MS

_log = structlog.get_logger()


class RecorderThread:
    """Commands come in through ``post``; what they call runs on the thread.

    ``catalogue`` and ``stats`` read what the thread published and may be used from anywhere.
    """

    def __init__(self, *, data_dir: Path, ledger: Ledger, signer: Signer, clock: Clock) -> None:
        self._root = data_dir / RECORDINGS_FOLDER
        self.catalogue = Catalogue(self._root)
        self._ledger = ledger
        self._signer = signer
        self._clock = clock
        self._commands: queue.Queue[Callable[[], None]] = queue.Queue(MAX_COMMANDS)
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._is_closing = threading.Event()
        self._has_started = False
        self._on_loop: Callable[[Callable[[], None]], object] = lambda call: call()
        self._lock_descriptor: int | None = None
        self._recordings: dict[RecordingId, OpenRecording] = {}
        self._unsealed: dict[RecordingId, OpenRecording] = {}
        self._seal_retry_at_ns = 0
        self._keyframe_requests: dict[tuple[RecordingId, str], Callable[[], None]] = {}
        self._snapshot_at_ns = 0
        self._counters: dict[str, int] = {
            "recordings_begun_total": 0,
            "recordings_sealed_total": 0,
            "recordings_recovered_total": 0,
            "recordings_failed_total": 0,
            "folders_unreadable_total": 0,
            "commands_refused_total": 0,
            "disk_troubles_total": 0,
        }

    # ---- from any thread
    # ------------------------------------------------------------------------------------

    def start(self, *, on_loop: Callable[[Callable[[], None]], object]) -> None:
        """Starts the thread; ``on_loop`` runs a call on the event loop's thread."""
        self._on_loop = on_loop
        self._has_started = True
        self._thread.start()

    def post(
        self, command: Callable[[], None], *, on_refused: Callable[[BaseException], None] | None = None
    ) -> None:
        """Hands a command over; where the queue is full or the thread has ended it is refused and counted."""
        try:
            if self._is_closing.is_set() or not self._has_started:
                raise queue.Full
            self._commands.put_nowait(command)
        except queue.Full:
            self._count("commands_refused_total")
            if on_refused is not None:
                on_refused(RecorderStopped())

    def close(self, timeout_s: float) -> None:
        """Finishes everything and waits for the thread, at most ``timeout_s``. Closing twice is harmless."""
        self._is_closing.set()
        if self._has_started:
            self._thread.join(timeout_s)

    def stats(self) -> Mapping[str, int]:
        """A copy of the counters."""
        return {**self._counters, "recordings_open": len(self._recordings)}

    # ---- commands: run on the thread
    # ------------------------------------------------------------------------

    def open_folder(self) -> list[RecoveredRecording]:
        """Takes possession of the folder, seals what was cut off, reads what is sealed."""
        try:
            make_private_folder(self._root)
            self._lock_folder()
            folders = sorted(path for path in self._root.iterdir() if path.is_dir())
        except OSError as error:
            raise FolderUnwritable(error.errno) from error
        recovered: list[RecoveredRecording] = []
        for folder in folders:
            if needs_recovery(folder):
                found = self._recover(folder)
                if found is not None:
                    recovered.append(found)
            if not self.catalogue.remember_sealed(RecordingId(folder.name)):
                self._count("folders_unreadable_total")
        return recovered

    def begin(self, recording_id: RecordingId, *, room: str, title: str, started_by: str) -> None:
        """Opens a recording. Raises FolderUnwritable, LedgerUnavailable."""
        try:
            recording = OpenRecording(
                self._root / recording_id,
                recording_id=recording_id,
                room=room,
                title=title,
                started_by=started_by,
                ledger=self._ledger,
                clock=self._clock,
                on_keyframe_wanted=lambda track: self._want_keyframe(recording_id, track),
            )
        except OSError as error:
            raise FolderUnwritable(error.errno) from error
        self._recordings[recording_id] = recording
        self._count("recordings_begun_total")
        self._publish(recording)

    def add_track(
        self,
        recording_id: RecordingId,
        track: str,
        *,
        identity: str,
        name: str,
        kind: str,
        source: str,
        codec: str,
        tap: RecordedTap,
        request_keyframe: Callable[[], None] | None,
    ) -> None:
        """Adds a track to an open recording; of one that has ended meanwhile the tap is closed."""
        recording = self._recordings.get(recording_id)
        if recording is None:
            tap.close()
            return
        if request_keyframe is not None:
            self._keyframe_requests[recording_id, track] = request_keyframe
        recording.add_track(
            track, identity=identity, name=name, kind=kind, source=source, codec=codec, tap=tap
        )

    def end_track(self, recording_id: RecordingId, track: str, *, cause: str) -> None:
        """Ends a track of an open recording."""
        self._keyframe_requests.pop((recording_id, track), None)
        recording = self._recordings.get(recording_id)
        if recording is not None:
            recording.end_track(track, cause=cause)

    def note_event(
        self,
        recording_id: RecordingId,
        kind: str,
        detail: Mapping[str, JsonValue],
        *,
        actor: str,
        now_ns: int,
        wall_ns: int,
    ) -> None:
        """Appends an event to an open recording."""
        recording = self._recordings.get(recording_id)
        if recording is not None:
            recording.note_event(kind, detail, actor=actor, now_ns=now_ns, wall_ns=wall_ns)

    def settle(self, recording_id: RecordingId) -> None:
        """Writes what waits. Raises FolderUnwritable, LedgerUnavailable, UnknownRecording."""
        recording = self._recordings.get(recording_id)
        if recording is None:
            raise UnknownRecording(recording_id)
        try:
            recording.settle()
        except OSError as error:
            raise FolderUnwritable(error.errno) from error
        self._publish(recording)

    def finish(self, recording_id: RecordingId, *, cause: str, actor: str) -> None:
        """Stops and seals. Raises FolderUnwritable, LedgerUnavailable: sealing then goes on by itself."""
        recording = self._recordings.pop(recording_id, None)
        if recording is None:
            raise UnknownRecording(recording_id)
        for key in [key for key in self._keyframe_requests if key[0] == recording_id]:
            del self._keyframe_requests[key]
        self._unsealed[recording_id] = recording
        recording.stop(cause=cause, actor=actor)
        self._publish(recording)
        try:
            self._seal(recording)
        except OSError as error:
            raise FolderUnwritable(error.errno) from error

    # ---- the thread itself
    # ----------------------------------------------------------------------------------

    def _run(self) -> None:
        next_pass_ns = time.monotonic_ns()
        while not self._is_closing.is_set():
            self._carry_out_commands(until_ns=next_pass_ns)
            next_pass_ns = max(next_pass_ns + PASS_NS, time.monotonic_ns())
            self._tick()
        self._finish_all()

    def _carry_out_commands(self, *, until_ns: int) -> None:
        """Carries out commands as they come until it is time for a pass."""
        while True:
            wait_s = max(until_ns - time.monotonic_ns(), 0) / 1e9
            try:
                command = self._commands.get(timeout=wait_s) if wait_s else self._commands.get_nowait()
            except queue.Empty:
                return
            try:
                command()
            except Exception:  # the outermost frame of a command: it must not take other recordings with it
                _log.exception("recorder_command_failed")
                self._count("recordings_failed_total")
            if time.monotonic_ns() >= until_ns:
                return

    def _tick(self) -> None:
        for recording in list(self._recordings.values()):
            had_trouble = recording.trouble is not None
            if not self._survives(recording, OpenRecording.tick):
                continue
            if recording.trouble is not None and not had_trouble:
                self._count("disk_troubles_total")
                self._survives(recording, self._publish)
        now_ns = time.monotonic_ns()
        if self._unsealed and now_ns >= self._seal_retry_at_ns:
            self._seal_retry_at_ns = now_ns + SEAL_RETRY_NS
            for recording in list(self._unsealed.values()):
                self._survives(recording, self._seal_again)
        if now_ns >= self._snapshot_at_ns:
            for recording in list(self._recordings.values()):
                self._survives(recording, self._publish)
            spent_ns = time.monotonic_ns() - now_ns
            self._snapshot_at_ns = now_ns + max(SNAPSHOT_NS, SNAPSHOT_SHARE * spent_ns)

    def _survives(self, recording: OpenRecording, action: Callable[[OpenRecording], None]) -> bool:
        """Does something with a recording; a bug in it costs this recording and no other."""
        try:
            action(recording)
        except Exception:  # the outermost frame of a recording
            _log.exception("recording_failed", recording=recording.recording_id)
            self._give_up(recording)
            return False
        return True

    def _give_up(self, recording: OpenRecording) -> None:
        """A bug in here: the recording stays on disk as it is, and is sealed at the next start."""
        self._recordings.pop(recording.recording_id, None)
        self._unsealed.pop(recording.recording_id, None)
        self.catalogue.forget_open(recording.recording_id)
        self._count("recordings_failed_total")
        recording.close()

    def _finish_all(self) -> None:
        while True:
            try:
                self._commands.get_nowait()()
            except queue.Empty:
                break
            except Exception:  # as in _carry_out_commands
                _log.exception("recorder_command_failed")
        for recording in list(self._recordings.values()):
            self._survives(recording, self._finish_at_close)
        for recording in self._unsealed.values():
            recording.close()
        if self._lock_descriptor is not None:
            os.close(self._lock_descriptor)
            self._lock_descriptor = None

    def _seal(self, recording: OpenRecording) -> None:
        recording.seal(self._signer)
        self._unsealed.pop(recording.recording_id, None)
        self.catalogue.remember_sealed(recording.recording_id)
        self.catalogue.forget_open(recording.recording_id)
        self._count("recordings_sealed_total")

    def _seal_again(self, recording: OpenRecording) -> None:
        try:
            self._seal(recording)
        except (OSError, LedgerUnavailable):
            _log.warning("recording_not_sealed_yet", recording=recording.recording_id)

    def _finish_at_close(self, recording: OpenRecording) -> None:
        try:
            self.finish(recording.recording_id, cause="server_stopped", actor=ACTOR_RECORDER)
        except (FolderUnwritable, LedgerUnavailable):
            # Its journal is on disk: the next start seals it.
            _log.warning("recording_left_for_the_next_start", recording=recording.recording_id)

    def _recover(self, folder: Path) -> RecoveredRecording | None:
        wall_ms = self._clock.wall_ns() // NS_PER_MS
        try:
            found = recover_folder(folder, ledger=self._ledger, signer=self._signer, wall_ms=wall_ms)
        except (OSError, LedgerUnavailable, BrokenEvent):
            _log.exception("recording_not_recovered", recording=folder.name)
            found = None
        self._count("recordings_recovered_total" if found is not None else "recordings_failed_total")
        return found

    def _publish(self, recording: OpenRecording) -> None:
        now_ms = (self._clock.monotonic_ns() - recording.zero_ns) // NS_PER_MS
        self.catalogue.publish(
            detail_of_book(recording.book, recording.events, now_ms=now_ms, trouble=recording.trouble)
        )

    def _want_keyframe(self, recording_id: RecordingId, track: str) -> None:
        request = self._keyframe_requests.get((recording_id, track))
        if request is not None:
            self._on_loop(request)

    def _lock_folder(self) -> None:
        descriptor = os.open(self._root / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FolderInUse from None
        self._lock_descriptor = descriptor

    def _count(self, name: str) -> None:
        self._counters[name] += 1
