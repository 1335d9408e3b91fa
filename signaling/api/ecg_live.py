"""GET /ecgs/{id}/live, a WebSocket: an ECG as it comes, for whoever may read it.

    server → viewer   text    {"type": "ecg", … the ECG …, "have": {"0": [[a, b], …]}, "server_us": …}   first
                      binary  whole frames: each as it comes, and between them the last 60 s as stored,
                              the newest first
                      text    {"type": "have", "have": …}      each second while it changes
                              {"type": "state", … the ECG …}   when it has ended or become complete
                              {"type": "vitals", "values": […]}
                              {"type": "lost", "since_us": …} · {"type": "found"}
                              {"type": "here"}      after two seconds without anything else
                              {"type": "pointed", "by": …, "name": …, … as pointer.ts says …}
                              {"type": "anchor", "track": …, "rtp_timestamp": …, "gateway_us": …,
                               "clock_rate": …}   each second for each picture (signaling/ecg/picture_anchors)
    viewer → server   text    {"type": "point", …, "is_kept": …} (signaling/ecg/pointing.py)
                              {"type": "lane", "lost": …, "of": …} (signaling/ecg/room_lane.py)

A frame may come twice. On a link slower than the ECG frames are left out: GET …/frames has them. A viewer
that reads too slowly is cut (4408) and comes back; one whose session is over is cut (4401) and signs in
again, also where the clock has ended it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Final

from aiohttp import WSMsgType, web

from recording.clock import Clock
from signaling.api.ecg_pages import EcgLooks
from signaling.api.event_pages import CHECK_EVERY_S, SESSION_ENDED
from signaling.api.route import Call, Found, Pace, Refusal, Route
from signaling.auth.rights import Action, Caller
from signaling.auth.room_entry import admission_of
from signaling.auth.session_ends import ended_sessions
from signaling.ecg.ecg_desk import PUT_OUT, EcgDesk
from signaling.ecg.ecg_rights import OpenedEcg, found_ecg
from signaling.ecg.outbox import TRY_AGAIN
from signaling.ecg.pointing import MAX_CHARACTERS
from signaling.ecg.viewers import Viewer
from signaling.store.store import Store, StoreUnavailable
from signaling.tokens import Binding

HEARTBEAT_S: Final = 20.0
UNSENT_BYTES: Final = 8_192
"""What waits below the outbox is sent however old it becomes: a second of the densest ECG, and no more."""
_TCP_NOTSENT_LOWAT: Final = 25
"""tcp(7); the socket module does not name it everywhere."""
_NS_PER_MS: Final = 1_000_000


class EcgLive:
    """The handler. ``run`` is its one task."""

    def __init__(
        self,
        store: Store,
        desk: EcgDesk,
        looks: EcgLooks,
        clock: Clock,
        *,
        is_revoked: Callable[[Binding], bool],
    ) -> None:
        self._store = store
        self._is_revoked = is_revoked
        self._desk = desk
        self._looks = looks
        self._clock = clock
        self._viewers: set[Viewer] = set()

    def routes(self) -> list[Route]:
        """Returns the route."""
        return [
            Route(
                "GET",
                "/ecgs/{id}/live",
                Action.ECG_READ,
                "A WebSocket that tells an ECG as it comes: the last minute at once, then live.",
                self.connect,
                status=101,
                find=self.find,
                refusals=("upgrade_needed", "connections_full"),
                pace=Pace.ROOM,
            )
        ]

    async def find(self, call: Call) -> Found | None:
        """Finds the ECG of the path."""
        return await self._store.read(lambda connection: found_ecg(connection, call.path["id"]))

    async def run(self) -> None:
        """Finds the sessions that ended while their pages were open."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            with contextlib.suppress(StoreUnavailable):
                await self.check()

    async def check(self) -> None:
        """One look: ends the sockets of sessions that are over. Raises StoreUnavailable."""
        callers = {viewer.caller.session: viewer.caller for viewer in self._viewers if viewer.caller.session}
        if not callers:
            return
        now_ms = self._clock.wall_ns() // _NS_PER_MS
        ended = await self._store.read(
            lambda connection: ended_sessions(connection, callers.values(), now_ms)
        )
        for viewer in self._viewers:
            if viewer.caller.session in ended:
                viewer.outbox.end(SESSION_ENDED)

    async def connect(self, call: Call) -> web.StreamResponse:
        """Serves one page from its upgrade to its end."""
        websocket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S,
            max_msg_size=4 * MAX_CHARACTERS,
            compress=False,
            timeout=2.0,
            writer_limit=UNSENT_BYTES,
        )
        if not websocket.can_prepare(call.request):
            raise Refusal("upgrade_needed")
        opened: OpenedEcg = call.found
        if self._desk.is_closed:
            raise Refusal("unavailable")
        if not self._desk.watching.may_watch(opened.ecg):
            raise Refusal("connections_full")
        await self._looks.note(call, opened.ecg)
        await websocket.prepare(call.request)
        _keep_little_unsent(call.request)
        caller = call.caller
        viewer = Viewer(caller, binding_of(caller, opened, call.now_ms))
        self._viewers.add(viewer)
        writer = asyncio.create_task(viewer.outbox.run(websocket), name="ecg-viewer")
        try:
            try:
                await self._desk.watching.watch(viewer, opened.ecg)
                # Opening a long ECG takes seconds: who was put out meanwhile was not among its viewers yet.
                if self._is_revoked(viewer.binding):
                    viewer.outbox.end(PUT_OUT)
            except (StoreUnavailable, OSError):
                viewer.outbox.end(TRY_AGAIN)
            async for message in websocket:
                if message.type is not WSMsgType.TEXT:
                    break
                if viewer.outbox.close_code:
                    # Put out, and slow to read so: what it says now is heard by nobody.
                    break
                await self._desk.watching.receive_text(viewer, opened.ecg, message.data)
        finally:
            self._viewers.discard(viewer)
            self._desk.watching.leave(viewer, opened.ecg)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return websocket


def binding_of(caller: Caller, opened: OpenedEcg, now_ms: int) -> Binding:
    """Returns with whose end a page's view of an ECG ends: the session's, the person's, and, of a case's ECG,
    that of their seat in the case.
    """
    case = opened.case
    return Binding(
        session=caller.session,
        person=caller.person,
        admission="" if case is None else admission_of(case.id, caller.person),
        issued_at_ms=now_ms,
    )


def _keep_little_unsent(request: web.Request) -> None:
    """Has frames wait where the old ones can still be left out: in the outbox."""
    transport = request.transport
    assert transport is not None
    transport.set_write_buffer_limits(high=UNSENT_BYTES)
    connection = transport.get_extra_info("socket")
    if sys.platform != "linux" or connection is None:
        return
    if connection.family == socket.AF_UNIX:
        # Behind the secure port: what lies between is ours, the line itself is the core's.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNSENT_BYTES)
    else:
        connection.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, UNSENT_BYTES)
