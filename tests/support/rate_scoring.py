"""How well a heart rate was counted, as ANSI/AAMI EC57 has it: against the rate that the same averaging makes
of the reference beats, as it is shown once a second.

EC57 (and EC38, quoted in "Evaluating ECG Analyzers" of the WFDB Applications Guide) leaves the way of getting
the reference rate to the evaluator, who has to disclose it and does well to match the device's. Ours is
``RateAverage`` itself, told of each reference beat at its R wave. What is shown may be as old as a beat may
come late: it is compared with every rate that the reference showed within that time, and the nearest counts.
A number where the reference has none all the time, and none where it has one, are wrong without bounds.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from clinical.heart_rate import RECENT_INTERVALS, STALE_MS, RateAverage
from clinical.qrs_detector import Beat
from tests.support.beat_scoring import LEARNING_S

LATE_MS: Final = 250
"""By when issue 5 wants a beat told."""
LIMIT: Final = 5
SHARE_LIMIT: Final = 0.1
"""IEC 60601-2-27, 201.12.1.101.15: 10 % or 5 a minute, whichever is greater; issue 5 asks 5 alone."""


class Shown(NamedTuple):
    """What stands on the screen from this sample on."""

    since: int
    per_minute: int | None


class RateScore(NamedTuple):
    """Seconds."""

    scored: int
    within: int
    """5 a minute."""
    within_share: int
    """10 % or 5 a minute."""
    wrong: tuple[int, ...]
    """Which were not within 5 a minute, from the record's beginning."""

    @property
    def per_cent(self) -> float:
        """Within 5 a minute."""
        return 100 * self.within / self.scored

    @property
    def share_per_cent(self) -> float:
        """Within 10 % or 5 a minute."""
        return 100 * self.within_share / self.scored


def reference_rates(beats: Sequence[int], flutter: Sequence[tuple[int, int]], rate_hz: int) -> list[Shown]:
    """Returns what the averaging shows of the reference beats; what spans a flutter is no interval."""
    average = RateAverage(rate_hz)
    stale = STALE_MS * rate_hz // 1000
    shown = [Shown(0, None)]
    last: int | None = None
    for beat in beats:
        if last is not None and (beat - last >= stale or any(last < end <= beat for _, end in flutter)):
            shown.append(Shown(min(last + stale, beat), None))
        if last is not None and any(last < end <= beat for _, end in flutter):
            last = None
        average.receive(Beat(beat, None if last is None else beat - last, last is None, replaces=False))
        shown.append(Shown(beat, average.per_minute(beat)))
        last = beat
    return shown


def score_rate(
    counted: Sequence[Shown], beats: Sequence[int], flutter: Sequence[tuple[int, int]], rate_hz: int
) -> RateScore:
    """Returns how many of the seconds were right: without the first five minutes, and without flutters until
    as many intervals as are averaged have passed.
    """
    reference = reference_rates(beats, flutter, rate_hz)
    late = LATE_MS * rate_hz // 1000
    ready = [
        beats[min(bisect.bisect_left(beats, end) + RECENT_INTERVALS, len(beats) - 1)] for _, end in flutter
    ]
    excluded = [(start, until) for (start, _), until in zip(flutter, ready, strict=True)]
    errors: list[tuple[float, float, int]] = []
    for at, value in counted:
        if at >= LEARNING_S * rate_hz and not any(start <= at <= until for start, until in excluded):
            first = bisect.bisect_right(reference, at - late, key=lambda one: one.since) - 1
            end = bisect.bisect_right(reference, at, key=lambda one: one.since)
            error, true = min(_error(value, one.per_minute) for one in reference[first:end])
            errors.append((error, true, at // rate_hz))
    return RateScore(
        len(errors),
        sum(error <= LIMIT for error, _, _ in errors),
        sum(error <= max(LIMIT, SHARE_LIMIT * true) for error, true, _ in errors),
        tuple(second for error, _, second in errors if error > LIMIT),
    )


def _error(counted: int | None, true: int | None) -> tuple[float, float]:
    if counted is None or true is None:
        return (0.0 if counted is true else math.inf), 0.0
    return abs(counted - true), true
