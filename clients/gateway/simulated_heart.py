"""A heart that never was: twelve leads of one beat, the same each time, by the sample's number.

Five bell-shaped waves of a heart vector (McSharry et al. 2003 use the same five), seen by the leads as
Dower's matrix sees a body (Dower, Machado and Osborne 1980). Exactly 75 beats a minute, without breath or
noise: who looks twice sees that no patient has such a heart. Every frame is flagged SIMULATED besides.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from media_server.ecg.descriptor import STANDARD_LEADS, Descriptor, Source
from media_server.ecg.frame import Samples

RATE_HZ: Final = 500
RESOLUTION_NV: Final = 2_500
BEAT_SAMPLES: Final = 400
"""0.8 s."""
R_AT: Final = 150
"""Where in the beat the R wave stands, in samples."""
DESCRIPTOR: Final = Descriptor(
    rate_hz=RATE_HZ,
    resolution_nv=RESOLUTION_NV,
    leads=STANDARD_LEADS,
    band_low_mhz=50,
    band_high_hz=150,
    notch_hz=0,
    model="LIANZHEN SIMULATOR",
    source=Source.SIMULATOR,
    latency_ms=0,
)
_STEPS_A_MV: Final = 1_000_000 // RESOLUTION_NV

# From the R wave in ms; width (standard deviation) in ms; the vector's x (left), y (down), z (back) in mV.
_WAVES: Final = (
    (-160, 22, (0.08, 0.12, 0.01)),
    (-24, 8, (-0.12, 0.00, -0.15)),
    (0, 11, (1.00, 0.95, 0.30)),
    (26, 10, (-0.20, -0.25, 0.50)),
    (280, 45, (0.25, 0.25, -0.15)),
)
_DOWER: Final = {
    "I": (0.632, -0.235, 0.059),
    "II": (0.235, 1.066, -0.132),
    "V1": (-0.515, 0.157, -0.917),
    "V2": (0.044, 0.164, -1.387),
    "V3": (0.882, 0.098, -1.277),
    "V4": (1.213, 0.127, -0.601),
    "V5": (1.125, 0.127, -0.086),
    "V6": (0.831, 0.076, 0.230),
}


def simulated(first_sample: int, count: int) -> Samples:
    """Returns the samples from ``first_sample`` on, the same whenever they are asked for."""
    return _beat()[np.arange(first_sample, first_sample + count) % BEAT_SAMPLES]


def calibration(pulse_steps: int = _STEPS_A_MV) -> Samples:
    """Returns half a second with the pulse of 1 mV and 200 ms in it, on all leads."""
    samples = np.zeros((RATE_HZ // 2, len(STANDARD_LEADS)), np.int32)
    samples[RATE_HZ // 10 : RATE_HZ // 10 + RATE_HZ // 5] = pulse_steps
    return samples


@cache
def _beat() -> Samples:
    at_ms = (np.arange(BEAT_SAMPLES) - R_AT) * 1000 / RATE_HZ
    length_ms = BEAT_SAMPLES * 1000 / RATE_HZ
    vector = np.zeros((BEAT_SAMPLES, 3))
    for center_ms, width_ms, peak in _WAVES:
        # The nearest of the beats: the end of one runs on in the next without a step.
        away_ms = (at_ms - center_ms + length_ms / 2) % length_ms - length_ms / 2
        vector += np.exp(-0.5 * (away_ms / width_ms) ** 2)[:, None] * np.array(peak)
    seen = {lead: _steps(vector @ np.array(weights)) for lead, weights in _DOWER.items()}
    one, two = seen["I"], seen["II"]
    derived = {
        "III": two - one,
        "aVR": -((one + two) // 2),
        "aVL": one - two // 2,
        "aVF": two - one // 2,
    }
    beat = np.stack([{**seen, **derived}[lead] for lead in STANDARD_LEADS], axis=1).astype(np.int32)
    beat.setflags(write=False)
    return beat


def _steps(millivolts: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.rint(millivolts * _STEPS_A_MV).astype(np.int64)
