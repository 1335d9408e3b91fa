"""Break-glass in a running service: who is in the room, and who watches over it, hears of it at once."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest
from livekit.protocol import rtc

from signaling.auth.callers import COOKIE
from tests.contract.conftest import Node
from tests.support.best_of_three import best_of_three
from tests.support.waiting import HANG_S

ROOM = "shiqiao-cardiology"
PASSWORD = "lianzhen-demo"
LIMIT_S = 2.0
"""The issue's figure, from the request to the room."""


class Person:
    """Somebody of the demo with a cookie of their own."""

    def __init__(self, node: Node, http: aiohttp.ClientSession) -> None:
        self.node, self.http, self.cookie = node, http, ""
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.told: list[dict[str, Any]] = []

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Origin": self.node.url, "Cookie": f"{COOKIE}={self.cookie}"}
        async with self.http.request(
            method, f"{self.node.url}/api/v1{path}", json=body, headers=headers
        ) as response:
            if COOKIE in response.cookies:
                self.cookie = response.cookies[COOKIE].value
            return response.status, await response.json(content_type=None)

    async def sign_in(self, login: str) -> None:
        status, body = await self.ask("POST", "/session", {"account": login, "password": PASSWORD})
        assert status == 200, body

    async def follow(self) -> None:
        headers = {"Origin": self.node.url, "Cookie": f"{COOKIE}={self.cookie}"}
        self.socket = await self.http.ws_connect(f"{self.node.url}/api/v1/events", headers=headers)

    async def hears(self, **wanted: str) -> dict[str, Any]:
        """The first message with these fields."""
        assert self.socket is not None
        async with asyncio.timeout(HANG_S):
            while True:
                message = json.loads((await self.socket.receive()).data)
                self.told.append(message)
                fields = {**message, **message.get("event", {})}
                if all(fields.get(name) == value for name, value in wanted.items()):
                    return dict(message)


async def break_in(outsider: Person) -> tuple[Any, rtc.JoinResponse]:
    """Breaks the glass and enters: the service's answer, and the room's."""
    body = {"room": ROOM, "reason": "患者室颤，本院无人会诊"}
    status, used = await outsider.ask("POST", "/breakglass", body)
    assert status == 201, used
    joined = await outsider.node.open("/rtc", used["entry"]["token"])
    return used, await joined.next("join")


@pytest.mark.alone
async def test_a_clinician_is_inside_within_two_seconds(node: Node) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:

        async def took_s(attempt: int) -> float:
            # Each has never been let in before.
            outsider = Person(node, http)
            await outsider.sign_in(("lijianping", "chenzhiyuan", "liyan")[attempt])
            began = time.monotonic()
            await break_in(outsider)
            return time.monotonic() - began

        await best_of_three("inside after breaking the glass", LIMIT_S, took_s)


async def test_everyone_concerned_hears_of_it_while_the_clinician_is_already_inside(node: Node) -> None:
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        crew = {
            login: Person(node, http) for login in ("lijianping", "zhoulan", "qianhui", "hejing", "sunli")
        }
        for login, person in crew.items():
            await person.sign_in(login)
        for login in ("zhoulan", "qianhui", "hejing"):
            await crew[login].follow()
        outsider, insider = crew["lijianping"], crew["zhoulan"]
        _, rooms = await outsider.ask("GET", "/rooms")
        assert ROOM not in [room["room"] for room in rooms["rooms"]]
        assert (await outsider.ask("POST", f"/rooms/{ROOM}/token"))[0] == 404
        _, entry = await insider.ask("POST", f"/rooms/{ROOM}/token")
        inside = await node.open("/rtc", entry["token"])
        await inside.next("join")

        used, join = await break_in(outsider)
        assert join.participant.attributes["breakglass"] == used["id"]
        seen = await inside.next("update")
        assert seen.participants[0].attributes["breakglass"] == used["id"]
        heard = await insider.hears(type="room_event", kind="breakglass_used")
        assert (heard["room"], heard["event"]["actor_name"]) == (ROOM, "李建平")
        for login in ("qianhui", "hejing"):
            event = await crew[login].hears(type="event", kind="breakglass.used")
            assert event["subject"]["breakglass"] == used["id"]
        everything = json.dumps([person.told for person in crew.values()], ensure_ascii=False)
        assert "室颤" not in everything
        assert (await crew["sunli"].ask("GET", "/breakglass"))[0] == 403
        _, waiting = await crew["qianhui"].ask("GET", "/breakglass")
        assert [line["id"] for line in waiting["breakglass"]] == [used["id"]]
