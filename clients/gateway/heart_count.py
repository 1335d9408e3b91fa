"""The heart rate counted from what is taken, once a second, as a vital sign of source "counted"."""

from __future__ import annotations

from typing import Final

from clients.gateway.taking import Taken
from clients.gateway.vital_signs import HEART_RATE, Origin, Validity, VitalSign, measured
from clinical.heart_rate import HeartRate
from clinical.qrs_slope import LEAST_RATE_HZ
from media_server.ecg.descriptor import Descriptor

USUAL_LEAD: Final = "II"
"""The rhythm lead."""
EVERY_US: Final = 1_000_000


class HeartCount:
    """One source, opened once; None comes out of a device with too few samples a second."""

    def __init__(self, descriptor: Descriptor) -> None:
        leads = descriptor.leads
        self._lead = leads.index(USUAL_LEAD) if USUAL_LEAD in leads else 0
        self._rate_hz = descriptor.rate_hz
        self._resolution_nv = descriptor.resolution_nv
        self._run = ""
        self._rate: HeartRate | None = None
        self._told_us = 0

    def receive(self, taken: Taken) -> VitalSign | None:
        """Returns the heart rate at the end of these samples, once a second; None where there is none."""
        if self._rate_hz < LEAST_RATE_HZ:
            return None
        if self._rate is None or taken.run != self._run:
            self._rate, self._run = HeartRate(self._rate_hz), taken.run
        end = taken.first_sample + len(taken.samples)
        if not taken.lead_off >> self._lead & 1:
            self._rate.receive(taken.first_sample, taken.samples[:, self._lead] * self._resolution_nv / 1000)
        t_us = taken.taken_us + len(taken.samples) * 1_000_000 // self._rate_hz
        per_minute = self._rate.per_minute(end)
        if per_minute is None or t_us - self._told_us < EVERY_US:
            return None
        self._told_us = t_us
        return measured(t_us, HEART_RATE, per_minute, validity=Validity.VALID, source=Origin.COUNTED)
