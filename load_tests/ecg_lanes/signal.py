"""What the gateways send: twelve leads at 500 Hz in frames of 40 ms, as large as those of real ECGs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from media_server.ecg.frame import Frame, encode_frame

RATE_HZ: Final = 500
FRAME_SAMPLES: Final = 20
FRAMES_A_SECOND: Final = RATE_HZ // FRAME_SAMPLES
LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
STEP: Final = 15
"""The largest change from sample to sample: five bits, which makes a frame of 237 bytes. Real ones have 235
on average (shared/design/ecg.md §3)."""
DESCRIPTOR: Final[dict[str, Any]] = {
    "rate_hz": RATE_HZ,
    "resolution_nv": 2_500,
    "leads": list(LEADS),
    "band_low_mhz": 50,
    "band_high_hz": 150,
    "notch_hz": 0,
    "model": "load",
    "source": "simulator",
    "latency_ms": 0,
}


def frames(seconds: float, begun_us: int) -> list[bytes]:
    """Returns so much of one stream, number 1, from its first sample on."""
    count = round(seconds * FRAMES_A_SECOND)
    steps = np.random.default_rng(1).integers(-STEP, STEP + 1, (count * FRAME_SAMPLES, len(LEADS)), np.int32)
    samples = steps.cumsum(axis=0, dtype=np.int32)
    return [
        encode_frame(
            Frame(
                1, 0, first, begun_us + first * 1_000_000 // RATE_HZ, samples[first : first + FRAME_SAMPLES]
            )
        )
        for first in range(0, len(samples), FRAME_SAMPLES)
    ]
