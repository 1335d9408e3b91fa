"""A WFDB signal file's bytes as whole numbers: the formats 16, 24, 32, 61, 80 and 212 (signal(5))."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from recording.exchange.errors import Refusal, UnreadableFile

Numbers = npt.NDArray[np.int32]

MISSING: Final = {16: -(2**15), 24: -(2**23), 32: -(2**31), 61: -(2**15), 80: -(2**7), 212: -(2**11)}
"""The number that means "no sample" in each format that is read here."""
_BITS: Final = {16: 16, 24: 24, 32: 32, 61: 16, 80: 8, 212: 12}


def stored_bytes(coding: int, count: int) -> int:
    """The bytes that ``count`` numbers take. Raises UnreadableFile: a format that is not read here."""
    if coding not in _BITS:
        raise UnreadableFile(Refusal.UNSUPPORTED, "format")
    return (count * _BITS[coding] + 7) // 8


def stored_count(coding: int, length_bytes: int) -> int:
    """How many whole numbers are in so many bytes. Raises UnreadableFile as ``stored_bytes`` does."""
    stored_bytes(coding, 0)
    return length_bytes * 8 // _BITS[coding]


def decode_numbers(coding: int, content: bytes, count: int) -> Numbers:
    """The first ``count`` numbers of the bytes. Raises UnreadableFile: fewer bytes than that, or a format
    that is not read here.
    """
    needed = stored_bytes(coding, count)
    if len(content) < needed:
        raise UnreadableFile(Refusal.TRUNCATED, "samples")
    raw = np.frombuffer(content, np.uint8, needed)
    if coding == 212:
        return _pairs(raw, count)
    if coding == 80:
        return raw.astype(np.int32) - 128
    if coding == 24:
        wide = np.zeros((count, 4), np.uint8)
        wide[:, 1:] = raw.reshape(count, 3)
        return wide.view("<i4")[:, 0] >> 8
    return raw.view({16: "<i2", 61: ">i2", 32: "<i4"}[coding]).astype(np.int32)


def _pairs(raw: npt.NDArray[np.uint8], count: int) -> Numbers:
    """Format 212: two numbers of 12 bits in three bytes; the middle byte has the high bits of both."""
    padded = np.zeros((count + 1) // 2 * 3, np.uint8)
    padded[: len(raw)] = raw
    low, middle, high = padded.reshape(-1, 3).astype(np.int32).T
    both = np.empty((len(low), 2), np.int32)
    both[:, 0] = (middle & 0x0F) << 8 | low
    both[:, 1] = (middle & 0xF0) << 4 | high
    numbers = both.ravel()[:count]
    return np.where(numbers & 0x800, numbers - 0x1000, numbers).astype(np.int32)
