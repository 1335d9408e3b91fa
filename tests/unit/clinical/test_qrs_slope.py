"""The slope that a QRS detector looks for peaks in: which frequencies and shapes it sees."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from clinical.qrs_slope import LEAST_RATE_HZ, Levels, SlopeMeter, measure_triangle
from media_server.errors import MisuseError
from tests.unit.clinical.ecg_waves import drawn

RATES_HZ = (125, 250, 360, 500, 1000)


def levels_of(signal: Levels, rate_hz: int) -> Levels:
    return SlopeMeter(rate_hz).receive(signal)


def level_of_sine(frequency_hz: float, rate_hz: int) -> float:
    at_s = np.arange(4 * rate_hz) / rate_hz
    # As a displacement of equal slope, so that the band alone makes the difference.
    level = levels_of(np.sin(2 * np.pi * frequency_hz * at_s) / frequency_hz, rate_hz)
    return float(np.median(level[2 * rate_hz :]))


def test_too_slow_a_device_is_refused() -> None:
    with pytest.raises(MisuseError):
        SlopeMeter(LEAST_RATE_HZ - 1)
    with pytest.raises(MisuseError):
        measure_triangle(LEAST_RATE_HZ - 1)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_it_sees_from_8_to_16_hz(rate_hz: int) -> None:
    middle = level_of_sine(11.3, rate_hz)
    assert level_of_sine(1, rate_hz) < 0.05 * middle
    assert level_of_sine(50, rate_hz) < 0.2 * middle
    for edge_hz in (8, 16):
        assert 0.6 * middle < level_of_sine(edge_hz, rate_hz) < 0.95 * middle


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_it_sees_the_same_at_every_rate(rate_hz: int) -> None:
    lag, floor = measure_triangle(rate_hz)
    at_500_lag, at_500_floor = measure_triangle(500)
    assert abs(lag / rate_hz - at_500_lag / 500) < 0.005
    assert abs(floor / at_500_floor - 1) < 0.05


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_level_is_linear_and_a_constant_has_none(rate_hz: int) -> None:
    signal = drawn([500], 1_500, rate_hz)
    level = levels_of(signal, rate_hz)
    assert np.allclose(levels_of(3 * signal, rate_hz), 3 * level)
    assert np.allclose(levels_of(signal - 5_000, rate_hz), level, atol=1e-3)
    assert not levels_of(np.full(rate_hz, 7_000), rate_hz).max() > 1e-3


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_level_does_not_depend_on_the_chunks(rate_hz: int) -> None:
    signal = drawn([300, 900], 1_500, rate_hz)
    meter = SlopeMeter(rate_hz)
    cuts = [0, 1, 2, 40, 41, len(signal)]
    pieces = [meter.receive(signal[start:end]) for start, end in pairwise(cuts)]
    assert np.allclose(np.concatenate(pieces), levels_of(signal, rate_hz))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_pacing_spike_is_not_there(rate_hz: int) -> None:
    signal = np.zeros(rate_hz)
    signal[rate_hz // 2] = 50_000
    assert levels_of(signal, rate_hz).max() == 0
    beat = drawn([500], 1_000, rate_hz)
    assert (
        np.abs(levels_of(beat + signal, rate_hz) - levels_of(beat, rate_hz)).max()
        < 0.05 * levels_of(beat, rate_hz).max()
    )


def test_what_follows_a_restart_is_no_slope() -> None:
    meter = SlopeMeter(500)
    meter.receive(np.zeros(500))
    meter.restart()
    assert meter.receive(np.full(500, 9_000)).max() < 1e-3
