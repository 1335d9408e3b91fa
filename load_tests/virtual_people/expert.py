"""A virtual specialist: answers a call, talks, writes and signs an opinion by the service's own API.

What it signs says of itself that a virtual person wrote it for a demo: it holds no finding and no diagnosis.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
from livekit import rtc

from load_tests.virtual_people.appearance import appear

ANSWERS_AFTER_S: Final = 6.0
"""Long enough to see the ring on the kiosk, and to answer as a person who has signed in beside it."""
GREETS_AFTER_S, WRITES_AFTER_S, SIGNS_AFTER_S = 3.0, 12.0, 25.0
"""After both sides have met."""
LOOKS_EVERY_S: Final = 1.0
GREETING: Final = "我是演示里的虚拟人，不是真的医生。约半分钟后，意见会签发给你。"
OPINION: Final = {
    "findings": "（演示）这份意见由虚拟人写成，不是医疗意见。内容只用来看签发、归档和采纳怎样进行。",
    "advice": ["（演示）请逐条选采纳或不采纳", "（演示）归档后在录像里看这次会诊的每一步"],
    "critical_value": False,
    "template": "",
}
_OVER: Final = frozenset({"acknowledged", "closed", "cancelled"})


class VirtualExpert:
    """One of them; tells on standard output what it does."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self._url = url
        self._login = login
        self._password = password
        self._http: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        """Signs in and answers one call after the other until it is cancelled."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": self._url}) as self._http:
            await self._sign_in()
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    for case in await self._box("incoming"):
                        await self._answer(case["id"])
                await asyncio.sleep(LOOKS_EVERY_S)

    async def _answer(self, case: str) -> None:
        await asyncio.sleep(ANSWERS_AFTER_S)
        taken = await self._ask("POST", f"/consultations/{case}/accept")
        if taken is None:
            # Somebody who sits here as well was faster, or the call is over.
            return
        self._say("接了会诊 / took the call")
        async with self._seat(case):
            await self._consult(case)
        self._say("会诊结束 / done")

    async def _consult(self, case: str) -> None:
        """From the open room to the signed opinion; then stays until the other side has decided."""
        met_s: float | None = None
        steps = [
            (GREETS_AFTER_S, "POST", "messages", {"text": GREETING}),
            (WRITES_AFTER_S, "PUT", "opinion", OPINION),
            (SIGNS_AFTER_S, "POST", "opinion/sign", {"password": self._password}),
        ]
        loop = asyncio.get_running_loop()
        while (shown := await self._ask("GET", f"/consultations/{case}")) is not None:
            if shown["state"] in _OVER or shown["invited"]["person_name"] == "":
                return
            if met_s is None and shown["state"] == "active":
                met_s = loop.time()
            while steps and met_s is not None and loop.time() - met_s >= steps[0][0]:
                _, method, path, body = steps.pop(0)
                if await self._ask(method, f"/consultations/{case}/{path}", body) is not None:
                    self._say(f"{method} {path}")
            await asyncio.sleep(LOOKS_EVERY_S)

    @contextlib.asynccontextmanager
    async def _seat(self, case: str) -> AsyncIterator[None]:
        entry = await self._ask("POST", f"/consultations/{case}/room")
        if entry is None:
            yield
            return
        room = rtc.Room()
        await room.connect(self._url.replace("http", "ws", 1), entry["token"])
        appearing = asyncio.create_task(appear(room, self._login))
        try:
            yield
        finally:
            appearing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await appearing
            await room.disconnect()

    # ---- the API ----------------------------------------------------------------------------------------

    async def _sign_in(self) -> None:
        given = {"account": self._login, "password": self._password}
        if await self._ask("POST", "/session", given) is None:
            raise SystemExit(f"{self._login} cannot sign in")

    async def _box(self, name: str) -> list[dict[str, Any]]:
        answer = await self._ask("GET", f"/consultations?box={name}")
        if answer is None:
            # The session has run out: a demo may stand open for days.
            await self._sign_in()
            return []
        return list(answer["consultations"])

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Returns what the service answers, None where it refuses."""
        assert self._http is not None
        async with self._http.request(method, f"{self._url}/api/v1{path}", json=body) as answer:
            if answer.status >= 400:
                return None
            return await answer.json()

    def _say(self, what: str) -> None:
        print(f"[{self._login}] {what}", flush=True)
