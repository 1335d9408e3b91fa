"""The process of virtual peers, driven by JSON lines."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from load_tests.crowd.reading import Reading, reading_of

BINARY = Path(__file__).parents[1] / "virtual_peer/target/release/virtual_peer"
ANSWER_LIMIT_S = 60.0
LINE_BYTES = 64 << 20
"""A reading of a thousand peers is a line of some megabytes."""

Kind: TypeAlias = Literal["audio", "video"]
Played: TypeAlias = Mapping[str, str | int]
Misdeed: TypeAlias = Mapping[str, str | int]

VOICE: Played = {"kind": "voice"}
"""Stamped Opus packets, 50 a second."""


class Track(NamedTuple):
    """A track to offer: its kind, and the id that LiveKit's signalling knows it by."""

    kind: Kind
    track: str


class CrowdError(Exception):
    """The process refused an order; says why."""


class Crowd:
    """Peers by their names. Orders may overlap; each waits for its own answer."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self._process = process
        self._address = address
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def open(self, peer: str) -> None:
        """A new peer with a socket of its own."""
        await self._order("open", peer=peer, address=self._address)

    async def offer(
        self, peer: str, tracks: Sequence[Track], channels: Sequence[str] = ()
    ) -> tuple[str, list[str]]:
        """Returns a description that offers these tracks and data channels, and the tracks' mids."""
        told = [track._asdict() for track in tracks]
        answer = await self._order("offer", peer=peer, tracks=told, channels=list(channels))
        return answer["sdp"], answer["mids"]

    async def accept_answer(self, peer: str, sdp: str) -> None:
        """Takes the answer to the last offer."""
        await self._order("accept_answer", peer=peer, sdp=sdp)

    async def accept_offer(self, peer: str, sdp: str) -> str:
        """Takes an offer, returns the answer."""
        sdp = (await self._order("accept_offer", peer=peer, sdp=sdp))["sdp"]
        return sdp

    async def play(self, peer: str, mid: str, what: Played) -> None:
        """Begins to send on a section as soon as the peer is connected."""
        await self._order("play", peer=peer, mid=mid, what=what)

    async def stop(self, peer: str, mid: str) -> None:
        """Ends what is sent on a section."""
        await self._order("stop", peer=peer, mid=mid)

    async def misbehave(self, peer: str, what: Misdeed) -> None:
        """From now on a peer does this instead of what it did before to others (src/orders.rs)."""
        await self._order("misbehave", peer=peer, what=what)

    async def close(self, peer: str) -> None:
        """Ends a peer; the other side is told."""
        await self._order("close", peer=peer)

    async def read(self) -> Reading:
        """What all peers have sent and received until now."""
        return reading_of(await self._order("read"))

    async def serve(self) -> None:
        """Hands answers to those who wait for them, until the process ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            answer = json.loads(line)
            waiting = self._waiting.pop(answer["id"], None)
            if waiting is None or waiting.done():
                continue
            if "error" in answer:
                waiting.set_exception(CrowdError(answer["error"]))
            else:
                waiting.set_result(answer["ok"])
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(CrowdError("the process has ended"))

    async def _order(self, order: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        number = next(self._ids)
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        line = json.dumps({"id": number, "order": order, **arguments})
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()
        async with asyncio.timeout(ANSWER_LIMIT_S):
            return await answered


@contextlib.asynccontextmanager
async def crowd(
    address: str, *, prefix: Sequence[str] = (), cpus: set[int] | None = None
) -> AsyncIterator[Crowd]:
    """Starts the process, whose peers' sockets are bound to the address; ``prefix`` comes before its command.

    FileNotFoundError until a make target has built it.
    """
    process = await asyncio.create_subprocess_exec(
        *prefix,
        str(BINARY),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    if cpus is not None:
        os.sched_setaffinity(process.pid, cpus)
    peers = Crowd(process, address)
    serving = asyncio.create_task(peers.serve())
    try:
        yield peers
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await serving
