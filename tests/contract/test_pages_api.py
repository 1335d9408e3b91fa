"""The pages' own API: sign-in, rooms, marks, events (contracts of /api/v1)."""

from __future__ import annotations

import gzip
import json
from typing import Any

import aiohttp
import pytest
from yarl import URL

from signaling.auth.demo_people import DEMO_PASSWORD
from tests.contract.conftest import Node
from tests.support.waiting import HANG_S


async def sign_in(node: Node, account: str = "zhoulan", password: str = DEMO_PASSWORD) -> tuple[int, Any]:
    body = {"account": account, "password": password}
    headers = {"Origin": node.url}
    async with node.session.post(f"{node.url}/api/v1/session", json=body, headers=headers) as response:
        return response.status, await response.json()


async def ask(
    node: Node, method: str, path: str, body: Any = None, *, token: str | None = None, origin: str | None = ""
) -> tuple[int, Any]:
    """One request; ``origin`` "" means this site's own, None means none."""
    headers = {} if origin is None else {"Origin": origin or node.url}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with node.session.request(method, f"{node.url}{path}", json=body, headers=headers) as response:
        text = await response.text()
        return response.status, json.loads(text) if text else None


async def test_signing_in_shows_who_it_is_until_signing_out(node: Node) -> None:
    assert (await ask(node, "GET", "/api/v1/session"))[0] == 401
    status, body = await sign_in(node)
    assert status == 200
    assert (
        body["account"].items()
        >= {
            "account": "zhoulan",
            "identity": "zhoulan",
            "name": "周岚",
            "place": "石桥卫生院 全科",
            "role": "clinic_doctor",
            "may_record": True,
            "assurance": "two_factors",
            "second_factor": "none",
        }.items()
    )
    assert (await ask(node, "GET", "/api/v1/session"))[1] == body
    (cookie,) = [c for c in node.session.cookie_jar if c.key == "lianzhen_session"]
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    assert (await ask(node, "DELETE", "/api/v1/session"))[0] == 204
    node.session.cookie_jar.update_cookies({"lianzhen_session": cookie.value})
    status, body = await ask(node, "GET", "/api/v1/session")
    assert (status, body["code"]) == (401, "signed_out")
    assert body["detail"] == "还没有登录"


