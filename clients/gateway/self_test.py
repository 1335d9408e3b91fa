"""The calibration pulse as it came through: how high and how long, measured, against 1 mV and 200 ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from media_server.ecg.descriptor import Descriptor

PULSE_UV: Final = 1_000
PULSE_MS: Final = 200
TOLERANCE_UV: Final = 50
"""5 %, the amplitude accuracy of IEC 60601-2-25."""
TOLERANCE_MS: Final = 10
"""5 % of the pulse."""


@dataclass(frozen=True, slots=True)
class PulseReading:
    """The lead that is furthest off."""

    lead: str
    pulse_uv: int
    pulse_ms: int

    @property
    def is_ok(self) -> bool:
        """Whether it is a calibration pulse within tolerance."""
        return abs(self.pulse_uv - PULSE_UV) <= TOLERANCE_UV and abs(self.pulse_ms - PULSE_MS) <= TOLERANCE_MS


def measure_pulse(chunk: Chunk, descriptor: Descriptor) -> PulseReading:
    """Returns what the worst of the leads shows of the pulse. Raises SourceFault: nothing to measure."""
    if not len(chunk.samples) or chunk.samples.shape[1] != len(descriptor.leads):
        raise SourceFault("samples_malformed")
    values_uv = chunk.samples * (descriptor.resolution_nv / 1000)
    readings = []
    for lead, column in zip(descriptor.leads, values_uv.T, strict=True):
        # The pulse takes less than half of the time: the median is the baseline.
        above = column - np.median(column)
        is_high = above > above.max() / 2
        height_uv = round(float(np.median(above[is_high]))) if above.max() > 0 else 0
        lasted_ms = round(int(is_high.sum()) * 1000 / descriptor.rate_hz)
        readings.append(PulseReading(lead, height_uv, lasted_ms))
    return max(readings, key=_distance)


def _distance(reading: PulseReading) -> float:
    return abs(reading.pulse_uv - PULSE_UV) / TOLERANCE_UV + abs(reading.pulse_ms - PULSE_MS) / TOLERANCE_MS
