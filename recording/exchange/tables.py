"""Leads, each as its file gives it, put together into one table with one resolution and one rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from media_server.ecg.descriptor import MAX_RATE_HZ, MIN_RATE_HZ, Descriptor, Source
from media_server.ecg.frame import MAX_LEADS
from recording.exchange.absent import Marks, split_absent
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.lead_names import distinct
from recording.exchange.recorded import MAX_VALUES, Annotation, Measurement, Recorded, printable
from recording.exchange.steps import common_resolution, rescaled

_MAX_MODEL: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """One lead of a file."""

    name: str
    """As ``lead_name`` gives it; empty where the file has none."""
    step_nv: Fraction
    values: npt.NDArray[Any]
    """Whole numbers, 0 where something is missing."""
    absent: Marks


@dataclass(frozen=True, slots=True)
class Band:
    """What passed the device's filters; ``None`` where the file does not tell."""

    low_hz: Fraction | None = None
    high_hz: Fraction | None = None
    notch_hz: int = 0


UNKNOWN_BAND: Final = Band()


def build_recorded(
    leads: Sequence[Lead],
    *,
    rate: Fraction,
    model: str,
    source: Source,
    started_us: int | None,
    band: Band = UNKNOWN_BAND,
    measurements: tuple[Measurement, ...] = (),
    annotations: tuple[Annotation, ...] = (),
    left_out: tuple[str, ...] = (),
) -> Recorded:
    """Returns the table. Annotations after its end are left out.

    Raises UnreadableFile: a rate that is no whole number, no lead or too many, nothing in them, leads of
    different length, or steps without a common measure.
    """
    if rate.denominator != 1 or not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        raise UnreadableFile(Refusal.RATE_UNSUITABLE, "rate")
    if not leads or not len(leads[0].values):
        raise UnreadableFile(Refusal.NO_LEADS)
    if len(leads) > MAX_LEADS:
        raise UnreadableFile(Refusal.TOO_MANY_LEADS)
    count = len(leads[0].values)
    if any(len(lead.values) != count for lead in leads):
        raise UnreadableFile(Refusal.MALFORMED, "lengths")
    if count * len(leads) > MAX_VALUES:
        raise UnreadableFile(Refusal.TOO_LARGE, "samples")
    resolution_nv, factors = common_resolution([lead.step_nv for lead in leads])
    missing, lead_missing = split_absent(np.column_stack([lead.absent for lead in leads]))
    rate_hz = int(rate)
    descriptor = Descriptor(
        rate_hz=rate_hz,
        resolution_nv=resolution_nv,
        leads=distinct(lead.name for lead in leads),
        band_low_mhz=_low_mhz(band.low_hz, rate_hz),
        # What is not known is what the rate lets through at most.
        band_high_hz=min(max(1, round(band.high_hz or rate / 2)), rate_hz),
        notch_hz=band.notch_hz if band.notch_hz in (50, 60) else 0,
        model=_ascii(model),
        source=source,
        latency_ms=0,
    )
    return Recorded(
        descriptor=descriptor,
        samples=rescaled([lead.values for lead in leads], factors),
        missing=missing,
        lead_missing=lead_missing,
        started_us=started_us,
        measurements=measurements,
        annotations=tuple(found for found in annotations if found.at is None or found.at < count),
        left_out=left_out,
    )


def _low_mhz(low_hz: Fraction | None, rate_hz: int) -> int:
    return min(max(0, round((low_hz or 0) * 1000)), 1000 * rate_hz)


def _ascii(model: str) -> str:
    """The model as a descriptor takes it; a Chinese name has no place in it."""
    return printable(model.encode("ascii", "ignore").decode(), _MAX_MODEL)
