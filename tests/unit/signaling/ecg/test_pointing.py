"""What one page may show to the others, how often, and how long it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clinical.ids import PersonId
from signaling.ecg.pointing import (
    GONE_NS,
    KEPT_PER_SECOND,
    MAX_CHARACTERS,
    PER_SECOND,
    PointPace,
    StandingPoints,
    read_point,
)

POINTER: dict[str, Any] = {
    "type": "point", "show": "pointer", "lead": "V3", "epoch": 0, "sample": 1_600, "is_kept": False,
}  # fmt: skip
CORNERS = [{"sample": 10, "mv": 0.1}, {"sample": 90, "mv": -1.25}]
CALIPER = POINTER | {"show": "caliper", "points": CORNERS, "is_kept": True}
NOTHING = {"type": "point", "show": "nothing", "is_kept": True}


def test_a_place_a_caliper_and_nothing() -> None:
    pointer, caliper, nothing = (read_point(json.dumps(each)) for each in (POINTER, CALIPER, NOTHING))
    assert pointer is not None and caliper is not None and nothing is not None
    assert pointer.words == {"show": "pointer", "lead": "V3", "epoch": 0, "sample": 1_600}
    assert pointer.ledger_words == pointer.words and not pointer.is_kept
    assert caliper.words == {"show": "caliper", "lead": "V3", "epoch": 0, "points": CORNERS}
    assert caliper.is_kept
    assert caliper.ledger_words == {
        "show": "caliper", "lead": "V3", "epoch": 0,
        "first_sample": 10, "second_sample": 90, "first_uv": 100, "second_uv": -1_250,
    }  # fmt: skip
    # That nothing is shown any more is no measurement.
    assert (nothing.words, nothing.is_kept) == ({"show": "nothing"}, False)


@pytest.mark.parametrize(
    "value",
    [
        5,
        {},
        POINTER | {"type": "pointed"},
        POINTER | {"is_kept": 1},
        POINTER | {"lead": "<b>"},
        POINTER | {"lead": None},
        POINTER | {"epoch": 65_536},
        POINTER | {"sample": -1},
        POINTER | {"sample": 1.5},
        POINTER | {"show": "everything"},
        POINTER | {"show": "caliper"},
        CALIPER | {"points": [CORNERS[0]]},
        CALIPER | {"points": 5},
        CALIPER | {"points": [5, 6]},
        CALIPER | {"points": [CORNERS[0], {"sample": 5, "mv": float("nan")}]},
        CALIPER | {"points": [CORNERS[0], {"sample": 5, "mv": 1_001}]},
        CALIPER | {"points": [CORNERS[0], {"sample": 5, "mv": "1"}]},
        CALIPER | {"more": "x" * MAX_CHARACTERS},
    ],
)
def test_anything_else_is_nothing(value: Any) -> None:
    assert read_point(json.dumps(value)) is None


def test_what_is_no_json_is_nothing() -> None:
    assert read_point("nonsense") is None


def test_so_many_a_second() -> None:
    pointer, caliper = read_point(json.dumps(POINTER)), read_point(json.dumps(CALIPER))
    assert pointer is not None and caliper is not None
    pace = PointPace()
    assert [pace.receive_point(pointer, 5) for _ in range(PER_SECOND + 1)] == [True] * PER_SECOND + [False]
    assert pace.receive_point(pointer, 1_000_000_000)
    kept = [pace.receive_point(caliper, 2_000_000_000) for _ in range(KEPT_PER_SECOND + 1)]
    assert kept == [True] * KEPT_PER_SECOND + [False]


def test_a_caliper_stands_until_it_is_taken_away_or_its_page_is_gone_for_a_while() -> None:
    standing, li, wang = StandingPoints(), PersonId("pe_li"), PersonId("pe_wang")
    first, second, other = object(), object(), object()
    pointer, caliper, nothing = (read_point(json.dumps(value)) for value in (POINTER, CALIPER, NOTHING))
    assert pointer is not None and caliper is not None and nothing is not None
    standing.receive_point(first, li, pointer, "a place")
    assert standing.told_to(wang) == []
    standing.receive_point(first, li, caliper, "a caliper")
    standing.receive_point(other, wang, caliper, "another")
    assert (standing.told_to(wang), standing.told_to(li)) == (["a caliper"], ["another"])
    # Back by a second connection before the first is known to be gone, and after.
    standing.receive_point(second, li, caliper, "a caliper")
    standing.leave(first, 5)
    assert standing.take_gone(10 * GONE_NS) == []
    standing.leave(second, 5)
    assert standing.take_gone(5 + GONE_NS) == []
    standing.receive_point(first, li, caliper, "a caliper")
    assert standing.take_gone(10 * GONE_NS) == []
    standing.leave(first, 5)
    assert standing.take_gone(6 + GONE_NS) == [li]
    assert standing.take_gone(6 + GONE_NS) == []
    standing.receive_point(other, wang, nothing, "nothing")
    assert standing.told_to(li) == []
