"""Which samples are here and which are missing: half-open stretches of numbers, by arithmetic alone."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import NamedTuple

from media_server.errors import MisuseError


class Span(NamedTuple):
    """Samples from ``start`` (inside) to ``end`` (not)."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many samples."""
        return self.end - self.start


class Spans:
    """A set of samples as stretches that neither touch nor overlap, in order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __iter__(self) -> Iterator[Span]:
        return map(Span, self._starts, self._ends)

    def __len__(self) -> int:
        """How many stretches."""
        return len(self._starts)

    @property
    def end(self) -> int:
        """The first number after all that is here; 0 where there is nothing."""
        return self._ends[-1] if self._ends else 0

    def add(self, start: int, end: int) -> tuple[Span, ...]:
        """Adds the samples; returns those of them that were not here before, in order.

        Raises MisuseError: a stretch that ends before it begins.
        """
        if not 0 <= start <= end:
            raise MisuseError("a stretch ends before it begins")
        added = tuple(self.missing(start, end))
        # Those that touch are joined as well, so that what is whole is one stretch.
        first = bisect.bisect_left(self._ends, start)
        last = bisect.bisect_right(self._starts, end)
        if added:
            if first < last:
                start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
            self._starts[first:last] = [start]
            self._ends[first:last] = [end]
        return added

    def missing(self, start: int, end: int) -> Iterator[Span]:
        """Yields the stretches between ``start`` and ``end`` that are not here, in order."""
        at = start
        for number in range(bisect.bisect_right(self._ends, start), len(self._starts)):
            if self._starts[number] >= end:
                break
            if at < self._starts[number]:
                yield Span(at, self._starts[number])
            at = self._ends[number]
        if at < end:
            yield Span(at, end)

    def has(self, start: int, end: int) -> bool:
        """Whether every sample of the stretch is here."""
        return next(self.missing(start, end), None) is None

    def whole_until(self, start: int) -> int:
        """The first number from ``start`` on that is not here: what a cumulative acknowledgement says."""
        number = bisect.bisect_right(self._ends, start)
        is_here = number < len(self._starts) and self._starts[number] <= start
        return self._ends[number] if is_here else start
