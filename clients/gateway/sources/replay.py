"""A recording as a source: WFDB, EDF+, DICOM or SCP-ECG in real time, once or over and over.

What the file lacks is a gap here as well: time passes and no sample comes. Where only some leads are missing,
they are said to be off. The descriptor is the file's, its source "replay", or "simulator" where the file says
that it was made, not measured.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from clients.gateway.pacing import LoopPace, Pace, chunk_ends
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import NO_FLAGS, FrameFlag
from recording.exchange.absent import marked
from recording.exchange.errors import UnreadableFile
from recording.exchange.reading import MAX_FILES, MAX_FILES_BYTES, read_recording
from recording.exchange.recorded import Recorded

WFDB_HEADER: Final = ".hea"
States: TypeAlias = npt.NDArray[np.int32]


class ReplaySource:
    """Begins at the recording's beginning whenever it is opened; looped, its counter goes on."""

    def __init__(self, path: Path, *, is_looped: bool, pace: Pace | None = None) -> None:
        self._path = path
        self._is_looped = is_looped
        self._pace = pace or LoopPace()
        self._run = ""
        self._recorded: Recorded | None = None

    async def open(self) -> Descriptor:
        """Reads the file. Raises SourceFault: it is not there, or cannot be read as an ECG."""
        if self._recorded is None:
            self._recorded = load(self._path)
        self._run = secrets.token_hex(4)
        return self._recorded.descriptor

    async def items(self) -> AsyncIterator[Chunk]:
        """Yields 40 ms at a time, to the recording's end or for ever."""
        recorded = self._recorded
        assert recorded is not None, "open comes first"
        states = states_of(recorded)
        first, count = 0, len(recorded.samples)
        async for end in chunk_ends(self._pace, recorded.descriptor.rate_hz):
            while first < end:
                at = first % count
                upto = min(at + end - first, count)
                for chunk in chunks_of(recorded, states, self._run, at, upto):
                    yield replace(chunk, first_sample=first - at + chunk.first_sample)
                first += upto - at
                if first >= count and not self._is_looped:
                    return

    async def calibrate(self) -> None:
        """Returns None: a file has no pulse."""

    async def close(self) -> None:
        """Does nothing."""


def load(path: Path) -> Recorded:
    """Returns what the file holds, with its parts where it has some. Raises SourceFault."""
    try:
        recorded = read_recording(_parts(path))
    except OSError as error:
        raise SourceFault("file_unreadable", file=path.name, errno=error.errno) from None
    except UnreadableFile as error:
        raise SourceFault(error.code, file=path.name, detail=error.detail) from None
    return recorded


def states_of(recorded: Recorded) -> States:
    """Returns for each row which leads are missing, a bit each; -1 where all are."""
    states = np.zeros(len(recorded.samples), np.int32)
    for lead, spans in enumerate(recorded.lead_missing):
        states |= marked(len(states), spans).astype(np.int32) << lead
    states[marked(len(states), recorded.missing)] = -1
    return states


def chunks_of(recorded: Recorded, states: States, run: str, start: int, end: int) -> list[Chunk]:
    """Returns the rows from ``start`` to ``end`` as chunks numbered as in the file: none where all leads are
    missing, another wherever a lead begins or ceases to be.
    """
    changes = np.flatnonzero(np.diff(states[start:end])) + start + 1
    edges = [start, *changes.tolist(), end]
    is_simulated = recorded.descriptor.source is Source.SIMULATOR
    flags = FrameFlag.SIMULATED if is_simulated else NO_FLAGS
    return [
        Chunk(run, left, recorded.samples[left:right], lead_off=int(states[left]), flags=flags)
        for left, right in pairwise(edges)
        if states[left] >= 0
    ]


def _parts(path: Path) -> Mapping[str, bytes]:
    """The file, and where it is a WFDB header what lies beside it under the same name."""
    paths = [path]
    if path.suffix == WFDB_HEADER:
        beside = (each for each in path.parent.glob(path.stem + ".*") if each.is_file())
        paths = sorted({path, *beside})
    if len(paths) > MAX_FILES or sum(each.stat().st_size for each in paths) > MAX_FILES_BYTES:
        raise SourceFault("ecg_file_too_large", file=path.name, detail="")
    return {each.name: each.read_bytes() for each in paths}
