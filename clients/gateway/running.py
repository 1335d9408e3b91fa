"""The gateway at work: one task reads the device, one keeps the connection.

Each waits, feeds, drains and repeats. What is to be kept is decided in intake.py, what is to be sent in
uplink.py; here are only the waiting and the trying again. The device is read with a server or without.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients.gateway.chunk import Source
from clients.gateway.datagram_line import DatagramLine, UdpLine
from clients.gateway.doors import API, open_session
from clients.gateway.errors import DoorRefused, GatewayError, ServerFault
from clients.gateway.gateway_clock import GatewayClock
from clients.gateway.identity import Identity
from clients.gateway.intake import Intake, Tell
from clients.gateway.keeping import Shelf
from clients.gateway.uplink import ReadFrames, Say, SendFrames, Uplink
from clients.gateway.uplink_words import MAX_TEXT_CHARACTERS

MODEL: Final = "lianzhen gateway 1"
IDLE_S: Final = 0.25
"""Nothing to send: look again so soon for pings that are due."""
SOURCE_RETRY_S: Final = 1.0
LINK_RETRY_S: Final = 1.0
"""No longer: after a ten second drop the back-fill has five seconds."""
REFUSED_RETRY_S: Final = 30.0
"""A revoked device need not hurry; the server paces wrong signatures."""
CONNECT_TIMEOUT_S: Final = 2.0
"""One SYN and its first repetition: while the link is gone an attempt must not hang in TCP's back-off."""
HANDSHAKE_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 0.5
SWEEP_S: Final = 600.0
JUMP_LOOK_S: Final = 10.0
FIRST_DEVICE_S: Final = 2.0
"""So long the first hello waits for the device, to be able to name it."""


class _LinkGone(Exception):  # noqa: N818
    """The connection ended; ``key`` says how."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect, and as whom."""

    identity: Identity
    key: Ed25519PrivateKey
    http: aiohttp.ClientSession


