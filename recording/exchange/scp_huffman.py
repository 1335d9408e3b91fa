"""Numbers as SCP-ECG packs them: the default Huffman table, and differences between samples (EN 1064 C.3).

The default table needs no table: as many ones as the number is large, a zero, a sign; nine ones and a zero
announce eight bits, ten ones sixteen bits, most significant first.

::

    0                     0          110 0, 110 1          2, -2
    10 0, 10 1            1, -1      111111110 0 …         8, -8
    1111111110 + 8 bits              1111111111 + 16 bits
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from recording.exchange.errors import Refusal, UnreadableFile

LONGEST_RUN: Final = 8
_BYTE_RUN, _WORD_RUN = 9, 10
_MARK: Final = b"\1"
"""Put before the bytes so that their leading zeros are kept; the bit it has is dropped again."""


def decode_default_table(content: bytes, count: int) -> list[int]:
    """Returns ``count`` numbers. Raises UnreadableFile: the bits end before."""
    bits = f"{int.from_bytes(_MARK + content):b}"[1:]
    found: list[int] = []
    at = 0
    for _ in range(count):
        ones = bits.find("0", at, at + _WORD_RUN) - at
        is_short = 0 <= ones <= LONGEST_RUN
        if is_short:
            end = at + (ones + 2 if ones else 1)
        else:
            end = at + _WORD_RUN + (8 if ones == _BYTE_RUN else 16)
        if end > len(bits):
            raise UnreadableFile(Refusal.TRUNCATED, "samples")
        if is_short:
            found.append(-ones if bits[end - 1] == "1" else ones)
        else:
            found.append(_signed(bits[at + _WORD_RUN : end]))
        at = end
    return found


def _signed(bits: str) -> int:
    number = int(bits, 2)
    return number - (1 << len(bits)) if bits[0] == "1" else number


def undo_differences(numbers: npt.NDArray[np.int64], order: int) -> npt.NDArray[np.int64]:
    """The samples of which ``numbers`` are the first (1) or second (2) differences; as they are for 0.

    The first sample, and with second differences the second one too, stands for itself (C.3.4).
    """
    if order == 0:
        return numbers
    if order == 1:
        return np.cumsum(numbers)
    steps = numbers.copy()
    # The second sample as a first difference; those after it as differences of those.
    steps[1:2] -= steps[:1]
    steps[1:] = np.cumsum(steps[1:])
    return np.cumsum(steps)