@pytest.mark.parametrize("account", ["zhoulan", "no such account"])
async def test_five_wrong_passwords_lock_an_account_also_one_that_is_none(node: Node, account: str) -> None:
    for tries_left in (4, 3, 2, 1, 0):
        status, body = await sign_in(node, account, "wrong")
        assert (status, body["code"], body["tries_left"]) == (401, "password_wrong", tries_left)
        assert str(tries_left) in body["detail"]
    status, body = await sign_in(node, account)
    assert (status, body["code"]) == (423, "account_locked")
    assert 890 < body["retry_after_s"] <= 900
    assert (await sign_in(node, "wangmin"))[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff\xfe{", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"account": 1, "password": "x"}', 400),
        (b"[" * 50_000, 400),
        (b"x" * 70_000, 413),
    ],
)
async def test_bodies_that_cannot_be_read_are_refused(node: Node, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    async with node.session.post(f"{node.url}/api/v1/session", data=body, headers=headers) as response:
        assert response.status == status
        assert (await response.json(content_type=None))["code"] in ("bad_request", "body_too_large")


async def test_the_demo_shows_its_accounts(node: Node) -> None:
    _, body = await ask(node, "GET", "/api/v1/demo")
    assert [account["account"] for account in body["accounts"]] == [
        "zhoulan",
        "chenzhiyuan",
        "lijianping",
        "wangmin",
        "zhaoqiming",
        "qianhui",
        "sunli",
        "hejing",
        "liuyang",
    ]


async def test_rooms_show_who_is_in_them(node: Node) -> None:
    await sign_in(node)
    _, body = await ask(node, "GET", "/api/v1/rooms")
    assert [room["title"]["zh"] for room in body["rooms"]] == [
        "门诊讨论室",
        "石桥—县医院 心内",
        "护理交班",
        "设备试机",
    ]
    assert [room["recording_policy"] for room in body["rooms"]] == ["on_request"] * 3 + ["never"]
    assert body["rooms"][0]["opened_at_ms"] is None
    await node.join("chen", "clinic-discussion")
    await node.join("supervisor", "clinic-discussion", hidden=True)
    _, body = await ask(node, "GET", "/api/v1/rooms")
    assert body["rooms"][0]["participants"] == [{"identity": "chen", "name": "Dr chen"}]
    assert body["rooms"][0]["opened_at_ms"] > 0


async def test_a_token_sees_its_own_room_only(node: Node) -> None:
    token = node.token("sdk", "elsewhere")
    _, body = await ask(node, "GET", "/api/v1/rooms", token=token)
    assert [room["room"] for room in body["rooms"]] == ["elsewhere"]
    assert (await ask(node, "GET", "/api/v1/rooms/ward/events", token=token))[0] == 404
    assert (await ask(node, "POST", "/api/v1/rooms/elsewhere/token", token=token))[0] == 403


async def test_an_account_enters_a_standing_room_with_the_token_it_gets(node: Node) -> None:
    await sign_in(node)
    status, body = await ask(node, "POST", "/api/v1/rooms/nursing-handover/token")
    assert (status, body["room"], body["identity"]) == (200, "nursing-handover", "zhoulan")
    client = await node.open("/rtc", body["token"])
    join = await client.next("join")
    assert (join.participant.identity, join.participant.name) == ("zhoulan", "周岚")
    assert join.participant.attributes["place"] == "石桥卫生院 全科"
    assert (await ask(node, "POST", "/api/v1/rooms/no-such/token"))[0] == 404


@pytest.mark.parametrize("origin", ["http://elsewhere.test", "null", None])
async def test_other_sites_cannot_use_a_signed_in_browser(node: Node, origin: str | None) -> None:
    await sign_in(node)
    status, body = await ask(node, "POST", "/api/v1/rooms/nursing-handover/token", origin=origin)
    assert (status, body["code"]) == (403, "origin_refused")
    headers = {} if origin is None else {"Origin": origin}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await node.session.ws_connect(f"{node.url}/api/v1/events", headers=headers)
    assert refused.value.status == 403


async def test_marks_and_comings_are_in_the_journal(node: Node) -> None:
    await sign_in(node)
    token = (await ask(node, "POST", "/api/v1/rooms/clinic-discussion/token"))[1]["token"]
    refused = await ask(node, "POST", "/api/v1/rooms/clinic-discussion/marks", {"text": "early"})
    assert (refused[0], refused[1]["code"]) == (404, "room_not_open")
    client = await node.open("/rtc", token)
    await client.next("join")
    path = "/api/v1/rooms/clinic-discussion"
    assert (await ask(node, "POST", f"{path}/marks", {"text": " BP 120/80 "}))[0] == 201
    for wrong in ({"text": ""}, {"text": "x" * 501}, {}):
        assert (await ask(node, "POST", f"{path}/marks", wrong))[0] == 400
    _, body = await ask(node, "GET", f"{path}/events")
    assert [(e["kind"], e["actor_name"], e["text"]) for e in body["events"]] == [
        ("room_opened", "", ""),
        ("joined", "周岚", ""),
        ("mark", "周岚", "BP 120/80"),
    ]
    _, later = await ask(node, "GET", f"{path}/events?after={body['events'][1]['sequence']}")
    assert [e["kind"] for e in later["events"]] == ["mark"]
    assert (await ask(node, "GET", f"{path}/events?after=x"))[0] == 400


async def test_the_events_socket_tells_what_happens(node: Node) -> None:
    await sign_in(node)
    socket = await node.session.ws_connect(f"{node.url}/api/v1/events", headers={"Origin": node.url})
    assert await socket.receive_json(timeout=HANG_S) == {"type": "rooms"}
    assert (await socket.receive_json(timeout=HANG_S))["type"] == "position"
    await node.join("chen", "clinic-discussion")
    seen: list[dict[str, Any]] = []
    while len(seen) < 3:
        push = await socket.receive_json(timeout=HANG_S)
        # What the ledger tells of it meanwhile comes at its own pace.
        seen += [push] if push["type"] in ("room_event", "rooms") else []
    kinds = [(push["type"], push.get("event", {}).get("kind")) for push in seen]
    assert kinds == [("room_event", "room_opened"), ("room_event", "joined"), ("rooms", None)]
    assert seen[1]["room"] == "clinic-discussion"
    await socket.close()


async def test_the_events_of_one_room_are_told_to_its_tokens_only(node: Node) -> None:
    token = node.token("sdk", "elsewhere")
    headers = {"Authorization": f"Bearer {token}"}
    socket = await node.session.ws_connect(f"{node.url}/api/v1/events", headers=headers)
    await socket.receive_json(timeout=HANG_S)
    await node.join("chen", "clinic-discussion")
    await node.join("sdk", "elsewhere")
    mark = {"Authorization": f"Bearer {token}"}
    url = f"{node.url}/api/v1/rooms/elsewhere/marks"
    async with node.session.post(url, json={"text": "last"}, headers=mark) as response:
        assert response.status == 201
    # What happened in the other room happened before this mark, and would have come before it.
    rooms: set[str | None] = set()
    push: dict[str, Any] = {}
    while push.get("event", {}).get("kind") != "mark":
        push = await socket.receive_json(timeout=HANG_S)
        rooms.add(push.get("room"))
    assert rooms == {None, "elsewhere"}
    await socket.close()


async def test_health_metrics_and_headers(node: Node) -> None:
    await node.join("zhou", "secret-room-name")
    async with node.session.get(f"{node.url}/healthz") as response:
        assert await response.json() == {"status": "ok"}
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] == "no-store"
    async with node.session.get(f"{node.url}/metrics") as response:
        text = await response.text()
    assert "lianzhen_rooms 1.0" in text and "lianzhen_participants 1.0" in text
    assert 'lianzhen_core_total{what="packets_in"} 0.0' in text
    assert "secret-room-name" not in text and "zhou" not in text


