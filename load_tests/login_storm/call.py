"""A live call through a running server: one who speaks, one who listens, and how long each packet takes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from aiortc import AudioStreamTrack, RTCPeerConnection, RTCSessionDescription
from livekit.protocol import models, rtc

JOIN_LIMIT_S = 15.0
PING_INTERVAL_S = 0.02
LOST_MS = 500
NS_PER_MS = 1_000_000


@dataclass
class Delays:
    """Milliseconds, in the order of their ends."""

    pings_ms: list[float] = field(default_factory=list)
    packets_ms: list[float] = field(default_factory=list)
    under_way_ns: dict[int, int] = field(default_factory=dict)
    """When packets left that have not arrived, by their RTP timestamps."""

    def clear(self) -> None:
        """Begins anew."""
        self.pings_ms.clear()
        self.packets_ms.clear()
        self.under_way_ns.clear()

    def lost(self) -> int:
        """How many packets did not arrive in LOST_MS."""
        now_ns = time.monotonic_ns()
        return sum(now_ns - sent_ns > LOST_MS * NS_PER_MS for sent_ns in self.under_way_ns.values())


class _Voice(AudioStreamTrack):
    """Silence is enough: each Opus packet is told by its number."""


class _Seat:
    """One participant in two-connection mode."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.upstream, self.downstream = RTCPeerConnection(), RTCPeerConnection()
        self._pong: asyncio.Queue[int] = asyncio.Queue(1)

    async def send(self, request: rtc.SignalRequest) -> None:
        await self._socket.send_bytes(request.SerializeToString())

    async def run(self) -> None:
        """Answers what the server sends."""
        async for message in self._socket:
            if message.type != aiohttp.WSMsgType.BINARY:
                continue
            response = rtc.SignalResponse.FromString(message.data)
            match response.WhichOneof("message"):
                case "answer":
                    answer = RTCSessionDescription(response.answer.sdp, "answer")
                    await self.upstream.setRemoteDescription(answer)
                case "offer":
                    await self._accept(response.offer)
                case "pong_resp":
                    self._pong.put_nowait(time.monotonic_ns())

    async def _accept(self, offer: rtc.SessionDescription) -> None:
        await self.downstream.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await self.downstream.setLocalDescription(await self.downstream.createAnswer())
        answer = rtc.SessionDescription(type="answer", sdp=self.downstream.localDescription.sdp, id=offer.id)
        await self.send(rtc.SignalRequest(answer=answer))

    async def speak(self) -> None:
        """Publishes a microphone."""
        track = _Voice()
        request = rtc.AddTrackRequest(
            cid=track.id, name="microphone", type=models.AUDIO, source=models.MICROPHONE
        )
        await self.send(rtc.SignalRequest(add_track=request))
        self.upstream.createDataChannel("_reliable")
        self.upstream.addTrack(track)
        await self.upstream.setLocalDescription(await self.upstream.createOffer())
        offer = rtc.SessionDescription(type="offer", sdp=self.upstream.localDescription.sdp, id=1)
        await self.send(rtc.SignalRequest(offer=offer))

    async def ping(self, delays: Delays) -> None:
        """Sends a ping every PING_INTERVAL_S and notes its round trip."""
        while True:
            began_ns = time.monotonic_ns()
            await self.send(rtc.SignalRequest(ping_req=rtc.Ping(timestamp=began_ns // NS_PER_MS)))
            delays.pings_ms.append((await self._pong.get() - began_ns) / NS_PER_MS)
            await asyncio.sleep(PING_INTERVAL_S)

    async def close(self) -> None:
        await asyncio.gather(self.upstream.close(), self.downstream.close())


@contextlib.asynccontextmanager
async def live_call(url: str, token_of: Callable[[str], str]) -> AsyncIterator[Delays]:
    """A call that flows; its delays are noted for as long as it lasts."""
    delays = Delays()
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        seats, tasks = [], []
        for name in ("speaker", "listener"):
            query = urlencode({"access_token": token_of(name), "protocol": "16", "sdk": "python"})
            socket = await stack.enter_async_context(session.ws_connect(f"{url}/rtc?{query}"))
            seats.append(_Seat(socket))
            tasks.append(asyncio.create_task(seats[-1].run()))
        speaker, listener = seats
        _note_packets(speaker.upstream, listener.downstream, delays)
        await speaker.speak()
        try:
            async with asyncio.timeout(JOIN_LIMIT_S):
                while len(delays.packets_ms) < 10:
                    await asyncio.sleep(0.05)
            tasks.append(asyncio.create_task(listener.ping(delays)))
            yield delays
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for seat in seats:
                await seat.close()


def _note_packets(upstream: RTCPeerConnection, downstream: RTCPeerConnection, delays: Delays) -> None:
    """Notes when each packet leaves one aiortc peer and reaches the other, in this one process.

    The server numbers anew, from an offset that stays: the first arrival tells it.
    """
    sent = delays.under_way_ns

    @upstream.on("connectionstatechange")
    def connected() -> None:
        transport = upstream.getSenders()[0].transport
        send = transport._send_rtp

        async def send_noted(data: bytes) -> None:
            if 96 <= data[1] & 0x7F < 128:
                sent[int.from_bytes(data[4:8], "big")] = time.monotonic_ns()
            await send(data)

        if upstream.connectionState == "connected" and send.__name__ != "send_noted":
            transport._send_rtp = send_noted

    @downstream.on("connectionstatechange")
    def listening() -> None:
        # The data channels' association carries the sound as well; aiortc itself would look for a receiver of
        # its own there, which a section added later has not: the packets are taken before that.
        transport, offset = downstream.sctp.transport, list[int]()

        async def take(data: bytes, arrival_time_ms: int) -> None:
            now_ns, stamp = time.monotonic_ns(), int.from_bytes(data[4:8], "big")
            if not offset and sent:
                offset.append(stamp - max(sent, key=lambda one: sent[one]))
            began_ns = sent.pop((stamp - offset[0]) & 0xFFFFFFFF, None) if offset else None
            if began_ns is not None:
                delays.packets_ms.append((now_ns - began_ns) / NS_PER_MS)

        if downstream.connectionState == "connected":
            transport._handle_rtp_data = take
