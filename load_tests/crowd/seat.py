"""A virtual peer's seat in a room: LiveKit's signalling in two-connection mode."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp
from livekit.protocol import models, rtc

from load_tests.crowd.crowd import Crowd, Played, Track

PING_INTERVAL_S = 2.0
ANSWER_LIMIT_S = 60.0
_SOURCES: Mapping[str, Any] = {"audio": models.MICROPHONE, "video": models.CAMERA}
_TYPES: Mapping[str, Any] = {"audio": models.AUDIO, "video": models.VIDEO}


class Seat:
    """One participant: ``NAME`` publishes and ``NAME<`` receives in the crowd."""

    def __init__(self, crowd: Crowd, name: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._crowd, self._socket = crowd, socket
        self.upstream, self.downstream = name, f"{name}<"
        self.began_ns = time.monotonic_ns()
        """When it asked to join (CLOCK_MONOTONIC)."""
        self.is_joined = asyncio.Event()
        self.offered = ""
        """The server's last description."""
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._is_subscribed = False

    async def run(self) -> None:
        """Takes what the server sends until it closes."""
        async for message in self._socket:
            if message.type != aiohttp.WSMsgType.BINARY:
                continue
            response = rtc.SignalResponse.FromString(message.data)
            match response.WhichOneof("message"):
                case "join":
                    self.is_joined.set()
                case "answer":
                    self._answers.put_nowait(response.answer.sdp)
                case "offer":
                    await self._accept(response.offer)

    async def ping(self) -> None:
        """Gives signs of life, as clients do, until cancelled."""
        while True:
            await asyncio.sleep(PING_INTERVAL_S)
            await self._send(ping_req=rtc.Ping(timestamp=time.time_ns() // 1_000_000))

    async def publish(self, plays: Mapping[str, Played], channels: Sequence[str] = ()) -> None:
        """Publishes a microphone or a camera or both, by kind, and begins to send. ``channels``: labels of
        the data channels that it opens as well."""
        tracks = [Track("audio" if kind == "audio" else "video", f"{self.upstream}-{kind}") for kind in plays]
        await self._crowd.open(self.upstream)
        for kind, track in tracks:
            request = rtc.AddTrackRequest(
                cid=track, name=kind, type=_TYPES[kind], source=_SOURCES[kind], width=640, height=360
            )
            await self._send(add_track=request)
        sdp, mids = await self._crowd.offer(self.upstream, tracks, channels)
        await self._send(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=1))
        async with asyncio.timeout(ANSWER_LIMIT_S):
            answer = await self._answers.get()
        await self._crowd.accept_answer(self.upstream, answer)
        for (kind, _), mid in zip(tracks, mids, strict=True):
            await self._crowd.play(self.upstream, mid, plays[kind])

    async def _accept(self, offer: rtc.SessionDescription) -> None:
        self.offered = offer.sdp
        if not self._is_subscribed:
            self._is_subscribed = True
            await self._crowd.open(self.downstream)
        answer = await self._crowd.accept_offer(self.downstream, offer.sdp)
        await self._send(answer=rtc.SessionDescription(type="answer", sdp=answer, id=offer.id))

    async def _send(self, **message: Any) -> None:
        await self._socket.send_bytes(rtc.SignalRequest(**message).SerializeToString())


@contextlib.asynccontextmanager
async def taken_seat(
    crowd: Crowd, session: aiohttp.ClientSession, url: str, token: str, name: str
) -> AsyncIterator[Seat]:
    """Joins; the signalling connection ends with the context. What went wrong with it is raised then."""
    query = urlencode({"access_token": token, "protocol": "16", "sdk": "python", "auto_subscribe": "1"})
    began_ns = time.monotonic_ns()
    async with session.ws_connect(f"{url}/rtc?{query}", max_msg_size=1 << 24) as socket:
        seat = Seat(crowd, name, socket)
        seat.began_ns = began_ns
        tasks = [asyncio.create_task(seat.run()), asyncio.create_task(seat.ping())]
        try:
            await _joined(seat, tasks[0])
            yield seat
            for task in tasks:
                if task.done():
                    task.result()
                    raise ConnectionError("the server closed the signalling connection")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _joined(seat: Seat, running: asyncio.Task[None]) -> None:
    """Waits until the server has let it in. ConnectionError where it closes instead."""
    joined = asyncio.create_task(seat.is_joined.wait())
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            await asyncio.wait([joined, running], return_when=asyncio.FIRST_COMPLETED)
        if not joined.done():
            raise ConnectionRefusedError("the server did not let it in")
    finally:
        joined.cancel()
