"""Departures are matched with bursts by sequence number, whatever was sent together."""

from __future__ import annotations

import pytest

from load_tests.forwarding.delay import Delay, Departure, burst_delays_ns, summary

MS = 1_000_000


def test_each_burst_has_the_delay_of_the_send_that_took_its_first_packet() -> None:
    sent = [0, 10 * MS, 20 * MS, 30 * MS]
    departures = [
        Departure(1 * MS, 500, 4),
        Departure(2 * MS, 504, 6),
        Departure(23 * MS, 510, 20),
        Departure(31 * MS, 530, 10),
    ]
    assert burst_delays_ns(sent, departures) == [1 * MS, 13 * MS, 3 * MS, 1 * MS]


def test_numbers_wrap() -> None:
    departures = [Departure(MS, 65_530, 10), Departure(2 * MS, 4, 10)]
    assert burst_delays_ns([0, 0], departures) == [MS, 2 * MS]


def test_a_burst_whose_first_packet_was_lost_has_no_delay() -> None:
    departures = [Departure(MS, 1, 10), Departure(12 * MS, 13, 8), Departure(21 * MS, 21, 10)]
    assert burst_delays_ns([0, 10 * MS, 20 * MS], departures) == [MS, MS]


def test_what_was_not_sent_in_the_measurement_has_no_delay() -> None:
    assert burst_delays_ns([0], [Departure(MS, 1, 10), Departure(2 * MS, 11, 10)]) == [MS]


def test_median_and_what_99_of_100_stay_below() -> None:
    assert summary([MS * number for number in range(101)]) == Delay(median_ms=50.0, p99_ms=99.0)
    with pytest.raises(ValueError, match="no burst"):
        summary([MS])
