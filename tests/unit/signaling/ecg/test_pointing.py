"""What one page may show to the others, and how often."""

from __future__ import annotations

import json
from typing import Any

import pytest

from signaling.ecg.pointing import KEPT_PER_SECOND, MAX_CHARACTERS, PER_SECOND, PointPace, read_point

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
