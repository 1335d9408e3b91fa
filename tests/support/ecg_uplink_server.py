"""A small server that speaks the gateway's uplink and the doors, and keeps what comes in a frame log.

It can fall silent, cut the connection, forget, and refuse, as networks and servers do.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from aiohttp import WSMsgType, web

from media_server.ecg.frame import FrameFlag, decode_frame, read_envelope
from recording.ecg.frame_log import FrameLog
from tests.support.waiting import HANG_S

NOW_US = 1_800_000_000_000_000


class EcgUplinkServer:
    """One gateway's server. ``changed`` is set whenever something came."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs: dict[str, FrameLog] = {}
        self.streams: dict[int, str] = {}
        self.hellos: list[dict[str, Any]] = []
        self.words: list[dict[str, Any]] = []
        self.flags: list[FrameFlag] = []
        self.ended: dict[str, dict[str, list[int]]] = {}
        self.refusing = ""
        """A code with which streams are refused."""
        self.is_deaf = False
        """Takes connections and says nothing."""
        self.is_refusing_doors = False
        """Revoked devices are not let in."""
        self.first_taken_us = self.last_taken_us = 0
        self.sessions = 0
        self.url = ""
        self._sockets: set[web.WebSocketResponse] = set()
        self._changed = asyncio.Event()

    # ---- what a test does -------------------------------------------------------------------------------

    async def say(self, **word: Any) -> None:
        """To whoever is connected."""
        for socket in self._sockets:
            await socket.send_str(json.dumps(word))

    async def start(self, ecg: str) -> None:
        """Somebody pressed the button."""
        await self.say(type="start", ecg=ecg)

    async def stop(self, ecg: str) -> None:
        """Somebody pressed the other."""
        await self.say(type="stop", ecg=ecg)

    def cut(self) -> None:
        """As a network does it: no word, no close frame."""
        for socket in self._sockets:
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Returns when it is so."""
        async with asyncio.timeout(HANG_S):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    def count(self, ecg: str) -> int:
        """How many samples of the ECG are here."""
        log = self.logs.get(ecg)
        return 0 if log is None else sum(s.length for epoch in log.epochs for s in log.spans(epoch))

    def samples(self, ecg: str, epoch: int = 0) -> npt.NDArray[np.int32]:
        """All samples of an epoch, which must be whole."""
        log = self.logs[ecg]
        (span,) = log.spans(epoch)
        frames = [decode_frame(content)[0] for content in log.read(epoch, *span)]
        at, parts = span.start, []
        for frame in frames:
            if frame.end_sample > at:
                parts.append(frame.samples[at - frame.first_sample :])
                at = frame.end_sample
        return np.concatenate(parts)

    def is_complete(self, ecg: str) -> bool:
        """Whether everything that was declared is here."""
        declared = self.ended.get(ecg)
        return declared is not None and all(
            self.logs[ecg].spans(int(epoch)).has(*span)
            for epoch, spans in declared.items()
            for span in (spans if spans and isinstance(spans[0], list) else [spans])
        )

    # ---- what it does -----------------------------------------------------------------------------------

    async def _enrol(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["code"] != "GOOD-CODE":
            problem = {"code": "device_code_wrong", "detail": "登记码不对"}
            return web.json_response(problem, status=401)
        device = {"id": "dv_1", "name": "镇卫生院心电盒"}
        return web.json_response({"device": device, "institution": "in_1"}, status=201)

    async def _challenge(self, request: web.Request) -> web.Response:
        return web.json_response({"challenge": "x" * 54}, status=201)

    async def _session(self, request: web.Request) -> web.Response:
        if self.is_refusing_doors:
            return web.json_response({"code": "device_proof_wrong", "detail": "不是这台设备"}, status=401)
        self.sessions += 1
        return web.json_response({"token": f"token-{self.sessions}"}, status=201)

    async def _uplink(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer token-{self.sessions}":
            raise web.HTTPUnauthorized
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            async for message in socket:
                if not self.is_deaf:
                    await self._receive(socket, message.type, message.data)
                self._changed.set()
        finally:
            self._sockets.discard(socket)
            self._changed.set()
        return socket

    async def _receive(self, socket: web.WebSocketResponse, kind: WSMsgType, data: Any) -> None:
        if kind is WSMsgType.BINARY:
            await self._keep(socket, data)
            return
        word = json.loads(data)
        self.words.append(word)
        ecg = word.get("ecg")
        match word["type"]:
            case "hello":
                self.hellos.append(word)
                await socket.send_str(json.dumps({"type": "welcome", "server_us": NOW_US}))
                for name in word["running"]:
                    await self._have(socket, name)
            case "stream":
                if self.refusing:
                    refused = {"type": "refused", "ecg": ecg, "code": self.refusing}
                    await socket.send_str(json.dumps(refused))
                    return
                self.streams[word["stream"]] = ecg
                await self._have(socket, ecg)
            case "ended":
                self.ended[ecg] = word["epochs"]
            case "ping":
                pong = {"type": "pong", "t1_us": word["t1_us"], "t2_us": NOW_US, "t3_us": NOW_US}
                await socket.send_str(json.dumps(pong))

    async def _have(self, socket: web.WebSocketResponse, ecg: str) -> None:
        log = self.logs.setdefault(ecg, FrameLog(self.folder / ecg))
        epochs = {str(epoch): [list(span) for span in log.spans(epoch)] for epoch in log.epochs}
        await socket.send_str(json.dumps({"type": "have", "ecg": ecg, "epochs": epochs}))

    async def _keep(self, socket: web.WebSocketResponse, content: bytes) -> None:
        offset, touched = 0, set()
        while offset < len(content):
            envelope = read_envelope(content, offset)
            ecg = self.streams[envelope.stream]
            self.logs[ecg].append(content, envelope)
            self.flags.append(envelope.flags)
            self.first_taken_us = self.first_taken_us or envelope.taken_us
            self.last_taken_us = envelope.taken_us
            touched.add((ecg, envelope.epoch))
            offset = envelope.end
        for ecg, epoch in touched:
            first = next(iter(self.logs[ecg].spans(epoch))).start
            until = self.logs[ecg].spans(epoch).whole_until(first)
            word = {"type": "stored", "ecg": ecg, "epoch": epoch, "until": until}
            await socket.send_str(json.dumps(word))

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        app.router.add_post("/api/v1/devices/enrol", self._enrol)
        app.router.add_post("/api/v1/devices/challenge", self._challenge)
        app.router.add_post("/api/v1/devices/session", self._session)
        app.router.add_get("/api/v1/ecg/uplink", self._uplink)
        return app


@asynccontextmanager
async def ecg_uplink_server(folder: Path, port: int = 0) -> AsyncIterator[EcgUplinkServer]:
    """A server on a free port of this machine."""
    server = EcgUplinkServer(folder)
    runner = web.AppRunner(server.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
        for log in server.logs.values():
            log.close()
