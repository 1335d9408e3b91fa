"""Pings tell whether the link lives and how much back-fill it bears; times in microseconds."""

from __future__ import annotations

import pytest

from clients.gateway.link_pulse import (
    DEAD_AFTER_US,
    FIRST_BATCH_BYTES,
    LEAST_BATCH_BYTES,
    MOST_BATCH_BYTES,
    PING_BUSY_US,
    PING_EVERY_US,
    LinkPulse,
)

T = 1_800_000_000_000_000


def answered(pulse: LinkPulse, at_us: int, trip_us: int, *, is_after_fill: bool = False) -> None:
    pulse.ping(at_us, is_after_fill=is_after_fill)
    pulse.hear(at_us + trip_us)
    pulse.pong(at_us, at_us + 7, at_us + 7, at_us + trip_us)


def test_a_ping_is_due_every_five_seconds() -> None:
    pulse = LinkPulse(T)
    assert not pulse.wants_ping(T + PING_EVERY_US - 1, is_busy=False)
    assert pulse.wants_ping(T + PING_EVERY_US, is_busy=False)
    pulse.ping(T + PING_EVERY_US)
    assert not pulse.wants_ping(T + PING_EVERY_US, is_busy=False)


def test_while_samples_wait_a_quiet_second_is_enough() -> None:
    pulse = LinkPulse(T)
    assert pulse.wants_ping(T + PING_BUSY_US, is_busy=True)
    pulse.hear(T + 1)
    assert not pulse.wants_ping(T + PING_BUSY_US, is_busy=True)


def test_a_link_is_dead_when_a_ping_waits_too_long_for_anything() -> None:
    pulse = LinkPulse(T)
    assert not pulse.is_dead(T + 10 * DEAD_AFTER_US)
    pulse.ping(T)
    pulse.ping(T + 1_000_000)
    assert not pulse.is_dead(T + DEAD_AFTER_US - 1)
    assert pulse.is_dead(T + DEAD_AFTER_US)
    pulse.hear(T + DEAD_AFTER_US)
    assert not pulse.is_dead(T + 10 * DEAD_AFTER_US)


def test_a_batch_waits_for_the_answer_to_its_own_ping() -> None:
    pulse = LinkPulse(T)
    pulse.ping(T, is_after_fill=True)
    pulse.ping(T + 5)
    pulse.pong(T + 5, T, T, T + 9)
    assert pulse.is_filling
    pulse.pong(T, T, T, T + 9)
    assert not pulse.is_filling


@pytest.mark.parametrize(
    ("trip_us", "batch_bytes"),
    [
        (80_000 + 99_999, 2 * FIRST_BATCH_BYTES),
        (80_000 + 100_000, FIRST_BATCH_BYTES),
        (80_000 + 300_000, FIRST_BATCH_BYTES),
        (80_000 + 300_001, FIRST_BATCH_BYTES // 2),
    ],
)
def test_a_batch_grows_where_it_delays_nobody_and_shrinks_where_it_does(
    trip_us: int, batch_bytes: int
) -> None:
    pulse = LinkPulse(T)
    answered(pulse, T, 80_000)
    answered(pulse, T + 1_000_000, trip_us, is_after_fill=True)
    assert pulse.batch_bytes == batch_bytes


@pytest.mark.parametrize(("trip_us", "end_bytes"), [(1, MOST_BATCH_BYTES), (900_000, LEAST_BATCH_BYTES)])
def test_a_batch_stays_between_its_bounds(trip_us: int, end_bytes: int) -> None:
    pulse = LinkPulse(T)
    for second in range(1, 9):
        answered(pulse, T + second * 1_000_000, trip_us, is_after_fill=True)
    assert pulse.batch_bytes == end_bytes


def test_the_servers_clock_is_read_by_the_quickest_answer() -> None:
    pulse = LinkPulse(T)
    assert pulse.offset_us is None
    pulse.ping(T)
    pulse.pong(T, T + 5_400_000, T + 5_400_100, T + 800_100)
    assert pulse.offset_us == 5_000_000
    pulse.ping(T + 1_000_000)
    pulse.pong(T + 1_000_000, T + 6_010_000, T + 6_010_000, T + 1_020_000)
    assert pulse.offset_us == 5_000_000
    answered(pulse, T + 2_000_000, 900_000)
    assert (pulse.offset_us, pulse.round_trip_us) == (5_000_000, 20_000)


@pytest.mark.parametrize(("t1_us", "t2_us", "t3_us"), [(T + 1, T, T), (T, T, T + 60_000_000)])
def test_an_answer_that_cannot_be_tells_nothing(t1_us: int, t2_us: int, t3_us: int) -> None:
    pulse = LinkPulse(T)
    pulse.ping(T)
    pulse.pong(t1_us, t2_us, t3_us, T + 1_000)
    assert pulse.offset_us is None
