"""Vital signs as they come, are kept and are read again."""

from __future__ import annotations

from typing import Any

import pytest

from signaling.ecg.vitals import MAX_VALUES, Vital, parse_vitals, vitals_in, vitals_to_lines

VITAL: dict[str, Any] = {
    "t_us": 5, "code": "MDC_PRESS_BLD_NONINV_SYS", "value": 121, "unit": "mm[Hg]",
    "validity": "valid", "source": "device",
}  # fmt: skip


@pytest.mark.parametrize("change", [{}, {"value": 36.6}, {"unit": ""}, {"unit": "µV"}, {"source": "counted"}])
def test_a_value(change: dict[str, Any]) -> None:
    assert parse_vitals([VITAL | change]) == (Vital(**VITAL | change),)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [VITAL] * (MAX_VALUES + 1),
        [5],
        [{}],
        [VITAL | {"t_us": -1}],
        [VITAL | {"t_us": 5.0}],
        [VITAL | {"code": ""}],
        [VITAL | {"code": "<b>"}],
        [VITAL | {"code": 5}],
        [VITAL | {"value": "72"}],
        [VITAL | {"value": True}],
        [VITAL | {"value": float("nan")}],
        [VITAL | {"value": float("inf")}],
        [VITAL | {"value": 1e7}],
        [VITAL | {"unit": "\n"}],
        [VITAL | {"unit": None}],
        [VITAL | {"validity": "perhaps"}],
        [VITAL | {"source": "guessed"}],
    ],
)
def test_what_is_none_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        parse_vitals(value)


def test_what_is_kept_comes_back_once_by_time_and_without_what_a_kill_cut_short() -> None:
    late, early = Vital(**VITAL | {"t_us": 90}), Vital(**VITAL | {"t_us": 10})
    mended = Vital(**VITAL | {"t_us": 10, "value": 122})
    kept = vitals_to_lines([late, early]) + b'\n{"t_us": 5, "co' + vitals_to_lines([mended, late])
    assert vitals_in(kept.splitlines(), 0, 100, 10) == [mended, late]
    assert vitals_in(kept.splitlines(), 10, 90, 10) == [mended]
    assert vitals_in(kept.splitlines(), 0, 100, 1) == [late]
    assert vitals_in([], 0, 100, 10) == []


def test_no_more_is_held_than_is_given() -> None:
    many = vitals_to_lines([Vital(**VITAL | {"t_us": at}) for at in range(100)])
    assert [each.t_us for each in vitals_in(many.splitlines(), 0, 90, 3)] == [87, 88, 89]
    again = vitals_to_lines([Vital(**VITAL | {"t_us": 99, "value": at}) for at in range(100)])
    assert [each.value for each in vitals_in(again.splitlines(), 0, 100, 3)] == [99]
