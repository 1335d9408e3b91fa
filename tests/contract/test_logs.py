"""Nothing that belongs to people reaches a log line, whatever happens (reliability.md §2, row 19)."""

from __future__ import annotations

import asyncio
import io
import logging

import aiohttp
import pytest
import structlog
from livekit.protocol import models, rtc

from media_server.plans import ChannelKind
from signaling.log import configure_logs, log_loop_errors
from tests.contract.conftest import API_SECRET, Node
from tests.contract.test_pages_api import ask, sign_in

CANARY = "Kanarienvogel"


@pytest.fixture
def log() -> io.StringIO:
    stream = io.StringIO()
    configure_logs(level="debug", is_json=True, stream=stream)
    return stream


async def test_a_session_full_of_canaries_leaves_none_in_the_logs(log: io.StringIO, node: Node) -> None:
    identity, room = f"person-{CANARY}", f"room-{CANARY}"
    token = node.token(
        identity, room, claims={"name": CANARY, "metadata": CANARY}, roomRecord=True, roomAdmin=True
    )
    client = await node.open("/rtc", token, version=CANARY)
    client.join = await client.next("join")
    await client.publish(f"cid-{CANARY}", name=CANARY)
    await client.offer(f"send audio cid-{CANARY}")
    await client.send(offer=rtc.SessionDescription(type="offer", sdp=f"a=candidate {CANARY}", id=9))
    await client.send(update_metadata=rtc.UpdateParticipantMetadata(metadata=CANARY * 10_000))
    packet = models.DataPacket()
    packet.user.payload = CANARY.encode()
    node.connections(client)[0].listener.data_received(ChannelKind.RELIABLE, packet.SerializeToString())
    node.connections(client)[0].listener.data_received(ChannelKind.RELIABLE, CANARY.encode() * 9)
    await ask(node, "POST", f"/api/v1/rooms/{room}/recording", token=token)
    await ask(node, "POST", f"/api/v1/rooms/{room}/marks", {"text": CANARY}, token=token)
    await ask(node, "GET", f"/api/v1/{CANARY}?token={CANARY}", token=token)
    await ask(node, "DELETE", f"/api/v1/rooms/{room}/recording", token=token)
    await sign_in(node, CANARY, CANARY)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await node.session.ws_connect(f"{node.url}/rtc?access_token={CANARY}")
    await client.socket.send_bytes(b"\xff" + CANARY.encode())
    await client.closed()
    lines = log.getvalue()
    assert "description_refused" in lines and "message_malformed" in lines and "request" in lines
    assert CANARY not in lines, [line for line in lines.splitlines() if CANARY in line]
    for secret in (token, API_SECRET, "127.0.0.1", "cookie"):
        assert secret not in lines


async def test_what_libraries_and_forgotten_tasks_say_is_reduced_to_its_place(log: io.StringIO) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        logging.getLogger("aiohttp.server").exception("while serving %s", CANARY)
        log_loop_errors(asyncio.get_running_loop(), {"message": CANARY, "exception": error})
    log_loop_errors(asyncio.get_running_loop(), {"message": CANARY})
    logging.getLogger("aioice").warning("from %s", CANARY)
    structlog.get_logger().info("event", name=CANARY, token=CANARY)
    lines = log.getvalue()
    assert CANARY not in lines
    assert lines.count("ValueError") == 2 and "test_logs.py:" in lines


async def test_a_request_is_answered_though_no_line_can_be_written(log: io.StringIO, node: Node) -> None:
    log.close()
    assert (await ask(node, "GET", "/api/v1/session"))[0] == 401
