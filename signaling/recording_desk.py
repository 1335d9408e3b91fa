"""Connects rooms with the recorder: who may start and stop, and what a recorded room tells it.

A recording belongs to its room, not to who started it: it ends when someone stops it or the room closes. The
room is shown as recorded before the first track is tapped and until the last one is let go. A recorder that
fails ends the recording and nothing else: the call goes on (reliability.md §3.2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from media_server.ids import ParticipantIdentity, RoomName, TrackSid
from media_server.rooms import ParticipantView, Room, TrackView
from media_server.rooms.effects import (
    EndCause,
    Fact,
    LinkBack,
    LinkLost,
    ParticipantCame,
    ParticipantWent,
    RoomClosed,
    TrackMuteChanged,
    TrackStarted,
    TrackStopped,
)
from recording.errors import RecordingError
from recording.event_kinds import ACTOR_RECORDER
from recording.recorder import Codec, Recorder
from recording.summary import JsonValue, RecordingId
from signaling.errors import Unavailable
from signaling.room_host import RoomHost
from signaling.room_journal import RoomJournal
from signaling.standing_rooms import StandingRooms

WATCH_S: Final = 1.0
"""How often a recording is asked whether it is in trouble: the dot must turn amber within 2 s."""
_CODECS: Final[Mapping[str, Codec]] = {"video/vp8": "VP8", "video/h264": "H264", "audio/opus": "opus"}
_log = structlog.get_logger("recording")


class DeskRefusal(Exception):  # noqa: N818
    """Why a recording cannot be started or stopped: ``code`` is one of the API's."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Starter(Protocol):
    """Who asks."""

    @property
    def identity(self) -> str:
        """Who it is in rooms and recordings."""

    @property
    def name(self) -> str:
        """What people call them."""


@dataclass(slots=True)
class _Open:
    recording_id: RecordingId
    tracks: set[TrackSid]
    trouble: str | None = None


