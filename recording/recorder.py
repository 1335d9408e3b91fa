"""The recorder as the server sees it: begins, feeds and finishes recordings, and tells what they hold.

The event loop's side of it decides nothing and touches no file: it hands commands to ``RecorderThread``
through a bounded queue and reads what that publishes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from recording.canonical import canonical_json
from recording.clock import Clock
from recording.errors import MisuseError, UnknownRecording
from recording.event_kinds import ACTOR_RECORDER
from recording.ledger import Ledger
from recording.recorder_thread import RecorderThread
from recording.signing import Signer
from recording.summary import JsonValue, RecordingDetail, RecordingId, RecordingSummary, RecoveredRecording
from recording.tap_records import RecordedTap

MediaKind: TypeAlias = Literal["audio", "video"]
Codec: TypeAlias = Literal["VP8", "H264", "opus"]

_Result = TypeVar("_Result")

CLOSE_TIMEOUT_S = 10.0
"""A disk that hangs must not keep the server from ending; what is not sealed then is
sealed at the next start.
"""

_ID_BYTES = 16
"""128 random bits: an id is not guessed (reliability §2, 9)."""


def new_recording_id() -> RecordingId:
    """A fresh id, fit for a folder's name."""
    return RecordingId("RC_" + secrets.token_hex(_ID_BYTES))


