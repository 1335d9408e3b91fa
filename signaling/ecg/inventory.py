"""What there is of an ECG, as values: its epochs, what its gateway has declared, what is missing of it.

A device that loses something every few seconds leaves tens of thousands of stretches in a day. None of it is
lost by that, and no message, row or memory grows without bound: a gateway declares at most MAX_DECLARED
stretches of an epoch one by one, and takes neighbours together where there are more, with how many samples
are in them (Counted); the inventory goes to the gateway in messages of MAX_TOLD stretches; pages are told of
the longest MAX_SHOWN holes; an epoch has at most MAX_STRETCHES.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

from media_server.ecg.frame import MAX_COUNT
from media_server.ecg.spans import Span, Spans

MAX_EPOCH: Final = 65_535
MAX_EPOCHS: Final = 1_000
"""Of one ECG: a device whose counter begins anew more often than once a minute for a day is broken."""
MAX_DECLARED: Final = 1_000
"""Stretches of one epoch; each but the first stands for samples that the device itself has lost."""
MAX_TOLD: Final = 10_000
"""Stretches in one message to a gateway: some 250 kB."""
MAX_SHOWN: Final = 1_000
"""Holes of an epoch that pages are told of, each second while they change: some 25 kB."""
MAX_STRETCHES: Final = 100_000
"""Of one epoch, in memory: some 10 MB. A hole in every second of a day is less."""


class Counted(NamedTuple):
    """Neighbouring stretches taken together: ``samples`` between ``start`` and ``end`` were measured."""

    start: int
    end: int
    samples: int


Declared: TypeAlias = Mapping[int, tuple[Span | Counted, ...]]
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
    device has lost samples; ``[first, end, samples]`` is Counted. Raises ValueError for anything else.
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


def told_parts(spans: Mapping[int, Spans]) -> Iterator[dict[str, list[list[int]]]]:
    """Yields the real inventory as it travels to a gateway: parts of MAX_TOLD stretches, at least one."""
    part: dict[str, list[list[int]]] = {}
    count = 0
    for epoch, kept in sorted(spans.items()):
        for span in kept:
            if count == MAX_TOLD:
                yield part
                part, count = {}, 0
            part.setdefault(str(epoch), []).append(list(span))
            count += 1
    yield part


def shown_of(spans: Mapping[int, Spans]) -> dict[str, list[list[int]]]:
    """Returns the inventory for pages: with the longest MAX_SHOWN holes of each epoch."""
    found: dict[str, list[list[int]]] = {}
    for epoch, kept in sorted(spans.items()):
        stretches = list(kept)
        if len(stretches) > MAX_SHOWN + 1:
            holes = (Span(before.end, after.start) for before, after in pairwise(stretches))
            longest = sorted(heapq.nlargest(MAX_SHOWN, holes, key=lambda hole: hole.length))
            edges = [stretches[0].start, *(edge for hole in longest for edge in hole), stretches[-1].end]
            stretches = [Span(*edge) for edge in zip(edges[::2], edges[1::2], strict=True)]
        if stretches:
            found[str(epoch)] = [list(span) for span in stretches]
    return found


def declared_of(present: Iterable[Span]) -> tuple[Span | Counted, ...]:
    """Returns stretches as they are declared: neighbours taken together where there are more than
    MAX_DECLARED.
    """
    stretches = list(present)
    size = -(-len(stretches) // MAX_DECLARED)
    groups = [stretches[at : at + size] for at in range(0, len(stretches), max(1, size))]
    return tuple(group[0] if len(group) == 1 else _together(group) for group in groups)


def _together(group: list[Span]) -> Counted:
    return Counted(group[0].start, group[-1].end, sum(span.length for span in group))


def missing_of(spans: Mapping[int, Spans], declared: Declared) -> int:
    """Returns how many samples are missing of what was declared."""
    nothing = Spans()
    return sum(
        _missing(spans.get(epoch, nothing), stretch)
        for epoch, stretches in declared.items()
        for stretch in stretches
    )


def holes_of(spans: Mapping[int, Spans], declared: Declared) -> Iterator[tuple[int, Span]]:
    """Yields epoch and samples of what may be missing of what was declared."""
    for epoch, stretches in declared.items():
        for stretch in stretches:
            for hole in holes_in(spans.get(epoch, Spans()), stretch):
                yield epoch, hole


def holes_in(spans: Spans, stretch: Span | Counted) -> Iterator[Span]:
    """Yields what may be missing of a stretch that was declared: of Counted, holes of the device among it,
    unless all of it is here.
    """
    if _missing(spans, stretch):
        yield from spans.missing(stretch.start, stretch.end)


def _missing(spans: Spans, stretch: Span | Counted) -> int:
    absent = sum(hole.length for hole in spans.missing(stretch.start, stretch.end))
    if isinstance(stretch, Counted):
        here = stretch.end - stretch.start - absent
        return max(0, stretch.samples - here)
    return absent


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


def _stretches(value: Any) -> tuple[Span | Counted, ...]:
    if not isinstance(value, list) or len(value) > MAX_DECLARED:
        raise ValueError("epochs")
    if len(value) == 2 and all(type(part) is int for part in value):
        value = [value]
    stretches: list[Span | Counted] = []
    before = 0
    for part in value:
        is_numbers = isinstance(part, list) and all(type(number) is int for number in part)
        if not is_numbers or len(part) not in (2, 3):
            raise ValueError("epochs")
        start, end = part[:2]
        if not before <= start <= end <= MAX_COUNT:
            raise ValueError("epochs")
        stretch = Span(start, end) if len(part) == 2 else Counted(*part)
        if isinstance(stretch, Counted) and not 0 < stretch.samples <= end - start:
            raise ValueError("epochs")
        stretches.append(stretch)
        before = end
    return tuple(stretches)
