"""Which of the peaks of an ECG's slope are heartbeats: told while it comes, to be counted for display.

A peak of the level (qrs_slope.py) is one that stood a moment or fell to half. In this order:

    a peak                                                        is
    within 200 ms after a beat, steeper than it                   that beat itself: it takes its place
    within 200 ms after a beat                                    nothing: no heart beats again so soon
    below the threshold                                           noise, unless a steeper one is near
    within 360 ms after a beat, less than half as steep           that beat's T wave: noise
    within 360 ms after a beat, more than twice as steep          a beat; what was told was its P wave (*)
    within 300 ms after a beat, steeper, and just when one is due a beat; what was told was its P wave (*)
    any other                                                     a beat

    (*) unless what was told came within 360 ms after the beat before: a P wave follows the T wave.

The threshold lies between the medians of the last 8 beats and of the last 8 peaks of noise. When one and a
half usual intervals have passed without a beat, the steepest peak of noise since is one, if it reaches half
the threshold. The first two seconds are looked at before they are judged; so are those after a gap of more
than a second and after 8 s without a beat, where an electrode may have moved.

The rules and their numbers are Hamilton's (Open source ECG analysis, 2002) and, for the T wave and the
learning, Pan and Tompkins's (1985). Hamilton waits 200 ms after every peak for a steeper one; we tell a beat
at once, since it has to be on the screen in time, and take it back when the steeper one comes.

When a beat is due says the rhythm: where half of the last intervals or more are alike, one usual interval
after the beat before. A wave between the end of that beat's T wave and the one that is due, near it and less
steep, is taken for the P wave: had the ventricles beaten there, they and the AV node would be refractory when
the next beat is due, and it would not come. Where no interval is usual, as in fibrillation, nothing is due.

How much can be asked of it is measured on made hearts (tests/integration/test_beats_of_made_hearts.py), by
which forms of a rule are chosen, and on real ones (test_beats_of_mitdb.py). No number was fitted to those
records, but they were not unseen either: on the first run the threshold was the upper end of Hamilton's range
(0.475), and both ways of taking back a P wave were added because of record 108.

This finds no disease and raises no alarm: it counts.
"""

from __future__ import annotations

import statistics
from collections import deque
from typing import Final, NamedTuple

from clinical.qrs_slope import Lead, SlopeMeter, measure_triangle

THRESHOLD: Final = 0.3125
"""Hamilton 2002, of the way from noise to beats. In the 48 leads of PTB s0010 and three Philips ECGs no P or
T wave is steeper than 0.35 of the QRS complex.
"""
REFRACTORY_MS: Final = 200
"""Pan and Tompkins 1985: physiology allows no two beats closer."""
WAVE_MS: Final = 360
"""Pan and Tompkins 1985: two peaks so close may be waves of one beat."""
WAVE_SHARE: Final = 0.5
"""Pan and Tompkins 1985: a T wave is less than half as steep as its QRS complex; we say the same of P."""
PR_MS: Final = 300
"""A P wave is followed within this time: a longer PR interval is marked first-degree block, and rare
(ACC/AHA/HRS guideline on bradycardia, 2018).
"""
DUE_FROM: Final = 0.92
DUE_UNTIL: Final = 1.16
"""Pan and Tompkins 1985: so much of the usual interval may one in a regular rhythm be."""
SEARCH_BACK_INTERVALS: Final = 1.5
SEARCH_BACK_SHARE: Final = 0.5
"""Hamilton 2002: of the median interval, and of the threshold."""
RECENT: Final = 8
"""Hamilton and Tompkins 1986: of beats, noise and intervals; the median of eight did best."""
STANDS_MS: Final = 60
"""So long a peak must stay the highest. Hamilton's 95 ms would use up the time until the beat is due on the
screen; a peak told too early is the same beat, and what follows falls into the refractory time.
"""
LEARNING_MS: Final = 2_000
"""Pan and Tompkins 1985."""
LONG_GAP_MS: Final = 1_000
"""Longer, and the electrodes may not be where they were; shorter, and no more than two beats are missing."""
SILENCE_MS: Final = 8_000
"""Hamilton 2002: without a beat so long, the threshold is wrong, or there are none."""
USUAL_INTERVAL_MS: Final = 1_000
"""Hamilton 2002: until an interval is known."""


