"""Addresses that people make up: nothing outside is read, guesses find nothing and cannot be told from what
is another's, and neighbours who are refused do not keep anybody out of their call (reliability.md §2, rows 9,
15 and 16).
"""

from __future__ import annotations

import secrets
from itertools import product
from statistics import median
from time import perf_counter_ns
from typing import Any

import pytest
from yarl import URL

from signaling.api.limits import Limits, Rate
from tests.contract.conftest import Node
from tests.contract.test_pages_api import ask, sign_in
from tests.support.best_of_three import attempts

STEPS = ("..", "%2e%2e", "%2e.", "..%2f", "..%5c", "....//", "%c0%ae%c0%ae", "%252e%252e", "\u2024\u2024")
TARGETS = (
    "secret.txt",
    "keys/signing.key",
    "etc/passwd",
    "lianzhen.sqlite3",
    "%00",
    "secret.txt%00.webm",
    "%0d%0aSet-Cookie:%20a=b",
)
PLACES = (
    "/api/v1/recordings/{}",
    "/api/v1/recordings/{}/verification",
    "/api/v1/recordings/x/media/{}",
    "/{}",
)


async def test_five_hundred_paths_lead_nowhere_outside(node: Node) -> None:
    (node.folder / "secret.txt").write_text("planted")
    (node.folder / "web").mkdir()
    (node.folder / "web" / "index.html").write_text("start")
    await sign_in(node)
    paths = [
        place.format("/".join([*[step] * depth, target]))
        for place, step, depth, target in product(PLACES, STEPS, (1, 3), TARGETS)
    ]
    assert len(paths) >= 500
    for path in paths:
        async with node.session.get(URL(f"{node.url}{path}", encoded=True)) as answer:
            text = await answer.text()
            assert answer.status in (200, 400, 404), path
            assert answer.status != 200 or text == "start", path
            assert "planted" not in text and "root:" not in text and "PRIVATE KEY" not in text, path
            assert "Set-Cookie" not in answer.headers, path


async def test_guessed_names_find_nothing_and_get_the_answer_of_what_is_anothers(node: Node) -> None:
    token = node.token("sdk", "elsewhere")
    await node.join("chen", "secret-room")
    anothers = await ask(node, "GET", "/api/v1/rooms/secret-room/events", token=token)
    assert anothers[0] == 404
    for _ in range(90):
        path = f"/api/v1/rooms/{secrets.token_hex(16)}/events"
        assert await ask(node, "GET", path, token=token) == anothers


@pytest.mark.alone
async def test_the_time_of_the_answer_tells_no_more_than_the_answer(node: Node) -> None:
    """Both are asked in turns, so that whatever slows this machine slows both; up to three times."""
    token = node.token("sdk", "elsewhere")
    await node.join("chen", "secret-room")

    async def timed_ns(room: str) -> int:
        before_ns = perf_counter_ns()
        await ask(node, "GET", f"/api/v1/rooms/{room}/events", token=token)
        return perf_counter_ns() - before_ns

    for attempt in attempts("time for a guess by time for another's room"):
        pairs = [(await timed_ns(secrets.token_hex(16)), await timed_ns("secret-room")) for _ in range(90)]
        absent_ns, there_ns = (median(part) for part in zip(*pairs, strict=True))
        attempt.tell(0.7 < absent_ns / there_ns < 1.4, f"{absent_ns / there_ns:.2f}")


async def _burn(node: Node) -> None:
    """A neighbour behind the same address is refused until it is not even heard."""
    for _ in range(130):
        async with node.session.get(f"{node.url}/rtc/validate", params={"access_token": "x.y.z"}) as answer:
            await answer.read()
    assert answer.status == 429


async def test_whoever_is_in_a_room_comes_back_to_it_whatever_their_neighbours_did(
    node: Node, nothing_is_forgiven: None
) -> None:
    client = await node.join("chen", "ward")
    await _burn(node)
    back = await node.open("/rtc", node.token("chen", "ward"), reconnect="1", sid=client.join.participant.sid)
    await back.next("reconnect")
    status, _ = await ask(node, "GET", "/api/v1/rooms/ward/events", token=node.token("chen", "ward"))
    assert status == 200
    async with node.session.get(
        f"{node.url}/rtc/validate", params={"access_token": node.token("new", "ward")}
    ) as answer:
        assert answer.status == 429


async def test_asking_too_often_never_ends_or_blocks_a_call_and_is_counted(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Rate(burst=5, refill_ns=60_000_000_000)
    limits = Limits(clock=node.host.clock, is_in_room=node.host.is_anywhere, account=few)
    monkeypatch.setattr(node.service.api, "_limits", limits)
    client = await node.join("chen", "ward")
    mine, other = node.token("chen", "ward"), node.token("other", "ward")
    path = "/api/v1/rooms/ward/events"
    assert {(await ask(node, "GET", path, token=mine))[0] for _ in range(15)} == {200}
    assert [(await ask(node, "GET", path, token=other))[0] for _ in range(7)] == [200] * 5 + [429] * 2
    assert "leave" not in await client.settle()
    counts = limits.counts()
    assert (counts["room_let_through"], counts["account_refused"]) == (10, 2)
    async with node.session.get(f"{node.url}/metrics") as answer:
        assert 'lianzhen_limits_total{what="account_refused"} 0.0' in await answer.text()


@pytest.mark.parametrize("path", ["/rtc", "/api/v1/events"])
async def test_sockets_of_one_address_are_bounded(node: Node, path: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(node.service.api._limits, "_max_sockets", 3)
    token = node.token("chen", "ward")
    headers = {"Authorization": f"Bearer {token}", "Origin": node.url}
    sockets = [await node.session.ws_connect(f"{node.url}/api/v1/events", headers=headers) for _ in range(3)]
    async with node.session.get(
        f"{node.url}{path}",
        headers={
            **headers,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    ) as answer:
        assert answer.status == 429
    for socket in sockets:
        await socket.close()
