"""Pictures that say when they were made: real codecs carry it, and whoever decodes them reads it.

Four rows of eight cells over the whole picture, white for 1: 24 bits of CLOCK_MONOTONIC in milliseconds, and
8 of their sum, so that a torn picture is none. The kernel's clock is one for all processes of the machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 4, 8
WRAP_MS = 1 << 24
_WHITE, _BLACK, _MIDDLE = 235, 16, 126
_SALT = 0x5A

Luma = NDArray[np.uint8]


def painted(ms: int, width: int, height: int) -> bytes:
    """Returns a picture of this moment, planar 4:2:0. Both sides are multiples of 8."""
    word = ms % WRAP_MS | _sum_of(ms % WRAP_MS) << 24
    bits = np.array([word >> bit & 1 for bit in range(ROWS * COLUMNS)], dtype=bool).reshape(ROWS, COLUMNS)
    cells = np.where(bits, _WHITE, _BLACK).astype(np.uint8)
    luma = np.kron(cells, np.ones((height // ROWS, width // COLUMNS), np.uint8))
    return luma.tobytes() + bytes([128]) * (width * height // 2)


def read(luma: Luma) -> int | None:
    """Returns what a picture's brightness says in milliseconds, None where it is torn or something else."""
    height, width = luma.shape
    word = 0
    for bit in range(ROWS * COLUMNS):
        row, column = divmod(bit, COLUMNS)
        top, left = row * height // ROWS, column * width // COLUMNS
        # The middle of a cell: its edges are where a codec errs.
        cell = luma[
            top + height // ROWS // 4 : top + height // ROWS * 3 // 4 + 1,
            left + width // COLUMNS // 4 : left + width // COLUMNS * 3 // 4 + 1,
        ]
        word |= int(float(cell.mean()) > _MIDDLE) << bit
    ms = word % WRAP_MS
    return ms if word >> 24 == _sum_of(ms) else None


def age_ms(now_ms: int, made_ms: int) -> int:
    """Returns how old a picture is that says it was made then; both may have wrapped."""
    return (now_ms - made_ms) % WRAP_MS


def luma_of(data: Any, width: int, height: int) -> Luma:
    """Returns the brightness of a planar 4:2:0 picture."""
    return np.frombuffer(data, np.uint8, width * height).reshape(height, width)


def _sum_of(ms: int) -> int:
    return (ms + (ms >> 8) + (ms >> 16) + _SALT) & 0xFF
