"""The doors from outside: what is signed is what the service checks, and answers that are none are told."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients.gateway.doors import enrol, open_session
from clients.gateway.errors import DoorRefused, GatewayError, ServerFault
from clients.gateway.identity import Identity
from signaling.auth.device_keys import enrolment_message, read_key, session_message

KEY = Ed25519PrivateKey.generate()
NOW_MS = 1_800_000_000_000


class Doors:
    """Answers what a test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {}
        self.asked: dict[str, dict[str, Any]] = {}
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.asked[name] = await request.json()
        status, text = self.answers[name]
        return web.Response(status=status, text=text, content_type="application/json")


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    found = Doors()
    app = web.Application()
    app.router.add_post("/api/v1/devices/{name}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@asynccontextmanager
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def enrolled(doors: Doors) -> Identity:
    async with http() as session:
        return await enrol(session, doors.url, "abcd-2345", KEY, lambda: NOW_MS, ca="")


async def token(doors: Doors) -> str:
    async with http() as session:
        identity = Identity(doors.url, "dv_1", "box", "in_1")
        return await open_session(session, identity, KEY, lambda: NOW_MS)


async def test_what_is_signed_is_what_the_service_checks(doors: Doors) -> None:
    doors.answers["enrol"] = (201, '{"device":{"id":"dv_1","name":"box"},"institution":"in_1"}')
    doors.answers["challenge"] = (201, '{"challenge":"fresh"}')
    doors.answers["session"] = (201, '{"token":"secret"}')
    assert await enrolled(doors) == Identity(doors.url, "dv_1", "box", "in_1")
    asked = doors.asked["enrol"]
    key = read_key(asked["algorithm"], asked["public_key"])
    message = enrolment_message(code="ABCD2345", public_key=asked["public_key"], device_time_ms=NOW_MS)
    assert key.verifies(asked["proof"], message)
    assert await token(doors) == "secret"
    proof = session_message(device="dv_1", challenge="fresh", received_at_ms=NOW_MS, sent_at_ms=NOW_MS)
    assert key.verifies(doors.asked["session"]["signature"], proof)


@pytest.mark.parametrize("answer", ["", "[]", "{}", '{"device":1,"institution":"in_1"}'])
async def test_an_enrolment_that_cannot_be_read_is_told(doors: Doors, answer: str) -> None:
    doors.answers["enrol"] = (201, answer)
    with pytest.raises(ServerFault) as refused:
        await enrolled(doors)
    assert refused.value.code == "server_unreadable"


async def test_a_session_without_a_token_is_told(doors: Doors) -> None:
    doors.answers["challenge"] = (201, '{"challenge":"fresh"}')
    doors.answers["session"] = (201, '{"token":5}')
    with pytest.raises(ServerFault) as refused:
        await token(doors)
    assert refused.value.code == "server_unreadable"


@pytest.mark.parametrize(
    ("status", "answer", "code", "sentence"),
    [
        (401, '{"code":"device_code_wrong","detail":"登记码不对"}', "device_code_wrong", "登记码不对"),
        (502, '{"bad":"gateway"}', "http_502", ""),
    ],
)
async def test_a_refusal_says_what_the_server_says(
    doors: Doors, status: int, answer: str, code: str, sentence: str
) -> None:
    doors.answers["enrol"] = (status, answer)
    with pytest.raises(DoorRefused) as refused:
        await enrolled(doors)
    assert (refused.value.code, refused.value.sentence) == (code, sentence)


async def test_a_server_that_is_away_or_of_no_certificate_is_told() -> None:
    async with http() as session:
        with pytest.raises(GatewayError) as refused:
            await enrol(session, "http://127.0.0.1:9", "X", KEY, lambda: NOW_MS, ca="")
    assert refused.value.code == "server_away"

    class Untrusted:
        def post(self, *_: object, **__: object) -> object:
            key: Any = type("Key", (), {"host": "h", "port": 1, "ssl": True})()
            raise aiohttp.ClientConnectorCertificateError(key, ssl.SSLCertVerificationError())

    untrusted: Any = Untrusted()
    with pytest.raises(GatewayError) as refused:
        await enrol(untrusted, "https://127.0.0.1:9", "X", KEY, lambda: NOW_MS, ca="")
    assert refused.value.code == "server_certificate"
