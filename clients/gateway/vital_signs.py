"""Vital signs as timed values: what a monitor measured or the gateway counted, with unit and validity.

Codes are the reference identifiers of IEEE 11073-10101, the units those of UCUM.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clients.gateway.errors import SourceFault


class Validity(StrEnum):
    """What the device says of a value's worth."""

    VALID = "valid"
    QUESTIONABLE = "questionable"
    INVALID = "invalid"


class Origin(StrEnum):
    """Who made the value."""

    DEVICE = "device"
    COUNTED = "counted"
    """By us, from the ECG, for display only."""
    SIMULATED = "simulated"


HEART_RATE: Final = "MDC_ECG_HEART_RATE"
UNITS: Final[dict[str, str]] = {
    HEART_RATE: "/min",
    "MDC_PULS_OXIM_SAT_O2": "%",
    "MDC_PULS_OXIM_PULS_RATE": "/min",
    "MDC_PRESS_BLD_NONINV_SYS": "mm[Hg]",
    "MDC_PRESS_BLD_NONINV_DIA": "mm[Hg]",
    "MDC_PRESS_BLD_NONINV_MEAN": "mm[Hg]",
    "MDC_RESP_RATE": "/min",
    "MDC_TEMP": "Cel",
}
"""What is shown, and in which unit; a device that measures in another has to be converted in its adapter."""


@dataclass(frozen=True, slots=True)
class VitalSign:
    """One value at one time of the gateway's clock."""

    t_us: int
    code: str
    value: float
    unit: str
    validity: Validity = Validity.VALID
    source: Origin = Origin.DEVICE


def measured(t_us: int, code: str, value: float, *, validity: Validity, source: Origin) -> VitalSign:
    """Returns the value in its unit. Raises SourceFault: a code that is not shown, or no number."""
    if code not in UNITS:
        raise SourceFault("vital_unknown")
    if not math.isfinite(value):
        raise SourceFault("vital_no_number")
    return VitalSign(t_us, code, value, UNITS[code], validity, source)
