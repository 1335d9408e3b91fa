"""The heart rate counted from an ECG's samples, to be shown as counted for display ("计数心率，仅供显示").

As bedside monitors average it and say so under IEC 60601-2-27, 201.7.9.2.9.101 b) 3) (before it, ANSI/AAMI
EC13, 4.1.2.1): of the last 12 intervals between beats the longest and the shortest are left out, the others
averaged; when the last three are all above 1,200 ms, the last 4 are averaged. So says for one the manual of
Mindray's BeneHeart D6, appendix A. An average and no median, because a heart that beats in turn early and
late has two kinds of interval and a median leaps between them; and an average hardly feels that a wide
complex is placed later than a narrow one. One missed beat makes one long interval, which is left out; one too
many makes two short ones, of which one is.

There is none ("--") until three intervals are known, when the last beat is 3 s old, and after a gap of more
than a second until beats are found again: an old number would look like a beating heart. It is no measurement
for a diagnosis and no alarm; what the device says of the heart rate is shown beside it, under the device's
name.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final

from clinical.qrs_detector import Beat, QrsDetector
from clinical.qrs_slope import Lead

RECENT_INTERVALS: Final = 12
SLOW_MS: Final = 1_200
SLOW_RUN: Final = 3
SLOW_INTERVALS: Final = 4
"""Twelve intervals at 40 a minute are 18 s: too long ago to be shown as now."""
LEAST_INTERVALS: Final = 3
"""With fewer, one wrong interval is the number."""
STALE_MS: Final = 3_000
"""At 20 a minute beats are 3 s apart; what is older says nothing of now."""


class RateAverage:
    """The averaging alone: what beats there are is told to it."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._intervals: deque[int] = deque(maxlen=RECENT_INTERVALS)
        self._last_beat = 0

    def receive(self, beat: Beat) -> None:
        """Takes the next beat."""
        if beat.is_first:
            self._intervals.clear()
        if beat.replaces and self._intervals:
            self._intervals.pop()
        if beat.interval_samples is not None:
            self._intervals.append(beat.interval_samples)
        self._last_beat = beat.sample

    def per_minute(self, now_sample: int) -> int | None:
        """Returns the heart rate, None where there is none to show. ``now_sample``: the number that a sample
        taken now would have, whether it has come or not.
        """
        is_stale = (now_sample - self._last_beat) * 1000 >= STALE_MS * self._rate_hz
        if is_stale or len(self._intervals) < LEAST_INTERVALS:
            return None
        latest = list(islice(reversed(self._intervals), SLOW_INTERVALS))
        if all(interval * 1000 > SLOW_MS * self._rate_hz for interval in latest[:SLOW_RUN]):
            averaged = latest
        else:
            averaged = sorted(self._intervals)[1:-1]
        return round(60 * self._rate_hz * len(averaged) / sum(averaged))


class HeartRate:
    """Counts the beats of one lead. Not for two threads at once."""

    def __init__(self, rate_hz: int) -> None:
        """Raises MisuseError: fewer than 125 samples a second."""
        self._detector = QrsDetector(rate_hz)
        self._average = RateAverage(rate_hz)

    def receive(self, first_sample: int, samples_uv: Lead) -> list[Beat]:
        """Takes samples of the lead, in microvolts; ``first_sample`` is the number of the first. Returns the
        beats that became known with them.
        """
        beats = self._detector.receive(first_sample, samples_uv)
        for beat in beats:
            self._average.receive(beat)
        return beats

    def per_minute(self, now_sample: int) -> int | None:
        """Returns the heart rate, None where there is none to show. ``now_sample``: the number that a sample
        taken now would have, whether it has come or not.
        """
        return None if self._detector.is_learning else self._average.per_minute(now_sample)
