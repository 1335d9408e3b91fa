"""Servers that speak LiveKit's signalling: this service, and LiveKit's own where it is installed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp

from load_tests.beside.system import Candidate, System
from load_tests.crowd.crowd import Crowd, Played
from load_tests.crowd.seat import taken_seat
from load_tests.crowd.service import API_KEY, room_token, service

ROOM = "beside"
PUBLISHER = "publisher"
LIVEKIT_SERVER = "livekit-server"
START_LIMIT_S = 30.0


class RoomSystem:
    """A room of such a server."""

    def __init__(
        self,
        pid: int,
        url: str,
        token: Callable[[str, str], str],
        stack: contextlib.AsyncExitStack,
        session: aiohttp.ClientSession,
    ) -> None:
        self.pid = pid
        self._url, self._token, self._stack, self._session = url, token, stack, session

    async def publish(self, crowd: Crowd, what: Played) -> None:
        """Takes a seat and publishes this as its camera."""
        seat = taken_seat(crowd, self._session, self._url, self._token(ROOM, PUBLISHER), PUBLISHER)
        await (await self._stack.enter_async_context(seat)).publish({"video": what})

    async def subscribe(self, crowd: Crowd, name: str) -> None:
        """Takes a seat; the server subscribes it to everything."""
        seat = taken_seat(crowd, self._session, self._url, self._token(ROOM, name), name)
        await self._stack.enter_async_context(seat)


@contextlib.asynccontextmanager
async def _ours(address: str, cpus: set[int] | None) -> AsyncIterator[System]:
    with service(address, cpus=cpus) as running:
        async with contextlib.AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            yield RoomSystem(running.pid, running.url, running.token, stack, session)


@contextlib.asynccontextmanager
async def _livekit(address: str, cpus: set[int] | None) -> AsyncIterator[System]:
    secret = secrets.token_urlsafe(32)
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port(address)
        # JSON is YAML.
        configuration = {
            "port": port,
            "bind_addresses": [address],
            "keys": {API_KEY: secret},
            "rtc": {"udp_port": _free_port(address), "use_external_ip": False, "node_ip": address},
            "logging": {"level": "warn"},
        }
        path = Path(folder) / "livekit.yaml"
        path.write_text(json.dumps(configuration))
        process = await asyncio.create_subprocess_exec(
            *(["taskset", "-c", ",".join(map(str, cpus))] if cpus else []),
            *(LIVEKIT_SERVER, "--config", str(path)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with contextlib.AsyncExitStack() as stack:
                session = await stack.enter_async_context(aiohttp.ClientSession())
                await _answering(session, f"http://{address}:{port}")
                token = functools.partial(room_token, secret)
                yield RoomSystem(process.pid, f"http://{address}:{port}", token, stack, session)
        finally:
            process.terminate()
            await process.wait()


async def _answering(session: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url):
                    return
            await asyncio.sleep(0.1)


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


OURS = Candidate("ours", "", _ours)


def livekit_candidates() -> list[Candidate]:
    """LiveKit's server, where it is on the path."""
    return [Candidate("livekit", "", _livekit)] if shutil.which(LIVEKIT_SERVER) else []
