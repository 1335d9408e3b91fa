"""The simulated heart: an ECG to who counts beats, the same beat for ever, true to Einthoven's law."""

from __future__ import annotations

import numpy as np

from clients.gateway.simulated_heart import BEAT_SAMPLES, DESCRIPTOR, RATE_HZ, calibration, simulated
from clinical.heart_rate import HeartRate
from media_server.ecg.descriptor import Source


def test_it_says_what_it_is() -> None:
    assert DESCRIPTOR.source is Source.SIMULATOR
    assert DESCRIPTOR.is_diagnostic
    assert "SIMULATOR" in DESCRIPTOR.model


def test_any_stretch_is_the_same_whenever_it_is_asked_for() -> None:
    whole = simulated(0, 3 * BEAT_SAMPLES)
    assert np.array_equal(simulated(777, 100), whole[777:877])
    assert np.array_equal(whole[:BEAT_SAMPLES], whole[BEAT_SAMPLES : 2 * BEAT_SAMPLES])


def test_leads_are_those_of_a_body() -> None:
    one, two, three, avr, avl, avf = simulated(0, BEAT_SAMPLES).T[:6].astype(int)
    assert np.array_equal(three, two - one)
    assert np.abs(avr + (one + two) / 2).max() <= 1
    assert np.abs(avl - (one - two / 2)).max() <= 1
    assert np.abs(avf - (two - one / 2)).max() <= 1


def test_waves_have_the_size_of_a_hearts_and_no_step_between_beats() -> None:
    millivolts = simulated(0, 2 * BEAT_SAMPLES) * (DESCRIPTOR.resolution_nv / 1e6)
    v1, v5 = millivolts[:, 6], millivolts[:, 10]
    assert 0.8 < v5.max() < 2.0
    assert -2.0 < v1.min() < -0.4
    assert np.abs(np.diff(millivolts[BEAT_SAMPLES - 20 : BEAT_SAMPLES + 20], axis=0)).max() < 0.02


def test_a_counter_of_beats_counts_75() -> None:
    rate = HeartRate(RATE_HZ)
    rate.receive(0, simulated(0, 10 * RATE_HZ)[:, 1] * 2.5)
    assert rate.per_minute(10 * RATE_HZ) == 75


def test_the_calibration_pulse_is_a_millivolt_for_200_ms() -> None:
    pulse = calibration()
    assert (pulse.max(), (pulse[:, 0] > 0).sum()) == (400, 100)
