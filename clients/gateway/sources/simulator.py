"""The simulator as a source: in real time, with a calibration pulse, every chunk flagged SIMULATED."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

from clients.gateway.chunk import Chunk
from clients.gateway.pacing import LoopPace, Pace, chunk_ends
from clients.gateway.simulated_heart import DESCRIPTOR, RATE_HZ, calibration, simulated
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import FrameFlag


class SimulatorSource:
    """Begins to count anew whenever it is opened, as a box does that is switched on."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or LoopPace()
        self._run = ""

    async def open(self) -> Descriptor:
        """Returns the simulator's descriptor."""
        self._run = secrets.token_hex(4)
        return DESCRIPTOR

    async def items(self) -> AsyncIterator[Chunk]:
        """Yields 40 ms at a time, for ever."""
        first = 0
        async for end in chunk_ends(self._pace, RATE_HZ):
            yield Chunk(self._run, first, simulated(first, end - first), flags=FrameFlag.SIMULATED)
            first = end

    async def calibrate(self) -> Chunk:
        """Returns the calibration pulse."""
        return Chunk(self._run, 0, calibration(), flags=FrameFlag.SIMULATED)

    async def close(self) -> None:
        """Does nothing."""
