"""What there is of an ECG, as values: its epochs, what its gateway has declared, what is missing of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from media_server.ecg.frame import MAX_COUNT
from media_server.ecg.spans import Span, Spans

MAX_EPOCH: Final = 65_535
MAX_EPOCHS: Final = 1_000
"""Of one ECG: a device whose counter begins anew more often than once a minute for a day is broken."""
MAX_DECLARED: Final = 1_000
"""Stretches of one epoch; each but the first stands for samples that the device itself has lost."""

Declared: TypeAlias = Mapping[int, tuple[Span, ...]]
"""By epoch, in order: everything there will ever be. The holes between stretches were never measured."""


@dataclass(frozen=True, slots=True)
class EpochExtent:
    """From the first sample that is kept of an epoch to the one after its last, gaps included."""

    epoch: int
    first: int
    end: int
    first_taken_us: int
    """When the first was taken, on the gateway's clock."""


def parse_declared(value: object) -> Declared:
    """Returns what a gateway declares: ``{"0": [first, end]}``, or ``{"0": [[first, end], …]}`` where its
    device has lost samples. Raises ValueError for anything else.
    """
    if not isinstance(value, dict) or len(value) > MAX_EPOCHS:
        raise ValueError("epochs")
    return dict(sorted((_epoch(name), _stretches(part)) for name, part in value.items()))


def declared_to_json(declared: Declared) -> str:
    """Returns what ``parse_declared`` takes, as text."""
    return json.dumps({str(epoch): [list(span) for span in spans] for epoch, spans in declared.items()})


def extents_to_json(extents: Iterable[EpochExtent]) -> str:
    """Returns what ``extents_from_json`` takes."""
    return json.dumps([[each.epoch, each.first, each.end, each.first_taken_us] for each in extents])


def extents_from_json(text: str) -> tuple[EpochExtent, ...]:
    """Returns the extents, by epoch."""
    return tuple(EpochExtent(*row) for row in json.loads(text))


def have_of(spans: Mapping[int, Spans]) -> dict[str, list[list[int]]]:
    """Returns the real inventory as it travels: by epoch, every stretch that is here."""
    return {str(epoch): [list(span) for span in kept] for epoch, kept in sorted(spans.items()) if kept.end}


def missing_of(spans: Mapping[int, Spans], declared: Declared) -> int:
    """Returns how many samples are missing of what was declared."""
    nothing = Spans()
    return sum(
        hole.length
        for epoch, stretches in declared.items()
        for stretch in stretches
        for hole in spans.get(epoch, nothing).missing(*stretch)
    )


def duration_ms(extents: Iterable[EpochExtent], rate_hz: int) -> int:
    """Returns how long it lasts, gaps included and pauses between epochs not."""
    return sum(each.end - each.first for each in extents) * 1000 // rate_hz


def _epoch(name: object) -> int:
    if not (isinstance(name, str) and name.isascii() and name.isdigit() and len(name) <= 5):
        raise ValueError("epochs")
    epoch = int(name)
    if epoch > MAX_EPOCH or str(epoch) != name:
        raise ValueError("epochs")
    return epoch


def _stretches(value: Any) -> tuple[Span, ...]:
    if not isinstance(value, list) or len(value) > MAX_DECLARED:
        raise ValueError("epochs")
    if len(value) == 2 and all(type(part) is int for part in value):
        value = [value]
    stretches: list[Span] = []
    before = 0
    for part in value:
        if not (isinstance(part, list) and len(part) == 2 and all(type(number) is int for number in part)):
            raise ValueError("epochs")
        start, end = part
        if not before <= start <= end <= MAX_COUNT:
            raise ValueError("epochs")
        stretches.append(Span(start, end))
        before = end
    return tuple(stretches)
