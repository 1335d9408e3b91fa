"""When ECG and picture were furthest apart on a page, and which of the two was late then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.support.time_code import WRAP_MS, Repaint, ahead_ms

_AGAIN_MS = 1_000.0
"""Repaints that are off by too much and no further apart than this are one event."""


@dataclass(frozen=True)
class Seen:
    """One repaint that was in step with a picture."""

    now_ms: float
    error_ms: float
    """ECG less picture."""
    ecg_old_ms: float
    """How old the newest sample that is drawn was."""
    picture_old_ms: float
    lacks_ms: float
    """Of the samples that the picture asks for so much had not come."""


def seen(row: Repaint, taken_ms: Callable[[int], float]) -> Seen:
    """What a repaint showed."""
    moment_ms = taken_ms(row.until)
    return Seen(
        row.now_ms,
        ahead_ms(moment_ms, row.painted_ms),
        row.now_ms - moment_ms,
        (row.now_ms - row.painted_ms) % WRAP_MS,
        row.lacks_ms,
    )


def events(rows: Sequence[Seen], most_ms: float) -> list[list[Seen]]:
    """The repaints that were off by more than so much, those of one event together, in order."""
    found: list[list[Seen]] = []
    for row in rows:
        if abs(row.error_ms) <= most_ms:
            continue
        if found and row.now_ms - found[-1][-1].now_ms <= _AGAIN_MS:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def told(event: Sequence[Seen], began_ms: float, usual: tuple[float, float]) -> str:
    """An event in a line; ``usual`` are the ages of sample and picture at most repaints."""
    worst = max(event, key=lambda row: abs(row.error_ms))
    if worst.lacks_ms > 0:
        what = "samples had not come"
    elif worst.picture_old_ms - usual[1] > worst.ecg_old_ms - usual[0]:
        what = "the picture was late"
    else:
        what = "clocks or repaint"
    return (
        f"{(event[0].now_ms - began_ms) / 1000:6.1f} s, for {event[-1].now_ms - event[0].now_ms:5.0f} ms "
        f"({len(event)} repaints): {worst.error_ms:+.0f} ms, sample {worst.ecg_old_ms:.0f} ms old, "
        f"picture {worst.picture_old_ms:.0f} ms old: {what}"
    )


def longest_pause_ms(rows: Sequence[Seen]) -> float:
    """The longest time between two repaints."""
    return max((after.now_ms - before.now_ms for before, after in pairwise(rows)), default=0.0)
