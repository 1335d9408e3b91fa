"""What a recording is told of the clocks of its pictures and ECGs, through real rooms without media."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livekit.protocol import rtc

from media_server.ids import RoomName
from recording.summary import JsonValue, RecordingId
from signaling.ecg.lane import Lane
from signaling.ecg.replay_clocks import NOTICED_US, ReplayClocks
from tests.contract.conftest import Client, Node
from tests.contract.test_pages_api import ask
from tests.contract.test_picture_anchors import (
    GATEWAY_OFFSET_US,
    ROOM,
    KioskSide,
    StandingClock,
    enter,
    lane,
    publish,
)
from tests.contract.test_recording_api import _enter

NOW_US = StandingClock().wall_ns() // 1_000


class Recorded:
    """The room's recordings, and what they were told."""

    def __init__(self) -> None:
        self.open = {RoomName(ROOM): RecordingId("RC_1")}
        self.told: list[tuple[str, dict[str, JsonValue]]] = []

    def open_recordings(self) -> Mapping[RoomName, RecordingId]:
        return self.open

    def note_own(self, room: RoomName, kind: str, facts: Mapping[str, JsonValue]) -> None:
        assert room == ROOM
        self.told.append((kind, dict(facts)))

    def news(self) -> list[tuple[str, dict[str, JsonValue]]]:
        found, self.told = self.told, []
        return found


class InHand:
    def __init__(self, *lanes: Lane) -> None:
        self.lanes = lanes

    def in_hand(self) -> tuple[Lane, ...]:
        return self.lanes


def clocks(node: Node, recorded: Recorded, *lanes: Lane) -> ReplayClocks:
    return ReplayClocks(
        host=node.host, recordings=recorded, ecgs=InHand(*lanes), sides=KioskSide(), clock=StandingClock()
    )


async def ping(client: Client, rtt_ms: int) -> None:
    await client.send(ping_req=rtc.Ping(timestamp=5, rtt=rtt_ms))
    await client.settle()


def way(identity: str, way_us: int, *, is_with_patient: bool) -> tuple[str, dict[str, Any]]:
    facts = {"identity": identity, "way_us": way_us, "is_with_patient": is_with_patient}
    return "clock.picture", facts


async def test_ways_and_gateways_are_told_once_and_again_when_they_change(node: Node) -> None:
    kiosk, doctor, recorded, ecg = await enter(node, "kiosk"), await enter(node, "doctor"), Recorded(), lane()
    teller = clocks(node, recorded, ecg, lane("another room"), lane(""))
    teller.tell()
    told_gateway = ("clock.ecg", {"ecg": "ecg1", "gateway_us": NOW_US - GATEWAY_OFFSET_US})
    assert recorded.news() == [told_gateway]
    await publish(node, kiosk, cid="camera")
    teller.tell()
    # Nothing is known of a way before the first round trip.
    assert recorded.news() == []
    await publish(node, doctor, cid="camera")
    await ping(kiosk, 80)
    await ping(doctor, 30)
    teller.tell()
    assert recorded.news() == [
        way("kiosk", 40_000, is_with_patient=True),
        way("doctor", 15_000, is_with_patient=False),
    ]
    await ping(kiosk, 77)
    assert ecg.gateway is not None
    ecg.gateway.offset_us = GATEWAY_OFFSET_US + NOTICED_US - 1
    teller.tell()
    assert recorded.news() == []
    await ping(kiosk, 76)
    ecg.gateway.offset_us = GATEWAY_OFFSET_US + NOTICED_US
    teller.tell()
    assert recorded.news() == [
        way("kiosk", 38_000, is_with_patient=True),
        ("clock.ecg", {"ecg": "ecg1", "gateway_us": NOW_US - GATEWAY_OFFSET_US - NOTICED_US}),
    ]
    # Another recording of the room knows nothing yet.
    recorded.open = {RoomName(ROOM): RecordingId("RC_2")}
    teller.tell()
    assert len(recorded.news()) == 3


async def test_without_an_ecg_nothing_is_told(node: Node) -> None:
    kiosk, recorded, ecg = await enter(node, "kiosk"), Recorded(), lane()
    await publish(node, kiosk, cid="camera")
    await ping(kiosk, 80)
    assert ecg.gateway is not None
    ecg.gateway.offset_us = None
    gone = lane()
    gone.gateway = None
    clocks(node, recorded, ecg, gone).tell()
    recorded.open = {}
    clocks(node, recorded, lane()).tell()
    assert recorded.news() == []


async def test_what_was_told_is_sealed_with_the_recording_and_shown_with_it(node: Node) -> None:
    room = "clinic-discussion"
    client = await _enter(node)
    await client.publish("cam-1", video=True)
    await client.offer("send video cam-1")
    await ping(client, 50)
    _, begun = await ask(node, "POST", f"/api/v1/rooms/{room}/recording")
    ReplayClocks(
        host=node.host,
        recordings=node.service.desk,
        ecgs=InHand(lane(room)),
        sides=KioskSide(),
        clock=StandingClock(),
    ).tell()
    await ask(node, "DELETE", f"/api/v1/rooms/{room}/recording")
    path = f"/api/v1/recordings/{begun['recording_id']}"
    told = (await ask(node, "GET", path))[1]["clocks"]
    (picture,), (ecg,) = told["pictures"], told["ecgs"]
    assert (picture["identity"], picture["way_us"], picture["is_with_patient"]) == ("zhoulan", 25_000, False)
    assert (ecg["ecg"], ecg["gateway_us"]) == ("ecg1", NOW_US - GATEWAY_OFFSET_US)
    assert 0 <= picture["offset_ms"] <= ecg["offset_ms"]
    _, verdict = await ask(node, "GET", f"{path}/verification")
    assert (verdict["integrity"]["verdict"], verdict["completeness"]["verdict"]) == (
        "unaltered",
        "nothing_missing",
    )
