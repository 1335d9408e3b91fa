"""Times of day as clerks and spreadsheets write them, in the hospital's own time (UTC+8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.roster.hospital_time import (
    DAY_MS,
    day_began_ms,
    milliseconds_of,
    moment_of,
    read_time,
    write_time,
)

EIGHT_MS = int(datetime(2026, 11, 22, 0, 0, tzinfo=UTC).timestamp()) * 1000
"""2026-11-22 08:00 in China."""


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 08:00",
        " 2026-11-22 8:00 ",
        "2026/11/22 8:00",
        "2026/11/22 08:00:00",
        "2026.11.22 08:00",
        "2026-11-22T08:00",
        "2026年11月22日 8：00",
    ],
)
def test_how_people_write_it(text: str) -> None:
    assert read_time(text) == EIGHT_MS


def test_midnight_at_the_end_of_a_day() -> None:
    assert read_time("2026-12-31 24:00") == read_time("2027-01-01 00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "明早",
        "08:00",
        "2026-11-22",
        "2026-02-30 08:00",
        "2026-11-22 24:30",
        "2026-11-22 25:00",
        "9999-12-31 24:00",
        "0000-01-01 00:00",
        "2026-11-22 08:00:30",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert read_time(text) is None


def test_what_is_long_ago_is_the_epoch() -> None:
    assert read_time("1900-01-01 00:00") == 0


def test_moments_with_and_without_a_zone() -> None:
    assert milliseconds_of(datetime(2026, 11, 22, 8, 0)) == EIGHT_MS
    assert milliseconds_of(datetime(2026, 11, 22, 1, 0, tzinfo=timezone(timedelta(hours=1)))) == EIGHT_MS
    assert moment_of(EIGHT_MS) == datetime(2026, 11, 22, tzinfo=UTC)


@given(st.integers(0, 4_000_000_000 // 60))
def test_what_is_written_is_read_back(minutes: int) -> None:
    assert read_time(write_time(minutes * 60_000)) == minutes * 60_000


def test_a_day_begins_at_its_midnight() -> None:
    midnight_ms = EIGHT_MS - 8 * 3_600_000
    assert day_began_ms(midnight_ms) == day_began_ms(EIGHT_MS) == day_began_ms(midnight_ms + DAY_MS - 1)
    assert day_began_ms(EIGHT_MS) == midnight_ms
    assert day_began_ms(midnight_ms - 1) == midnight_ms - DAY_MS
