"""A suspension as live clients feel it: no picture and no sound of theirs or for them after a second."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.best_of_three import best_of_three
from tests.support.namespaces import Network
from tests.support.sdk_client import SdkClient, sdk_client
from tests.support.server import Server, running

ROOM = "clinic-discussion"
LIMIT_S = 1.0
"""reliability.md §4: a revocation cuts media within a second."""
AFTER_S = 2.0
"""How long is watched that nothing more comes."""


@pytest.fixture(scope="module")
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        net,
        tmp_path_factory.mktemp("demo") / "data",
        name="revocation-server",
        command="demo",
        http_port=8097,
        media_port=7906,
        settings={"LIANZHEN_HTTPS_PORT": "8447"},
    )
    with running(server) as started:
        yield started


class Person:
    """Somebody of the demo, signed in."""

    def __init__(self, server: Server, login: str) -> None:
        self._server, self.login, self._cookie = server, login, ""
        self.ask("POST", "/session", {"account": login, "password": "lianzhen-demo"})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Origin": self._server.http_url, "Cookie": self._cookie}
        answer = self._server.request(method, f"/api/v1{path}", body=body, headers=headers)
        assert answer.status < 300, (answer.status, answer.body)
        if "Set-Cookie" in answer.headers:
            self._cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return json.loads(answer.body) if answer.body else None

    async def join(self, client: SdkClient) -> None:
        entry = await asyncio.to_thread(self.ask, "POST", f"/rooms/{ROOM}/token")
        await client.run("join", url=self._server.signal_url, token=entry["token"])


async def _last_arrival_s(client: SdkClient, of: str) -> float:
    report = await client.report(numbers=True)
    return float(report["people"][of]["arrivals_s"][-1])


async def test_media_of_and_for_a_suspended_person_ends_within_a_second(net: Network, demo: Server) -> None:
    administrator = await asyncio.to_thread(Person, demo, "sunli")
    colleague = await asyncio.to_thread(Person, demo, "wangmin")

    async def last_media_s(attempt: int) -> float:
        """From the request to the last picture of them or for them."""
        doctor = await asyncio.to_thread(Person, demo, "chenzhiyuan")
        person = (await asyncio.to_thread(doctor.ask, "GET", "/session"))["account"]["person"]
        async with sdk_client(net.clients, "doctor") as first, sdk_client(net.clients, "colleague") as second:
            await doctor.join(first)
            await colleague.join(second)
            for client in (first, second):
                await client.run("publish", width=320, height=180)
            await first.wait_for_media("wangmin")
            await second.wait_for_media("chenzhiyuan")

            began = time.monotonic()
            await asyncio.to_thread(administrator.ask, "POST", f"/people/{person}/suspend", {})
            answered = time.monotonic()
            await first.wait_for_event("disconnected")
            await second.wait_for_event("participant_disconnected")
            await asyncio.sleep(AFTER_S)  # nothing more is to come in this time
            of_them = await _last_arrival_s(second, "chenzhiyuan") - began
            for_them = await _last_arrival_s(first, "wangmin") - began
        print(
            f"answered {(answered - began) * 1000:.0f} ms, last picture of them {of_them * 1000:.0f} ms, "
            f"for them {for_them * 1000:.0f} ms"
        )
        # For the next attempt, with a session of its own.
        await asyncio.to_thread(administrator.ask, "POST", f"/people/{person}/resume", {})
        return max(of_them, for_them)

    await best_of_three("last media after a suspension", LIMIT_S, last_media_s)
