"""Pictures that carry their own number, and sound with a mark at every whole second of them.

A picture's top quarter is a grid of black and white cells, two rows of sixteen::

    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
    | number, most significant bit first            |   cell = width/16 x height/8 pixels: at 320x180 still
    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+   20 x 22 pixels, of which the middle half is averaged
    | check word: number * 40503 + 12345 mod 65536   |
    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+

The check word makes a misread number a number not read. Below the grid a texture moves, easy or hard to
compress.
The sound is silent but for a rising tone of 60 ms that starts where the picture of each whole second starts.
"""

from __future__ import annotations

import itertools
import wave
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

BITS = 16
NUMBERS = 1 << BITS
_GRID_ROWS_PER_HEIGHT = 8  # a row is height/8 pixels high, the grid has two

SAMPLE_RATE_HZ = 48_000
MARK_NS = 60_000_000
_MARK_SAMPLES = SAMPLE_RATE_HZ * 60 // 1000
_MARK_FROM_HZ, _MARK_TO_HZ = 1_000.0, 4_000.0
_MARK_AMPLITUDE = 12_000
# A sender later than this with a picture has itself put sound and picture apart.
_MAX_LATE_S = 0.010

Plane = NDArray[np.uint8]
Sound = NDArray[np.int16]


def check_word(number: int) -> int:
    """The second row of the grid."""
    return (number * 40_503 + 12_345) % NUMBERS


