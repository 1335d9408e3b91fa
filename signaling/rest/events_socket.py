"""/api/v1/events: tells pages that something has changed, so that they need not ask."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import asdict, dataclass
from typing import Final

from aiohttp import WSMsgType, web

from media_server.ids import RoomName
from media_server.rooms.effects import Fact, ParticipantCame, ParticipantWent, RoomClosed, RoomOpened
from signaling.api.route import Refusal
from signaling.auth.callers import Callers
from signaling.auth.rights import NOBODY
from signaling.rest.answers import ApiRefusal, api
from signaling.room_journal import RoomEvent

MAX_QUEUED: Final = 128
"""A page that is so far behind is cut off; it opens a new socket and reads everything again."""
MAX_SOCKETS: Final = 2_000
HEARTBEAT_S: Final = 20.0
_ROOMS: Final = json.dumps({"type": "rooms"})
_ROOM_EVENT_KINDS: Final = (
    "recording_started",
    "recording_stopped",
    "recording_trouble",
    "recording_trouble_over",
)


@dataclass(eq=False, slots=True)
class _Page:
    room: RoomName | None
    """The one room that a room token names; None for people, who see all."""
    queue: asyncio.Queue[str | None]

    def push(self, text: str) -> None:
        """Queues a message; a full queue ends the socket."""
        if self.queue.full():
            self.end()
        else:
            self.queue.put_nowait(text)

    def end(self) -> None:
        """Ends the socket; what was queued is dropped."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class EventsSocket:
    """The open events sockets. An observer of the room host and a reader of the journal."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._pages: set[_Page] = set()
        self._is_rooms_due = False
        self._is_closed = False

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application."""
        return [web.get("/api/v1/events", self.connect)]

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """See RoomObserver."""
        if isinstance(fact, RoomOpened | RoomClosed | ParticipantCame | ParticipantWent):
            self._tell_rooms_soon()

    def receive_event(self, room: RoomName, event: RoomEvent) -> None:
        """Takes a new event of a room's journal."""
        text = json.dumps({"type": "room_event", "room": room, "event": asdict(event)}, ensure_ascii=False)
        for page in list(self._pages):
            if page.room in (None, room):
                page.push(text)
        if event.kind in _ROOM_EVENT_KINDS:
            self._tell_rooms_soon()

    def close(self) -> None:
        """Ends all sockets."""
        self._is_closed = True
        for page in list(self._pages):
            page.end()

    @api
    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serves one socket from its upgrade to its end."""
        websocket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, max_msg_size=1024, compress=False, timeout=2.0
        )
        if not websocket.can_prepare(request):
            raise ApiRefusal("bad_request")
        room = await self._room_of(request)
        if len(self._pages) >= MAX_SOCKETS or self._is_closed:
            raise ApiRefusal("unavailable")
        await websocket.prepare(request)
        page = _Page(room, asyncio.Queue(MAX_QUEUED))
        self._pages.add(page)
        page.push(_ROOMS)
        writer = asyncio.create_task(_write(websocket, page.queue), name="events-writer")
        try:
            async for message in websocket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._pages.discard(page)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return websocket

    async def _room_of(self, request: web.Request) -> RoomName | None:
        try:
            claims = self._callers.claims(request)
            if claims is not None:
                return claims.room
            if await self._callers.caller(request) == NOBODY:
                raise ApiRefusal("signed_out")
        except Refusal as refusal:
            raise ApiRefusal(refusal.code, **refusal.facts) from None
        return None

    def _tell_rooms_soon(self) -> None:
        if not self._is_rooms_due and self._pages:
            self._is_rooms_due = True
            # One push for all changes of one event.
            asyncio.get_running_loop().call_soon(self._tell_rooms)

    def _tell_rooms(self) -> None:
        self._is_rooms_due = False
        for page in list(self._pages):
            page.push(_ROOMS)


async def _write(websocket: web.WebSocketResponse, queue: asyncio.Queue[str | None]) -> None:
    with contextlib.suppress(OSError):
        while (text := await queue.get()) is not None:
            await websocket.send_str(text)
        await websocket.close()
