"""Who is told which moment a picture shows, through real rooms over a media plane without media."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from livekit.protocol import rtc

from clinical.consultation import Urgency
from clinical.ids import EcgId, InstitutionId, PatientId, PersonId
from media_server.ids import ParticipantSid, PeerNumber, RoomName, TrackNumber
from media_server.ports import OutputClock
from signaling.auth.rights import Caller
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import Ecg
from signaling.ecg.gateways import Gateway
from signaling.ecg.lane import Lane
from signaling.ecg.picture_anchors import PictureAnchors
from signaling.ecg.stream import Stream
from signaling.ecg.viewers import Viewer
from signaling.tokens import Binding
from tests.contract.conftest import Client, Node

MS = 1_000_000
S = 1_000 * MS
ROOM = "ward"
WALL_NS = 1_800_000_000 * S
"""Our wall clock when our monotonic one reads 0."""
PUBLISHER_AHEAD_S = 40
"""Of our wall clock."""
GATEWAY_OFFSET_US = -2_000_000
"""The gateway's clock is two seconds ahead of ours."""


class StandingClock:
    def monotonic_ns(self) -> int:
        return 100 * S

    def wall_ns(self) -> int:
        return WALL_NS + 100 * S


class KioskSide:
    def is_with_patient(self, room: RoomName, person: str) -> bool:
        return (room, person) == (ROOM, "kiosk")


@dataclass
class Watched:
    lanes: list[Lane]

    def watched(self) -> list[Lane]:
        return self.lanes


def lane(case: str = ROOM) -> Lane:
    ecg = Ecg(
        id=EcgId("ecg1"),
        serial="",
        institution=InstitutionId("i"),
        patient=PatientId("p"),
        case=case,
        device="box",
        person=PersonId("q"),
        urgency=Urgency.ROUTINE,
        source="device",
        descriptor=None,
        state=EcgState.RECORDING,
        created_at_ms=0,
    )
    gateway = Gateway(Caller(), Binding(), offset_us=GATEWAY_OFFSET_US)
    return Lane(ecg, Stream(), gateway)


def watch(lane: Lane, session: str) -> Viewer:
    viewer = Viewer(Caller(), Binding(session=session))
    lane.viewers.add(viewer)
    return viewer


async def enter(node: Node, identity: str, session: str = "") -> Client:
    client = await node.join(identity, ROOM)
    sid = ParticipantSid(client.join.participant.sid)
    claims = node.host.claims_of(sid)
    assert claims is not None
    # Tokens that name a session need one in the store, with an account, its factors and an institution.
    node.host._claims[sid] = replace(claims, binding=Binding(session=session, person=identity))
    return client


async def publish(node: Node, client: Client, *, cid: str, video: bool = True) -> tuple[str, int]:
    """Returns name and number of a track that is published."""
    track = await client.publish(cid, video=video)
    await client.offer(f"send {'video' if video else 'audio'} {cid}")
    views = [view for _, view, _ in node.host.seats() if view.sid == client.join.participant.sid]
    return track.sid, next(each.number for each in views[0].tracks if each.sid == track.sid)


def clock(node: Node, subscriber: Client, track: int, *, at_s: int = 99, delay_ms: int = 50) -> OutputClock:
    """A report that left ``at_s`` after our monotonic clock began."""
    return OutputClock(
        peer=PeerNumber(int(node.connections(subscriber)[-1].peer)),
        track=TrackNumber(track),
        rtp_timestamp=4_294_967_000,
        ntp_ns=WALL_NS + (at_s + PUBLISHER_AHEAD_S) * S,
        arrival_ns=at_s * S + delay_ms * MS,
        clock_rate_hz=90_000,
    )


def teller(node: Node, *lanes: Lane) -> PictureAnchors:
    return PictureAnchors(host=node.host, ecgs=Watched(list(lanes)), sides=KioskSide(), clock=StandingClock())


def told(viewer: Viewer) -> list[dict[str, Any]]:
    waiting = viewer.outbox._waiting
    messages = [json.loads(message) for message in waiting if isinstance(message, str)]
    waiting.clear()
    return messages


