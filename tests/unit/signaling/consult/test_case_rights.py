"""Every deed, by everybody with a part in a case, in every state and at every turn of its ring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clinical.consultation import (
    IN_THE_ROOM,
    ConsultationKind,
    ConsultationState,
    DeclineReason,
    Request,
    Urgency,
)
from clinical.escalation import Ring, Stage, decline, start_ring, step
from clinical.ids import CaseId, DeviceId, InstitutionId, PatientId, PersonId
from clinical.recording_policy import RecordingPolicy
from signaling.auth.rights import NOBODY, Caller, Role
from signaling.consult.case_rights import Deed, deeds_of, is_inside, may_be_inside, refusal_of
from signaling.consult.cases import Case
from tests.support.api import person
from tests.support.consult_world import CHEN, CLINIC, HE, HOSPITAL, LI, QIAN, STRANGER, SUN, WANG

S = ConsultationState
RING: Ring = start_ring([WANG.person], [CHEN.person], now_ms=0)
LATE: Ring = step(RING, 60_000).ring
ENDED = (S.CLOSED, S.CANCELLED)


def case_in(state: ConsultationState, **changes: Any) -> Case:
    kind = changes.pop("kind", ConsultationKind.LIVE)
    made = Case(
        id=CaseId("ca_1"),
        serial="S-1",
        institution=InstitutionId(CLINIC),
        invited_institution=InstitutionId(HOSPITAL),
        patient=PatientId("pt_1"),
        inviter=LI.person,
        device=DeviceId(""),
        host=LI.person,
        expert="",
        state=state,
        version=1,
        request=Request(kind, Urgency.URGENT, "cardiology", "any", "r", "p", "s"),
        slot="",
        recording_policy=RecordingPolicy.WITH_CONSENT,
        ring=RING if state is S.RINGING else None,
        ring_due_ms=None,
        end_reason="",
        end_note="",
        created_at_ms=0,
        invited_at_ms=None,
        accepted_at_ms=None,
        active_at_ms=None,
        signed_at_ms=None,
        closed_at_ms=None,
        updated_at_ms=0,
    )
    is_taken = state in (S.ACCEPTED, S.ACTIVE, S.SIGNED, S.ACKNOWLEDGED, S.CLOSED)
    return replace(made, **{"expert": WANG.person if is_taken else "", **changes})


def refusal(deed: Deed, case: Case, caller: Caller, *seated: str) -> str:
    return refusal_of(deed, case, caller, seated)


@pytest.mark.parametrize(
    ("deed", "states"),
    [
        (Deed.AMEND, {S.DRAFTED}),
        (Deed.INVITE, {S.DRAFTED}),
        (Deed.RECALL, {S.INVITED, S.DECLINED, S.TIMED_OUT}),
        (Deed.TRANSFER, {S.DECLINED, S.TIMED_OUT, S.ACCEPTED, S.ACTIVE}),
        (
            Deed.CANCEL,
            {S.DRAFTED, S.INVITED, S.RINGING, S.DECLINED, S.TIMED_OUT, S.ACCEPTED, S.ACTIVE},
        ),
        (Deed.ACKNOWLEDGE, {S.SIGNED}),
    ],
)
@pytest.mark.parametrize("state", S)
def test_the_inviting_side_acts_where_the_table_says(
    deed: Deed, states: set[ConsultationState], state: ConsultationState
) -> None:
    case = case_in(state)
    for doctor in (LI, HE):
        assert refusal(deed, case, doctor) == ("" if state in states else "consultation_state")
    for other in (CHEN, QIAN, STRANGER, NOBODY, person(Role.ADMINISTRATOR, institution=CLINIC)):
        assert refusal(deed, case, other) == "not_permitted"


@pytest.mark.parametrize("state", S)
def test_a_specialist_of_the_asked_hospital_accepts_what_is_free(state: ConsultationState) -> None:
    expected = {S.INVITED: "", S.RINGING: ""} | dict.fromkeys(
        (S.ACCEPTED, S.ACTIVE, S.SIGNED, S.ACKNOWLEDGED), "consultation_taken"
    )
    assert refusal(Deed.ACCEPT, case_in(state), WANG) == expected.get(state, "consultation_state")
    for other in (LI, QIAN, STRANGER, NOBODY):
        assert refusal(Deed.ACCEPT, case_in(state), other) == "not_permitted"


def test_while_it_rings_who_is_called_accepts_and_later_whom_the_duty_phone_reached() -> None:
    ringing = case_in(S.RINGING)
    assert refusal(Deed.ACCEPT, ringing, CHEN) == "consultation_not_called"
    assert refusal(Deed.ACCEPT, replace(ringing, ring=None), CHEN) == ""
    late = replace(ringing, ring=LATE)
    assert late.ring is not None and late.ring.stage is Stage.DUTY_PHONE
    for reached in (WANG, CHEN, SUN):
        assert refusal(Deed.ACCEPT, late, reached) == ""


def test_nobody_is_the_expert_of_their_own_request() -> None:
    own = replace(case_in(S.INVITED), institution=InstitutionId(HOSPITAL), inviter=WANG.person)
    assert refusal(Deed.ACCEPT, own, WANG) == "not_permitted"
    assert refusal(Deed.ACCEPT, own, CHEN) == ""


@pytest.mark.parametrize("deed", [Deed.DECLINE, Deed.PASS])
def test_only_who_is_being_called_says_no_or_passes_on(deed: Deed) -> None:
    ringing = case_in(S.RINGING)
    assert refusal(deed, ringing, WANG) == ""
    assert refusal(deed, ringing, CHEN) == "consultation_not_called"
    assert refusal(deed, ringing, LI) == "not_permitted"
    assert refusal(deed, replace(ringing, ring=None), WANG) == "consultation_state"
    assert refusal(deed, case_in(S.INVITED), WANG) == "consultation_state"


def test_passing_on_needs_somebody_who_comes_next() -> None:
    turn = decline(RING, WANG.person, DeclineReason.IN_SURGERY, has_note=False, now_ms=1)
    last = replace(case_in(S.RINGING), ring=turn.ring)
    assert refusal(Deed.PASS, last, CHEN) == "consultation_no_backup"
    assert refusal(Deed.DECLINE, last, CHEN) == ""


def test_the_expert_hands_the_case_on_and_alone_signs() -> None:
    active = case_in(S.ACTIVE)
    assert refusal(Deed.TRANSFER, active, WANG) == ""
    assert refusal(Deed.SIGN, active, WANG) == ""
    assert refusal(Deed.SIGN, case_in(S.ACCEPTED), WANG) == "consultation_state"
    for other in (LI, CHEN, NOBODY):
        assert refusal(Deed.SIGN, active, other) == "not_permitted"
    assert refusal(Deed.TRANSFER, case_in(S.DECLINED), NOBODY) == "not_permitted"


@pytest.mark.parametrize("state", S)
def test_the_room_is_open_from_the_acceptance_to_the_signature(state: ConsultationState) -> None:
    assert refusal(Deed.ROOM, case_in(state), CHEN) == ("" if state in IN_THE_ROOM else "consultation_state")
    offline = case_in(state, kind=ConsultationKind.OFFLINE)
    assert refusal(Deed.ROOM, offline, LI) == "consultation_offline"


@pytest.mark.parametrize("state", S)
def test_the_host_alone_is_in_the_room_while_it_rings(state: ConsultationState) -> None:
    case = case_in(state)
    assert case.host == LI.person
    is_open = state in (*IN_THE_ROOM, S.RINGING)
    assert refusal(Deed.ROOM, case, LI) == ("" if is_open else "consultation_state")
    for other in (HE, WANG, NOBODY):
        expected = "" if state in IN_THE_ROOM else "consultation_state"
        assert refusal(Deed.ROOM, case, other) == expected
    assert not may_be_inside(replace(case, host=PersonId("")), "") or state in IN_THE_ROOM


@pytest.mark.parametrize("state", S)
def test_host_and_expert_admit_and_the_host_hands_over(state: ConsultationState) -> None:
    case = case_in(state)
    expected = "consultation_state" if state in (*ENDED, S.DRAFTED) else ""
    assert refusal(Deed.ADMIT, case, LI) == expected
    assert refusal(Deed.HOST, case, LI) == expected
    if case.expert:
        assert refusal(Deed.ADMIT, case, WANG) == expected
    for other in (HE, CHEN, NOBODY):
        assert refusal(Deed.ADMIT, case, other, HE.person) == "not_permitted"
    assert refusal(Deed.HOST, case, WANG) == "not_permitted"
    assert refusal(Deed.HOST, case, NOBODY) == "not_permitted"
    offline = case_in(state, kind=ConsultationKind.OFFLINE)
    assert refusal(Deed.ADMIT, offline, LI) == "consultation_offline"


def test_an_offline_case_is_never_called_before_its_answer() -> None:
    offline = case_in(S.INVITED, kind=ConsultationKind.OFFLINE)
    assert refusal(Deed.RECALL, offline, LI) == "consultation_offline"
    assert refusal(Deed.RECALL, offline, WANG) == "not_permitted"


@pytest.mark.parametrize("state", S)
def test_the_inviting_side_and_who_is_inside_write(state: ConsultationState) -> None:
    case = case_in(state)
    expected = "consultation_state" if state in ENDED else ""
    assert refusal(Deed.WRITE, case, HE) == expected
    assert refusal(Deed.WRITE, case, CHEN) == "not_permitted"
    assert refusal(Deed.WRITE, case, CHEN, CHEN.person) == expected
    assert refusal(Deed.WRITE, case, NOBODY) == "not_permitted"


def test_what_pages_offer_is_what_is_not_refused() -> None:
    for state in S:
        case = case_in(state)
        for caller in (LI, WANG, CHEN, QIAN, STRANGER):
            offered = deeds_of(case, caller, ())
            assert offered == tuple(deed for deed in Deed if not refusal(deed, case, caller))
    assert set(deeds_of(case_in(S.CLOSED), LI, ())) == set()


def test_nobody_without_a_name_is_inside() -> None:
    assert not is_inside(case_in(S.INVITED), "", ("",))
    assert is_inside(case_in(S.INVITED), "pe_x", ("pe_x",))
    assert not is_inside(case_in(S.INVITED), PersonId("pe_x"), ())
