"""Where on the recording's time line a frame belongs, told from RTP time stamps, sender reports and arrivals.

A track's media time is a straight line of its RTP clock: ``time = rtp / rate + intercept``. This module finds
the intercept:

* A sender report says what the publisher's own clock read at an RTP time stamp (RFC 3550 §6.4.1). That ties
  the track to the publisher's clock.
* One offset, shared by all tracks of a publisher, ties the publisher's clock to ours: the smallest (arrival -
  publisher's clock) of the last minute, the report that waited least on its way. Being shared, it cannot
  part sound from picture, whatever the network does.
* Before a track's first report the smallest (arrival - media time) of the track itself has to do.

The intercept in use moves towards the one just found without a jump: by 10 % of the media time that passes
while it is out of lip sync, by 0.5 % after that. So clock drift is followed, a late first report is made good
within seconds, and no time goes backwards.

Times are nanoseconds. ``zero_ns`` and arrivals are on our monotonic clock, results on the recording's time
line.
"""

from __future__ import annotations

from collections import deque
from statistics import median_low

NS_PER_S = 1_000_000_000

LIP_SYNC_NS = 20_000_000
"""A track further than this from where it belongs is corrected fast: two such tracks are just within 40 ms.
"""

FAST_SLEW = 10
"""Fast correction: a tenth of the media time that passes. 100 ms are made good in 0.8 s; no frame changes
order.
"""

SLOW_SLEW = 200
"""Slow correction: 0.5 %, fifty times the drift of a bad crystal (100 ppm), too little to hear or see."""

REPORTS_KEPT = 5
"""The median of five reports ignores two wild ones and follows 100 ppm with a lag of about 1 ms."""

OFFSET_WINDOW_NS = 30 * NS_PER_S
ARRIVAL_WINDOW_NS = 10 * NS_PER_S
"""A minimum over longer windows would lag behind drift, over shorter ones it would follow the network's
moods.
"""

CLOCK_STEP_NS = NS_PER_S
"""A publisher's clock that differs this much from its own line was set; no drift does it between two reports.
"""

RTP_JUMP_NS = 10 * NS_PER_S
"""Media time this far from its arrival is no delay: the RTP clock started anew."""

MIN_STEP_NS = 1_000_000
"""Two frames of a track are at least this far apart: WebM counts milliseconds."""


class WindowedMinimum:
    """The smallest value of the last one to two windows."""

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._window_start_ns = 0
        self._previous: int | None = None
        self._current: int | None = None

    @property
    def value(self) -> int | None:
        """The minimum; None before the first value."""
        if self._previous is None or self._current is None:
            return self._current
        return min(self._previous, self._current)

    def receive(self, value: int, now_ns: int) -> None:
        """Takes a value seen at ``now_ns`` (monotonic)."""
        if self._current is None or now_ns - self._window_start_ns >= self._window_ns:
            self._previous, self._current = self._current, value
            self._window_start_ns = now_ns
        else:
            self._current = min(self._current, value)


class PublisherClock:
    """How far a publisher's clock is from ours; shared by the timelines of all its tracks."""

    def __init__(self) -> None:
        self._offsets = WindowedMinimum(OFFSET_WINDOW_NS)
        self._steps_ns = 0

    @property
    def offset_ns(self) -> int | None:
        """What to add to the publisher's clock (less its steps) to get ours; None before the first report."""
        return self._offsets.value

    def without_steps(self, ntp_ns: int) -> int:
        """A reading of the publisher's clock as if it had never been set."""
        return ntp_ns - self._steps_ns

    def receive_step(self, step_ns: int) -> None:
        """The publisher's clock was set forward by ``step_ns``."""
        self._steps_ns += step_ns

    def receive(self, ntp_ns: int, arrival_ns: int) -> None:
        """A report with this reading (steps taken out) arrived."""
        self._offsets.receive(arrival_ns - ntp_ns, arrival_ns)


