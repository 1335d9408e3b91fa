"""What a device says of the ECG it sends: without it, the numbers in frames mean nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final, TypeAlias

from media_server.ecg.errors import MalformedDescriptor
from media_server.ecg.frame import MAX_LEADS

JsonObject: TypeAlias = "Mapping[str, Any]"

STANDARD_LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""In the order in which they are printed."""
LEAST_DIAGNOSTIC_HZ: Final = 500
COARSEST_DIAGNOSTIC_NV: Final = 5_000
"""Below 500 samples a second, or coarser than 5 µV, an ECG is for monitoring only (AHA/ACC/HRS 2007); county
networks have boxes of either kind.
"""
MIN_RATE_HZ: Final = 25
MAX_RATE_HZ: Final = 32_000
MAX_RESOLUTION_NV: Final = 1_000_000
"""A millivolt: coarser is no ECG."""
MAX_DEVICE_LATENCY_MS: Final = 5_000
_LEAD: Final = re.compile(r"[A-Za-z0-9+-]{1,8}")
_MODEL: Final = re.compile(r"[ -~]{0,64}")


class Source(StrEnum):
    """Where the samples come from."""

    DEVICE = "device"
    REPLAY = "replay"
    """A recording that is played as if it were measured now."""
    SIMULATOR = "simulator"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a device says of itself; the same as long as its epoch lasts."""

    rate_hz: int
    resolution_nv: int
    """Nanovolts a step: 2,500 is 2.5 µV."""
    leads: tuple[str, ...]
    """As the device sends them, at least one, each once; none is computed from others."""
    band_low_mhz: int
    """Of its own filter: 50 is 0.05 Hz, 0 where it passes all."""
    band_high_hz: int
    notch_hz: int
    """Of mains hum that the device took out: 0 (none), 50 or 60."""
    model: str
    source: Source
    latency_ms: int
    """From electrode to the gateway's clock; a constant of the adapter."""

    @property
    def is_diagnostic(self) -> bool:
        """Whether rate and resolution are those of a diagnostic ECG; else it is 仅供监护."""
        return self.rate_hz >= LEAST_DIAGNOSTIC_HZ and self.resolution_nv <= COARSEST_DIAGNOSTIC_NV

    def as_json(self) -> dict[str, object]:
        """What ``parse_descriptor`` takes."""
        return {
            field.name: list(self.leads) if field.name == "leads" else getattr(self, field.name)
            for field in fields(self)
        }


def parse_descriptor(value: JsonObject) -> Descriptor:
    """Returns what the JSON object says. Raises MalformedDescriptor: it names the first field at fault."""
    unknown = set(value) - {field.name for field in fields(Descriptor)}
    if unknown:
        raise MalformedDescriptor(min(unknown)[:32])
    rate_hz = _whole(value, "rate_hz", MIN_RATE_HZ, MAX_RATE_HZ)
    return Descriptor(
        rate_hz=rate_hz,
        resolution_nv=_whole(value, "resolution_nv", 1, MAX_RESOLUTION_NV),
        leads=_leads(value),
        band_low_mhz=_whole(value, "band_low_mhz", 0, 1000 * rate_hz),
        band_high_hz=_whole(value, "band_high_hz", 1, rate_hz),
        notch_hz=_one_of(value, "notch_hz", (0, 50, 60)),
        model=_text(value, "model", _MODEL),
        source=Source(_one_of(value, "source", tuple(Source))),
        latency_ms=_whole(value, "latency_ms", 0, MAX_DEVICE_LATENCY_MS),
    )


def _whole(value: JsonObject, name: str, least: int, most: int) -> int:
    found = value.get(name)
    if type(found) is not int or not least <= found <= most:
        raise MalformedDescriptor(name)
    return found


def _one_of(value: JsonObject, name: str, allowed: tuple[Any, ...]) -> Any:
    found = value.get(name)
    if type(found) not in (int, str) or found not in allowed:
        raise MalformedDescriptor(name)
    return found


def _text(value: JsonObject, name: str, shape: re.Pattern[str]) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not shape.fullmatch(found):
        raise MalformedDescriptor(name)
    return found


def _leads(value: JsonObject) -> tuple[str, ...]:
    found = value.get("leads")
    if not isinstance(found, list) or not 1 <= len(found) <= MAX_LEADS:
        raise MalformedDescriptor("leads")
    if not all(isinstance(lead, str) and _LEAD.fullmatch(lead) for lead in found):
        raise MalformedDescriptor("leads")
    if len(set(found)) != len(found):
        raise MalformedDescriptor("leads")
    return tuple(found)
