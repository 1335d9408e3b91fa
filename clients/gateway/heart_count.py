"""The heart rate counted from what is taken, once a second, as a vital sign of source "counted".

It is counted on one lead: adding up two, even weighed by each one's noise, found hardly more of made beats in
noise than lead II alone, and half as many false ones again. Where that lead is off, another is counted.
"""

from __future__ import annotations

from typing import Final

from clients.gateway.taking import Taken
from clients.gateway.vital_signs import HEART_RATE, Origin, Validity, VitalSign, measured
from clinical.heart_rate import HeartRate
from clinical.qrs_slope import LEAST_RATE_HZ
from media_server.ecg.descriptor import Descriptor

USUAL_LEADS: Final = ("II", "I", "V5")
"""The rhythm lead; one that does without the left leg; one in which beats are tall; then any."""
EVERY_US: Final = 1_000_000


class HeartCount:
    """One source, opened once; None comes out of a device with too few samples a second."""

    def __init__(self, descriptor: Descriptor) -> None:
        usual = [descriptor.leads.index(lead) for lead in USUAL_LEADS if lead in descriptor.leads]
        self._places = list(dict.fromkeys((*usual, *range(len(descriptor.leads)))))
        self._lead = self._places[0]
        self._rate_hz = descriptor.rate_hz
        self._resolution_nv = descriptor.resolution_nv
        self._run = ""
        self._rate: HeartRate | None = None
        self._told_us = 0

    def receive(self, taken: Taken) -> VitalSign | None:
        """Returns the heart rate at the end of these samples, once a second; None where there is none."""
        if self._rate_hz < LEAST_RATE_HZ:
            return None
        # The one that is counted is kept while it lies on: the next would have to be learnt anew.
        attached = [place for place in (self._lead, *self._places) if not taken.lead_off >> place & 1]
        if self._rate is None or taken.run != self._run or (attached and attached[0] != self._lead):
            self._rate, self._run = HeartRate(self._rate_hz), taken.run
            self._lead = attached[0] if attached else self._lead
        end = taken.first_sample + len(taken.samples)
        if attached:
            self._rate.receive(taken.first_sample, taken.samples[:, self._lead] * self._resolution_nv / 1000)
        t_us = taken.taken_us + len(taken.samples) * 1_000_000 // self._rate_hz
        per_minute = self._rate.per_minute(end)
        if per_minute is None or t_us - self._told_us < EVERY_US:
            return None
        self._told_us = t_us
        return measured(t_us, HEART_RATE, per_minute, validity=Validity.VALID, source=Origin.COUNTED)
