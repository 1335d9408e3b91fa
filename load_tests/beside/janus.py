"""Debian's Janus with its VideoRoom, driven over its WebSocket API, configured in a folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from load_tests.beside.system import Candidate, System
from load_tests.crowd.crowd import Crowd, Played, Track

PROGRAM = "janus"
MODULES = Path("/usr/lib")
START_LIMIT_S = 30.0
ANSWER_LIMIT_S = 60.0
ROOM = 1
FEED = 1
PUBLISHER = "publisher"

_MAIN = """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{modules}/plugins"
    transports_folder = "{modules}/transports"
    events_folder = "{modules}/events"
    loggers_folder = "{modules}/loggers"
    debug_level = 2
    session_timeout = 0
    {event_loops}
}}
nat: {{
    ice_enforce_list = "{address}"
}}
plugins: {{
    disable = "{other_plugins}"
}}
transports: {{
    disable = "{other_transports}"
}}
"""
_WEB_SOCKETS = """
general: {{
    ws = true
    ws_ip = "{address}"
    ws_port = {port}
    wss = false
}}
admin: {{
    admin_ws = false
}}
"""


class JanusError(Exception):
    """Janus refused a request; says why."""


class JanusSystem:
    """A room of a running Janus."""

    def __init__(self, pid: int, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.pid = pid
        self._socket = socket
        self._session = 0
        self._events: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._is_sending = asyncio.Event()
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def serve(self) -> None:
        """Hands what Janus says to those who wait for it."""
        async for message in self._socket:
            told = message.json()
            waiting = self._answers.get(told.get("transaction", ""))
            if told["janus"] in ("success", "error") and waiting is not None:
                waiting.set_result(told)
            elif told["janus"] == "webrtcup":
                self._is_sending.set()
            elif told["janus"] == "event" and told["sender"] in self._events:
                self._events[told["sender"]].put_nowait(told)

    async def open_room(self) -> None:
        """Makes the session and the room."""
        self._session = (await self._ask("create"))["data"]["id"]
        handle = await self._attach()
        room = {"request": "create", "room": ROOM, "publishers": 1, "videocodec": "vp8", "audiocodec": "opus"}
        await self._ask("message", handle_id=handle, body=room)

    async def publish(self, crowd: Crowd, what: Played) -> None:
        """Opens a peer that publishes this picture."""
        handle = await self._attach()
        await self._tell(handle, {"request": "join", "ptype": "publisher", "room": ROOM, "id": FEED})
        await crowd.open(PUBLISHER)
        sdp, mids = await crowd.offer(PUBLISHER, [Track("video", "picture")])
        answer = await self._tell(handle, {"request": "publish"}, {"type": "offer", "sdp": sdp})
        await crowd.accept_answer(PUBLISHER, answer["sdp"])
        await crowd.play(PUBLISHER, mids[0], what)
        # Until its handshake is done Janus knows no such feed.
        async with asyncio.timeout(ANSWER_LIMIT_S):
            await self._is_sending.wait()

    async def subscribe(self, crowd: Crowd, name: str) -> None:
        """Opens a peer that receives it."""
        handle = await self._attach()
        wanted = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": FEED}]}
        offer = await self._tell(handle, wanted)
        await crowd.open(name)
        answer = await crowd.accept_offer(name, offer["sdp"])
        await self._tell(handle, {"request": "start"}, {"type": "answer", "sdp": answer})

    async def _attach(self) -> int:
        handle: int = (await self._ask("attach", plugin="janus.plugin.videoroom"))["data"]["id"]
        self._events[handle] = asyncio.Queue()
        return handle

    async def _tell(
        self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Sends a request that is answered by an event; returns the description that came with it, or {}."""
        request = {"handle_id": handle, "body": body} | ({"jsep": jsep} if jsep else {})
        await self._send("message", request)
        async with asyncio.timeout(ANSWER_LIMIT_S):
            event = await self._events[handle].get()
        if "error" in event["plugindata"]["data"]:
            raise JanusError(event["plugindata"]["data"]["error"])
        description: dict[str, Any] = event.get("jsep", {})
        return description

    async def _ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request that is answered at once."""
        transaction = uuid.uuid4().hex
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[transaction] = answered
        await self._send(verb, arguments, transaction)
        async with asyncio.timeout(ANSWER_LIMIT_S):
            answer = await answered
        if answer["janus"] == "error":
            raise JanusError(answer["error"]["reason"])
        return answer

    async def _send(self, verb: str, arguments: dict[str, Any], transaction: str = "event") -> None:
        session = {"session_id": self._session} if self._session else {}
        await self._socket.send_json({"janus": verb, "transaction": transaction, **session, **arguments})


def janus_candidates() -> list[Candidate]:
    """Janus with a thread a peer, its default, and with one event loop; none where it is not installed."""
    if shutil.which(PROGRAM) is None or _modules() is None:
        return []
    return [
        Candidate("janus", "default", lambda address, cpus: _janus(address, cpus, "")),
        Candidate("janus", "event_loops=1", lambda address, cpus: _janus(address, cpus, "event_loops = 1")),
    ]


@contextlib.asynccontextmanager
async def _janus(address: str, cpus: set[int] | None, event_loops: str) -> AsyncIterator[System]:
    modules = _modules()
    assert modules is not None
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port(address)
        main = _MAIN.format(
            folder=folder,
            modules=modules,
            event_loops=event_loops,
            address=address,
            other_plugins=_all_but(modules / "plugins", "libjanus_videoroom.so"),
            other_transports=_all_but(modules / "transports", "libjanus_websockets.so"),
        )
        (Path(folder) / "janus.jcfg").write_text(main)
        (Path(folder) / "janus.plugin.videoroom.jcfg").write_text("general: {\n}\n")
        sockets = _WEB_SOCKETS.format(address=address, port=port)
        (Path(folder) / "janus.transport.websockets.jcfg").write_text(sockets)
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *("-F", folder, "-C", str(Path(folder) / "janus.jcfg")),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        if cpus is not None:
            os.sched_setaffinity(process.pid, cpus)
        try:
            async with aiohttp.ClientSession() as session:
                connection = await _connected(session, f"http://{address}:{port}")
                system = JanusSystem(process.pid, connection)
                serving = asyncio.create_task(system.serve())
                await system.open_room()
                yield system
                serving.cancel()
                await connection.close()
        finally:
            process.terminate()
            await process.wait()


async def _connected(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                return await session.ws_connect(url, protocols=["janus-protocol"], max_msg_size=1 << 24)
            await asyncio.sleep(0.1)


def _modules() -> Path | None:
    """Where Debian keeps Janus's plugins: below the architecture's folder."""
    found = sorted(MODULES.glob("*/janus"))
    return found[0] if found else None


def _all_but(folder: Path, wanted: str) -> str:
    return ",".join(sorted(path.name for path in folder.glob("*.so") if path.name != wanted))


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
