"""Real time for what has none of its own: a file or a function is given out as fast as a device would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Protocol

CHUNK_MS: Final = 40
"""As long as a frame."""


class Pace(Protocol):
    """The time that passes while something is played."""

    def seconds(self) -> float:
        """Seconds that never go back."""

    async def wait_until(self, seconds: float) -> None:
        """Returns when so many seconds have passed."""


class LoopPace:
    """The event loop's time."""

    def seconds(self) -> float:
        """Seconds of the loop's clock."""
        return asyncio.get_running_loop().time()

    async def wait_until(self, seconds: float) -> None:
        """Sleeps; one that is late already still lets others run."""
        await asyncio.sleep(max(0.0, seconds - self.seconds()))


async def chunk_ends(pace: Pace, rate_hz: int) -> AsyncIterator[int]:
    """Yields the number of the first sample that is not due yet, every 40 ms, for ever.

    Due times are counted from the first: a late wake-up is made up for and nothing drifts.
    """
    begun = pace.seconds()
    step = max(1, rate_hz * CHUNK_MS // 1000)
    end = 0
    while True:
        end += step
        await pace.wait_until(begun + end / rate_hz)
        yield end
