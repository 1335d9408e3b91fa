"""The server's doors for devices, from outside: enrol once with a code, then a session by the key.

What is signed is written in signaling/auth/device_keys.py: text lines, the first of which says what for.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, Final

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clients.gateway.errors import DoorRefused, ServerFault
from clients.gateway.identity import Identity

API: Final = "/api/v1"
ANSWER_TIMEOUT_S: Final = 10.0
"""A satellite link needs three round trips of 0.6 s for TLS and one for the answer."""
MAX_ANSWER_BYTES: Final = 100_000
MAX_SENTENCE: Final = 500
NowMs = Callable[[], int]


async def enrol(
    http: aiohttp.ClientSession, server: str, code: str, key: Ed25519PrivateKey, now_ms: NowMs, *, ca: str
) -> Identity:
    """Returns who this device now is. Raises DoorRefused, ServerFault."""
    public = to_base64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    plain = code.replace("-", "").replace(" ", "").upper()
    at_ms = now_ms()
    proof = key.sign(f"lianzhen device enrolment v1\n{plain}\n{public}\n{at_ms}".encode())
    body = {
        "code": code,
        "algorithm": "ed25519",
        "public_key": public,
        "device_time_ms": at_ms,
        "proof": to_base64url(proof),
    }
    enrolled = await _post(http, server, "/devices/enrol", body)
    try:
        device = enrolled["device"]
        return Identity(server, str(device["id"]), str(device["name"]), str(enrolled["institution"]), ca)
    except (KeyError, TypeError):
        raise ServerFault("server_unreadable") from None


async def open_session(
    http: aiohttp.ClientSession, identity: Identity, key: Ed25519PrivateKey, now_ms: NowMs
) -> str:
    """Returns a bearer token. Raises DoorRefused, ServerFault."""
    asked = await _post(http, identity.server, "/devices/challenge", {"device": identity.device})
    received_ms = now_ms()
    challenge = str(asked.get("challenge", ""))
    sent_ms = now_ms()
    text = f"lianzhen device session v1\n{identity.device}\n{challenge}\n{received_ms}\n{sent_ms}"
    body = {
        "device": identity.device,
        "challenge": challenge,
        "received_at_ms": received_ms,
        "sent_at_ms": sent_ms,
        "signature": to_base64url(key.sign(text.encode())),
    }
    session = await _post(http, identity.server, "/devices/session", body)
    token = session.get("token")
    if not isinstance(token, str):
        raise ServerFault("server_unreadable")
    return token


def to_base64url(data: bytes) -> str:
    """Returns base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def _post(http: aiohttp.ClientSession, server: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)
    try:
        async with http.post(server + API + path, json=body, timeout=timeout) as response:
            content = await response.content.read(MAX_ANSWER_BYTES)
            status = response.status
    except aiohttp.ClientConnectorCertificateError:
        raise ServerFault("server_certificate") from None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        raise ServerFault("server_away") from None
    answer = _object(content)
    if status >= 400:
        code = answer.get("code")
        sentence = str(answer.get("detail", ""))[:MAX_SENTENCE]
        raise DoorRefused(code if isinstance(code, str) else f"http_{status}", sentence)
    return answer


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        raise ServerFault("server_unreadable") from None
    if not isinstance(value, dict):
        raise ServerFault("server_unreadable")
    return value
