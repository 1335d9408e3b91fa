"""MIT-BIH records as tests/vectors/ecg/mitdb keeps them: the first lead packed, annotations as published.

``python -m tests.support.mitdb FOLDER`` packs the records of a folder in WFDB format 212.
"""

from __future__ import annotations

import lzma
import sys
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

FOLDER: Final = Path(__file__).parents[1] / "vectors/ecg/mitdb"
RECORDS: Final = ("100", "108", "203", "207", "208", "217")
RATE_HZ: Final = 360
_UV_A_STEP: Final = 5
_BASELINE: Final = 1024

# Codes of WFDB's ecgcodes.h.
_BEATS: Final = frozenset((*range(1, 14), 25, 30, 34, 35, 38, 41))
_FLUTTER_BEGINS: Final = 32
_FLUTTER_ENDS: Final = 33
_SKIP, _NUM, _SUB, _CHAN, _AUX = range(59, 64)


class Annotations(NamedTuple):
    """What the people who published a record marked in it, as sample numbers."""

    beats: list[int]
    flutter: list[tuple[int, int]]
    """Where the ventricles flutter or fibrillate there are no beats to count."""


def read_lead_uv(record: str) -> npt.NDArray[np.int32]:
    """Returns the first lead in microvolts."""
    steps = np.cumsum(np.frombuffer(lzma.decompress((FOLDER / f"{record}.xz").read_bytes()), "<i2"))
    return ((steps - _BASELINE) * _UV_A_STEP).astype(np.int32)


def read_checksum(record: str) -> tuple[int, int]:
    """Returns the checksum that the header states of the first lead, and that of the samples kept here."""
    stated = int((FOLDER / f"{record}.hea").read_text().splitlines()[1].split()[6])
    steps = read_lead_uv(record).astype(np.int64) // _UV_A_STEP + _BASELINE
    return stated, int(steps.sum().astype(np.int16))


def read_annotations(record: str) -> Annotations:
    """Returns the annotations of a file in the MIT format: 16 bits each, 6 of code and 10 of time passed."""
    words = np.frombuffer((FOLDER / f"{record}.atr").read_bytes(), "<u2").tolist()
    beats: list[int] = []
    flutter: list[tuple[int, int]] = []
    time = begun = at = 0
    while words[at]:
        code, passed = words[at] >> 10, words[at] & 0x3FF
        at += 1
        if code == _SKIP:
            time += (words[at] << 16) + words[at + 1]
            at += 2
        elif code == _AUX:
            at += (passed + 1) // 2
        elif code not in (_NUM, _SUB, _CHAN):
            time += passed
            if code in _BEATS:
                beats.append(time)
            elif code == _FLUTTER_BEGINS:
                begun = time
            elif code == _FLUTTER_ENDS:
                flutter.append((begun, time))
    return Annotations(beats, flutter)


def pack(folder: Path, record: str) -> None:
    """Writes a record of another folder here: differences of the first lead as int16, xz; the rest as is."""
    rows = np.frombuffer((folder / f"{record}.dat").read_bytes(), np.uint8).reshape(-1, 3).astype(np.int32)
    steps = rows[:, 0] | (rows[:, 1] & 0x0F) << 8
    steps[steps >= 2048] -= 4096
    deltas = np.diff(steps, prepend=0).astype("<i2")
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 0, "lp": 1, "pb": 1}]
    (FOLDER / f"{record}.xz").write_bytes(lzma.compress(deltas.tobytes(), filters=filters))
    for suffix in ("hea", "atr"):
        (FOLDER / f"{record}.{suffix}").write_bytes((folder / f"{record}.{suffix}").read_bytes())


if __name__ == "__main__":
    for name in RECORDS:
        pack(Path(sys.argv[1]), name)
