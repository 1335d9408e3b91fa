"""The heart rate counted from an ECG's samples, to be shown as counted for display ("计数心率，仅供显示").

The median of the last 8 intervals between beats, as a number a minute. There is none ("--") until three
intervals are known, when the last beat is 3 s old, and after a gap of more than a second until beats are
found again: an old number would look like a beating heart. It is no measurement for a diagnosis and no alarm;
what the device says of the heart rate is shown beside it, under the device's name.
"""

from __future__ import annotations

import statistics
from collections import deque
from typing import Final

from clinical.qrs_detector import Beat, QrsDetector
from clinical.qrs_slope import Lead

RECENT_INTERVALS: Final = 8
"""Half of them may be wrong in one direction only before the median is; an even number, so that in a bigeminy
long and short count alike.
"""
LEAST_INTERVALS: Final = 3
"""With fewer, one wrong interval is the number."""
STALE_MS: Final = 3_000
"""At 20 a minute beats are 3 s apart; what is older says nothing of now."""


class HeartRate:
    """Counts the beats of one lead. Not for two threads at once."""

    def __init__(self, rate_hz: int) -> None:
        """Raises MisuseError: fewer than 125 samples a second."""
        self._rate_hz = rate_hz
        self._detector = QrsDetector(rate_hz)
        self._intervals: deque[int] = deque(maxlen=RECENT_INTERVALS)
        self._last_beat = 0

    def receive(self, first_sample: int, samples_uv: Lead) -> list[Beat]:
        """Takes samples of the lead, in microvolts; ``first_sample`` is the number of the first. Returns the
        beats that became known with them.
        """
        beats = self._detector.receive(first_sample, samples_uv)
        for beat in beats:
            if beat.is_first:
                self._intervals.clear()
            if beat.replaces and self._intervals:
                self._intervals.pop()
            if beat.interval_samples is not None:
                self._intervals.append(beat.interval_samples)
            self._last_beat = beat.sample
        return beats

    def per_minute(self, now_sample: int) -> int | None:
        """Returns the heart rate, None where there is none to show. ``now_sample``: the number that a sample
        taken now would have, whether it has come or not.
        """
        is_stale = (now_sample - self._last_beat) * 1000 >= STALE_MS * self._rate_hz
        if is_stale or self._detector.is_learning or len(self._intervals) < LEAST_INTERVALS:
            return None
        return round(60 * self._rate_hz / statistics.median(self._intervals))
