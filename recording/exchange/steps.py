"""One resolution for leads whose files give each its own: exact where there is a common measure of steps.

A descriptor has one resolution in whole nanovolts. Nearly all devices use one step for all leads; where a
file gives each lead its own, the samples become multiples of their greatest common measure. Where there is
none (a monitor that was calibrated lead by lead), a step of 1 nV holds each to half a nanovolt, from which
the file's own numbers can be had back; a coarse device is refused then, for its resolution would be hidden.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from media_server.ecg.descriptor import COARSEST_DIAGNOSTIC_NV, MAX_RESOLUTION_NV
from media_server.ecg.frame import MAX_VALUE, Samples
from recording.exchange.errors import Refusal, UnreadableFile

MAX_GAIN_ERROR: Final = Fraction(1, 200)
"""By which a step may be rounded to whole nanovolts: half a percent, a tenth of what IEC 60601-2-25 allows a
device's gain. A 12-bit box of 4.8828125 µV is kept as 4.883 µV, its samples as they are.
"""
MAX_FACTOR: Final = 1_000
"""Of a sample: beyond, a common measure says nothing of how fine the device is."""


def common_resolution(steps_nv: Sequence[Fraction]) -> tuple[int, list[Fraction]]:
    """Returns the resolution in nV and for each lead what its samples are to be multiplied by (see
    ``rescaled``). Raises UnreadableFile: no voltage, too coarse, or no common measure of coarse steps.
    """
    if any(step <= 0 or step > MAX_RESOLUTION_NV for step in steps_nv):
        raise UnreadableFile(Refusal.RESOLUTION_UNSUITABLE, "step")
    measure = _common_measure(steps_nv)
    rounded = round(measure)
    factors = [step / measure for step in steps_nv]
    if rounded and abs(measure - rounded) <= rounded * MAX_GAIN_ERROR and max(factors) <= MAX_FACTOR:
        return rounded, factors
    if max(steps_nv) > COARSEST_DIAGNOSTIC_NV:
        raise UnreadableFile(Refusal.RESOLUTION_UNSUITABLE, "steps")
    return 1, list(steps_nv)


def rescaled(columns: Sequence[np.ndarray], factors: Sequence[Fraction]) -> Samples:
    """The leads' whole numbers, multiplied, as one table. Raises UnreadableFile: a value out of range."""
    table = np.empty((len(columns[0]), len(columns)), np.int32)
    for place, (column, factor) in enumerate(zip(columns, factors, strict=True)):
        top = max((int(column.max(initial=0)), -int(column.min(initial=0))))
        if top * factor > MAX_VALUE:
            raise UnreadableFile(Refusal.VALUE_UNSUITABLE, "range")
        if factor == 1:
            table[:, place] = column
        elif factor.denominator == 1:
            table[:, place] = column * factor.numerator
        else:
            table[:, place] = np.rint(column * float(factor))
    table.setflags(write=False)
    return table


def _common_measure(steps: Sequence[Fraction]) -> Fraction:
    scale = math.lcm(*(step.denominator for step in steps))
    return Fraction(math.gcd(*(int(step * scale) for step in steps)), scale)