async def test_pages_are_served_or_their_absence_is_explained(node: Node) -> None:
    async with node.session.get(f"{node.url}/") as response:
        assert (response.status, "make run" in await response.text()) == (503, True)
    web = node.folder / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html>start")
    (web / "assets" / "app-1.js").write_text("run()")
    (node.folder / "secret.txt").write_text("no")
    for path, status, cache in (
        ("/", 200, "no-cache"),
        ("/deep/inside", 200, "no-cache"),
        ("/assets/app-1.js", 200, "immutable"),
        ("/assets/none.js", 404, "no-store"),
        ("/api/v1/none", 404, "no-store"),
        ("/../secret.txt", 404, "no-store"),
        ("/%2e%2e/secret.txt", 404, "no-store"),
        ("/..%2fsecret.txt", 404, "no-store"),
    ):
        async with node.session.get(URL(f"{node.url}{path}", encoded=True)) as response:
            assert response.status == status, path
            assert cache in response.headers["Cache-Control"], path
            assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_compressed_copy_is_served_to_those_who_take_it(node: Node) -> None:
    (node.folder / "web" / "assets").mkdir(parents=True)
    (node.folder / "web" / "index.html").write_text("start")
    (node.folder / "web" / "assets" / "app.js").write_text("run()")
    (node.folder / "web" / "assets" / "app.js.gz").write_bytes(gzip.compress(b"run()"))
    async with node.session.get(f"{node.url}/assets/app.js") as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.content_type == "text/javascript"
        assert await response.text() == "run()"
