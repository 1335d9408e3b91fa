"""Samples are timed by the quickest arrivals: jitter goes, drift stays, a wrong rate is told."""

from __future__ import annotations

import numpy as np
import pytest

from clients.gateway.device_clock import DeviceClock
from clients.gateway.errors import SourceFault

T = 1_800_000_000_000_000
RATE_HZ = 500
CHUNK = 20


def arrive(
    clock: DeviceClock, seconds: float, *, start: int = 0, at_us: int = T, ppm: float = 0, jitter_us: int = 0
) -> tuple[int, int]:
    """Chunks of 40 ms as a device with this drift sends them; returns the next sample and its true time."""
    rng = np.random.default_rng(start + 1)
    period_us = 1_000_000 / RATE_HZ * (1 + ppm / 1e6)
    count = int(seconds * RATE_HZ / CHUNK)
    for number in range(1, count + 1):
        late_us = int(rng.exponential(jitter_us)) if jitter_us else 0
        clock.receive(start + number * CHUNK, at_us + round(number * CHUNK * period_us) + late_us)
    return start + count * CHUNK, at_us + round(count * CHUNK * period_us)


def test_the_first_chunk_times_its_own_samples() -> None:
    clock = DeviceClock(RATE_HZ, 0)
    clock.receive(20, T + 40_000)
    assert [clock.taken_us(0), clock.taken_us(10), clock.taken_us(20)] == [T, T + 20_000, T + 40_000]


def test_what_the_device_needs_itself_is_taken_off() -> None:
    clock = DeviceClock(RATE_HZ, 12)
    clock.receive(20, T + 40_000)
    assert clock.taken_us(0) == T - 12_000


def test_time_never_goes_back_when_the_line_is_corrected() -> None:
    clock = DeviceClock(RATE_HZ, 0)
    clock.receive(20, T + 40_000 + 300_000)
    first = clock.taken_us(0)
    arrive(clock, 2, start=20, at_us=T + 40_000)
    later = [clock.taken_us(sample) for sample in range(20, 1_000, 20)]
    assert later == sorted(later)
    assert [first, later[0], later[-1]] == [T + 300_000, T + 300_000, T + 980 * 2_000]


@pytest.mark.parametrize("ppm", [-80.0, 0.0, 80.0])
def test_jitter_goes_and_drift_is_followed(ppm: float) -> None:
    clock = DeviceClock(RATE_HZ, 0)
    sample, true_us = arrive(clock, 300, ppm=ppm, jitter_us=8_000)
    assert abs(clock.taken_us(sample) - true_us) < 1_000


def test_more_drift_than_a_quartz_has_is_not_believed() -> None:
    clock = DeviceClock(RATE_HZ, 0)
    sample, true_us = arrive(clock, 200, ppm=2_000)
    assert abs(clock.taken_us(sample) - true_us) < 300_000


@pytest.mark.parametrize("ppm", [-20_000.0, 40_000.0, 100_000.0])
def test_a_rate_that_is_not_the_declared_one_is_told(ppm: float) -> None:
    with pytest.raises(SourceFault) as refused:
        arrive(DeviceClock(RATE_HZ, 0), 70, ppm=ppm)
    assert refused.value.code == "rate_wrong"
    assert refused.value.facts["declared_hz"] == RATE_HZ
    assert refused.value.facts["measured_hz"] == pytest.approx(RATE_HZ / (1 + ppm / 1e6), rel=0.002)


def test_a_machine_that_falls_behind_for_half_a_minute_sends_no_device_away() -> None:
    clock = DeviceClock(RATE_HZ, 0)
    sample, true_us = arrive(clock, 40)
    begun_us = true_us
    sample, behind_us = arrive(clock, 25, start=sample, at_us=true_us, ppm=15_000)
    true_us = begun_us + 25_000_000
    assert behind_us - true_us > 300_000
    sample, true_us = arrive(clock, 60, start=sample, at_us=true_us)
    assert abs(clock.taken_us(sample) - true_us) < 1_000


def test_a_device_that_held_its_breath_is_timed_anew_after_five_seconds() -> None:
    clock = DeviceClock(RATE_HZ, 0)
    sample, true_us = arrive(clock, 60)
    sample, true_us = arrive(clock, 8, start=sample, at_us=true_us + 3_000_000)
    assert clock.taken_us(sample) == true_us


def test_a_short_delay_changes_nothing() -> None:
    clock = DeviceClock(RATE_HZ, 0)
    sample, true_us = arrive(clock, 60)
    for late in range(3):
        clock.receive(sample + late * 500, true_us + late * 1_000_000 + 900_000)
    sample, true_us = arrive(clock, 5, start=sample + 1_500, at_us=true_us + 3_000_000)
    assert clock.taken_us(sample) == true_us
