"""An act says who did it, in which role and on which device, as its caller does."""

from __future__ import annotations

from clinical.ids import DeviceId, InstitutionId, PersonId
from recording.audit.act import SYSTEM_ACTOR, Act, DeviceTime
from signaling.auth.acts import act_of
from signaling.auth.rights import NOBODY, Caller, Role

_PLACE = InstitutionId("in_1")


def test_a_person_acts_in_all_their_roles_in_the_order_of_the_table() -> None:
    person = Caller(
        institution=_PLACE,
        person=PersonId("pe_1"),
        device=DeviceId("dv_1"),
        roles=frozenset({Role.SUPERVISOR, Role.CLINIC_DOCTOR}),
    )
    act = act_of(
        person, "room.marked", 7, subject={"room": "r"}, before={"a": 1}, after={"a": 2}, personal={"n": "x"}
    )
    assert act == Act(
        institution="in_1",
        kind="room.marked",
        actor="pe_1",
        at_ms=7,
        actor_role="clinic_doctor+supervisor",
        device="dv_1",
        subject={"room": "r"},
        before={"a": 1},
        after={"a": 2},
        personal={"n": "x"},
    )


def test_a_device_acts_for_itself_and_tells_its_own_time() -> None:
    device = Caller(institution=_PLACE, device=DeviceId("dv_1"), roles=frozenset({Role.DEVICE}))
    time = DeviceTime(at_ms=5, offset_ms=2, error_ms=1)
    act = act_of(device, "session.opened", 7, device_time=time, subject={"device": "dv_1"})
    assert (act.actor, act.actor_role, act.device, act.device_time) == ("dv_1", "device", "dv_1", time)


def test_what_nobody_did_is_the_systems_and_may_stand_in_any_chain() -> None:
    act = act_of(NOBODY, "account.locked", 7, institution="in_2", subject={})
    assert (act.institution, act.actor, act.actor_role, act.device) == ("in_2", SYSTEM_ACTOR, "", "")


def test_the_named_chain_goes_before_the_callers_own() -> None:
    person = Caller(institution=_PLACE, person=PersonId("pe_1"))
    assert act_of(person, "trace.searched", 7, institution="in_2", subject={}).institution == "in_2"
    assert act_of(person, "trace.searched", 7, subject={}).institution == "in_1"
