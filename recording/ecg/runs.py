"""Where in its files an ECG's samples lie: runs of frames that follow each other in number and in place.

Frames come in order nearly always, so a run is as long as a file, and a day of them is small.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from media_server.ecg.spans import Span, Spans


@dataclass(slots=True)
class Run:
    """Bytes of one file that hold whole frames of one epoch, whose samples follow each other."""

    start: int
    """Its first sample."""
    end: int
    """The first sample that is not its."""
    file: int
    offset: int
    """Of its first byte."""
    length: int
    """Bytes."""


_by_start = attrgetter("start")


class Runs:
    """The runs of a stream, by epoch; knows which samples are here."""

    def __init__(self) -> None:
        self._spans: dict[int, Spans] = {}
        self._runs: dict[int, list[Run]] = {}
        self._last: tuple[int, Run] | None = None

    @property
    def epochs(self) -> Sequence[int]:
        """The epochs of which there are samples, in order."""
        return sorted(self._spans)

    def spans(self, epoch: int) -> Spans:
        """The samples of an epoch that are here; of one that never was, none."""
        return self._spans.get(epoch, Spans())

    def add(self, epoch: int, run: Run) -> tuple[Span, ...]:
        """Notes where frames lie. Returns those of their samples that were not here before."""
        added = self._spans.setdefault(epoch, Spans()).add(run.start, run.end)
        last_epoch, last = self._last or (epoch, None)
        if last is not None and last_epoch == epoch and _follows(last, run):
            last.end, last.length = run.end, last.length + run.length
        else:
            bisect.insort(self._runs.setdefault(epoch, []), run, key=_by_start)
            self._last = epoch, run
        return added

    def covering(self, epoch: int, start: int, end: int) -> Iterator[Run]:
        """Yields the runs that hold any of these samples, by their first. Two may hold the same sample."""
        runs = self._runs.get(epoch, [])
        for run in runs[: bisect.bisect_left(runs, end, key=_by_start)]:
            if run.end > start:
                yield run


def _follows(last: Run, run: Run) -> bool:
    is_next_in_place = run.file == last.file and run.offset == last.offset + last.length
    return is_next_in_place and run.start == last.end
