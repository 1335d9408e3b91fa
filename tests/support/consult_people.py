"""People of the demo who work on a consultation: signed in over HTTP, in its room by the SDK.

zhou, wang = await asyncio.gather(sign_in(demo, "zhoulan"), sign_in(demo, "wangmin"))
case = await ring(zhou)
await wang.ask("POST", f"/consultations/{case}/accept")
async with seat(demo, wang, case) as wang_seat, seat(demo, zhou, case) as zhou_seat:
    await wang_seat.wait_for_media("zhoulan")
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.support.sdk_client import SdkClient, sdk_client
from tests.support.server import Server
from tests.support.waiting import HANG_S, wait_until

DEMO_PASSWORD: Final = "lianzhen-demo"
PATIENT_CARD: Final = "DEMO-0001-1965"
PURPOSES: Final = ("consultation", "recording", "sharing", "teaching")
SIGNATURE_SHA256: Final = "ab" * 32
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What the service answered; ``body`` is parsed JSON, None where there is none."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


@dataclass(frozen=True)
class Colleague:
    """One session of somebody."""

    server: Server
    login: str
    cookie: str
    account: Mapping[str, Any]

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """One request below /api/v1."""
        return await _ask(self.server, method, path, body, cookie=self.cookie)

    async def done(self, method: str, path: str, body: Any = None) -> Any:
        """One request that must succeed; its body."""
        answer = await self.ask(method, path, body)
        assert answer.status < 300, (self.login, method, path, answer)
        return answer.body

    async def case(self, case: str) -> Any:
        """A case as they see it."""
        return await self.done("GET", f"/consultations/{case}")

    async def wait_for_case(
        self, case: str, accept: Callable[[Any], bool], *, what: str, timeout_s: float = HANG_S
    ) -> Any:
        """The case, once ``accept`` takes what they see of it."""

        async def read() -> Any:
            return await self.case(case)

        return await wait_until(read, what=what, accept=accept, timeout_s=timeout_s)

    async def wait_for_state(self, case: str, *states: str) -> Any:
        """The case, once it has come to one of these states."""
        return await self.wait_for_case(
            case, lambda shown: shown["state"] in states, what=f"it is {' or '.join(states)}"
        )

    async def box(self, name: str) -> list[str]:
        """The ids of the cases in one of their boxes."""
        return [
            each["id"] for each in (await self.done("GET", f"/consultations?box={name}"))["consultations"]
        ]


async def sign_in(server: Server, login: str) -> Colleague:
    """A new session, as another device would have one."""
    given = {"account": login, "password": DEMO_PASSWORD}
    answer = await asyncio.to_thread(
        server.request, "POST", "/api/v1/session", body=given, headers={"Origin": server.http_url}
    )
    assert answer.status == 200, (answer.status, answer.body)
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    return Colleague(server, login, cookie, answer.json()["account"])


async def patient_of(doctor: Colleague, card: str = PATIENT_CARD) -> str:
    """The patient whose card was read, as the doctor's institution knows them."""
    found = await doctor.done("POST", "/patients/searches", {"text": card, "purpose": "treatment"})
    return str(found["patients"][0]["id"])


async def draft(doctor: Colleague, **changes: Any) -> str:
    """A complete request for the cardiologist on duty, not sent yet; its id."""
    directory = (await doctor.done("GET", "/directory"))["specialties"]
    cardiology = next(entry for entry in directory if entry["code"] == "cardiology")
    wanted = {
        "patient": await patient_of(doctor),
        "institution": cardiology["institution"],
        "kind": "live",
        "urgency": "urgent",
        "specialty": "cardiology",
        "wanted_title": "associate_chief",
        "reason": "胸闷 2 小时",
        "purpose": "明确诊断，决定是否转诊",
        "summary": "男，61 岁。高血压 10 年。血压 152/94 mmHg。",
    }
    return str((await doctor.done("POST", "/consultations", wanted | changes))["id"])


async def answer_consents(doctor: Colleague, case: str, *, declined: Sequence[str] = ("teaching",)) -> None:
    """The patient signs each text or refuses it, on the kiosk's screen."""
    texts = (await doctor.done("GET", "/consents/texts"))["texts"]
    shown = {text["purpose"]: text for text in texts if text["language"] == "zh"}
    answers = [
        {
            "purpose": purpose,
            "is_granted": purpose not in declined,
            "text_version": shown[purpose]["version"],
            "text_sha256": shown[purpose]["sha256"],
        }
        for purpose in PURPOSES
    ]
    body = {
        "patient": (await doctor.case(case))["patient"]["id"],
        "case": case,
        "answers": answers,
        "how": "screen_signature",
        "given_by": "patient",
        "evidence_sha256": SIGNATURE_SHA256,
    }
    await doctor.done("POST", "/consents", body)


async def ring(doctor: Colleague, *, declined: Sequence[str] = ("teaching",), **changes: Any) -> str:
    """A case that has just been sent; its id."""
    case = await draft(doctor, **changes)
    await answer_consents(doctor, case, declined=declined)
    await doctor.done("POST", f"/consultations/{case}/invite")
    return case


async def accepted(doctor: Colleague, expert: Colleague, **changes: Any) -> str:
    """A case that the expert has taken; its id."""
    case = await ring(doctor, **changes)
    await expert.done("POST", f"/consultations/{case}/accept")
    return case


@contextlib.asynccontextmanager
async def seat(person: Colleague, case: str) -> AsyncIterator[SdkClient]:
    """Somebody in a case's room, with camera and microphone, in a process of their own."""
    entry = await person.done("POST", f"/consultations/{case}/room")
    server = person.server
    async with sdk_client(server.network.clients, f"{person.login}-{next(_numbers)}") as client:
        await client.run("join", url=server.signal_url, token=entry["token"])
        await client.run("publish", width=320, height=180)
        yield client


async def both_see_and_hear(first: SdkClient, second: SdkClient) -> None:
    """Waits until each has decoded pictures and sound of the other."""

    async def one(client: SdkClient) -> None:
        async def people() -> dict[str, Any]:
            return dict((await client.report())["people"])

        def is_enough(people: dict[str, Any]) -> bool:
            return any(one["frames"] >= 5 and one["sound_frames"] >= 20 for one in people.values())

        await wait_until(people, what=f"{client.identity} sees and hears the other", accept=is_enough)

    await asyncio.gather(one(first), one(second))


async def finish(doctor: Colleague, expert: Colleague, case: str) -> None:
    """The expert writes and signs, the doctor takes the advice; the case is closed."""
    written = {
        "findings": "胸闷 2 小时，生命体征平稳。",
        "advice": ["30 分钟后复查"],
        "critical_value": False,
    }
    await expert.done("PUT", f"/consultations/{case}/opinion", written | {"critical_value": False})
    await expert.done("POST", f"/consultations/{case}/opinion/sign", {"password": DEMO_PASSWORD})
    decided = {"adoption": "full", "items": [{"adopted": True}]}
    closed = await doctor.done("POST", f"/consultations/{case}/acknowledge", decided)
    assert closed["state"] == "closed"


async def _ask(server: Server, method: str, path: str, body: Any, *, cookie: str) -> Answer:
    headers = {"Origin": server.http_url, "Cookie": cookie}
    answer = await asyncio.to_thread(server.request, method, f"/api/v1{path}", body=body, headers=headers)
    text = answer.body.decode(errors="replace")
    return Answer(answer.status, json.loads(text) if text[:1] in "{[" and text else None)
