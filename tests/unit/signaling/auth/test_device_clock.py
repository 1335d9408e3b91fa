"""The clock of a device: one exchange gives offset and error (RFC 5905 §8)."""

from __future__ import annotations

import pytest

from signaling.auth.device_clock import (
    CLOCK_OFF_MS,
    ONE_READING_ERROR_MS,
    ClockReading,
    hours_and_minutes,
    measure_clock,
    read_clock,
)

DAY_MS = 24 * 3600_000


@pytest.mark.parametrize("ahead_ms", [0, 42, -42, DAY_MS, -DAY_MS])
@pytest.mark.parametrize(("there_ms", "back_ms"), [(10, 10), (30, 0), (0, 31)])
def test_the_true_offset_lies_within_the_error(ahead_ms: int, there_ms: int, back_ms: int) -> None:
    asked, held = 1_000_000, 25
    received = asked + there_ms + ahead_ms
    reading = measure_clock(
        asked_ms=asked,
        received_ms=received,
        sent_ms=received + held,
        answered_ms=asked + there_ms + held + back_ms,
    )
    assert abs(reading.offset_ms - -ahead_ms) <= reading.error_ms
    assert reading.error_ms == (there_ms + back_ms + 1) // 2


def test_a_device_that_says_what_cannot_be_is_believed_its_last_reading() -> None:
    backwards = measure_clock(asked_ms=1_000, received_ms=500, sent_ms=400, answered_ms=1_040)
    assert backwards == ClockReading(640, 40)
    too_long = measure_clock(asked_ms=1_000, received_ms=500, sent_ms=900, answered_ms=1_040)
    assert too_long == ClockReading(140, 40)
    stepped = measure_clock(asked_ms=1_000, received_ms=500, sent_ms=400, answered_ms=990)
    assert stepped.error_ms == 0


def test_a_clock_is_off_when_it_is_so_beyond_its_error() -> None:
    assert not ClockReading(CLOCK_OFF_MS, 0).is_off
    assert ClockReading(CLOCK_OFF_MS + 1, 0).is_off
    assert ClockReading(-CLOCK_OFF_MS - 1, 0).is_off
    assert not ClockReading(CLOCK_OFF_MS + 50, 50).is_off


def test_one_reading_has_the_error_of_the_way() -> None:
    assert read_clock(1_000, now_ms=3_000) == ClockReading(2_000, ONE_READING_ERROR_MS)


@pytest.mark.parametrize(
    ("offset_ms", "told"),
    [
        (DAY_MS, (24, 0)),
        (-DAY_MS, (24, 0)),
        (3_600_000 + 30_000, (1, 0)),
        (90 * 60_000, (1, 30)),
        (0, (0, 0)),
    ],
)
def test_people_hear_hours_and_minutes(offset_ms: int, told: tuple[int, int]) -> None:
    assert hours_and_minutes(offset_ms) == told
