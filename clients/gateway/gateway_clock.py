"""The gateway's clock: the wall clock as it was once, going on as evenly as the monotonic one.

Frames carry its time. When the wall clock is set (NTP after a cold start, a hand on the settings), what is
being recorded must not tear: the difference is told, and taken over when nothing is being recorded.
"""

from __future__ import annotations

from typing import Final

from recording.clock import Clock

JUMP_US: Final = 1_000_000
"""NTP slews below 128 ms and steps above; a whole second was somebody's or something's act."""


class GatewayClock:
    """Microseconds since the Unix epoch."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ns = 0
        self._told_us = 0
        self.settle()

    def now_us(self) -> int:
        """Returns the time; never less than it returned before, unless it was settled."""
        return (self._clock.monotonic_ns() + self._offset_ns) // 1000

    def settle(self) -> None:
        """Takes the wall clock over as it is now."""
        self._offset_ns = self._clock.wall_ns() - self._clock.monotonic_ns()
        self._told_us = 0

    def jump_us(self) -> int:
        """Returns by how much the wall clock was set since it was taken over or since this was last told; 0
        where it was not.
        """
        ahead_us = self._clock.wall_ns() // 1000 - self.now_us()
        if abs(ahead_us - self._told_us) < JUMP_US:
            return 0
        jumped_us, self._told_us = ahead_us - self._told_us, ahead_us
        return jumped_us
