"""A consultation of virtual people in a service just started, with room for one who misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import AsyncIterator
from typing import Final

import aiohttp

from load_tests.crowd.crowd import VOICE, Crowd, Misdeed, Played, crowd
from load_tests.crowd.seat import Seat, taken_seat
from load_tests.crowd.service import Service, service
from load_tests.hostile.course import Course, course

ADDRESS: Final = "127.0.0.1"
ROOM: Final = "consultation"
SHOWS: Final = "doctor"
WATCHES: Final = ("township", "county", "family")
HOSTILE: Final = "hostile"
CHANNEL: Final = "_reliable"
PICTURE: Final[Played] = {"kind": "bursts", "packets_per_s": 300, "burst_packets": 10, "payload_bytes": 1_060}
"""A camera at 720p: 2.6 Mbit/s."""
NOTHING: Final[Misdeed] = {"kind": "nothing"}
CONNECT_LIMIT_S: Final = 60.0
SETTLE_S: Final = 3.0
"""After the last join, or the last misdeed: what it sets off is over, and estimates are found again."""
_POLL_S: Final = 0.02
_STREAMS: Final = 2
_UFRAG: Final = re.compile(r"a=ice-ufrag:(\S+)")


class Room:
    """The running room."""

    def __init__(self, running: Service, peers: Crowd, session: aiohttp.ClientSession, port: int) -> None:
        self._running, self._peers, self._session = running, peers, session
        self.port = port
        self.ufrags: list[str] = []
        """The server's, of those who watch: whoever listens on the wire knows them."""

    @property
    def pid(self) -> int:
        """Of the service."""
        return self._running.pid

    async def fill(self, stack: contextlib.AsyncExitStack) -> None:
        """Everybody joins, the hostile one last; returns when all receive picture and voice. TimeoutError."""
        doctor = await stack.enter_async_context(self._seat(SHOWS))
        await doctor.publish({"audio": VOICE, "video": PICTURE})
        seats = [await stack.enter_async_context(self._seat(name)) for name in WATCHES]
        hostile = await stack.enter_async_context(self._seat(HOSTILE))
        await hostile.publish({"audio": VOICE}, [CHANNEL])
        for name in (*WATCHES, HOSTILE):
            await self._flowing(f"{name}<")
        self.ufrags = [ufrag for seat in seats for ufrag in _UFRAG.findall(seat.offered)]
        await asyncio.sleep(SETTLE_S)

    async def watch(self, seconds: float) -> Course:
        """Returns what the watchers receive in so many seconds."""
        before = await self._peers.read()
        await asyncio.sleep(seconds)
        after = await self._peers.read()
        watchers = [f"{name}<" for name in WATCHES]
        hostile = f"{HOSTILE}<"
        if before.peers[hostile].misdeeds == after.peers[hostile].misdeeds:
            hostile = HOSTILE
        return course(before, after, watchers=watchers, shows=SHOWS, hostile=hostile)

    async def misbehave(self, what: Misdeed) -> None:
        """The hostile one does this from now on: where it sends if it talks, else where it receives."""
        talks = what["kind"] == "talk"
        await self._peers.misbehave(HOSTILE, what if talks else NOTHING)
        await self._peers.misbehave(f"{HOSTILE}<", NOTHING if talks else what)

    async def counted(self, what: str) -> int:
        """Returns how often the service has counted this (/metrics)."""
        async with self._session.get(f"{self._running.url}/metrics") as response:
            found = re.search(rf'what="{what}"}} (\S+)', await response.text())
        return int(float(found[1])) if found else 0

    async def join(self, name: str) -> float:
        """Somebody joins and leaves again as soon as picture and voice come; returns after how many
        milliseconds they did. TimeoutError, or ConnectionError."""
        began_s = time.monotonic()
        async with self._seat(name):
            await self._flowing(f"{name}<")
            took_ms = (time.monotonic() - began_s) * 1_000
        await self._peers.close(f"{name}<")
        return took_ms

    async def _flowing(self, peer: str) -> None:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            while True:
                told = (await self._peers.read()).peers.get(peer)
                if told is not None and sum(stream.packets > 0 for stream in told.received) >= _STREAMS:
                    return
                await asyncio.sleep(_POLL_S)

    def _seat(self, name: str) -> contextlib.AbstractAsyncContextManager[Seat]:
        token = self._running.token(ROOM, name)
        return taken_seat(self._peers, self._session, self._running.url, token, name)


@contextlib.asynccontextmanager
async def room() -> AsyncIterator[Room]:
    """Yields the room when everybody is there."""
    port = _free_port()
    with service(ADDRESS, settings={"LIANZHEN_MEDIA_PORT": str(port)}) as running:
        async with contextlib.AsyncExitStack() as stack:
            peers = await stack.enter_async_context(crowd(ADDRESS))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            opened = Room(running, peers, session, port)
            await opened.fill(stack)
            yield opened


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((ADDRESS, 0))
        number: int = probe.getsockname()[1]
        return number
