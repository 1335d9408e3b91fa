"""What somebody may do with an ECG now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinical.consultation import Urgency
from clinical.ids import EcgId, InstitutionId, PatientId, PersonId
from media_server.ecg.descriptor import Descriptor, Source
from signaling.auth.rights import Caller, Role
from signaling.ecg.ecg_rights import EcgDeed, deeds_of, refusal_of
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import IMPORTED, Ecg
from signaling.ecg.lane import LOST_NS, Lane
from signaling.ecg.stream import Stream
from tests.support.api import person

ECG = Ecg(
    id=EcgId("ec_1"),
    serial="E-1",
    institution=InstitutionId("in_a"),
    patient=PatientId("pt_1"),
    case="",
    device="dv_1",
    person=PersonId("pe_a"),
    urgency=Urgency.ROUTINE,
    source="",
    descriptor=None,
    state=EcgState.WAITING,
    created_at_ms=1,
)


@pytest.mark.parametrize(
    ("caller", "state", "refusal"),
    [
        (person(Role.CLINIC_DOCTOR), EcgState.WAITING, ""),
        (person(Role.CLINIC_DOCTOR), EcgState.RECORDING, ""),
        (person(Role.AMBULANCE_CREW), EcgState.RECORDING, ""),
        (person(Role.CLINIC_DOCTOR), EcgState.ENDED, "ecg_state"),
        (person(Role.SUPERVISOR), EcgState.RECORDING, "not_permitted"),
        (person(Role.SPECIALIST, institution="in_b"), EcgState.RECORDING, "not_permitted"),
    ],
)
def test_who_takes_it_stops_it_once(caller: Caller, state: EcgState, refusal: str) -> None:
    ecg = replace(ECG, state=state)
    assert refusal_of(EcgDeed.STOP, ecg, caller) == refusal
    assert deeds_of(ecg, caller) == (() if refusal else (EcgDeed.STOP,))


def test_frames_are_missed_only_while_some_should_come() -> None:
    for state in EcgState:
        lane = Lane(replace(ECG, state=state), Stream(), frame_ns=5)
        assert lane.is_missed(6 + LOST_NS) == (state is EcgState.RECORDING)
        assert not lane.is_missed(5 + LOST_NS)


def test_what_is_made_says_so() -> None:
    assert replace(ECG, source="simulator").is_simulated and not ECG.is_simulated
    descriptor = Descriptor(500, 2_500, ("I",), 50, 150, 0, "", Source.SIMULATOR, 0)
    brought = replace(ECG, source=IMPORTED, descriptor=descriptor)
    assert brought.is_simulated
    assert not replace(brought, descriptor=replace(descriptor, source=Source.REPLAY)).is_simulated
