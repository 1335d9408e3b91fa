"""The gateways, patients and readers of a measurement, made over the API of a demo server."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from load_tests.ecg_lanes.plain_socket import PlainSocket, open_socket
from load_tests.ecg_lanes.signal import DESCRIPTOR
from load_tests.login_storm.people import demo_people

ADMINISTRATOR: Final = "sunli"
READER: Final = "wangmin"
COLLEAGUE: Final = "zhaoqiming"
"""All at the demo's county hospital (signaling/auth/demo_people.py)."""
PAUSE_S: Final = 0.25
"""Between two gateways: one account asks for 20 things a second at most (signaling/api/limits.py)."""


@dataclass
class Stream:
    """One ECG, and the connection of the gateway that sends it."""

    ecg: str
    socket: PlainSocket


@dataclass(frozen=True)
class Case:
    """A consultation between the reader and a colleague."""

    id: str
    patient: str


class Cast:
    """Everybody. ``close`` ends their sessions' connections."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._people: dict[str, aiohttp.ClientSession] = {}

    async def open(self) -> None:
        """Signs everybody in."""
        _, password = await demo_people(self.url)
        for login in (ADMINISTRATOR, READER, COLLEAGUE):
            jar = aiohttp.CookieJar(unsafe=True)
            session = aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": self.url})
            self._people[login] = session
            await self._ask(login, "/session", {"account": login, "password": password})

    async def close(self) -> None:
        """Ends them."""
        for session in self._people.values():
            await session.close()

    async def case(self) -> Case:
        """Returns a case that the reader has asked for and the colleague has taken."""
        patient = str((await self._ask(READER, "/patients", {"name": "load"}))["id"])
        specialties = (await self._read(READER, "/directory"))["specialties"]
        wanted = {
            "patient": patient,
            "institution": next(each["institution"] for each in specialties if each["code"] == "cardiology"),
            "kind": "live",
            "urgency": "urgent",
            "specialty": "cardiology",
            "wanted_title": "attending",
            "reason": "load",
            "purpose": "load",
            "summary": "load",
        }
        case = str((await self._ask(READER, "/consultations", wanted))["id"])
        texts = (await self._read(READER, "/consents/texts"))["texts"]
        answers = [
            {
                "purpose": text["purpose"],
                "is_granted": True,
                "text_version": text["version"],
                "text_sha256": text["sha256"],
            }
            for text in texts
            if text["language"] == "zh"
        ]
        consent = {"patient": patient, "case": case, "answers": answers, "how": "screen_signature"}
        consent |= {"given_by": "patient", "evidence_sha256": "ab" * 32}
        await self._ask(READER, "/consents", consent)
        await self._ask(READER, f"/consultations/{case}/invite", {})
        await self._ask(COLLEAGUE, f"/consultations/{case}/accept", {})
        return Case(case, patient)

    async def room_token(self, login: str, case: Case) -> str:
        """Returns what somebody enters the case's room with."""
        return str((await self._ask(login, f"/consultations/{case.id}/room", {}))["token"])

    async def stream(self, number: int, case: Case | None = None) -> Stream:
        """Returns an ECG that its gateway has begun to send, of a case or of none."""
        device, token = await self._gateway(f"load {number}")
        socket = await open_socket(self.url, "/api/v1/ecg/uplink", {"Authorization": f"Bearer {token}"})
        socket.say(type="hello", protocol=1, model="load", descriptor=DESCRIPTOR, running=[])
        await _word(socket, "welcome")
        if case is None:
            patient = str((await self._ask(READER, "/patients", {"name": f"load {number}"}))["id"])
        else:
            patient = case.patient
        asked = {"patient": patient, "device": device, "urgency": "routine"}
        asked |= {} if case is None else {"case": case.id}
        ecg = str((await self._ask(READER, "/ecgs", asked))["id"])
        socket.say(type="stream", ecg=ecg, stream=1, epoch=0, descriptor=DESCRIPTOR, first=0)
        await _word(socket, "have")
        await asyncio.sleep(PAUSE_S)
        return Stream(ecg, socket)

    async def viewer(self, stream: Stream, login: str = READER) -> PlainSocket:
        """Returns a page that watches."""
        cookies = self._people[login].cookie_jar.filter_cookies(self.url)  # type: ignore[arg-type]
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
        headers = {"Cookie": cookie, "Origin": self.url}
        socket = await open_socket(self.url, f"/api/v1/ecgs/{stream.ecg}/live", headers)
        await _word(socket, "ecg")
        await asyncio.sleep(PAUSE_S / 4)
        return socket

    async def state(self, stream: Stream) -> dict[str, Any]:
        """Returns the ECG as it stands."""
        return await self._read(READER, f"/ecgs/{stream.ecg}")

    async def _read(self, login: str, path: str) -> dict[str, Any]:
        async with self._people[login].get(f"{self.url}/api/v1{path}") as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def _gateway(self, name: str) -> tuple[str, str]:
        key = Ed25519PrivateKey.generate()
        created = await self._ask(ADMINISTRATOR, "/devices", {"name": name, "kind": "gateway"})
        device, code = created["device"]["id"], created["code"]
        public = _base64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        now_ms = time.time_ns() // 1_000_000
        text = f"lianzhen device enrolment v1\n{code.replace('-', '')}\n{public}\n{now_ms}"
        enrolment = {"code": code, "algorithm": "ed25519", "public_key": public, "device_time_ms": now_ms}
        await self._ask("", "/devices/enrol", enrolment | {"proof": _base64url(key.sign(text.encode()))})
        challenge = (await self._ask("", "/devices/challenge", {"device": device}))["challenge"]
        text = f"lianzhen device session v1\n{device}\n{challenge}\n{now_ms}\n{now_ms}"
        signed = {"device": device, "challenge": challenge, "received_at_ms": now_ms, "sent_at_ms": now_ms}
        signed |= {"signature": _base64url(key.sign(text.encode()))}
        return device, str((await self._ask("", "/devices/session", signed))["token"])

    async def _ask(self, login: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self.url}/api/v1{path}"
        for _ in range(20):
            async with aiohttp.ClientSession() as nobody:
                session = self._people[login] if login else nobody
                async with session.post(url, json=body) as answer:
                    found: dict[str, Any] = await answer.json()
                    if answer.status < 300:
                        return found
                    if answer.status != 429:
                        raise SystemExit(f"{path}: {answer.status} {found.get('code')}")
            await asyncio.sleep(1)
        raise SystemExit(f"{path}: the server lets nobody through")


async def _word(socket: PlainSocket, kind: str) -> None:
    async with asyncio.timeout(30):
        while not any(text["type"] == kind for text in socket.texts):
            await asyncio.sleep(0.01)


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
