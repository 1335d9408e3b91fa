"""The calibration pulse is measured on every lead, and the worst one decides."""

from __future__ import annotations

import numpy as np
import pytest

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from clients.gateway.self_test import PulseReading, measure_pulse
from clients.gateway.simulated_heart import DESCRIPTOR, calibration
from media_server.ecg.frame import Samples


def reading(samples: Samples) -> PulseReading:
    return measure_pulse(Chunk("a", 0, samples), DESCRIPTOR)


def test_a_pulse_as_it_should_be_on_a_baseline_that_is_off() -> None:
    noise = np.random.default_rng(1).integers(-2, 3, (250, 12), np.int32)
    found = reading(calibration() + 800 + noise)
    assert found.is_ok
    assert abs(found.pulse_uv - 1_000) <= 5
    assert found.pulse_ms == 200


@pytest.mark.parametrize("steps", [378, 422])
def test_an_amplitude_five_per_cent_off_fails(steps: int) -> None:
    assert not reading(calibration(steps)).is_ok


@pytest.mark.parametrize(("samples", "is_ok"), [(105, True), (106, False), (94, False)])
def test_a_length_five_per_cent_off_fails(samples: int, is_ok: bool) -> None:
    pulse = np.zeros((250, 12), np.int32)
    pulse[50 : 50 + samples] = 400
    assert reading(pulse).is_ok is is_ok


def test_the_worst_lead_is_named() -> None:
    pulse = calibration()
    pulse[:, 7] = 0
    assert reading(pulse) == PulseReading("V2", 0, 0)
    assert not reading(pulse).is_ok


@pytest.mark.parametrize("shape", [(0, 12), (250, 3)])
def test_what_is_no_pulse_of_this_device_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(SourceFault):
        reading(np.zeros(shape, np.int32))
