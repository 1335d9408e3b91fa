"""GET /events, a WebSocket: tells pages what happens, so that they need not ask.

    {"type": "rooms"}                                        something about the rooms has changed: ask
    {"type": "room_event", "room": …, "event": {…}}          a line of a room's journal
    {"type": "event", "sequence": …, "kind": …, …}           an event of the own institution's ledger
    {"type": "event", "kind": …, …}                          the same without a number: of a case of others to
                                                             which the caller is a party (party_news.py)
    {"type": "position", "sequence": …}                      up to here the ledger has been looked through

``?after=<sequence>`` goes on where a page has been: every later event that its caller may see comes once and
in order, first from the ledger and then as it happens. Without it the ledger is told from now on. A page that
reads too slowly is cut and comes back with the last number it had.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

from clinical.ids import InstitutionId, PersonId
from media_server.ids import RoomName
from media_server.rooms.effects import Fact, ParticipantCame, ParticipantWent, RoomClosed, RoomOpened
from recording.clock import Clock
from signaling.api.event_models import EventsQuery
from signaling.api.route import Call, Refusal, Route
from signaling.auth.event_sight import LedgerEvent, sees
from signaling.auth.policy import Decision, decide
from signaling.auth.rights import Action, Caller, Role
from signaling.auth.session_ends import ended_sessions
from signaling.ledger_feed import LedgerFeed
from signaling.room_journal import RoomEvent
from signaling.store.store import Store, StoreUnavailable
from signaling.tokens import Binding

MAX_QUEUED: Final = 128
"""A page that is so far behind is cut; it opens a new socket and reads everything again."""
MAX_SOCKETS: Final = 2_000
MAX_SOCKETS_OF_ONE: Final = 20
"""Of one session or guest: windows of one browser."""
HEARTBEAT_S: Final = 20.0
SEND_LIMIT_S: Final = 10.0
"""For one message to be taken by the network: as long as a mobile link may be silent."""
CHECK_EVERY_S: Final = 5.0
"""How long after their end sessions are found that ended by the clock or in another process."""
RETRY_S: Final = 1.0
"""While the store does not answer."""
SESSION_ENDED: Final = 4401
"""Close codes (RFC 6455 §7.4.2: 4000 to 4999 are the application's): sign in again."""
TOO_SLOW: Final = 4408
GOING_AWAY: Final = 1001
_NS_PER_MS: Final = 1_000_000
_ROOMS: Final = json.dumps({"type": "rooms"})
_ROOM_EVENT_KINDS: Final = (
    "recording_started",
    "recording_stopped",
    "recording_trouble",
    "recording_trouble_over",
)


@dataclass(eq=False, slots=True)
class _Page:
    caller: Caller
    room: str
    """The only room of a guest; "" for others."""
    position: int
    """The last event of the ledger that was looked at for this page."""
    binding: Binding
    texts: deque[str] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    close_code: int = 0

    def push(self, text: str) -> None:
        """Queues a message; a full queue ends the socket."""
        if len(self.texts) >= MAX_QUEUED:
            self.end(TOO_SLOW)
            return
        self.texts.append(text)
        self.wake.set()

    def end(self, code: int) -> None:
        """Ends the socket; what was queued is dropped."""
        self.close_code = self.close_code or code
        self.texts.clear()
        self.wake.set()


@dataclass(slots=True)
class EventCounts:
    """What the sockets have done since the start."""

    opened: int = 0
    ended_slow: int = 0
    ended_with_session: int = 0
    told: int = 0


class EventPages:
    """The open sockets. An observer of the room host, a reader of the journal and of the ledger's feed.

    ``may_see_room`` says whether somebody with a session is told of a room's journal.
    """

    def __init__(
        self,
        *,
        store: Store,
        feed: LedgerFeed,
        clock: Clock,
        may_see_room: Callable[[Caller, RoomName], bool],
    ) -> None:
        self._store = store
        self._feed = feed
        self._clock = clock
        self._may_see_room = may_see_room
        self._pages: set[_Page] = set()
        self._is_rooms_due = False
        self._is_closed = False
        self.counts = EventCounts()
        feed.wake(self._wake)

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/events",
                Action.EVENT_FOLLOW,
                "A WebSocket that tells what happens; goes on after a sequence number of the ledger.",
                self.connect,
                query=EventsQuery,
                status=101,
                accepts_room_tokens=True,
                refusals=("upgrade_needed", "connections_full"),
            )
        ]

    # ---- what happens -----------------------------------------------------------------------------------

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """See RoomObserver."""
        if isinstance(fact, RoomOpened | RoomClosed | ParticipantCame | ParticipantWent):
            self._tell_rooms_soon()

    def receive_event(self, room: RoomName, event: RoomEvent) -> None:
        """Takes a new event of a room's journal."""
        text = json.dumps({"type": "room_event", "room": room, "event": asdict(event)}, ensure_ascii=False)
        for page in list(self._pages):
            if page.room == room if page.room else self._may_see_room(page.caller, room):
                page.push(text)
        if event.kind in _ROOM_EVENT_KINDS:
            self._tell_rooms_soon()

    def people(self) -> frozenset[PersonId]:
        """Returns who has a page open."""
        return frozenset(page.caller.person for page in self._pages if page.caller.person and not page.room)

    def tell_person(self, person: PersonId, event: LedgerEvent) -> None:
        """Tells somebody's pages of an event of another's ledger, where they may see such a one."""
        message = event.message()
        # The number belongs to another's ledger: a page would go on after it in its own.
        del message["sequence"]
        for page in list(self._pages):
            if page.caller.person == person and not page.room and sees(page.caller, event):
                page.push(json.dumps(message))

    def close_for(self, session: str) -> int:
        """Ends the sockets of a session that has ended; returns how many."""
        ended = [page for page in self._pages if page.caller.session and page.caller.session == session]
        for page in ended:
            page.end(SESSION_ENDED)
        self.counts.ended_with_session += len(ended)
        return len(ended)

    def bindings(self) -> list[Binding]:
        """See BoundPlaces (auth/revocation.py)."""
        return [page.binding for page in self._pages if page.binding]

    def end_bound(self, covers: Callable[[Binding], bool]) -> int:
        """See BoundPlaces."""
        ended = [page for page in self._pages if page.binding and covers(page.binding)]
        for page in ended:
            page.end(SESSION_ENDED)
        self.counts.ended_with_session += len(ended)
        return len(ended)

    def close(self) -> None:
        """Ends all sockets."""
        self._is_closed = True
        for page in list(self._pages):
            page.end(GOING_AWAY)

    async def run(self) -> None:
        """Finds what this process is not told of: other processes' events, sessions that ended."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            with contextlib.suppress(StoreUnavailable):
                await self.check()

    async def check(self) -> None:
        """One look. Raises StoreUnavailable."""
        callers = {page.caller.session: page.caller for page in self._pages if page.caller.session}
        if not callers:
            return
        await self._feed.look({caller.institution for caller in callers.values()})
        now_ms = self._clock.wall_ns() // _NS_PER_MS
        for session in await self._store.read(
            lambda connection: ended_sessions(connection, callers.values(), now_ms)
        ):
            self.close_for(session)

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return {"open": len(self._pages), **asdict(self.counts)}

    # ---- one socket -------------------------------------------------------------------------------------

    async def connect(self, call: Call) -> web.StreamResponse:
        """Serves one socket from its upgrade to its end."""
        websocket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, max_msg_size=1024, compress=False, timeout=2.0
        )
        if not websocket.can_prepare(call.request):
            raise Refusal("upgrade_needed")
        caller = call.caller
        if self._is_closed:
            raise Refusal("unavailable")
        if len(self._pages) >= MAX_SOCKETS:
            raise Refusal("connections_full")
        if sum(_holder(page.caller) == _holder(caller) for page in self._pages) >= MAX_SOCKETS_OF_ONE:
            raise Refusal("too_many")
        page = _Page(caller, str(call.claims.room) if call.claims is not None else "", 0, _binding(call))
        if _follows_ledger(caller):
            size = await self._feed.size(caller.institution)
            page.position = size if call.query.after is None else min(call.query.after, size)
        await websocket.prepare(call.request)
        self._pages.add(page)
        self.counts.opened += 1
        if page.room or decide(caller, Action.ROOM_LIST, None) is Decision.ALLOWED:
            page.push(_ROOMS)
        if _follows_ledger(caller):
            page.push(_position(page))
        if self._is_closed:
            page.end(GOING_AWAY)
        writer = asyncio.create_task(self._write(websocket, page), name="events-writer")
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

    async def _write(self, websocket: web.WebSocketResponse, page: _Page) -> None:
        try:
            while not page.close_code:
                page.wake.clear()
                while page.texts:
                    await self._send(websocket, page.texts.popleft())
                if await self._tell_ledger(websocket, page):
                    continue
                await page.wake.wait()
        except TimeoutError:
            page.end(TOO_SLOW)
        except OSError:
            return
        self.counts.ended_slow += page.close_code == TOO_SLOW
        with contextlib.suppress(OSError):
            await websocket.close(code=page.close_code)

    async def _tell_ledger(self, websocket: web.WebSocketResponse, page: _Page) -> bool:
        """Tells the next events, where there are any; returns whether there may be more."""
        institution = page.caller.institution
        if not _follows_ledger(page.caller) or not self._feed.is_behind(institution, page.position):
            return False
        try:
            events = await self._feed.after(institution, page.position)
        except StoreUnavailable:
            await asyncio.sleep(RETRY_S)
            return True
        told = page.position
        for event in events:
            if page.close_code:
                return False
            page.position = event.sequence
            if sees(page.caller, event):
                told = event.sequence
                self.counts.told += 1
                await self._send(websocket, json.dumps(event.message()))
        if told != page.position:
            await self._send(websocket, _position(page))
        return bool(events)

    @staticmethod
    async def _send(websocket: web.WebSocketResponse, text: str) -> None:
        async with asyncio.timeout(SEND_LIMIT_S):
            await websocket.send_str(text)

    def _wake(self, institution: InstitutionId) -> None:
        for page in self._pages:
            if page.caller.institution == institution:
                page.wake.set()

    def _tell_rooms_soon(self) -> None:
        if not self._is_rooms_due and self._pages:
            self._is_rooms_due = True
            # One push for all changes of one event.
            asyncio.get_running_loop().call_soon(self._tell_rooms)

    def _tell_rooms(self) -> None:
        self._is_rooms_due = False
        for page in list(self._pages):
            if page.room or decide(page.caller, Action.ROOM_LIST, None) is Decision.ALLOWED:
                page.push(_ROOMS)


def _binding(call: Call) -> Binding:
    if call.claims is not None:
        return call.claims.binding
    caller = call.caller
    return Binding(
        session=caller.session, person=caller.person, device=caller.device, issued_at_ms=call.now_ms
    )


def _holder(caller: Caller) -> str:
    return caller.session or caller.actor


def _follows_ledger(caller: Caller) -> bool:
    return bool(caller.institution) and Role.GUEST not in caller.roles


def _position(page: _Page) -> str:
    message: dict[str, Any] = {"type": "position", "sequence": page.position}
    return json.dumps(message)
