"""Three clocks brought together, by values alone."""

from __future__ import annotations

import random

import pytest

from media_server.ids import PeerNumber, TrackNumber
from media_server.ports import OutputClock
from signaling.ecg.picture_clock import KEPT_REPORTS, PublisherClock, gateway_us_of

MS = 1_000_000
S = 1_000 * MS
UNIX_NS = 1_800_000_000 * S
"""What the publisher's clock reads when ours, which began with the machine, reads 0."""


def report(clock: PublisherClock, at_ns: int, delay_ns: int) -> None:
    """A report that left at ``at_ns`` of our clock."""
    clock.receive_report(UNIX_NS + at_ns, at_ns + delay_ns)


def test_the_report_that_took_least_tells_the_difference_less_half_the_way() -> None:
    clock = PublisherClock()
    for second, delay_ms in enumerate((90, 41, 55)):
        report(clock, second * S, delay_ms * MS)
    assert clock.ahead_ns(80 * MS) == MS - UNIX_NS
    assert clock.ahead_ns(0) == 41 * MS - UNIX_NS


def test_a_report_that_came_by_another_output_counts_as_it_came_first() -> None:
    clock = PublisherClock()
    report(clock, S, 40 * MS)
    report(clock, S, 10 * MS)
    assert clock.ahead_ns(0) == 40 * MS - UNIX_NS


def test_what_is_older_than_the_last_twelve_is_forgotten_for_the_clocks_drift() -> None:
    clock = PublisherClock()
    report(clock, 0, 1 * MS)
    for second in range(1, KEPT_REPORTS):
        report(clock, second * S, 9 * MS)
    assert clock.ahead_ns(0) == MS - UNIX_NS
    report(clock, KEPT_REPORTS * S, 9 * MS)
    assert clock.ahead_ns(0) == 9 * MS - UNIX_NS


@pytest.mark.parametrize("drift_ppm", [-50, 0, 50])
def test_ten_minutes_of_uneven_reports_stay_within_two_milliseconds(drift_ppm: int) -> None:
    luck = random.Random(7)
    clock = PublisherClock()
    worst_ns = 0
    for second in range(600):
        at_ns = second * S
        reads_ns = UNIX_NS + at_ns + at_ns * drift_ppm // 1_000_000
        delay_ns = round(40 * MS + luck.expovariate(1 / (8 * MS)))
        if luck.random() < 0.05:
            continue
        clock.receive_report(reads_ns, at_ns + delay_ns)
        if second >= KEPT_REPORTS:
            error_ns = clock.ahead_ns(80 * MS) - (at_ns - reads_ns)
            worst_ns = max(worst_ns, abs(error_ns))
    # Of twelve delays with 8 ms of jitter on average the least is some 0.7 ms long, seldom five times that.
    assert worst_ns < 5 * MS


@pytest.mark.parametrize("rtp_timestamp", [0, 5, 2**32 - 1])
def test_a_picture_is_told_on_the_gateways_clock(rtp_timestamp: int) -> None:
    clock = OutputClock(
        peer=PeerNumber(1),
        track=TrackNumber(2),
        rtp_timestamp=rtp_timestamp,
        ntp_ns=UNIX_NS + 7 * S,
        arrival_ns=0,
        clock_rate_hz=90_000,
    )
    # The publisher is 3 s ahead of our wall clock, and the gateway 500 us behind it.
    told_us = gateway_us_of(
        clock,
        publisher_ahead_ns=-UNIX_NS,
        wall_ahead_ns=UNIX_NS - 3 * S,
        gateway_offset_us=500,
    )
    assert told_us == (UNIX_NS + 4 * S) // 1000 - 500
