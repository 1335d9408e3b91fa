"""Vital signs beside an ECG: timed values with code, unit, validity and source, as the gateway tells them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

from media_server.ecg.frame import MAX_COUNT

MAX_VALUES: Final = 200
"""Of one message."""
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_UNIT: Final = re.compile(r"[ -~%/µ°]{0,16}")
_MAX_VALUE: Final = 1_000_000.0

Validity = Literal["valid", "questionable", "invalid"]
VitalSource = Literal["device", "counted", "simulated"]


@dataclass(frozen=True, slots=True)
class Vital:
    """One value. ``t_us`` on the gateway's clock, microseconds since the Unix epoch."""

    t_us: int
    code: str
    value: float
    unit: str
    validity: Validity
    source: VitalSource


def parse_vitals(value: object) -> tuple[Vital, ...]:
    """Returns the values. Raises ValueError, TypeError or KeyError for what is none, NaN among it."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
        raise ValueError("values")
    return tuple(_vital(each) for each in value)


def vitals_to_lines(values: Iterable[Vital]) -> bytes:
    """Returns the values as they are kept: one JSON object a line.

    Each begins its line itself, so that one cut short by a kill spoils no other.
    """
    return b"".join(b"\n" + json.dumps(asdict(each)).encode() for each in values)


def vitals_in(lines: Iterable[bytes], from_us: int, to_us: int, limit: int) -> list[Vital]:
    """Returns those kept values of ``from_us`` (inside) to ``to_us`` (not) by their time, the newest where
    there are more than ``limit``. What was told twice comes once; a line cut short by a kill is left out.
    """
    found: dict[tuple[int, str, str], Vital] = {}
    for line in lines:
        try:
            vital = _vital(json.loads(line))
        except (ValueError, TypeError, KeyError):
            continue
        if from_us <= vital.t_us < to_us:
            found[vital.t_us, vital.code, vital.source] = vital
            if len(found) > 2 * limit:
                # No more are held than are given.
                found = dict(sorted(found.items())[-limit:])
    return [vital for _, vital in sorted(found.items())][-limit:]


def _vital(value: Mapping[str, Any]) -> Vital:
    t_us, code, number, unit = value["t_us"], value["code"], value["value"], value["unit"]
    if type(t_us) is not int or not 0 <= t_us <= MAX_COUNT:
        raise ValueError("t_us")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise ValueError("code")
    if type(number) not in (int, float) or not math.isfinite(number) or abs(number) > _MAX_VALUE:
        raise ValueError("value")
    if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
        raise ValueError("unit")
    if value["validity"] not in get_args(Validity) or value["source"] not in get_args(VitalSource):
        raise ValueError("validity")
    return Vital(t_us, code, number, unit, value["validity"], value["source"])
