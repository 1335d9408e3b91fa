"""Made hearts: a minute of one lead of each rhythm that a beat detector may fall over, and where its beats
are.

Waves are bells, as McSharry et al. 2003 make them, about as high and wide as lead II has them; what a rhythm
does is written in milliseconds, as a textbook draws it. The noise is baseline, muscle, mains and electrode
movement. All of it comes from a seed. No number was taken from an MIT-BIH record; that there are first-degree
blocks with tall P waves here is because record 108 has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

RATE_HZ: Final = 250
DURATION_MS: Final = 60_000
Signal = npt.NDArray[np.float64]
Wave = tuple[float, float, float]
"""From the R wave in ms, width (standard deviation) in ms, height in µV."""

P: Final[tuple[Wave, ...]] = ((0, 22, 145),)
NARROW: Final[tuple[Wave, ...]] = ((0, 11, 1_210), (26, 10, -380), (280, 45, 345))
TALL_T: Final[tuple[Wave, ...]] = ((0, 11, 1_210), (26, 10, -380), (280, 45, 1_200))
ESCAPE: Final[tuple[Wave, ...]] = ((-25, 18, 970), (30, 22, -400), (300, 60, -260))
"""Wide: a bundle-branch block, a pacemaker's beat, an escape."""
EXTRA: Final[tuple[Wave, ...]] = ((-28, 18, 300), (30, 24, 880), (300, 60, -390))
"""A ventricular extrasystole."""


