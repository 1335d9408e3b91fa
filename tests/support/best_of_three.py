"""A figure that an issue names, measured up to three times.

A machine that stands still makes a fast service look slow, once; it cannot make a slow one look fast: that
one is over the limit three times. Where the machine was not fit to judge by in any of the three (it stood
still, or its processors were full), the figure is not judged: pytest's summary of warnings says so. Benches
(LIANZHEN_FIGURES) judge all the same. Tests that measure carry the mark ``alone``.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.standstill import Standstill

ATTEMPTS: Final = 3


class FigureNotJudged(UserWarning):
    """A figure was missed while the machine was not fit to judge by."""


@dataclass
class Attempt:
    """One of up to three."""

    number: int
    is_met: bool = False
    told: str = "nothing told"
    unfit: str = ""

    def tell(self, is_met: bool, told: str) -> None:
        """Says what was measured, and whether it will do."""
        self.is_met, self.told = is_met, told


def attempts(what: str) -> Iterator[Attempt]:
    """Yields attempts, numbered from 0, until one is told to have met its figure; prints what was told.

    AssertionError after the third, but FigureNotJudged where the machine was unfit in each.
    """
    made: list[Attempt] = []
    with tempfile.TemporaryDirectory() as folder:
        watch = Standstill(Path(folder))
        try:
            while len(made) < ATTEMPTS and not (made and made[-1].is_met):
                began_s = time.monotonic()
                attempt = Attempt(len(made))
                yield attempt
                attempt.unfit = watch.unfit(began_s, time.monotonic())
                made.append(attempt)
        finally:
            watch.end()
    _judge(what, made)


@contextlib.contextmanager
def judged_where_fit(what: str) -> Iterator[Attempt]:
    """The same of what takes too long to be measured again: judged once, by a machine that was fit for it."""
    attempt = Attempt(0)
    with tempfile.TemporaryDirectory() as folder:
        watch, began_s = Standstill(Path(folder)), time.monotonic()
        try:
            yield attempt
            attempt.unfit = watch.unfit(began_s, time.monotonic())
        finally:
            watch.end()
    _judge(what, [attempt])


def _judge(what: str, made: Sequence[Attempt]) -> None:
    told = f"{what}: " + "; ".join(
        each.told + (f" (the machine: {each.unfit})" if each.unfit else "") for each in made
    )
    print(told)
    if made[-1].is_met:
        return
    if os.environ.get("LIANZHEN_FIGURES") or not all(each.unfit for each in made):
        raise AssertionError(told)
    warnings.warn(FigureNotJudged(told), stacklevel=3)


async def best_of_three(what: str, limit_s: float, measure: Callable[[int], Awaitable[float]]) -> float:
    """Measures until a result is within ``limit_s`` and returns the last, in seconds.

    ``measure`` gets the attempt's number, 0 to 2, for the names of its fresh subject. AssertionError where no
    attempt was within the limit on a machine fit to judge by.
    """
    for attempt in attempts(f"{what} (limit {limit_s * 1000:.0f} ms)"):
        taken_s = await measure(attempt.number)
        attempt.tell(taken_s < limit_s, f"{taken_s * 1000:.0f} ms")
    return taken_s
