"""What happens in rooms becomes acts of the institution whose room it is, without anybody's words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from clinical.ids import InstitutionId
from media_server.ids import ParticipantIdentity, ParticipantSid, RoomName, TrackSid
from media_server.rooms import Grant
from media_server.rooms.effects import (
    EndCause,
    LinkBack,
    LinkLost,
    ParticipantCame,
    ParticipantWent,
    RoomClosed,
    RoomOpened,
    TrackMuteChanged,
    TrackStarted,
    TrackStopped,
)
from media_server.rooms.grants import TrackKind, TrackSource
from media_server.rooms.participants import LeaveCause
from recording.audit.act import Act
from signaling.room_witness import GUEST_ACTOR, RoomWitness
from signaling.standing_rooms import StandingRoom, StandingRooms
from signaling.store.spool import NODE
from signaling.tokens import Binding, Claims

WARD, BARE = RoomName("ward"), RoomName("Zhang San's room")
SEAT = ParticipantSid("PA_1")


class _Clock:
    def monotonic_ns(self) -> int:
        return 0

    def wall_ns(self) -> int:
        return 1_800_000_000_123_456_789


TRACK = SimpleNamespace(
    sid=TrackSid("TR_1"),
    is_muted=True,
    request=SimpleNamespace(kind=TrackKind.AUDIO, source=TrackSource.MICROPHONE),
)
PERSON = SimpleNamespace(sid=SEAT, name="张三", identity=ParticipantIdentity("zhangsan"), grant=Grant())


class _Scene:
    def __init__(self, binding: Binding | None) -> None:
        self.acts: list[Act] = []
        self.claims = None if binding is None else Claims(binding=binding)
        rooms = [StandingRoom(WARD, "病房", "Ward", "on_request", (InstitutionId("in_a"),))]
        self.witness = RoomWitness(seats=self, standing=StandingRooms(rooms), sink=self, clock=_Clock())

    def claims_of(self, sid: ParticipantSid) -> Claims | None:
        return self.claims

    def put(self, act: Act) -> None:
        self.acts.append(act)

    def happen(self, *facts: Any, room: RoomName = WARD) -> list[Act]:
        for fact in facts:
            self.witness.receive_fact(room, fact)
        return self.acts


def test_a_stay_is_told_from_its_beginning_to_its_end_by_the_persons_id() -> None:
    scene, person, track = _Scene(Binding(person="pe_1", session="se_1", role="specialist")), PERSON, TRACK
    came = ParticipantCame(person)
    scene.happen(came)
    # The seat is given back before others hear that somebody went.
    scene.claims = None
    acts = scene.happen(
        TrackStarted(person, track),
        TrackMuteChanged(person, track),
        LinkLost(person),
        LinkBack(person),
        TrackStopped(person, track, EndCause.LEFT),
        ParticipantWent(person, LeaveCause.LEFT),
    )
    assert [act.kind for act in acts] == [
        "participant.joined",
        "track.published",
        "track.muted",
        "participant.lost",
        "participant.resumed",
        "track.ended",
        "participant.left",
    ]
    assert {(act.actor, act.actor_role) for act in acts} == {("pe_1", "specialist")}
    assert {act.institution for act in acts} == {"in_a"}
    assert {act.at_ms for act in acts} == {1_800_000_000_123}
    assert acts[1].after == {"seat": SEAT, "track": "TR_1", "kind": "audio", "source": "microphone"}
    assert acts[-1].after == {"seat": SEAT, "cause": LeaveCause.LEFT.value}


@pytest.mark.parametrize(
    ("binding", "actor", "device"),
    [
        (Binding(device="dv_1", session="se_1"), "dv_1", "dv_1"),
        (Binding(invitation="iv_1"), "iv_1", ""),
        (Binding(), GUEST_ACTOR, ""),
        (None, GUEST_ACTOR, ""),
    ],
)
def test_whoever_is_no_person_of_ours_goes_by_what_let_them_in(
    binding: Binding | None, actor: str, device: str
) -> None:
    (act,) = _Scene(binding).happen(ParticipantCame(PERSON))
    assert (act.actor, act.device) == (actor, device)


def test_rooms_open_and_close_and_unknown_ones_are_the_nodes() -> None:
    scene = _Scene(None)
    scene.happen(RoomOpened(None))
    acts = scene.happen(RoomClosed(None), room=BARE)
    assert [(act.kind, act.institution, act.subject) for act in acts] == [
        ("room.opened", "in_a", {"room": "ward"}),
        ("room.closed", NODE, {}),
    ]


def test_no_name_nor_identity_is_in_any_act() -> None:
    scene = _Scene(Binding())
    person = PERSON
    scene.happen(ParticipantCame(person), LinkLost(person), room=BARE)
    assert all(word not in repr(scene.acts) for word in ("张三", "zhangsan", "Zhang"))