class Heart:
    """Takes waves, gives the lead."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.beats_ms: list[float] = []
        self._at_ms = np.arange(DURATION_MS * RATE_HZ // 1000) * 1000 / RATE_HZ
        self.signal_uv: Signal = np.zeros(len(self._at_ms))

    def draw(self, at_ms: float, waves: tuple[Wave, ...], scale: float = 1.0) -> None:
        """Draws waves that are no beat."""
        for center, width, height in waves:
            middle = at_ms + center
            first, end = (round((middle + side * 5 * width) * RATE_HZ / 1000) for side in (-1, 1))
            near = slice(max(first, 0), max(end, 0))
            self.signal_uv[near] += (
                scale * height * np.exp(-0.5 * ((self._at_ms[near] - middle) / width) ** 2)
            )

    def beat(self, at_ms: float, waves: tuple[Wave, ...] = NARROW, scale: float = 1.0) -> None:
        """Draws a beat."""
        self.beats_ms.append(at_ms)
        self.draw(at_ms, waves, scale)

    def sinus(self, at_ms: float, scale: float = 1.0) -> None:
        """Draws a beat with its P wave."""
        self.draw(at_ms - 160, P)
        self.beat(at_ms, scale=scale)

    def about(self, interval_ms: float, spread_ms: float = 15) -> float:
        """Returns an interval as a sinus node spreads it."""
        return float(interval_ms + spread_ms * self.chance.standard_normal())


def regular(
    interval_ms: float,
    *,
    pr_ms: float = 160,
    p: float = 1.0,
    qrs: float = 1.0,
    waves: tuple[Wave, ...] = NARROW,
) -> Callable[[Heart], None]:
    """Returns a rhythm with one P wave to each beat; ``p`` and ``qrs`` are their heights."""

    def play(heart: Heart) -> None:
        at = 500.0
        while at < DURATION_MS - 500:
            heart.draw(at - pr_ms, P, p)
            heart.beat(at, waves, qrs)
            at += heart.about(interval_ms, 0.02 * interval_ms)

    return play


def with_extras(
    every: int, early_ms: float, pause_ms: float, *, scale: float = 1.0, waves: tuple[Wave, ...] = EXTRA
) -> Callable[[Heart], None]:
    """Returns a sinus rhythm of 75 a minute in which an early beat follows each ``every``-th."""

    def play(heart: Heart) -> None:
        at, count = 500.0, 0
        while at < DURATION_MS - 3_000:
            heart.sinus(at)
            count += 1
            if count % every == 0:
                heart.beat(heart.about(at + early_ms), waves, scale)
                at += early_ms + pause_ms
            else:
                at += heart.about(800)

    return play


def fibrillation(least_ms: float, spread_ms: float) -> Callable[[Heart], None]:
    """Returns beats without order over a trembling baseline."""

    def play(heart: Heart) -> None:
        at = 500.0
        while at < DURATION_MS - 500:
            heart.beat(at, scale=max(0.4, 0.8 + 0.12 * heart.chance.standard_normal()))
            at += least_ms + heart.chance.gamma(3, spread_ms)
        for wave in range(0, DURATION_MS, 150):
            heart.draw(wave, ((0, 30, 80),), heart.chance.uniform(0.6, 1.4))

    return play


def flutter(heart: Heart) -> None:
    """Two, three or four atrial waves at 290 a minute to each beat."""
    for wave in range(0, DURATION_MS, 210):
        heart.draw(wave, ((0, 45, -170), (90, 40, 100)))
    at = 970.0
    while at < DURATION_MS - 1_000:
        heart.beat(at, scale=0.8)
        at += 210 * heart.chance.integers(2, 5)


def alternating(interval_ms: float, low: float) -> Callable[[Heart], None]:
    """Returns beats of which every other is lower."""

    def play(heart: Heart) -> None:
        for count, at in enumerate(np.arange(500, DURATION_MS - 500, interval_ms)):
            heart.beat(float(at), scale=low if count % 2 else 1.0)

    return play


def pauses(heart: Heart) -> None:
    """The sinus node stands still for three to six seconds after each twelfth beat."""
    at, count = 500.0, 0
    while at < DURATION_MS - 1_000:
        heart.sinus(at)
        count += 1
        at += heart.chance.uniform(2_900, 6_000) if count % 12 == 0 else heart.about(800)


def blocked_every_other(heart: Heart) -> None:
    """Second-degree block: every other P wave without a beat."""
    at = 500.0
    while at < DURATION_MS - 1_500:
        heart.sinus(at)
        heart.draw(at + 640, P)
        at += heart.about(1_600)


def wenckebach(heart: Heart) -> None:
    """Second-degree block: the PR interval grows until a beat is left out."""
    at = 300.0
    while at < DURATION_MS - 4_000:
        for pr in (190, 250, 290):
            heart.draw(at, P)
            heart.beat(at + pr, scale=0.7)
            at += 800
        heart.draw(at, P)
        at += 800


def complete_block(heart: Heart) -> None:
    """Third-degree block: P waves at 83 a minute and beats at 39, each for itself."""
    for wave in np.arange(100, DURATION_MS - 500, 720):
        heart.draw(float(wave), P)
    for at in np.arange(500, DURATION_MS - 500, 1_550):
        heart.beat(float(at), ESCAPE, 0.8)


def runs(interval_ms: float) -> Callable[[Heart], None]:
    """Returns a sinus rhythm with ventricular tachycardias of twenty beats."""

    def play(heart: Heart) -> None:
        at = 500.0
        while at < DURATION_MS - 12_000 - 20 * interval_ms:
            for _ in range(15):
                heart.sinus(at)
                at += heart.about(750)
            for count in range(20):
                heart.beat(at - 300 + count * interval_ms, EXTRA, 1.1)
            at += 20 * interval_ms + 400

    return play


def shrinking(heart: Heart) -> None:
    """For twenty seconds the beats are a third as high: the patient has turned."""
    at = 500.0
    while at < DURATION_MS - 500:
        heart.sinus(at, 0.35 if at // 20_000 == 1 else 1.0)
        at += heart.about(820)


RHYTHMS: Final[dict[str, Callable[[Heart], None]]] = {
    "sinus 75": regular(800),
    "sinus 40": regular(1_500),
    "sinus 170": regular(353, pr_ms=120),
    "sinus 210": regular(286, pr_ms=100, p=0.0),
    "low complexes": regular(750, qrs=0.35, p=0.6),
    "tall T waves": regular(750, waves=TALL_T),
    "tall P waves": regular(700, p=2.5),
    "first-degree block, PR 225 ms": regular(970, pr_ms=225, p=2.2, qrs=0.5),
    "first-degree block, PR 260 ms": regular(860, pr_ms=260, p=2.6, qrs=0.45),
    "bundle-branch block": regular(850, pr_ms=200, p=1.5, waves=ESCAPE),
    "atrial extrasystoles": with_extras(4, 480, 950, waves=NARROW),
    "bigeminy": with_extras(1, 460, 1_140),
    "trigeminy, tall extrasystoles": with_extras(2, 450, 1_150, scale=2.0),
    "extrasystoles on the T wave": with_extras(6, 310, 1_290, scale=1.2),
    "extrasystoles between beats": with_extras(4, 500, 500),
    "fibrillation 105": fibrillation(300, 90),
    "fibrillation 140": fibrillation(240, 62),
    "fibrillation 60": fibrillation(450, 180),
    "flutter": flutter,
    "alternans": alternating(560, 0.45),
    "alternans 205": alternating(292, 0.6),
    "pauses": pauses,
    "second-degree block, 2:1": blocked_every_other,
    "second-degree block, Wenckebach": wenckebach,
    "third-degree block": complete_block,
    "ventricular tachycardia 185": runs(325),
    "ventricular tachycardia 240": runs(250),
    "beats shrink and grow": shrinking,
}


def noise_uv(seed: int) -> Signal:
    """Returns what a restless patient adds: some 60 µV of muscle, 40 of mains, a wandering baseline and every
    six seconds a movement of an electrode.
    """
    chance = np.random.default_rng(seed)
    count = DURATION_MS * RATE_HZ // 1000

    def band(low_hz: float, high_hz: float) -> Signal:
        frequency = np.fft.rfftfreq(count, 1 / RATE_HZ)
        spectrum = np.fft.rfft(chance.standard_normal(count))
        spectrum[(frequency < low_hz) | (frequency > high_hz)] = 0
        wave = np.fft.irfft(spectrum, count)
        return np.asarray(wave / wave.std(), np.float64)

    at_s = np.arange(count) / RATE_HZ
    movement = np.zeros(count)
    for middle_s, width_s in zip(chance.uniform(0, 60, 10), chance.uniform(0.15, 0.9, 10), strict=True):
        movement += np.exp(-0.5 * ((at_s - middle_s) / width_s) ** 2)
    noise = 100 * band(0.05, 0.5) + 60 * band(15, 150) + 60 * np.sin(2 * np.pi * 50 * at_s)
    return np.asarray(noise + 130 * movement * band(1, 9), np.float64)


def lead_of(rhythm: str, *, is_noisy: bool) -> tuple[Signal, list[int]]:
    """Returns a minute in microvolts and the samples of its R waves."""
    place = list(RHYTHMS).index(rhythm)
    heart = Heart(place)
    RHYTHMS[rhythm](heart)
    signal = heart.signal_uv + noise_uv(1_000 + place) if is_noisy else heart.signal_uv
    return signal, sorted(round(at * RATE_HZ / 1000) for at in heart.beats_ms)