class TrackTimeline:
    """Places the frames of one track. Feed reports and frames in the order of the tap."""

    def __init__(self, publisher: PublisherClock, *, clock_rate_hz: int, zero_ns: int) -> None:
        self._publisher = publisher
        self._rate_hz = clock_rate_hz
        self._zero_ns = zero_ns
        self._report_lines: deque[int] = deque(maxlen=REPORTS_KEPT)
        self._arrivals = WindowedMinimum(ARRIVAL_WINDOW_NS)
        self._intercept_ns: int | None = None
        self._last_media_ns = 0
        self._last_time_ns = -MIN_STEP_NS

    def receive_report(self, rtp_timestamp: int, ntp_ns: int, arrival_ns: int) -> None:
        """Takes a sender report: at ``rtp_timestamp`` the publisher's clock read ``ntp_ns``."""
        if ntp_ns < NS_PER_S:
            return  # a sender without a clock says zero (RFC 3550 §6.4.1); the core makes that 1970
        media_ns = self._media_ns(rtp_timestamp)
        line_ns = self._publisher.without_steps(ntp_ns) - media_ns
        if self._report_lines:
            deviation_ns = line_ns - median_low(self._report_lines)
            if abs(deviation_ns) > CLOCK_STEP_NS:
                if self._is_clock_step(deviation_ns, self._publisher.without_steps(ntp_ns), arrival_ns):
                    self._publisher.receive_step(deviation_ns)
                    line_ns -= deviation_ns
                else:
                    self._report_lines.clear()
        self._report_lines.append(line_ns)
        self._publisher.receive(self._publisher.without_steps(ntp_ns), arrival_ns)

    def place(self, rtp_timestamp: int, arrival_ns: int) -> int:
        """The frame's time on the recording's time line: never negative, at least 1 ms
        after the one before.
        """
        media_ns = self._media_ns(rtp_timestamp)
        if self._intercept_ns is not None and self._has_jumped(media_ns, arrival_ns):
            self._report_lines.clear()
            self._arrivals = WindowedMinimum(ARRIVAL_WINDOW_NS)
            self._intercept_ns = None
        self._arrivals.receive(arrival_ns - media_ns, arrival_ns)
        wanted_ns = self._wanted_intercept_ns(arrival_ns - media_ns)
        if self._intercept_ns is None:
            self._intercept_ns = wanted_ns
        else:
            passed_ns = max(media_ns - self._last_media_ns, 0)
            self._intercept_ns += _slewed(wanted_ns - self._intercept_ns, passed_ns)
        self._last_media_ns = media_ns
        time_ns = media_ns + self._intercept_ns - self._zero_ns
        self._last_time_ns = max(time_ns, self._last_time_ns + MIN_STEP_NS)
        return self._last_time_ns

    def _media_ns(self, rtp_timestamp: int) -> int:
        return rtp_timestamp * NS_PER_S // self._rate_hz

    def _wanted_intercept_ns(self, newest_arrival_ns: int) -> int:
        offset_ns = self._publisher.offset_ns
        if self._report_lines and offset_ns is not None:
            return median_low(self._report_lines) + offset_ns
        earliest_ns = self._arrivals.value
        return newest_arrival_ns if earliest_ns is None else earliest_ns

    def _is_clock_step(self, deviation_ns: int, ntp_ns: int, arrival_ns: int) -> bool:
        # The publisher's clock was set if the report also looks that much younger; otherwise the RTP clock
        # changed.
        offset_ns = self._publisher.offset_ns
        assert offset_ns is not None, "a track with report lines has told its publisher's clock"
        younger_ns = offset_ns - (arrival_ns - ntp_ns)
        return abs(younger_ns - deviation_ns) < CLOCK_STEP_NS // 2

    def _has_jumped(self, media_ns: int, arrival_ns: int) -> bool:
        assert self._intercept_ns is not None
        return abs(arrival_ns - (media_ns + self._intercept_ns)) > RTP_JUMP_NS


def _slewed(error_ns: int, passed_ns: int) -> int:
    """How much of ``error_ns`` may be made good while ``passed_ns`` of media pass."""
    slew = FAST_SLEW if abs(error_ns) > LIP_SYNC_NS else SLOW_SLEW
    limit_ns = passed_ns // slew
    return max(-limit_ns, min(limit_ns, error_ns))
