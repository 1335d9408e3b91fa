"""The order of the waiting cases, and how long it will take about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.consultation import Urgency
from clinical.ids import CaseId
from clinical.waiting_line import DEFAULT_SERVICE_S, Place, Waiting, expected_wait_s, in_order, place_of

E, U, R = Urgency.EMERGENCY, Urgency.URGENT, Urgency.ROUTINE


def waiting(name: str, urgency: Urgency, since_ms: int) -> Waiting:
    return Waiting(CaseId(name), urgency, since_ms)


LINE = (
    waiting("ca_r", R, 1),
    waiting("ca_u2", U, 9),
    waiting("ca_e", E, 20),
    waiting("ca_u1", U, 5),
    waiting("ca_u0", U, 5),
)


def test_emergency_then_urgent_then_routine_then_by_time() -> None:
    assert [one.case for one in in_order(LINE)] == ["ca_e", "ca_u0", "ca_u1", "ca_u2", "ca_r"]


def test_a_place_counts_from_one() -> None:
    place = place_of(CaseId("ca_u1"), LINE, being_served=0, on_duty=1, service_times_s=[600])
    assert place == Place(3, 1200)
    first = place_of(CaseId("ca_e"), LINE, being_served=1, on_duty=1, service_times_s=[600])
    assert first == Place(1, 600)


def test_who_does_not_wait_has_no_place() -> None:
    assert place_of(CaseId("ca_x"), LINE, being_served=0, on_duty=1, service_times_s=[]) is None


@pytest.mark.parametrize(
    ("ahead", "on_duty", "times_s", "expected_s"),
    [
        (0, 1, [600], 0),
        (1, 2, [600], 0),
        (2, 2, [600], 600),
        (3, 2, [600], 600),
        (1, 1, [], DEFAULT_SERVICE_S),
        (1, 1, [100, 200, 9_000], 200),
        (1, 1, [100, 201], 150),
        (2, 1, [5] * 50 + [300] * 20, 600),
        (5, 0, [600], None),
    ],
)
def test_the_expected_wait(ahead: int, on_duty: int, times_s: list[int], expected_s: int | None) -> None:
    assert expected_wait_s(ahead, on_duty=on_duty, service_times_s=times_s) == expected_s


@given(
    st.lists(
        st.builds(waiting, st.uuids().map(str), st.sampled_from(list(Urgency)), st.integers(0, 5)),
        min_size=1,
        max_size=9,
    )
)
def test_everybody_has_one_place_and_nobody_waits_less_than_who_is_ahead(line: list[Waiting]) -> None:
    places = [
        place_of(one.case, line, being_served=1, on_duty=2, service_times_s=[700]) for one in in_order(line)
    ]
    assert [place.place for place in places if place] == list(range(1, len(line) + 1))
    waits = [place.expected_wait_s for place in places if place and place.expected_wait_s is not None]
    assert waits == sorted(waits) and len(waits) == len(line)
