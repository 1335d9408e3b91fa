"""How steep one lead of an ECG is, about as wide as a QRS complex: what a QRS detector looks for peaks in.

The chain of Pan and Tompkins (1985), causal, a chunk at a time:

    take out pacing spikes → band-pass → derivative → square → mean over a window → root

The root makes the level linear in the ECG's amplitude, so that thresholds are fractions of a beat's height.
Band and window are Hamilton's (Open source ECG analysis, 2002). Band-pass and derivative are one kernel: a
chunk costs one convolution, whatever the sampling rate.

What the level of the weakest complex is that has to be seen, and how far the level's peak lies behind the
R wave, is not assumed but measured on the test triangle of the standard.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from media_server.errors import MisuseError

Lead: TypeAlias = "npt.NDArray[np.generic]"
"""Consecutive samples of one lead in microvolts."""
Levels: TypeAlias = npt.NDArray[np.float64]

LEAST_RATE_HZ: Final = 125
"""A QRS of 70 ms has nine samples then; no ECG device is slower."""
BAND_LOW_HZ: Final = 8
BAND_HIGH_HZ: Final = 16
"""Hamilton 2002: below lie P and T waves and the baseline, above muscle and mains."""
WINDOW_MS: Final = 80
"""Hamilton 2002: as wide as a QRS complex; wider windows mix it with the T wave."""
PACING_SPIKE_MS: Final = 5
"""A pacing pulse lasts up to 2 ms (IEC 60601-2-27) and leaves a 150 Hz device about this wide; an R wave's
tip is wider."""
KERNEL_MS: Final = 300
"""Ten time constants of the band's lower edge: what is cut off is 0.005 % of the beginning."""
TRIANGLE_MS: Final = 100
TRIANGLE_UV: Final = 150
"""ANSI/AAMI EC13, IEC 60601-2-27: a triangle within 70 to 120 ms stands for a QRS complex; below 0.15 mV
none is to be counted."""
_Q: Final = math.sqrt(0.5)
"""Butterworth."""


class SlopeMeter:
    """The chain with its memory. Not for two threads at once."""

    def __init__(self, rate_hz: int) -> None:
        """Raises MisuseError: below ``LEAST_RATE_HZ``."""
        if rate_hz < LEAST_RATE_HZ:
            raise MisuseError("too few samples a second to find beats")
        self._spike = 2 * math.ceil(PACING_SPIKE_MS * rate_hz / 2000) + 1
        self._places = np.empty((0, self._spike), np.intp)
        # Turned round, so that a correlation, which costs less, is the convolution.
        self._kernel = _kernel(rate_hz)[::-1].copy()
        window = round(WINDOW_MS * rate_hz / 1000)
        self._window = np.full(window, 1 / window)
        self.restart()

    def restart(self) -> None:
        """Forgets what came before: what follows a gap is no slope."""
        self._raw: Levels | None = None
        self._clean = self._squares = np.empty(0)

    def receive(self, samples: Lead) -> Levels:
        """Returns the level after each of the samples, at least one, in µV/s."""
        raw = np.asarray(samples, np.float64)
        if self._raw is None:
            self._raw = np.full(self._spike - 1, raw[0])
            self._clean = np.full(len(self._kernel) - 1, raw[0])
            self._squares = np.zeros(len(self._window) - 1)
        raw = np.concatenate((self._raw, raw))
        # The median of a window twice as wide as a spike does not see the spike.
        windows = raw[self._windows_of(len(raw))]
        windows.sort(axis=1)
        clean = np.concatenate((self._clean, windows[:, self._spike // 2]))
        slope = np.correlate(clean, self._kernel, "valid")
        squares = np.concatenate((self._squares, slope * slope))
        levels = np.correlate(squares, self._window, "valid")
        self._raw = raw[len(raw) - self._spike + 1 :]
        self._clean = clean[len(clean) - len(self._kernel) + 1 :]
        self._squares = squares[len(squares) - len(self._window) + 1 :]
        return np.sqrt(levels)

    def _windows_of(self, count: int) -> npt.NDArray[np.intp]:
        """Places of the samples in each window; most chunks are equally long, so the last answer is kept."""
        if len(self._places) != count - self._spike + 1:
            self._places = np.arange(count - self._spike + 1)[:, None] + np.arange(self._spike)
        return self._places


def measure_triangle(rate_hz: int) -> tuple[int, float]:
    """Returns how many samples the level's peak lies behind the tip of the standard's triangle, and how high
    it is there, in µV/s: no lower peak is a beat. Raises MisuseError, as SlopeMeter does.
    """
    half = round(TRIANGLE_MS * rate_hz / 2000)
    rise = np.linspace(0, TRIANGLE_UV, half + 1)
    levels = SlopeMeter(rate_hz).receive(
        np.concatenate((np.zeros(rate_hz), rise, rise[-2::-1], np.zeros(rate_hz)))
    )
    peak = int(np.argmax(levels))
    return peak - rate_hz - half, float(levels[peak])


def _kernel(rate_hz: int) -> Levels:
    pulse = np.zeros(round(KERNEL_MS * rate_hz / 1000))
    pulse[0] = 1
    low_passed = _second_order(pulse, rate_hz, BAND_HIGH_HZ, is_high_pass=False)
    band_passed = _second_order(low_passed, rate_hz, BAND_LOW_HZ, is_high_pass=True)
    # The difference also makes the kernel's sum zero: a constant has no slope, however the kernel was cut.
    return np.convolve(band_passed, (rate_hz, -rate_hz))


def _second_order(pulse: Levels, rate_hz: int, edge_hz: float, *, is_high_pass: bool) -> Levels:
    """Returns the pulse behind a Butterworth filter of second order (bilinear transform, edge exact)."""
    turn = 2 * math.pi * edge_hz / rate_hz
    alpha = math.sin(turn) / (2 * _Q)
    sign = -1 if is_high_pass else 1
    outer = (1 - sign * math.cos(turn)) / 2
    gain = 1 + alpha
    feed = (outer / gain, sign * 2 * outer / gain, outer / gain)
    back = (-2 * math.cos(turn) / gain, (1 - alpha) / gain)
    passed = np.zeros(len(pulse) + 2)
    driven = np.convolve(pulse, feed)
    for at in range(len(pulse)):
        passed[at + 2] = driven[at] - back[0] * passed[at + 1] - back[1] * passed[at]
    return passed[2:]
