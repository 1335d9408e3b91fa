"""Made ECGs: triangles for QRS complexes, humps for waves, at any rate, in microvolts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from clinical.qrs_detector import Beat, QrsDetector

Signal = npt.NDArray[np.float64]


def beats_every(interval_ms: int, duration_ms: int, start_ms: int = 500) -> list[int]:
    """When the R waves are, up to half a second before the end."""
    return list(range(start_ms, duration_ms - 500, interval_ms))


def drawn(
    peaks_ms: Iterable[int], duration_ms: int, rate_hz: int, *, height_uv: float = 1_000, width_ms: int = 100
) -> Signal:
    """A triangle about each moment."""
    at_ms = np.arange(duration_ms * rate_hz // 1000) * 1000 / rate_hz
    signal = np.zeros(len(at_ms))
    for peak_ms in peaks_ms:
        signal += height_uv * np.clip(1 - np.abs(at_ms - peak_ms) / (width_ms / 2), 0, None)
    return signal


def kept(beats: Iterable[Beat]) -> list[Beat]:
    """The beats without those that were taken back."""
    result: list[Beat] = []
    for beat in beats:
        if beat.replaces:
            result.pop()
        result.append(beat)
    return result


def found(signal: Signal, rate_hz: int, *, chunk: int | None = None, first_sample: int = 0) -> list[Beat]:
    """All beats told of a signal that comes in chunks (40 ms), those that were taken back included."""
    detector = QrsDetector(rate_hz)
    size = chunk or rate_hz // 25
    told: list[Beat] = []
    for at in range(0, len(signal), size):
        told += detector.receive(first_sample + at, signal[at : at + size])
    return told


def at_ms(beats: Iterable[Beat], rate_hz: int) -> list[float]:
    """When the beats are."""
    return [beat.sample * 1000 / rate_hz for beat in beats]
