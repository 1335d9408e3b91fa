"""Rooms as people see them: the list, a token to enter, recording on and off, marks and events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from clinical.ids import InstitutionId
from media_server.ids import ParticipantIdentity, RoomName
from media_server.rooms import Room
from signaling.api.invitation_models import RoomEntry
from signaling.api.room_models import (
    EventsAfter,
    Mark,
    Noted,
    Present,
    RecordingNamed,
    RoomEventLine,
    RoomEvents,
    RoomLine,
    RoomList,
    Titles,
)
from signaling.api.route import Call, Found, Pace, Refusal, Route
from signaling.auth.rights import Action, Caller, Subject
from signaling.recording_desk import DeskRefusal, RecordingDesk, is_present
from signaling.room_host import RoomHost
from signaling.room_journal import RoomJournal
from signaling.standing_rooms import StandingRoom, StandingRooms

_DESK_REFUSALS: Final = ("room_not_open", "not_permitted", "already_recording", "not_recording")


class RoomEntrance(Protocol):
    """Knows whose a room is and lets people in (signaling/auth/room_entry.py)."""

    async def find(self, call: Call) -> Found | None:
        """Returns the room of the path as a subject with its visitor, None where there is none."""

    async def enter(self, caller: Caller, room: str, visitor: Any = None, *, asked_at_ms: int) -> RoomEntry:
        """Returns what opens the room. Refusal: not_found, room_no_place, licence_expired."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who records and marks, as rooms and recordings know them."""

    identity: ParticipantIdentity
    name: str


class RoomPages:
    """The handlers of /rooms."""

    def __init__(
        self,
        *,
        host: RoomHost,
        desk: RecordingDesk,
        journal: RoomJournal,
        standing: StandingRooms,
        entrance: RoomEntrance,
    ) -> None:
        self._host = host
        self._desk = desk
        self._journal = journal
        self._standing = standing
        self._entrance = entrance

    def routes(self) -> list[Route]:
        """Returns the routes to serve."""
        return [
            Route(
                "GET",
                "/rooms",
                Action.ROOM_LIST,
                "Lists the rooms that the caller may enter, with who is in them.",
                self.rooms,
                answer=RoomList,
                accepts_room_tokens=True,
                pace=Pace.ROOM,
            ),
            Route(
                "POST",
                "/rooms/{room}/token",
                Action.ROOM_JOIN,
                "Gives the caller the token to enter a room with.",
                self.token,
                answer=RoomEntry,
                find=self.find,
                refusals=("room_no_place", "licence_expired"),
                accepts_room_tokens=True,
                pace=Pace.ROOM,
            ),
            Route(
                "POST",
                "/rooms/{room}/recording",
                Action.ROOM_RECORD,
                "Begins to record the room; everyone in it is shown that.",
                self.start_recording,
                answer=RecordingNamed,
                status=201,
                find=self.find,
                refusals=(*_DESK_REFUSALS, "recording_unavailable"),
                accepts_room_tokens=True,
                pace=Pace.ROOM,
            ),
            Route(
                "DELETE",
                "/rooms/{room}/recording",
                Action.ROOM_RECORD,
                "Ends the room's recording; it is sealed when this answers.",
                self.stop_recording,
                answer=RecordingNamed,
                find=self.find,
                refusals=(*_DESK_REFUSALS, "recording_unavailable"),
                accepts_room_tokens=True,
                pace=Pace.ROOM,
            ),
            Route(
                "POST",
                "/rooms/{room}/marks",
                Action.ROOM_MARK,
                "Notes a line, tied to the present moment of the recording.",
                self.mark,
                body=Mark,
                answer=Noted,
                status=201,
                find=self.find,
                refusals=("room_not_open",),
                accepts_room_tokens=True,
                pace=Pace.ROOM,
            ),
            Route(
                "GET",
                "/rooms/{room}/events",
                Action.ROOM_READ,
                "Lists what happened in the room after a sequence number.",
                self.events,
                query=EventsAfter,
                answer=RoomEvents,
                find=self.find,
                accepts_room_tokens=True,
                pace=Pace.ROOM,
            ),
        ]

    async def find(self, call: Call) -> Found | None:
        """Finds the room: for guests, the one that their token names."""
        room = RoomName(call.path["room"])
        if call.claims is not None:
            parties = frozenset({call.caller.actor} if call.claims.room == room else ())
            return Found(Subject(InstitutionId(""), parties=parties))
        return await self._entrance.find(call)

    async def rooms(self, call: Call) -> RoomList:
        """Lists them."""
        if call.claims is None:
            rooms = list(self._standing.of(call.caller.institution))
        else:
            rooms = [self._standing.describe(call.claims.room)] if call.claims.room else []
        return RoomList(rooms=[self._line(room) for room in rooms])

    async def token(self, call: Call) -> RoomEntry:
        """Issues it."""
        return await self._entrance.enter(call.caller, call.path["room"], call.found, asked_at_ms=call.now_ms)

    async def start_recording(self, call: Call) -> RecordingNamed:
        """Begins."""
        room = self._recorded_room(call)
        with _desk_refusals():
            return RecordingNamed(recording_id=await self._desk.start(room, _author(call)))

    async def stop_recording(self, call: Call) -> RecordingNamed:
        """Ends."""
        room = self._recorded_room(call)
        with _desk_refusals():
            return RecordingNamed(recording_id=await self._desk.stop(room, _author(call)))

    async def mark(self, call: Call) -> Noted:
        """Notes."""
        room, author = RoomName(call.path["room"]), _author(call)
        open_room = self._host.rooms.find(room)
        if open_room is None:
            raise Refusal("room_not_open")
        may_record = call.claims is None or call.claims.api.may_record
        if not is_present(open_room, author.identity) and not may_record:
            raise Refusal("not_permitted")
        await self._desk.mark(room, call.body.text, author)
        return Noted()

    async def events(self, call: Call) -> RoomEvents:
        """Lists them."""
        events = self._journal.after(RoomName(call.path["room"]), call.query.after)
        return RoomEvents(events=[RoomEventLine(**asdict(event)) for event in events])

    # ---- inside -----------------------------------------------------------------------------------------

    def _recorded_room(self, call: Call) -> RoomName:
        room = RoomName(call.path["room"])
        if call.claims is not None and not call.claims.api.may_record:
            raise Refusal("not_permitted")
        if self._standing.describe(room).recording_policy == "by_case":
            raise Refusal("not_permitted")
        open_room = self._host.rooms.find(room)
        if open_room is None or not len(open_room.roster):
            raise Refusal("room_not_open")
        if call.claims is None and not is_present(open_room, _author(call).identity):
            # Nobody is recorded by someone whom they cannot see.
            raise Refusal("not_permitted")
        return room

    def _line(self, standing: StandingRoom) -> RoomLine:
        room: Room | None = self._host.rooms.find(standing.room)
        people = [] if room is None else [p for p in room.participants() if not p.grant.hidden]
        return RoomLine(
            room=standing.room,
            title=Titles(**standing.titles()),
            recording_policy=standing.recording_policy,
            is_recording=self._desk.recording_of(standing.room) is not None,
            recording_trouble=self._desk.trouble_of(standing.room),
            opened_at_ms=room.created_wall_ms if room is not None and people else None,
            participants=[Present(identity=p.identity, name=p.name or p.identity) for p in people],
        )


def _author(call: Call) -> Author:
    return Author(ParticipantIdentity(call.caller.login), call.caller.name)


@contextmanager
def _desk_refusals() -> Iterator[None]:
    try:
        yield
    except DeskRefusal as error:
        raise Refusal(error.code) from None
