"""LiveKit's signalling by hand, without media: for what no honest client would ever send."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from livekit.protocol import models as livekit_models
from livekit.protocol import rtc as livekit_rtc

from tests.support.namespaces import Namespace
from tests.support.server import Server
from tests.support.waiting import HANG_S


@dataclass
class Refusal:
    """The server refused the WebSocket: HTTP status and body."""

    status: int
    body: str


@dataclass
class SignalClient:
    """One signalling connection; every message that came is in ``messages``."""

    socket: aiohttp.ClientWebSocketResponse
    messages: list[livekit_rtc.SignalResponse] = field(default_factory=list)

    async def send(self, **message: Any) -> None:
        """Sends one SignalRequest made from its fields."""
        await self.socket.send_bytes(livekit_rtc.SignalRequest(**message).SerializeToString())

    async def offer(self, sdp: str, number: int = 1) -> None:
        """Offers a session description."""
        await self.send(offer=livekit_rtc.SessionDescription(type="offer", sdp=sdp, id=number))

    async def receive(
        self,
        kind: str,
        accept: Callable[[livekit_rtc.SignalResponse], bool] = lambda _: True,
        timeout_s: float = HANG_S,
    ) -> livekit_rtc.SignalResponse:
        """The next message of this kind, past those of others. ConnectionError when the connection ends."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame = await self.socket.receive()
                if frame.type != aiohttp.WSMsgType.BINARY:
                    raise ConnectionError(f"closed with {self.socket.close_code} while waiting for {kind}")
                message = livekit_rtc.SignalResponse.FromString(frame.data)
                self.messages.append(message)
                if message.WhichOneof("message") == kind and accept(message):
                    return message

    async def is_alive(self) -> bool:
        """Whether a ping is still answered on this connection."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            await self.send(ping_req=livekit_rtc.Ping(timestamp=1))
            await self.receive("pong_resp")
            return True
        return False


def join_request_query(request: bytes, *, compression: int = 0) -> str:
    """The query of /rtc/v1 for a JoinRequest in bytes, right or wrong; compression 1 is gzip."""
    wrapped = livekit_rtc.WrappedJoinRequest(
        compression=compression, join_request=gzip.compress(request, 9) if compression else request
    )
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


def plain_join_request(**fields: Any) -> bytes:
    """A JoinRequest as a client would send it."""
    client = livekit_models.ClientInfo(sdk=livekit_models.ClientInfo.SDK.JS, protocol=16, version="2.23.0")
    return livekit_rtc.JoinRequest(client_info=client, **fields).SerializeToString()


@contextlib.asynccontextmanager
async def http_session(namespace: Namespace) -> AsyncIterator[aiohttp.ClientSession]:
    """An aiohttp session whose connections start inside the namespace."""

    def open_inside(address_info: Any) -> socket.socket:
        return namespace.open_socket(socket.SOCK_STREAM)

    connector = aiohttp.TCPConnector(socket_factory=open_inside)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


@contextlib.asynccontextmanager
async def signal_client(
    server: Server, token: str | None, *, path: str = "/rtc", **query: str
) -> AsyncIterator[SignalClient | Refusal]:
    """Opens the WebSocket: a connected client, or the server's refusal."""
    parameters = {"protocol": "16", "sdk": "js", "version": "2.23.0", "auto_subscribe": "1", **query}
    if token is not None:
        parameters["access_token"] = token
    url = f"{server.signal_url}{path}?{urlencode(parameters)}"
    async with http_session(server.network.clients) as session:
        try:
            connection = await session.ws_connect(url, max_msg_size=1 << 24)
        except aiohttp.WSServerHandshakeError as refused:
            validate = f"{server.http_url}{path}/validate?{urlencode(parameters)}"
            async with session.get(validate) as answer:
                yield Refusal(refused.status, await answer.text())
            return
        async with connection:
            yield SignalClient(connection)
