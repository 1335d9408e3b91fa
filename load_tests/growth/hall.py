"""Rooms of virtual people in one running service: in each one shows a picture, and the others receive it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from load_tests.beside.system import cpu_time_ns
from load_tests.crowd.crowd import Crowd, Played, crowd
from load_tests.crowd.reading import Reading
from load_tests.crowd.seat import taken_seat
from load_tests.crowd.service import Service, service

ADDRESS = "127.0.0.1"
CONNECT_LIMIT_S = 120.0
TOGETHER = 8
"""Seats taken at once: as many handshakes as the server takes on at a time."""
SETTLE_S = 2.0
"""After the last join: what it sets off (offers, key frames, garbage) is over."""
_POLL_S = 0.1
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Moment:
    """What a steady flow cost."""

    legs: int
    """Streams to subscribers."""
    peers: int
    """Seats; a seat that receives has a peer for that beside the one by which it sends."""
    packets: int
    """Received by all."""
    seconds: float
    cpu_s: float
    """Of the service's whole process."""
    resident_bytes: int

    @property
    def cpu_share(self) -> float:
        """Of one processor."""
        return self.cpu_s / self.seconds

    @property
    def cpu_us_per_packet(self) -> float:
        """Of each packet received."""
        return self.cpu_s * 1e6 / max(1, self.packets)


class Hall:
    """The rooms."""

    def __init__(
        self,
        running: Service,
        peers: Crowd,
        stack: contextlib.AsyncExitStack,
        played: Played,
    ) -> None:
        self._running, self._peers, self._stack, self._played = running, peers, stack, played
        self._sizes: list[int] = []

    @property
    def legs(self) -> int:
        """How many receive."""
        return sum(self._sizes)

    async def open_rooms(self, sizes: list[int]) -> None:
        """Opens rooms with so many who receive, and waits until all of them do. TimeoutError."""
        for size in sizes:
            room = len(self._sizes)
            # As if each room were a site of its own: one address may have so many connections only.
            connector = aiohttp.TCPConnector(limit=0, local_addr=(f"127.0.1.{1 + room % 254}", 0))
            session = await self._stack.enter_async_context(aiohttp.ClientSession(connector=connector))
            await self._seat(session, room, "shows", shows=True)
            self._sizes.append(size)
            names = [f"receives{number}" for number in range(size)]
            for first in range(0, size, TOGETHER):
                await asyncio.gather(
                    *(
                        self._seat(session, room, name, shows=False)
                        for name in names[first : first + TOGETHER]
                    )
                )
        async with asyncio.timeout(CONNECT_LIMIT_S):
            while self._flowing(await self._peers.read()) < self.legs:
                await asyncio.sleep(_POLL_S)
        await asyncio.sleep(SETTLE_S)

    async def watch(self, seconds: float) -> Moment:
        """Returns what the next so many seconds cost."""
        before, cpu_before_ns = await self._peers.read(), cpu_time_ns(self._running.pid)
        began_s = time.monotonic()
        await asyncio.sleep(seconds)
        after, cpu_after_ns = await self._peers.read(), cpu_time_ns(self._running.pid)
        return Moment(
            legs=self.legs,
            peers=self.legs + len(self._sizes),
            packets=after.received_packets() - before.received_packets(),
            seconds=time.monotonic() - began_s,
            cpu_s=(cpu_after_ns - cpu_before_ns) / 1e9,
            resident_bytes=_resident_bytes(self._running.pid),
        )

    async def _seat(self, session: aiohttp.ClientSession, room: int, name: str, *, shows: bool) -> None:
        identity = f"{room}-{name}"
        token = self._running.token(f"hall{room}", identity)
        seat = taken_seat(self._peers, session, self._running.url, token, identity)
        taken = await self._stack.enter_async_context(seat)
        if shows:
            await taken.publish({"video": self._played})

    def _flowing(self, reading: Reading) -> int:
        return sum(stream.packets > 0 for stream in reading.streams())


@contextlib.asynccontextmanager
async def hall(played: Played, settings: Mapping[str, str], *, apart: bool) -> AsyncIterator[Hall]:
    """Yields an empty hall in a service just started. ``apart``: service and people on processors of their
    own, where there are two."""
    usable = sorted(os.sched_getaffinity(0))
    service_cpus, crowd_cpus = ({usable[-1]}, set(usable[:-1])) if apart and usable[1:] else (None, None)
    with service(ADDRESS, cpus=service_cpus, settings=settings) as running:
        async with contextlib.AsyncExitStack() as stack:
            peers = await stack.enter_async_context(crowd(ADDRESS, cpus=crowd_cpus))
            yield Hall(running, peers, stack, played)


def _resident_bytes(pid: int) -> int:
    """What the process holds in memory (proc(5), statm)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
