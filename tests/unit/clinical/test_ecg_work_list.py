"""The order in which ECGs are read and reviewed."""

from __future__ import annotations

import pytest

from clinical.consultation import Urgency
from clinical.ecg_work_list import (
    REPORT_TARGET_MS,
    EcgWork,
    WorkStep,
    in_order,
    is_beyond_target,
    waited_ms,
    work_for,
)
from clinical.ids import EcgId, PersonId

E, U, R = Urgency.EMERGENCY, Urgency.URGENT, Urgency.ROUTINE
WANG, ZHAO = PersonId("pe_wang"), PersonId("pe_zhao")


def work(name: str, urgency: Urgency, since_ms: int, *, reported_by: PersonId | None = None) -> EcgWork:
    step = WorkStep.REVIEW if reported_by else WorkStep.REPORT
    return EcgWork(EcgId(name), urgency, since_ms, step, reported_by)


LIST = (
    work("ca_r", R, 1),
    work("ca_u2", U, 9),
    work("ca_e", E, 20),
    work("ca_u1", U, 5, reported_by=WANG),
    work("ca_u0", U, 5),
)


def names(found: list[EcgWork]) -> list[str]:
    return [one.ecg for one in found]


def test_urgency_first_then_who_has_waited_longest_whatever_the_step() -> None:
    assert names(in_order(LIST)) == ["ca_e", "ca_u0", "ca_u1", "ca_u2", "ca_r"]


def test_nobody_is_offered_the_review_of_their_own_report() -> None:
    assert names(work_for(WANG, LIST)) == ["ca_e", "ca_u0", "ca_u2", "ca_r"]
    assert names(work_for(ZHAO, LIST)) == ["ca_e", "ca_u0", "ca_u1", "ca_u2", "ca_r"]


def test_waiting_counts_from_when_the_ecg_came_and_never_below_zero() -> None:
    assert waited_ms(LIST[0], 1_001) == 1_000
    assert waited_ms(LIST[0], 0) == 0


@pytest.mark.parametrize(
    ("one", "now_ms", "expected"),
    [
        (work("ca_e", E, 0), REPORT_TARGET_MS, False),
        (work("ca_e", E, 0), REPORT_TARGET_MS + 1, True),
        (work("ca_u", U, 0), REPORT_TARGET_MS + 1, False),
        (work("ca_e", E, 0, reported_by=WANG), REPORT_TARGET_MS + 1, False),
    ],
)
def test_ten_minutes_are_for_the_report_of_an_emergency(one: EcgWork, now_ms: int, expected: bool) -> None:
    assert is_beyond_target(one, now_ms) is expected
