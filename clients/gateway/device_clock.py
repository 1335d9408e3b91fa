"""When a sample was taken, on the gateway's clock, from when samples arrived.

Arrivals are late by what the cable, its driver and the scheduler needed, never early: so the true line of
(sample, time) lies under all arrivals, and touches those that were not delayed. Of two minutes the quickest
arrival of each second is kept; the line is the edge of their lower hull at their middle, which of all lines
under the points is the one nearest to them. 80 ppm of drift are followed to a fraction of a millisecond.

A device that held its breath (its counter stood still) is late by the same amount ever after: when five
seconds on end lie far above the line, what was before them says nothing any more.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Final

from clients.gateway.errors import SourceFault

KEPT_SECONDS: Final = 120
SETTLED_SECONDS: Final = 20
"""With fewer, the slope would follow the jitter: the declared rate is believed."""
MOST_DRIFT_PPM: Final = 500
"""Quartzes are within 100; what is beyond 500 is no drift."""
WRONG_RATE_PPM: Final = 10_000
"""One per cent, second after second: no jitter does that, and a heart rate would be told wrong."""
RATE_SECONDS: Final = 60
"""So long, since the device is closed then: a machine with too little time falls behind as steadily for some
ten seconds, and by twenty of them a sound device was sent away.
"""
STEP_US: Final = 500_000
STEP_SECONDS: Final = 5
"""Far above the line so often in a row is no delay of the cable any more."""
_SECOND_US: Final = 1_000_000


class DeviceClock:
    """One run of a device's counter."""

    def __init__(self, rate_hz: int, latency_ms: int) -> None:
        self._rate_hz = rate_hz
        self._latency_us = latency_ms * 1000
        self._points: deque[tuple[int, int]] = deque(maxlen=KEPT_SECONDS)
        self._changes_ppm: deque[float] = deque(maxlen=RATE_SECONDS)
        self._late_seconds = 0
        self._slope_ppm = 0.0
        self._anchor = (0, 0)
        self._last_us = 0

    def receive(self, end_sample: int, arrived_us: int) -> None:
        """Notes that the samples before ``end_sample`` had arrived at that time. Raises SourceFault: the
        device does not count as fast as it says.
        """
        nominal_us = end_sample * _SECOND_US // self._rate_hz
        point = (nominal_us, arrived_us - nominal_us)
        if not self._points or nominal_us // _SECOND_US != self._points[-1][0] // _SECOND_US:
            self._close_second()
            self._points.append(point)
        elif point[1] < self._points[-1][1]:
            self._points[-1] = point
        else:
            return
        self._fit()

    def taken_us(self, sample: int) -> int:
        """Returns when the sample was taken. Later samples are never told an earlier time: where the line was
        corrected, time stands for a moment.
        """
        nominal_us = sample * _SECOND_US // self._rate_hz
        self._last_us = max(self._last_us, nominal_us + self._late_us(nominal_us) - self._latency_us)
        return self._last_us

    def _late_us(self, nominal_us: int) -> int:
        at_us, late_us = self._anchor
        return late_us + round((nominal_us - at_us) * self._slope_ppm / 1e6)

    def _close_second(self) -> None:
        if len(self._points) < 2:
            return
        (before_us, before), (at_us, late_us) = list(self._points)[-2:]
        self._changes_ppm.append((late_us - before) / (at_us - before_us) * 1e6)
        change_ppm = statistics.median(self._changes_ppm)
        if len(self._changes_ppm) == RATE_SECONDS and abs(change_ppm) > WRONG_RATE_PPM:
            measured_hz = round(self._rate_hz / (1 + change_ppm / 1e6), 1)
            raise SourceFault("rate_wrong", declared_hz=self._rate_hz, measured_hz=measured_hz)
        self._late_seconds = self._late_seconds + 1 if late_us - self._late_us(at_us) > STEP_US else 0
        if self._late_seconds == STEP_SECONDS:
            self._points = deque(list(self._points)[-STEP_SECONDS:], maxlen=KEPT_SECONDS)
            self._late_seconds = 0

    def _fit(self) -> None:
        lasted_us = self._points[-1][0] - self._points[0][0]
        if lasted_us < SETTLED_SECONDS * _SECOND_US:
            self._anchor = min(self._points, key=lambda point: point[1])
            return
        hull = _lower_hull(self._points)
        middle_us = sum(at_us for at_us, _ in self._points) / len(self._points)
        right = next(number for number, (at_us, _) in enumerate(hull) if at_us > middle_us)
        (left_us, left), (right_us, late_us) = islice(hull, right - 1, right + 1)
        slope_ppm = (late_us - left) / (right_us - left_us) * 1e6
        self._slope_ppm = max(-MOST_DRIFT_PPM, min(slope_ppm, MOST_DRIFT_PPM))
        self._anchor = left_us, left


def _lower_hull(points: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Returns the lower convex hull of points that come from left to right (Andrew's monotone chain)."""
    hull: list[tuple[int, int]] = []
    for point in points:
        while len(hull) > 1 and _is_above(hull[-1], hull[-2], point):
            hull.pop()
        hull.append(point)
    return hull


def _is_above(middle: tuple[int, int], left: tuple[int, int], right: tuple[int, int]) -> bool:
    rise = (right[1] - left[1]) * (middle[0] - left[0])
    return (middle[1] - left[1]) * (right[0] - left[0]) >= rise