class Running:
    """One gateway. ``run`` ends only when it is cancelled."""

    def __init__(
        self,
        shelf: Shelf,
        source: Source,
        clock: GatewayClock,
        tell: Tell,
        *,
        open_line: Callable[[str, int], DatagramLine] = UdpLine,
    ) -> None:
        self.uplink = Uplink(model=MODEL)
        self.intake = Intake(shelf, self.uplink, tell, clock.settle)
        self._source = source
        self._clock = clock
        self._tell = tell
        self._news = asyncio.Event()
        self._device_seen = asyncio.Event()
        self._token = ""
        self._open_line = open_line
        self._line: DatagramLine | None = None

    async def run(self, server: Server) -> None:
        """Reads the device and keeps the connection."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.read_source(), name="gateway-source")
            tasks.create_task(self.keep_link(server), name="gateway-link")
            tasks.create_task(self._keep_house(), name="gateway-house")

    async def read_source(self) -> None:
        """Reads the device, again and again; returns when the source has no more (a recording's end)."""
        while True:
            try:
                descriptor = await self._source.open()
                self.intake.open_source(descriptor, await self._source.calibrate())
                self._device_seen.set()
                self._news.set()
                async for item in self._source.items():
                    self.intake.receive(item, self._clock.now_us())
                    self._send_ahead()
                    self._news.set()
                self._tell("source_ended")
                return
            except GatewayError as fault:
                self._tell(fault.code, **fault.facts)
            finally:
                self.intake.close_source(self._clock.now_us())
                self._news.set()
                await self._source.close()
            await asyncio.sleep(SOURCE_RETRY_S)

    async def keep_link(self, server: Server) -> None:
        """Connects, serves the connection to its end, and connects again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_DEVICE_S):
                await self._device_seen.wait()
        while True:
            wait_s = LINK_RETRY_S
            try:
                await self._connect(server)
            except _LinkGone as gone:
                self._tell(gone.key)
                wait_s = 0.0 if gone.key == "link_renewed" else LINK_RETRY_S
            except DoorRefused as refused:
                self._tell("door_refused", code=refused.code, sentence=refused.sentence)
                wait_s = REFUSED_RETRY_S
            except GatewayError as fault:
                self._tell(fault.code, **fault.facts)
            await asyncio.sleep(wait_s)

    async def _connect(self, server: Server) -> None:
        if not self._token:
            self._token = await open_session(server.http, server.identity, server.key, self._now_ms)
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                websocket = await server.http.ws_connect(
                    server.identity.server + API + "/ecg/uplink",
                    headers={"Authorization": f"Bearer {self._token}"},
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT_S),
                    max_msg_size=4 * MAX_TEXT_CHARACTERS,
                )
        except aiohttp.WSServerHandshakeError as error:
            # The session may have ended; whoever the server will not have is told at the door.
            self._token = ""
            raise ServerFault("server_handshake", status=error.status) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise ServerFault("server_away") from None
        self._tell("link_open")
        try:
            await self.serve(websocket)
        finally:
            await websocket.close()

    async def serve(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        """Serves one connection. Always raises: _LinkGone or ServerFault."""
        self.uplink.connected(self._clock.now_us())
        # No task group: before Python 3.13 it takes a cancellation that meets its end for its own, and leaves
        # its own behind with the task (cpython#116720).
        tasks = [
            asyncio.create_task(self._receive(websocket), name="gateway-receive"),
            asyncio.create_task(self._send(websocket), name="gateway-send"),
            asyncio.create_task(self._watch(), name="gateway-watch"),
        ]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.uplink.disconnected()
            if self._line is not None:
                self._line.close()
                self._line = None
        for task in ended:
            task.result()

    async def _receive(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in websocket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise ServerFault("server_unreadable")
            now_us = self._clock.now_us()
            self.uplink.receive_text(message.data, now_us)
            if self._line is None and self.uplink.ahead.port:
                self._line = self._line_to(websocket, self.uplink.ahead.port)
            for event in self.uplink.events():
                self.intake.handle(event, now_us)
            self._news.set()
        raise _LinkGone("link_closed")

    async def _send(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            while True:
                self._news.clear()
                while (step := self.uplink.next(self._clock.now_us())) is not None:
                    match step:
                        case Say(word):
                            await websocket.send_str(json.dumps(word))
                        case SendFrames(content):
                            await websocket.send_bytes(content)
                        case ReadFrames(ecg, gaps):
                            frames = self.intake.read(ecg, gaps)
                            content = self.uplink.fill(step, frames, self._clock.now_us())
                            if content:
                                await websocket.send_bytes(content)
                for event in self.uplink.events():
                    self.intake.handle(event, self._clock.now_us())
                # Not wait_for: before Python 3.12 it may swallow a cancellation that comes with the news.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_S):
                        await self._news.wait()
        except (aiohttp.ClientError, OSError):
            raise _LinkGone("link_closed") from None

    def _line_to(self, websocket: aiohttp.ClientWebSocketResponse, port: int) -> DatagramLine | None:
        """Returns a way to that port of whoever is at the other end of the WebSocket; None for none."""
        peer = websocket.get_extra_info("peername")
        try:
            return self._open_line(peer[0], port) if peer else None
        except OSError:
            return None

    def _send_ahead(self) -> None:
        """Not by the task that sends: it waits where the WebSocket does not take more."""
        for datagram in self.uplink.ahead.next(self._clock.now_us()):
            if self._line is not None:
                self._line.send(datagram)

    async def _watch(self) -> None:
        while not self.uplink.is_dead(self._clock.now_us()):
            if self.uplink.wants_new_hello:
                raise _LinkGone("link_renewed")
            await asyncio.sleep(IDLE_S)
        raise _LinkGone("link_dead")

    async def _keep_house(self) -> None:
        swept_s = 0.0
        while True:
            jumped_us = self._clock.jump_us()
            if jumped_us:
                self._tell("clock_jumped", seconds=round(jumped_us / 1e6, 1))
                if not self.intake.is_recording:
                    self._clock.settle()
            if swept_s <= 0:
                self.intake.sweep(self._clock.now_us())
                swept_s = SWEEP_S
            await asyncio.sleep(JUMP_LOOK_S)
            swept_s -= JUMP_LOOK_S

    def _now_ms(self) -> int:
        return self._clock.now_us() // 1000
