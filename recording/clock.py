"""The two clocks: monotonic for what lies between events, wall time for when it was."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Source of time; the monotonic side must be the clock that stamps tap records (CLOCK_MONOTONIC)."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back."""

    def wall_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""


class SystemClock:
    """The machine's clocks."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        return time.time_ns()