class RecordingDesk:
    """The recordings that are going on. An observer of the room host; called on the loop thread."""

    def __init__(
        self, *, host: RoomHost, recorder: Recorder, journal: RoomJournal, standing: StandingRooms
    ) -> None:
        self._host = host
        self._recorder = recorder
        self._journal = journal
        self._standing = standing
        self._open: dict[RoomName, _Open] = {}
        self._busy: set[RoomName] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def recording_of(self, room: RoomName) -> RecordingId | None:
        """Returns the recording that is going on in a room."""
        recording = self._open.get(room)
        return None if recording is None else recording.recording_id

    def trouble_of(self, room: RoomName) -> str | None:
        """Returns what the recording of a room is losing media to right now, as a code."""
        recording = self._open.get(room)
        return None if recording is None else recording.trouble

    async def start(self, name: RoomName, starter: Starter) -> RecordingId:
        """Begins to record a room. DeskRefusal: room_not_open, not_permitted, already_recording;
        Unavailable."""
        room = self._host.rooms.find(name)
        if room is None or not len(room.roster):
            raise DeskRefusal("room_not_open")
        standing = self._standing.describe(name)
        if standing.recording_policy == "never":
            raise DeskRefusal("not_permitted")
        if name in self._open or name in self._busy:
            raise DeskRefusal("already_recording")
        self._busy.add(name)
        try:
            recording_id = await self._recorder.begin(
                room=name, title=standing.title_zh, started_by=starter.identity
            )
        except RecordingError as error:
            _log.error("recording_refused", code=error.code, room=room.sid)
            raise Unavailable("recording_unavailable") from None
        finally:
            self._busy.discard(name)
        self._open[name] = _Open(recording_id, set())
        if self._host.rooms.find(name) is not room:
            self._finish_later(name, cause="room_closed")
            raise DeskRefusal("room_not_open")
        _log.info("recording_started", room=room.sid, recording=recording_id)
        self._host.apply(room, room.set_recording(is_recording=True))
        self._journal.note(name, "recording_started", actor_name=starter.name)
        for participant in room.participants():
            self._note_came(name, participant)
            for track in participant.tracks:
                self._add_track(name, participant, track)
        return recording_id

    async def stop(self, name: RoomName, stopper: Starter) -> RecordingId:
        """Ends a room's recording; sealed when this returns. DeskRefusal: not_recording; Unavailable."""
        recording = self._open.pop(name, None)
        if recording is None:
            raise DeskRefusal("not_recording")
        room = self._host.rooms.find(name)
        if room is not None:
            self._host.apply(room, room.set_recording(is_recording=False))
        self._journal.note(name, "recording_stopped", actor_name=stopper.name)
        try:
            await self._recorder.finish(recording.recording_id, cause="stopped", actor=stopper.identity)
        except RecordingError as error:
            _log.error("recording_unsealed", code=error.code, recording=recording.recording_id)
            raise Unavailable("recording_unavailable") from None
        return recording.recording_id

    async def mark(self, name: RoomName, text: str, author: Starter) -> None:
        """Notes a line in the room's journal, and in the recording at the present moment where there is
        one."""
        self._journal.note(name, "mark", actor_name=author.name, text=text)
        recording = self._open.get(name)
        if recording is not None:
            self._note(name, "mark", {"text": text, "name": author.name}, actor=author.identity)
            with suppress(RecordingError):
                # On disk before the doctor is told that it is noted; a full disk is shown by the room itself.
                await self._recorder.settle(recording.recording_id)

    def open_recordings(self) -> Mapping[RoomName, RecordingId]:
        """Returns the recordings that are going on, by room."""
        return {name: recording.recording_id for name, recording in self._open.items()}

    def note_own(self, room: RoomName, kind: str, facts: Mapping[str, JsonValue]) -> None:
        """Keeps an event of the service's own in a room's recording, at the present moment."""
        self._note(room, kind, facts, actor=ACTOR_RECORDER)

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """See RoomObserver."""
        if room not in self._open:
            return
        match fact:
            case ParticipantCame():
                self._note_came(room, fact.participant)
            case ParticipantWent():
                facts: dict[str, JsonValue] = {**_who(fact.participant), "cause": fact.cause.value}
                self._note(room, _kind(fact.participant, "left"), facts, actor=fact.participant.identity)
            case LinkLost():
                self._note(room, "link_lost", _who(fact.participant), actor=fact.participant.identity)
            case LinkBack():
                self._note(room, "link_back", _who(fact.participant), actor=fact.participant.identity)
            case TrackStarted():
                self._add_track(room, fact.participant, fact.track)
            case TrackStopped():
                self._end_track(room, fact.track.sid, fact.cause)
            case TrackMuteChanged():
                self._note_mute(room, fact.participant, fact.track)
            case RoomClosed():
                self._finish_later(room, cause="room_closed")
            case _:
                pass

    async def run(self) -> None:
        """Watches for recordings in trouble, as long as the task lives."""
        while True:
            await asyncio.sleep(WATCH_S)
            self.look_for_trouble()

    def look_for_trouble(self) -> None:
        """Shows in the room's journal when its recording begins or ceases to lose media."""
        if not self._open:
            return
        troubles = {summary.recording_id: summary.trouble for summary in self._recorder.list()}
        for name, recording in self._open.items():
            trouble = troubles.get(recording.recording_id)
            if trouble != recording.trouble:
                recording.trouble = trouble
                kind = "recording_trouble_over" if trouble is None else "recording_trouble"
                self._journal.note(name, kind, text=trouble or "")

    def finish_all(self, *, cause: str) -> None:
        """Begins to seal every recording that is going on."""
        for name in list(self._open):
            self._finish_later(name, cause=cause)

    async def close(self) -> None:
        """Waits for recordings that are being sealed, then ends the recorder, which seals the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._recorder.close()

    # ---- inside -----------------------------------------------------------------------------------------

    def _note_came(self, name: RoomName, participant: ParticipantView) -> None:
        self._note(name, _kind(participant, "joined"), _who(participant), actor=participant.identity)

    def _note_mute(self, name: RoomName, participant: ParticipantView, track: TrackView) -> None:
        kind = "muted" if track.is_muted else "unmuted"
        facts: dict[str, JsonValue] = {"track_sid": track.sid, "source": track.request.source.value}
        self._note(name, kind, facts, actor=participant.identity)

    def _add_track(self, name: RoomName, participant: ParticipantView, track: TrackView) -> None:
        recording = self._open[name]
        codec = _CODECS.get(track.mime_type.lower())
        if codec is None:
            unrecorded: dict[str, JsonValue] = {"track_sid": track.sid, "codec": track.mime_type[:64]}
            self._note(name, "track.unrecorded", unrecorded, actor=participant.identity)
            return
        media = self._host.media
        with suppress(RecordingError):
            self._recorder.add_track(
                recording.recording_id,
                track_sid=track.sid,
                participant_identity=participant.identity,
                participant_name=participant.name or participant.identity,
                kind=track.request.kind.value,
                source=track.request.source.value,
                codec=codec,
                tap=media.open_tap(track.number),
                request_keyframe=lambda: media.request_keyframe(track.number),
            )
            recording.tracks.add(track.sid)
            if track.is_muted:
                self._note_mute(name, participant, track)

    def _end_track(self, name: RoomName, track_sid: TrackSid, cause: EndCause) -> None:
        recording = self._open[name]
        if track_sid in recording.tracks:
            recording.tracks.discard(track_sid)
            with suppress(RecordingError):
                self._recorder.end_track(recording.recording_id, track_sid, cause=cause.value)

    def _note(self, name: RoomName, kind: str, facts: Mapping[str, JsonValue], *, actor: str) -> None:
        with suppress(RecordingError):
            self._recorder.note_event(self._open[name].recording_id, kind, facts, actor=actor)

    def _finish_later(self, name: RoomName, *, cause: str) -> None:
        recording = self._open.pop(name)
        self._journal.note(name, "recording_stopped")
        task = asyncio.get_running_loop().create_task(self._finish(recording.recording_id, cause))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, recording_id: RecordingId, cause: str) -> None:
        try:
            await self._recorder.finish(recording_id, cause=cause)
        except RecordingError as error:
            _log.error("recording_unsealed", code=error.code, recording=recording_id)


def _who(participant: ParticipantView) -> dict[str, JsonValue]:
    return {"identity": participant.identity, "name": participant.name or participant.identity}


def _kind(participant: ParticipantView, kind: str) -> str:
    """A hidden participant is kept in the ledger as what it was, not among the participants."""
    return f"observer.{kind}" if participant.grant.hidden else kind


def is_present(room: Room | None, identity: ParticipantIdentity) -> bool:
    """Returns whether that person is in the room now."""
    return room is not None and room.roster.by_identity(identity) is not None