class Beat(NamedTuple):
    """A QRS complex."""

    sample: int
    """About the R wave."""
    interval_samples: int | None
    """From the beat before; None where samples are missing between them, or it is the first."""
    is_first: bool
    """The levels were learnt anew before it: what was counted before says nothing of it."""
    replaces: bool
    """The beat told before was none but a part or the P wave of this one: it is to be taken back."""


class _Peak(NamedTuple):
    at: int
    level: float


_NO_PEAK: Final = _Peak(0, 0.0)


class QrsDetector:
    """Finds the beats of one lead; the same ones however the samples are cut into chunks. Not for two threads
    at once.
    """

    def __init__(self, rate_hz: int) -> None:
        """Raises MisuseError: fewer samples a second than ``LEAST_RATE_HZ``."""
        self._meter = SlopeMeter(rate_hz)
        self._lag, self._floor = measure_triangle(rate_hz)
        self._refractory = REFRACTORY_MS * rate_hz // 1000
        self._wave = WAVE_MS * rate_hz // 1000
        self._pr = PR_MS * rate_hz // 1000
        self._stands = STANDS_MS * rate_hz // 1000
        self._learning = LEARNING_MS * rate_hz // 1000
        self._long_gap = LONG_GAP_MS * rate_hz // 1000
        self._silence = SILENCE_MS * rate_hz // 1000
        self._usual = USUAL_INTERVAL_MS * rate_hz // 1000
        self._beat_levels: deque[float] = deque(maxlen=RECENT)
        self._noise_levels: deque[float] = deque(maxlen=RECENT)
        self._intervals: deque[int] = deque(maxlen=RECENT)
        self._next: int | None = None
        self._found: list[Beat] = []
        self._learn(0)

    @property
    def is_learning(self) -> bool:
        """Whether nothing can be told yet."""
        return self._learnt is not None

    def receive(self, first_sample: int, samples_uv: Lead) -> list[Beat]:
        """Returns the beats that became known with these samples of a lead, in microvolts, oldest first.

        ``first_sample`` is the number of the first of them. What was there before is passed over; what is
        missing is not made up.
        """
        if self._next is None:
            self._learn(first_sample)
        elif first_sample < self._next:
            samples_uv = samples_uv[self._next - first_sample :]
            first_sample = self._next
        elif first_sample > self._next:
            self._pass_gap(self._next, first_sample)
        if len(samples_uv):
            self._next = first_sample + len(samples_uv)
            self._follow(first_sample, self._meter.receive(samples_uv).tolist())
        found, self._found = self._found, []
        return found

    def _pass_gap(self, start: int, end: int) -> None:
        self._meter.restart()
        if end - start > self._long_gap or self.is_learning:
            self._learn(end)
        else:
            self._lose_thread(end)

    def _learn(self, at: int) -> None:
        self._beat_levels.clear()
        self._noise_levels.clear()
        self._intervals.clear()
        self._set_threshold()
        self._learnt: list[_Peak] | None = []
        self._learnt_at = at + self._learning
        self._is_first = True
        self._lose_thread(at)

    def _lose_thread(self, at: int) -> None:
        """What comes from ``at`` on does not follow what was before; the levels still hold."""
        self._top = _NO_PEAK
        self._before = 0.0
        self._last: _Peak | None = None
        self._previous: _Peak | None = None
        self._held: _Peak | None = None
        self._missed: _Peak | None = None
        self._expect(at)

    def _expect(self, at: int) -> None:
        usual = statistics.median(self._intervals) if self._intervals else self._usual
        self._search_at = at + round(SEARCH_BACK_INTERVALS * usual)
        self._silent_at = at + self._silence

    def _follow(self, first_sample: int, levels: list[float]) -> None:
        before, (top_at, top) = self._before, self._top
        for at, level in enumerate(levels, first_sample):
            if level > top:
                # A new peak begins where the level rises, not on the way down from the last.
                if level > before:
                    top_at, top = at, level
            elif top and (level < top / 2 or at - top_at >= self._stands):
                self._meet(_Peak(top_at, top))
                top = 0.0
            before = level
            self._pass_time(at)
        self._before, self._top = before, _Peak(top_at, top)

    def _meet(self, peak: _Peak) -> None:
        if self._learnt is None:
            self._take(peak)
        else:
            self._learnt.append(peak)

    def _judge(self, learnt: list[_Peak]) -> None:
        """Takes the steepest peak of each half of what was looked at as a beat's, and then all in turn."""
        middle = self._learnt_at - self._learning // 2
        for half in ([p.level for p in learnt if p.at < middle], [p.level for p in learnt if p.at >= middle]):
            self._beat_levels.extend(sorted(half)[-1:])
        self._set_threshold()
        self._learnt = None
        for peak in learnt:
            self._pass_time(peak.at)
            self._take(peak)

    def _take(self, peak: _Peak) -> None:
        last = self._last
        since = peak.at - last.at if last else self._silence
        if last and since < self._refractory:
            if peak.level > last.level:
                self._tell(peak, replaces=True)
        elif peak.level < self._threshold or (
            last and since < self._wave and peak.level < WAVE_SHARE * last.level
        ):
            if self._held is None or peak.level > self._held.level:
                self._held = peak
        elif last and self._was_p_wave(last, peak):
            self._noise_levels.append(last.level)
            self._tell(peak, replaces=True)
        else:
            self._tell(peak)

    def _was_p_wave(self, last: _Peak, peak: _Peak) -> bool:
        """Whether ``last`` was none but the P wave of ``peak``."""
        before, since = self._previous, peak.at - last.at
        if before and last.at - before.at < self._wave:
            return False
        if since < self._wave and last.level < WAVE_SHARE * peak.level:
            return True
        return since < self._pr and last.level < peak.level and self._is_due(peak)

    def _is_due(self, peak: _Peak) -> bool:
        """Whether the beat before the last peak is a usual interval ago."""
        # The youngest interval ends at what may be none.
        intervals = list(self._intervals)[:-1]
        if self._previous is None or not intervals:
            return False
        usual = statistics.median(intervals)

        def is_usual(interval: int) -> bool:
            return DUE_FROM * usual <= interval <= DUE_UNTIL * usual

        return is_usual(peak.at - self._previous.at) and 2 * sum(map(is_usual, intervals)) >= len(intervals)

    def _pass_time(self, at: int) -> None:
        held, missed = self._held, self._missed
        if self._learnt is not None:
            if at >= self._learnt_at:
                self._judge(self._learnt)
        elif held and at >= held.at + self._refractory + self._stands:
            self._held = None
            self._noise_levels.append(held.level)
            self._set_threshold()
            is_t_wave = self._last and held.at - self._last.at < self._wave
            if not is_t_wave and (missed is None or held.level > missed.level):
                self._missed = held
        elif missed and at >= self._search_at and missed.level >= self._least_missed():
            self._tell(missed)
        elif at >= self._silent_at:
            self._learn(at)

    def _tell(self, peak: _Peak, *, replaces: bool = False) -> None:
        if replaces:
            self._beat_levels.pop()
        else:
            self._previous = self._last
        interval = peak.at - self._previous.at if self._previous else None
        if interval:
            if replaces:
                self._intervals.pop()
            self._intervals.append(interval)
        self._beat_levels.append(peak.level)
        self._set_threshold()
        self._found.append(Beat(peak.at - self._lag, interval, self._is_first, replaces))
        self._is_first = False
        self._last, self._missed = peak, None
        if self._held and self._held.at < peak.at + self._refractory:
            self._held = None
        self._expect(peak.at)

    def _least_missed(self) -> float:
        return max(self._floor, SEARCH_BACK_SHARE * self._threshold)

    def _set_threshold(self) -> None:
        noise = statistics.median(self._noise_levels) if self._noise_levels else 0.0
        beats = statistics.median(self._beat_levels) if self._beat_levels else 0.0
        self._threshold = max(self._floor, noise + THRESHOLD * (beats - noise))
