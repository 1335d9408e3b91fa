"""One TLS port for HTTP, TURN and ICE over TCP: who asks is told, and nothing but our media is reached."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import aioice.turn
import pytest
from aiohttp import web
from aioice import stun

from media_server.native_core import bind_native_cores
from media_server.ports import MediaCore
from signaling.secure_site import SecureSite, TlsFiles
from signaling.tls import own_certificate
from signaling.turn_tickets import TurnTickets
from tests.support.waiting import HANG_S

UFRAG, PASSWORD = "ours", "password-of-ours-with-22-characters"


@pytest.fixture
def core() -> Iterator[MediaCore]:
    (made,) = bind_native_cores("127.0.0.1", 0, 1)
    made.open_peer(peer=1, ufrag=UFRAG, password=PASSWORD)
    yield made
    made.close()


class _Plane:
    """As much of the media plane as the port needs."""

    def __init__(self, core: MediaCore) -> None:
        self._core = core

    def open_secure_port(self, secure):  # type: ignore[no-untyped-def]
        return self._core.open_secure_port(secure, relay_to=[f"127.0.0.1:{self._core.port}"])

    def exchange_certificate(self, *, certificate: bytes, private_key: bytes) -> None:
        self._core.exchange_certificate(certificate=certificate, private_key=private_key)


class _Opened:
    def __init__(self, port: int, tickets: TurnTickets, files: TlsFiles) -> None:
        self.files = files
        self.port = port
        self.tickets = tickets
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.url = f"https://127.0.0.1:{port}"


async def _tell(request: web.Request) -> web.Response:
    return web.json_response({"remote": request.remote, "is_secure": request.secure})


async def _repeat(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def _socket(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_bytes(message.data)
    return socket


@pytest.fixture
async def opened(core: MediaCore, tmp_path: Path) -> AsyncIterator[_Opened]:
    app = web.Application(client_max_size=8 << 20)
    app.add_routes([web.get("/", _tell), web.post("/", _repeat), web.get("/socket", _socket)])
    runner = web.AppRunner(app)
    await runner.setup()
    tickets = TurnTickets()
    site = SecureSite(runner, _Plane(core), tickets, look_s=0.02)  # type: ignore[arg-type]
    files = TlsFiles(*own_certificate(tmp_path, ["127.0.0.1"], datetime.datetime.now(datetime.UTC)))
    port = await site.start("127.0.0.1", 0, files)
    watching = asyncio.create_task(site.watch())
    yield _Opened(port, tickets, files)
    watching.cancel()
    await site.stop()
    await runner.cleanup()


async def test_http_sees_the_client_and_that_it_came_over_tls(opened: _Opened) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(opened.url, ssl=opened.context) as answer,
    ):
        assert await answer.json() == {"remote": "127.0.0.1", "is_secure": True}


async def test_long_bodies_and_sockets_pass_whole_in_both_directions(opened: _Opened) -> None:
    body = bytes(range(256)) * 16_384
    async with aiohttp.ClientSession() as session:
        async with session.post(opened.url, data=body, ssl=opened.context) as answer:
            assert await answer.read() == body
        async with session.ws_connect(
            f"{opened.url}/socket", ssl=opened.context, max_msg_size=8 << 20
        ) as socket:
            await socket.send_bytes(body[: 1 << 20])
            assert await socket.receive_bytes(timeout=HANG_S) == body[: 1 << 20]


async def test_plain_http_is_not_spoken(opened: _Opened, core: MediaCore) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    assert await reader.read() == b""
    writer.close()
    assert core.stats()["counters"]["stream_foreign"] == 1


async def test_a_renewed_certificate_is_shown_without_a_restart_and_no_other(
    opened: _Opened, tmp_path: Path
) -> None:
    def shown() -> str:
        return ssl.get_server_certificate(("127.0.0.1", opened.port), timeout=HANG_S)

    first = await asyncio.to_thread(shown)
    assert first.split() == opened.files.certificate.read_text().split()
    folder = tmp_path / "renewed"
    certificate, key = own_certificate(folder, ["127.0.0.1"], datetime.datetime.now(datetime.UTC))
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{opened.url}/socket", ssl=opened.context) as socket,
    ):
        # The key alone does not fit: the old pair stays.
        opened.files.private_key.write_bytes(key.read_bytes())
        await asyncio.sleep(0.2)  # ten looks: what must not happen has had its time
        assert await asyncio.to_thread(shown) == first
        opened.files.certificate.write_bytes(certificate.read_bytes())
        async with asyncio.timeout(HANG_S):
            while (now_shown := await asyncio.to_thread(shown)) == first:
                await asyncio.sleep(0.02)
        assert now_shown.split() == certificate.read_text().split()
        await socket.send_bytes(b"still here")
        assert await socket.receive_bytes(timeout=HANG_S) == b"still here"


class _Answers(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.datagrams: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.datagrams.put_nowait(data)


def _check() -> bytes:
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{UFRAG}:theirs"
    request.attributes["PRIORITY"] = 1
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(PASSWORD.encode())
    return bytes(request)


async def _relayed(
    opened: _Opened, *, now_s: float | None = None, password: str | None = None
) -> tuple[asyncio.DatagramTransport, _Answers]:
    (ticket,) = opened.tickets.servers(
        host="127.0.0.1", is_secure=True, sid="PA_1", now_s=time.time() if now_s is None else now_s
    )
    transport, protocol = await aioice.turn.create_turn_endpoint(
        _Answers,
        server_addr=("127.0.0.1", opened.port),
        username=ticket.username,
        password=password or ticket.password,
        ssl=opened.context,  # type: ignore[arg-type]
        transport="tcp",
    )
    return transport, protocol  # type: ignore[return-value]


async def test_media_goes_through_turn_both_ways(opened: _Opened, core: MediaCore) -> None:
    transport, answers = await _relayed(opened)
    transport.sendto(_check(), ("127.0.0.1", core.port))
    answer = stun.parse_message(await asyncio.wait_for(answers.datagrams.get(), HANG_S))
    assert answer.message_class is stun.Class.RESPONSE
    core.send_datagram(peer=1, datagram=b"\x16as DTLS")
    assert await asyncio.wait_for(answers.datagrams.get(), HANG_S) == b"\x16as DTLS"
    transport.close()


@pytest.mark.parametrize(
    "peer",
    ["127.0.0.2", "0.0.0.0", "169.254.169.254", "10.0.0.1", "192.168.1.1", "8.8.8.8"],
)
async def test_nothing_else_is_reached_through_it(opened: _Opened, core: MediaCore, peer: str) -> None:
    transport, _ = await _relayed(opened)
    client = transport._TurnTransport__inner_protocol  # type: ignore[attr-defined]
    for address in ((peer, core.port), ("127.0.0.1", core.port + 1)):
        with pytest.raises(stun.TransactionFailed) as refused:
            await client.send_data(_check(), address)
        assert refused.value.response.attributes["ERROR-CODE"][0] == 403
    assert core.stats()["counters"]["stream_datagrams_received"] == 0
    transport.close()


@pytest.mark.parametrize(("age_s", "password"), [(301, None), (0, "a guess")], ids=["old", "guessed"])
async def test_a_name_that_is_over_or_a_wrong_password_opens_nothing(
    opened: _Opened, age_s: float, password: str | None
) -> None:
    with pytest.raises(stun.TransactionFailed) as refused:
        await _relayed(opened, now_s=time.time() - age_s, password=password)
    assert refused.value.response.attributes["ERROR-CODE"][0] == 401


async def test_a_name_has_twelve_at_most_and_gets_back_what_it_gives_back(opened: _Opened) -> None:
    now_s = time.time()
    transports = [(await _relayed(opened, now_s=now_s))[0] for _ in range(12)]
    with pytest.raises(stun.TransactionFailed) as refused:
        await _relayed(opened, now_s=now_s)
    assert refused.value.response.attributes["ERROR-CODE"][0] == 486
    for transport in transports:
        transport.close()
