"""Rooms as people see them: the list, a token to enter, recording on and off, marks and events."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from media_server.ids import RoomName
from media_server.rooms import Grant, Room
from recording.clock import Clock
from signaling.recording_desk import RecordingDesk, is_present
from signaling.rest.answers import ApiRefusal, answer, api, read_json, text_of
from signaling.rest.callers import Caller, Callers
from signaling.room_host import RoomHost
from signaling.room_journal import RoomJournal
from signaling.standing_rooms import StandingRoom, StandingRooms
from signaling.tokens import REFRESH_TTL_S, Claims, TokenDesk

MAX_MARK_CHARACTERS: Final = 500
_NS_PER_S: Final = 1_000_000_000


class RoomPages:
    """The handlers of /api/v1/rooms."""

    def __init__(
        self,
        *,
        host: RoomHost,
        desk: RecordingDesk,
        journal: RoomJournal,
        standing: StandingRooms,
        callers: Callers,
        tokens: TokenDesk,
        clock: Clock,
    ) -> None:
        self._host = host
        self._desk = desk
        self._journal = journal
        self._standing = standing
        self._callers = callers
        self._tokens = tokens
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application."""
        return [
            web.get("/api/v1/rooms", self.rooms),
            web.post("/api/v1/rooms/{room}/token", self.token),
            web.post("/api/v1/rooms/{room}/recording", self.start_recording),
            web.delete("/api/v1/rooms/{room}/recording", self.stop_recording),
            web.post("/api/v1/rooms/{room}/marks", self.mark),
            web.get("/api/v1/rooms/{room}/events", self.events),
        ]

    @api
    async def rooms(self, request: web.Request) -> web.StreamResponse:
        """Lists the rooms that the caller may enter."""
        caller = self._callers.caller(request)
        if caller.claims is None:
            rooms = list(self._standing.all())
        else:
            rooms = [self._standing.describe(caller.claims.room)] if caller.claims.room else []
        return answer({"rooms": [self._line(room) for room in rooms]})

    @api
    async def token(self, request: web.Request) -> web.StreamResponse:
        """Gives a signed-in person the token to enter a standing room."""
        caller = self._callers.caller(request)
        room = self._standing.find(_room_of(request))
        if caller.account is None:
            raise ApiRefusal("not_permitted")
        if room is None:
            raise ApiRefusal("not_found")
        claims = Claims(
            identity=caller.identity,
            name=caller.name,
            attributes={"place": caller.account.place, "role": caller.account.role},
            room=room.room,
            may_join=True,
            grant=Grant(can_update_own_metadata=True),
        )
        now_s = self._clock.wall_ns() / _NS_PER_S
        token = self._tokens.issue(claims, now_s=now_s, ttl_s=REFRESH_TTL_S)
        return answer({"token": token, "room": room.room, "identity": caller.identity})

    @api
    async def start_recording(self, request: web.Request) -> web.StreamResponse:
        """Begins to record the room."""
        caller, room = self._recording_caller(request)
        recording_id = await self._desk.start(room, caller)
        return answer({"recording_id": recording_id}, status=201)

    @api
    async def stop_recording(self, request: web.Request) -> web.StreamResponse:
        """Ends the room's recording; it is sealed when this answers."""
        caller, room = self._recording_caller(request)
        return answer({"recording_id": await self._desk.stop(room, caller)})

    @api
    async def mark(self, request: web.Request) -> web.StreamResponse:
        """Notes a line, tied to the present moment of the recording."""
        caller, room = self._present_caller(request)
        text = text_of(await read_json(request), "text", limit=MAX_MARK_CHARACTERS)
        await self._desk.mark(room, text, caller)
        return answer({}, status=201)

    @api
    async def events(self, request: web.Request) -> web.StreamResponse:
        """Lists what happened in the room after a sequence number."""
        caller, room = self._callers.caller(request), _room_of(request)
        if not self._may_see(caller, room):
            raise ApiRefusal("not_found")
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 16):
            raise ApiRefusal("bad_request")
        return answer({"events": [asdict(event) for event in self._journal.after(room, int(after))]})

    # ---- inside -----------------------------------------------------------------------------------------

    def _may_see(self, caller: Caller, room: RoomName) -> bool:
        if caller.claims is None:
            return self._standing.find(room) is not None
        return caller.may_enter(room)

    def _recording_caller(self, request: web.Request) -> tuple[Caller, RoomName]:
        caller, room = self._callers.caller(request), _room_of(request)
        if not self._may_see(caller, room) or not caller.may_record(room):
            raise ApiRefusal("not_permitted")
        open_room = self._host.rooms.find(room)
        if open_room is None or not len(open_room.roster):
            raise ApiRefusal("room_not_open")
        if caller.account is not None and not is_present(open_room, caller.identity):
            # Nobody is recorded by someone whom they cannot see.
            raise ApiRefusal("not_permitted")
        return caller, room

    def _present_caller(self, request: web.Request) -> tuple[Caller, RoomName]:
        caller, room = self._callers.caller(request), _room_of(request)
        if not self._may_see(caller, room):
            raise ApiRefusal("not_permitted")
        open_room = self._host.rooms.find(room)
        if open_room is None:
            raise ApiRefusal("room_not_open")
        if not is_present(open_room, caller.identity) and not caller.may_record(room):
            raise ApiRefusal("not_permitted")
        return caller, room

    def _line(self, standing: StandingRoom) -> dict[str, Any]:
        room: Room | None = self._host.rooms.find(standing.room)
        people = [] if room is None else [p for p in room.participants() if not p.grant.hidden]
        return {
            "room": standing.room,
            "title": standing.titles(),
            "recording_policy": standing.recording_policy,
            "is_recording": self._desk.recording_of(standing.room) is not None,
            "recording_trouble": self._desk.trouble_of(standing.room),
            "opened_at_ms": room.created_wall_ms if room is not None and people else None,
            "participants": [{"identity": p.identity, "name": p.name or p.identity} for p in people],
        }


def _room_of(request: web.Request) -> RoomName:
    return RoomName(request.match_info["room"])