class Recorder:
    """One per process. Everything is called on the event loop's thread; files and taps
    belong to its own thread.
    """

    def __init__(self, *, data_dir: Path, ledger: Ledger, signer: Signer, clock: Clock) -> None:
        self._clock = clock
        self._thread = RecorderThread(data_dir=data_dir, ledger=ledger, signer=signer, clock=clock)
        self._open: set[RecordingId] = set()

    async def start(self) -> list[RecoveredRecording]:
        """Starts the thread; seals recordings that were cut off.

        Raises FolderUnwritable, and FolderInUse where another process records into the folder.
        """
        loop = asyncio.get_running_loop()
        self._thread.start(on_loop=loop.call_soon_threadsafe)
        return await self._ask(self._thread.open_folder)

    async def begin(self, *, room: str, title: str, started_by: str) -> RecordingId:
        """Opens a recording; its time line is zero now.

        Raises FolderUnwritable, LedgerUnavailable, RecorderStopped.
        """
        recording_id = new_recording_id()
        await self._ask(
            lambda: self._thread.begin(recording_id, room=room, title=title, started_by=started_by)
        )
        self._open.add(recording_id)
        return recording_id

    def add_track(
        self,
        recording_id: RecordingId,
        *,
        track_sid: str,
        participant_identity: str,
        participant_name: str,
        kind: MediaKind,
        source: str,
        codec: Codec,
        tap: RecordedTap,
        request_keyframe: Callable[[], None] | None = None,
    ) -> None:
        """Records a track from now on.

        ``source`` is LiveKit's word ("camera", "microphone", "screen_share", "screen_share_audio").
        ``request_keyframe`` is called on the event loop's thread when a video segment is due to be cut:
        without it a browser sends no key frame for minutes. Raises UnknownRecording, MisuseError.
        """
        self._check_open(recording_id)
        if not track_sid.isascii() or not track_sid.replace("_", "").isalnum() or len(track_sid) > 64:
            raise MisuseError("a track sid names files: letters, digits, underscores, at most 64")
        canonical_json({"identity": participant_identity, "name": participant_name, "source": source})
        self._thread.post(
            lambda: self._thread.add_track(
                recording_id,
                track_sid,
                identity=participant_identity,
                name=participant_name,
                kind=kind,
                source=source,
                codec=codec,
                tap=tap,
                request_keyframe=request_keyframe,
            )
        )

    def end_track(self, recording_id: RecordingId, track_sid: str, *, cause: str) -> None:
        """Ends a track: cause "unpublished", "left", "link_lost" ... An unknown track is ignored."""
        self._check_open(recording_id)
        self._thread.post(lambda: self._thread.end_track(recording_id, track_sid, cause=cause))

    def note_event(
        self, recording_id: RecordingId, kind: str, detail: Mapping[str, JsonValue], *, actor: str
    ) -> None:
        """Appends an event at the present time.

        These kinds mean something to the recorder and need a key in ``detail``: "track.muted" and
        "track.unmuted" ("track_sid"), "participant.lost" and "participant.resumed" ("identity") explain gaps;
        "participant.joined" and "participant.left" ("identity", "name") make the list of participants.
        The room's short names for them ("muted", "link_lost", "joined" …: ``event_kinds``) will do.
        Raises UnknownRecording, and MisuseError where ``detail`` has no canonical JSON.
        """
        self._check_open(recording_id)
        canonical_json({"kind": kind, "actor": actor, "detail": dict(detail)})
        now_ns, wall_ns = self._clock.monotonic_ns(), self._clock.wall_ns()
        facts = dict(detail)
        self._thread.post(
            lambda: self._thread.note_event(
                recording_id, kind, facts, actor=actor, now_ns=now_ns, wall_ns=wall_ns
            )
        )

    async def settle(self, recording_id: RecordingId) -> None:
        """Returns when every event noted so far is on disk. Raises FolderUnwritable, LedgerUnavailable."""
        self._check_open(recording_id)
        await self._ask(lambda: self._thread.settle(recording_id))

    async def finish(self, recording_id: RecordingId, *, cause: str, actor: str = ACTOR_RECORDER) -> None:
        """Stops and seals: manifest written and signed when this returns.

        Raises UnknownRecording; FolderUnwritable or LedgerUnavailable where the disk refuses: it is then
        stopped all the same, and sealed as soon as the disk takes it.
        """
        self._check_open(recording_id)
        self._open.discard(recording_id)
        await self._ask(lambda: self._thread.finish(recording_id, cause=cause, actor=actor))

    def list(self, *, identity: str | None = None) -> list[RecordingSummary]:
        """Recordings, newest first; with ``identity`` only those the participant took part in or started."""
        summaries = [
            summary
            for summary in self._thread.catalogue.summaries()
            if identity is None or identity == summary.started_by or identity in summary.identities
        ]
        return sorted(summaries, key=lambda summary: summary.started_at_ms, reverse=True)

    def detail(self, recording_id: RecordingId) -> RecordingDetail:
        """Lanes, spans, gaps and events of an open or sealed recording.

        An open one is told as of about a second ago. Raises UnknownRecording.
        """
        detail = self._thread.catalogue.detail(recording_id)
        if detail is None:
            raise UnknownRecording(recording_id)
        return detail

    def folder(self, recording_id: RecordingId) -> Path:
        """Where the files of a recording lie, for verify and export. Raises UnknownRecording."""
        if not self._thread.catalogue.knows(recording_id):
            raise UnknownRecording(recording_id)
        return self._thread.catalogue.folder(recording_id)

    def stats(self) -> Mapping[str, int]:
        """Counters since the start, for metrics: names end in ``_total``, but for ``recordings_open``."""
        return self._thread.stats()

    async def close(self) -> None:
        """Finishes all recordings (cause "server_stopped") and ends the thread. Closing twice is harmless."""
        self._open.clear()
        await asyncio.to_thread(self._thread.close, CLOSE_TIMEOUT_S)

    def _check_open(self, recording_id: RecordingId) -> None:
        if recording_id not in self._open:
            raise UnknownRecording(recording_id)

    async def _ask(self, question: Callable[[], _Result]) -> _Result:
        """The answer of the recorder's thread; what it raises is raised here."""
        future: Future[_Result] = Future()

        def answer() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(question())
            except BaseException as error:  # handed over, and raised where it was asked
                future.set_exception(error)

        self._thread.post(answer, on_refused=future.set_exception)
        return await asyncio.wrap_future(future)