@dataclass(frozen=True)
class Painter:
    """Draws numbered pictures of one size; ``is_hard`` fills them with texture that costs a codec bits."""

    width: int
    height: int
    is_hard: bool = False

    def luma(self, number: int) -> Plane:
        """The brightness plane of the picture with this number."""
        plane = self._texture(number)
        cell_height, cell_width = self.height // _GRID_ROWS_PER_HEIGHT, self.width / BITS
        for row, word in enumerate((number % NUMBERS, check_word(number % NUMBERS))):
            for bit in range(BITS):
                left, right = round(bit * cell_width), round((bit + 1) * cell_width)
                is_white = word >> (BITS - 1 - bit) & 1
                plane[row * cell_height : (row + 1) * cell_height, left:right] = 235 if is_white else 16
        return plane

    def i420(self, number: int) -> bytes:
        """The picture in planar 4:2:0 without colour."""
        return self.luma(number).tobytes() + bytes([128]) * (self.width * self.height // 2)

    def _texture(self, number: int) -> Plane:
        seed = _texture_seed(self.width, self.height, self.is_hard)
        step_x, step_y = ((number * 7) % 512, (number * 3) % 256) if self.is_hard else ((number * 2) % 512, 0)
        return np.ascontiguousarray(seed[step_y : step_y + self.height, step_x : step_x + self.width])


_seeds: dict[tuple[int, int, bool], Plane] = {}


def _texture_seed(width: int, height: int, is_hard: bool) -> Plane:
    key = (width, height, is_hard)
    if key not in _seeds:
        noise = np.random.default_rng(1).integers(0, 255, (height + 256, width + 512)).astype(np.float32)
        blur, contrast = (2.0, 3.0) if is_hard else (24.0, 8.0)
        blurred = cv2.GaussianBlur(noise, (0, 0), blur)
        _seeds[key] = np.clip((blurred - 127) * contrast + 127, 16, 235).astype(np.uint8)
    return _seeds[key]


def read_number(luma: Plane) -> int | None:
    """The number in a decoded picture of any size and codec; None when the check word does not fit."""
    height, width = luma.shape
    cell_height, cell_width = height / _GRID_ROWS_PER_HEIGHT, width / BITS
    words = []
    for row in range(2):
        word = 0
        for bit in range(BITS):
            top, left = row * cell_height, bit * cell_width
            middle = luma[
                round(top + cell_height / 4) : max(
                    round(top + cell_height * 3 / 4), round(top + cell_height / 4) + 1
                ),
                round(left + cell_width / 4) : max(
                    round(left + cell_width * 3 / 4), round(left + cell_width / 4) + 1
                ),
            ]
            word = word << 1 | (middle.mean() > 125)
        words.append(int(word))
    number, check = words
    return number if check == check_word(number) else None


# ---- sound ------------------------------------------------------------------------------------------------


def mark() -> Sound:
    """One mark: a tone that rises from 1 to 4 kHz, with soft ends."""
    t = np.arange(_MARK_SAMPLES) / SAMPLE_RATE_HZ
    rise_hz_per_s = (_MARK_TO_HZ - _MARK_FROM_HZ) / (MARK_NS / 1e9)
    tone = np.sin(2 * np.pi * (_MARK_FROM_HZ * t + rise_hz_per_s * t * t / 2))
    return (tone * np.hanning(_MARK_SAMPLES) ** 0.25 * _MARK_AMPLITUDE).astype(np.int16)


def marked_second() -> Sound:
    """One second of sound that starts with a mark."""
    sound = np.zeros(SAMPLE_RATE_HZ, np.int16)
    sound[:_MARK_SAMPLES] = mark()
    return sound


def find_marks(sound: Sound, sample_rate_hz: int = SAMPLE_RATE_HZ) -> list[float]:
    """Where marks start, in seconds from the first sample: a matched filter, so codecs matter little."""
    assert sample_rate_hz == SAMPLE_RATE_HZ, "resample to 48 kHz first"
    if len(sound) < _MARK_SAMPLES:
        return []
    pattern = mark().astype(np.float32)
    pattern /= np.linalg.norm(pattern)
    samples = sound.astype(np.float32)
    size = 1 << (len(samples) + len(pattern)).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(pattern, size))
    match = np.abs(np.fft.irfft(spectrum, size)[: len(samples) - len(pattern) + 1])
    energy = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    norm = np.sqrt(np.maximum(energy[len(pattern) :] - energy[: -len(pattern)], 1.0))
    likeness = match / norm  # 1.0: exactly the mark
    found, position = [], 0
    candidates = np.flatnonzero((likeness > 0.5) & (norm > 2_000))
    while position < len(candidates):
        start = candidates[position]
        group = candidates[(candidates >= start) & (candidates < start + SAMPLE_RATE_HZ // 4)]
        found.append(float(group[np.argmax(match[group])]) / SAMPLE_RATE_HZ)
        position = int(np.searchsorted(candidates, start + SAMPLE_RATE_HZ // 4))
    return found


# ---- files for Chromium's fake devices --------------------------------------------------------------------


def write_y4m(path: Path, painter: Painter, *, frames: int, frames_per_second: int) -> None:
    """A video file for --use-file-for-fake-video-capture; Chromium repeats it for ever."""
    with path.open("wb") as file:
        file.write(
            b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420mpeg2\n"
            % (painter.width, painter.height, frames_per_second)
        )
        for number in range(frames):
            file.write(b"FRAME\n" + painter.i420(number))


def write_wav(path: Path, *, seconds: int) -> None:
    """A sound file for --use-file-for-fake-audio-capture: a mark at every second."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        for _ in range(seconds):
            file.writeframes(marked_second().tobytes())


# ---- judging what arrived ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """What a receiver saw of the numbered pictures."""

    first: int
    last: int
    received: int
    lost: int
    repeated: int
    reordered: int
    unread: int
    longest_gap: int

    @property
    def lost_fraction(self) -> float:
        """Lost pictures of those that should have come between the first and the last."""
        return self.lost / max(1, self.received + self.lost)


def judge_order(numbers: Sequence[int | None], *, modulus: int = NUMBERS) -> Order:
    """Order and losses; ``modulus`` is the length of the file when it is one that repeats."""
    read = [number for number in numbers if number is not None]
    assert read, "no picture with a readable number"
    lost = repeated = reordered = longest_gap = 0
    for before, after in itertools.pairwise(read):
        step = (after - before) % modulus
        if step == 0:
            repeated += 1
        elif step > modulus // 2:
            reordered += 1
        else:
            lost += step - 1
            longest_gap = max(longest_gap, step - 1)
    return Order(
        first=read[0],
        last=read[-1],
        received=len(read),
        lost=lost,
        repeated=repeated,
        reordered=reordered,
        unread=len(numbers) - len(read),
        longest_gap=longest_gap,
    )


def sound_behind_picture_ms(
    pictures: Iterable[tuple[float, int | None]],
    marks_s: Sequence[float],
    *,
    frames_per_second: int,
    late_s: Mapping[int, float] | None = None,
) -> list[float]:
    """For every mark: how much later it sounds than its picture shows (negative: earlier), in milliseconds.

    ``pictures`` are (time in seconds, number). Where the picture of the whole second is lost its time is
    taken from the nearest one read, at most five pictures away. Marks without pictures near them are
    left out.

    ``late_s`` tells how late the sender was with a picture. A picture bears the time at which it was given,
    sound counts its own samples: where the sender was late the two are apart from the start. Such marks are
    left out as well.
    """
    times_by_number = {number: time_s for time_s, number in pictures if number is not None}
    by_second = {
        number: time_s
        for number, time_s in _whole_seconds(times_by_number, frames_per_second)
        if late_s is None or _lateness_around(number, late_s) <= _MAX_LATE_S
    }
    offsets = []
    for mark_s in marks_s:
        nearest = min(by_second.values(), key=lambda time_s: abs(time_s - mark_s), default=None)
        if nearest is not None and abs(mark_s - nearest) < 0.5:
            offsets.append((mark_s - nearest) * 1000)
    return offsets


def punctual_marks(late_s: Mapping[int, float], *, frames_per_second: int) -> int:
    """How many marks a sender has given in time: sound_behind_picture_ms can judge by these alone."""
    return sum(
        _lateness_around(number, late_s) <= _MAX_LATE_S
        for number in late_s
        if number % frames_per_second == 0
    )


def _lateness_around(number: int, late_s: Mapping[int, float]) -> float:
    return max((late_s.get(number + away, 0.0) for away in (-1, 0, 1)), default=0.0)


def _whole_seconds(times_by_number: dict[int, float], frames_per_second: int) -> Iterator[tuple[int, float]]:
    if not times_by_number:
        return
    for number in range(min(times_by_number), max(times_by_number) + 1):
        if number % frames_per_second:
            continue
        for away in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5):
            if number + away in times_by_number:
                yield number, times_by_number[number + away] - away / frames_per_second
                break
