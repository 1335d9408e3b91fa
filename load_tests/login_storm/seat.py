"""One participant of the call in two-connection mode: signalling and negotiation."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlencode

import aiohttp
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from livekit.protocol import models, rtc

JOIN_LIMIT_S = 15.0


class Seat:
    """A seat in a room. ``answered`` is called with each message that is not about descriptions."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, answered: Callable[[rtc.SignalResponse], None]
    ) -> None:
        self._socket = socket
        self._answered = answered
        self.upstream, self.downstream = RTCPeerConnection(), RTCPeerConnection()

    async def send(self, request: rtc.SignalRequest) -> None:
        """Sends one message."""
        await self._socket.send_bytes(request.SerializeToString())

    async def run(self) -> None:
        """Answers what the server sends, until it closes."""
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
                case _:
                    self._answered(response)

    async def _accept(self, offer: rtc.SessionDescription) -> None:
        await self.downstream.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await self.downstream.setLocalDescription(await self.downstream.createAnswer())
        answer = rtc.SessionDescription(type="answer", sdp=self.downstream.localDescription.sdp, id=offer.id)
        await self.send(rtc.SignalRequest(answer=answer))

    async def speak(self, track: MediaStreamTrack) -> None:
        """Publishes a microphone."""
        request = rtc.AddTrackRequest(
            cid=track.id, name="microphone", type=models.AUDIO, source=models.MICROPHONE
        )
        await self.send(rtc.SignalRequest(add_track=request))
        self.upstream.createDataChannel("_reliable")
        self.upstream.addTrack(track)
        await self.upstream.setLocalDescription(await self.upstream.createOffer())
        offer = rtc.SessionDescription(type="offer", sdp=self.upstream.localDescription.sdp, id=1)
        await self.send(rtc.SignalRequest(offer=offer))


@contextlib.asynccontextmanager
async def taken_seat(
    url: str, token: str, answered: Callable[[rtc.SignalResponse], None] = lambda _: None
) -> AsyncIterator[Seat]:
    """Joins, and leaves at the end. What went wrong with the signalling connection is raised then."""
    query = urlencode({"access_token": token, "protocol": "16", "sdk": "python"})
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/rtc?{query}") as socket:
        seat = Seat(socket, answered)
        running = asyncio.create_task(seat.run())
        try:
            yield seat
            if running.done():
                running.result()
                raise ConnectionError("the server closed the signalling connection")
        finally:
            running.cancel()
            closing = (running, seat.upstream.close(), seat.downstream.close())
            await asyncio.gather(*closing, return_exceptions=True)