async def test_a_viewer_hears_of_each_picture_it_receives_and_of_no_sound(node: Node) -> None:
    doctor = await enter(node, "doctor", "session-1")
    kiosk = await enter(node, "kiosk")
    camera, number = await publish(node, kiosk, cid="camera")
    await kiosk.send(ping_req=rtc.Ping(timestamp=5, rtt=80))
    await kiosk.settle()
    watched = lane()
    viewer, other = watch(watched, "session-1"), watch(watched, "session-2")
    anchors = teller(node, watched)
    node.sfu.clocks = [
        clock(node, doctor, number),
        replace(clock(node, doctor, 77), rtp_timestamp=1),
        clock(node, kiosk, number),
    ]
    anchors.tell()
    # It left 99 s after our monotonic clock began: 50 ms on the way, of which 40 are half the round trip.
    expected_us = (WALL_NS + 99 * S + 10 * MS) // 1000 - GATEWAY_OFFSET_US
    assert told(viewer) == [
        {
            "type": "anchor",
            "track": camera,
            "rtp_timestamp": 4_294_967_000,
            "gateway_us": expected_us,
            "clock_rate": 90_000,
        }
    ]
    assert told(other) == []
    assert anchors.stats() == {"anchors_told": 1, "publishers": 1}


async def test_the_quickest_report_of_a_publisher_counts_until_it_is_not_seen(node: Node) -> None:
    doctor, kiosk = await enter(node, "doctor", "session-1"), await enter(node, "kiosk")
    _, number = await publish(node, kiosk, cid="camera")
    watched = lane()
    viewer = watch(watched, "session-1")
    anchors = teller(node, watched)
    node.sfu.clocks = [clock(node, doctor, number, at_s=97, delay_ms=20)]
    anchors.tell()
    node.sfu.clocks = [clock(node, doctor, number, at_s=98, delay_ms=60)]
    anchors.tell()
    first, second = told(viewer)
    assert second["gateway_us"] - first["gateway_us"] == 1_000_000
    node.sfu.clocks = []
    anchors.tell()
    assert anchors.stats()["publishers"] == 0
    node.sfu.clocks = [clock(node, doctor, number, at_s=99, delay_ms=60)]
    anchors.tell()
    (third,) = told(viewer)
    assert third["gateway_us"] - second["gateway_us"] == 1_040_000


@pytest.mark.parametrize("what", ["no gateway", "no offset yet", "another case", "no case", "nobody watches"])
async def test_without_one_of_the_clocks_nothing_is_said(node: Node, what: str) -> None:
    doctor, kiosk = await enter(node, "doctor", "session-1"), await enter(node, "kiosk")
    _, number = await publish(node, kiosk, cid="camera")
    watched = lane({"another case": "icu", "no case": ""}.get(what, ROOM))
    viewer = watch(watched, "session-1")
    if what == "no gateway":
        watched.gateway = None
    if what == "no offset yet" and watched.gateway is not None:
        watched.gateway.offset_us = None
    node.sfu.clocks = [clock(node, doctor, number)]
    teller(node, *([] if what == "nobody watches" else [watched])).tell()
    assert told(viewer) == []


async def test_the_picture_of_another_doctor_shows_no_moment_of_the_patient(node: Node) -> None:
    doctor, other = await enter(node, "doctor", "session-1"), await enter(node, "other")
    _, number = await publish(node, other, cid="camera")
    watched = lane()
    viewer = watch(watched, "session-1")
    node.sfu.clocks = [clock(node, doctor, number)]
    teller(node, watched).tell()
    assert told(viewer) == []


async def test_a_guest_without_a_session_is_nobodys_page(node: Node) -> None:
    guest, kiosk = await enter(node, "guest"), await enter(node, "kiosk")
    _, number = await publish(node, kiosk, cid="camera")
    watched = lane()
    viewer = watch(watched, "")
    node.sfu.clocks = [clock(node, guest, number)]
    teller(node, watched).tell()
    assert told(viewer) == []
