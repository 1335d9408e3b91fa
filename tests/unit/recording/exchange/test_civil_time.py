"""Moments that files give without a zone."""

from __future__ import annotations

from datetime import UTC, datetime

from recording.exchange.civil_time import CHINA, to_unix_us


def test_a_moment_without_zone_is_of_the_zone_that_is_given() -> None:
    assert to_unix_us(datetime(1970, 1, 1, 8, 0, 1), CHINA) == 1_000_000


def test_a_moment_with_zone_keeps_it() -> None:
    assert to_unix_us(datetime(1970, 1, 1, 0, 0, 0, 25, UTC), CHINA) == 25


def test_a_date_that_hides_another_is_none() -> None:
    assert to_unix_us(datetime(1900, 1, 1), CHINA) is None
