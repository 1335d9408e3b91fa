"""One node in this process: real HTTP, real rooms, a fake media plane."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp.test_utils import TestServer
from livekit.protocol import models, rtc

from signaling.api_keys import ApiKey
from signaling.composition import Service, build_service
from signaling.pacing import Pacer
from signaling.room_host import RoomHost
from signaling.settings import Settings
from tests.support.fake_sfu import FakeConnection, FakeSfu
from tests.support.seeded_demo import copy_seeded_demo
from tests.support.signal_client import join_request_query
from tests.support.waiting import HANG_S

API_KEY, API_SECRET = "contract", "Zt7kQ2mWc9pLx4vBn8sHy3dFg6jRa1eU"


@dataclass
class Client:
    """One signalling connection as a client SDK holds it."""

    socket: aiohttp.ClientWebSocketResponse
    seen: list[rtc.SignalResponse] = field(default_factory=list)
    join: rtc.JoinResponse = field(default_factory=rtc.JoinResponse)

    async def send(self, **message: Any) -> None:
        await self.socket.send_bytes(rtc.SignalRequest(**message).SerializeToString())

    async def next(self, kind: str, timeout_s: float = HANG_S) -> Any:
        """The next message of a kind, past those of others."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame = await self.socket.receive()
                if frame.type is not aiohttp.WSMsgType.BINARY:
                    raise ConnectionError(f"closed {self.socket.close_code} before {kind}: {frame}")
                message = rtc.SignalResponse.FromString(frame.data)
                self.seen.append(message)
                if message.WhichOneof("message") == kind:
                    return getattr(message, kind)

    async def settle(self) -> list[str]:
        """Everything that has come by the time a ping is answered: kinds, in order."""
        before = len(self.seen)
        await self.send(ping_req=rtc.Ping(timestamp=int(time.monotonic_ns())))
        await self.next("pong_resp")
        await self.next("pong")
        return [str(message.WhichOneof("message")) for message in self.seen[before:-2]]

    async def closed(self, timeout_s: float = HANG_S) -> int | None:
        """Reads to the end, returns the close code."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame = await self.socket.receive()
                if frame.type is aiohttp.WSMsgType.BINARY:
                    self.seen.append(rtc.SignalResponse.FromString(frame.data))
                elif frame.type in (
                    aiohttp.WSMsgType.CLOSED,
                    aiohttp.WSMsgType.CLOSE,
                    aiohttp.WSMsgType.ERROR,
                ):
                    return self.socket.close_code

    def last(self, kind: str) -> Any:
        """The last message of a kind seen so far."""
        return getattr([m for m in self.seen if m.WhichOneof("message") == kind][-1], kind)

    async def publish(self, cid: str, *, video: bool = False, **fields: Any) -> models.TrackInfo:
        """Asks for a track and returns what it became."""
        kind = models.TrackType.VIDEO if video else models.TrackType.AUDIO
        source = models.TrackSource.CAMERA if video else models.TrackSource.MICROPHONE
        await self.send(add_track=rtc.AddTrackRequest(cid=cid, type=kind, source=source, **fields))
        return (await self.next("track_published")).track

    async def offer(self, *lines: str, number: int = 1) -> rtc.SessionDescription:
        """Offers sections (see FakeConnection) and returns the answer."""
        sdp = "\n".join(("v=0", *lines))
        await self.send(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=number))
        answer: rtc.SessionDescription = await self.next("answer")
        return answer


@dataclass
class Node:
    """The server under test."""

    service: Service
    host: RoomHost
    sfu: FakeSfu
    url: str
    session: aiohttp.ClientSession
    folder: Path
    clients: list[Client] = field(default_factory=list)

    def token(
        self, identity: str, room: str = "ward", *, claims: dict[str, Any] | None = None, **video: Any
    ) -> str:
        now = int(time.time())
        payload = {
            "iss": API_KEY,
            "sub": identity,
            "name": f"Dr {identity}",
            "exp": now + 600,
            "video": {"room": room, "roomJoin": True, **video},
            **(claims or {}),
        }
        return jwt.encode(payload, API_SECRET, "HS256")

    async def open(self, path: str, token: str, **query: str) -> Client:
        """Opens a WebSocket, reads nothing."""
        socket = await self.session.ws_connect(
            f"{self.url}{path}", params={"access_token": token, "protocol": "16", **query}, max_msg_size=0
        )
        client = Client(socket)
        self.clients.append(client)
        return client

    async def join(
        self, identity: str, room: str = "ward", *, query: dict[str, str] | None = None, **video: Any
    ) -> Client:
        """Joins with two connections."""
        client = await self.open("/rtc", self.token(identity, room, **video), **(query or {}))
        client.join = await client.next("join")
        return client

    async def join_single(
        self, identity: str, room: str = "ward", *, request: dict[str, Any] | None = None, **video: Any
    ) -> Client:
        """Joins with one connection."""
        message = rtc.JoinRequest(
            client_info=models.ClientInfo(protocol=16),
            connection_settings=rtc.ConnectionSettings(auto_subscribe=True),
            **(request or {}),
        )
        packed = join_request_query(message.SerializeToString(), compression=1)
        client = await self.open("/rtc/v1", self.token(identity, room, **video), join_request=packed)
        client.join = await client.next("join")
        return client

    def connections(self, client: Client) -> list[FakeConnection]:
        """The media connections of a client: publisher, and subscriber where it has another."""
        sid = client.join.participant.sid
        return [c for c in self.sfu.connections if c.listener.sid == sid]  # type: ignore[attr-defined]


@pytest.fixture
def nothing_is_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a test takes to ask: of an address's refusals none is forgotten meanwhile."""
    monkeypatch.setattr(Pacer, "_level", lambda pacer, address, _: pacer._spent.get(address, (0.0, 0))[0])


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    sfu = FakeSfu()
    settings = Settings(data_dir=tmp_path / "data", web_dir=tmp_path / "web")
    key = ApiKey(API_KEY, API_SECRET)
    await copy_seeded_demo(settings.data_dir, key)
    service = build_service(settings, key, sfu, is_demo=True)
    await service.start()
    server = TestServer(service.app)
    await server.start_server()
    watches = [asyncio.create_task(watch) for watch in service.watches()]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        url = f"http://{server.host}:{server.port}"
        node = Node(service=service, host=service.host, sfu=sfu, url=url, session=session, folder=tmp_path)
        yield node
        for client in node.clients:
            await client.socket.close()
    for watch in watches:
        watch.cancel()
    await service.close()
    await server.close()
