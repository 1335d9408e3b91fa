"""Recording over the API: who may start it, what everyone sees of it, and what it holds afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from livekit.protocol import rtc

from recording.errors import FolderUnwritable
from tests.contract.conftest import Client, Node
from tests.contract.test_pages_api import ask, sign_in
from tests.support.waiting import HANG_S

ROOM = "clinic-discussion"
PATH = f"/api/v1/rooms/{ROOM}/recording"


async def _enter(node: Node, account: str = "zhoulan", room: str = ROOM) -> Client:
    await sign_in(node, account)
    _, body = await ask(node, "POST", f"/api/v1/rooms/{room}/token")
    client = await node.open("/rtc", body["token"])
    client.join = await client.next("join")
    return client


async def _recordings(node: Node, **query: Any) -> list[dict[str, Any]]:
    return list((await ask(node, "GET", "/api/v1/recordings", **query))[1]["recordings"])


async def test_a_recording_is_seen_by_everyone_and_kept_for_those_who_took_part(node: Node) -> None:
    client = await _enter(node)
    track = await client.publish("mic-1")
    await client.offer("send audio mic-1")
    status, body = await ask(node, "POST", PATH)
    assert status == 201
    assert (await client.next("room_update")).room.active_recording
    assert list(node.sfu.taps) == [1]
    assert (await ask(node, "POST", PATH))[1]["code"] == "already_recording"
    rooms = (await ask(node, "GET", "/api/v1/rooms"))[1]["rooms"]
    assert [room["is_recording"] for room in rooms] == [True, False, False, False]
    late = await node.join("chen", ROOM)
    assert late.join.room.active_recording
    await client.send(mute=rtc.MuteTrackRequest(sid=track.sid, muted=True))
    assert (await ask(node, "POST", f"/api/v1/rooms/{ROOM}/marks", {"text": "BP 120/80"}))[0] == 201
    status, stopped = await ask(node, "DELETE", PATH)
    assert (status, stopped["recording_id"]) == (200, body["recording_id"])
    await client.settle()
    assert not client.last("room_update").room.active_recording
    assert (await ask(node, "DELETE", PATH))[1]["code"] == "not_recording"

    (line,) = await _recordings(node)
    assert (line["state"], line["title"]["zh"]) == ("sealed", "门诊讨论室")
    assert line["participants"] == ["周岚", "Dr chen"]
    _, detail = await ask(node, "GET", f"/api/v1/recordings/{line['recording_id']}")
    told = [(event["kind"], event["actor_name"], event["text"]) for event in detail["events"]]
    assert told[0][0] == "recording_started" and told[-1][0] == "recording_stopped"
    assert ("joined", "Dr chen", "") in told
    assert ("muted", "周岚", "") in told
    assert ("mark", "周岚", "BP 120/80") in told
    _, verdict = await ask(node, "GET", f"/api/v1/recordings/{line['recording_id']}/verification")
    assert verdict["integrity"]["verdict"] == "unaltered"
    assert verdict["integrity"]["signature"] == "valid"
    missing = await ask(node, "GET", f"/api/v1/recordings/{line['recording_id']}/media/nobody")
    assert (missing[0], missing[1]["code"]) == (404, "media_missing")

    await sign_in(node, "wangmin")
    assert await _recordings(node) == []
    for part in ("", "/verification", "/media/zhoulan"):
        answer = await ask(node, "GET", f"/api/v1/recordings/{line['recording_id']}{part}")
        assert (answer[0], answer[1]["code"]) == (404, "recording_missing")
    admin = node.token("desk", ROOM, roomAdmin=True)
    node.session.cookie_jar.clear()
    assert [r["recording_id"] for r in await _recordings(node, token=admin)] == [line["recording_id"]]
    assert await _recordings(node, token=node.token("desk", "other", roomAdmin=True)) == []


async def test_a_recording_outlives_whoever_started_it(node: Node) -> None:
    starter, other = await _enter(node), await node.join("chen", ROOM)
    await ask(node, "POST", PATH)
    await starter.send(leave=rtc.LeaveRequest())
    assert await starter.closed() == 1000
    await other.settle()
    assert (await _recordings(node))[0]["state"] == "recording"


async def test_a_recording_ends_with_its_room(node: Node) -> None:
    await _enter(node)
    await ask(node, "POST", PATH)
    token = node.token("desk", ROOM, roomAdmin=True)
    url = f"{node.url}/twirp/livekit.RoomService/DeleteRoom"
    async with node.session.post(url, json={"room": ROOM}, headers={"Authorization": f"Bearer {token}"}) as r:
        assert r.status == 200
    async with asyncio.timeout(HANG_S):
        while (await _recordings(node))[0]["state"] == "recording":
            await asyncio.sleep(0.02)
    assert (await _recordings(node))[0]["state"] == "sealed"


async def test_tracks_that_come_and_go_are_recorded_from_and_to(node: Node) -> None:
    client = await _enter(node)
    await ask(node, "POST", PATH)
    await client.publish("cam-1", video=True)
    await client.offer("send video cam-1")
    assert list(node.sfu.taps) == [1]
    await client.offer("recv video", number=2)
    await ask(node, "DELETE", PATH)
    async with asyncio.timeout(HANG_S):
        while not node.sfu.taps[1].is_closed:  # type: ignore[index]
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [
        ("nobody there", 404, "room_not_open"),
        ("not in the room", 403, "not_permitted"),
        ("room that is never recorded", 403, "not_permitted"),
        ("token without the right", 403, "not_permitted"),
        ("token of another room", 404, "not_found"),
        ("signed out", 401, "signed_out"),
    ],
)
async def test_only_those_who_may_can_record(node: Node, case: str, status: int, code: str) -> None:
    path, token = PATH, None
    if case != "nobody there":
        await node.join("chen", ROOM)
    if case == "room that is never recorded":
        path = "/api/v1/rooms/equipment-trial/recording"
        await _enter(node, room="equipment-trial")
    elif case == "token without the right":
        token = node.token("chen", ROOM)
    elif case == "token of another room":
        token = node.token("chen", "elsewhere", roomRecord=True)
    elif case != "signed out":
        await sign_in(node)
    answer = await ask(node, "POST", path, token=token)
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert not node.sfu.taps


async def test_a_token_with_the_right_records_from_outside(node: Node) -> None:
    await node.join("chen", ROOM)
    token = node.token("recorder", ROOM, roomRecord=True)
    status, body = await ask(node, "POST", PATH, token=token)
    assert status == 201
    assert (await ask(node, "DELETE", PATH, token=token))[1] == body


async def test_a_recorder_that_cannot_begin_leaves_the_call_alone(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await _enter(node)

    async def refuse(**_: object) -> None:
        raise FolderUnwritable(28)

    monkeypatch.setattr(node.service.recorder, "begin", refuse)
    status, body = await ask(node, "POST", PATH)
    assert (status, body["code"]) == (503, "recording_unavailable")
    await client.settle()
    assert not (await ask(node, "GET", "/api/v1/rooms"))[1]["rooms"][0]["is_recording"]


async def test_trouble_is_shown_while_it_lasts(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    await _enter(node)
    await ask(node, "POST", PATH)
    recorder, desk = node.service.recorder, node.service.desk
    real = recorder.list
    monkeypatch.setattr(recorder, "list", lambda **_: [replace(s, trouble="disk_full") for s in real()])
    desk.look_for_trouble()
    assert (await ask(node, "GET", "/api/v1/rooms"))[1]["rooms"][0]["recording_trouble"] == "disk_full"
    monkeypatch.setattr(recorder, "list", real)
    desk.look_for_trouble()
    events = (await ask(node, "GET", f"/api/v1/rooms/{ROOM}/events"))[1]["events"]
    assert [(e["kind"], e["text"]) for e in events][-2:] == [
        ("recording_trouble", "disk_full"),
        ("recording_trouble_over", ""),
    ]


async def test_nothing_is_written_while_nobody_records(node: Node) -> None:
    client = await _enter(node)
    await client.publish("mic-1")
    await client.offer("send audio mic-1")
    folder = node.folder / "data" / "recordings"
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
