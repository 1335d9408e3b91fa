"""Notices when the machine stands still: a thread that should wake all the time, and a file that it syncs.

Virtual machines lose their processors and disks for a second now and then. What is measured in such a moment
is not the service's, and is measured again.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

STANDSTILL_S = 0.25
"""From here on a pause is one of the machine: no scheduler lets a thread that wants nothing wait so long."""
_TICK_S = 0.02
_SYNC_EVERY = 5


class Standstill:
    """Watches from construction until ``end``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "standstill"
        self._ended = threading.Event()
        self._pauses: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stops watching."""
        self._ended.set()
        self._thread.join()

    def longest_s(self, from_s: float, until_s: float) -> float:
        """Returns the longest pause that touches this stretch of time.monotonic(), 0 where there was none."""
        return max((took for at, took in self._pauses if at >= from_s and at - took <= until_s), default=0.0)

    def _watch(self) -> None:
        with self._path.open("wb", buffering=0) as file:
            before, turn = time.monotonic(), 0
            while not self._ended.wait(_TICK_S):
                turn += 1
                if turn % _SYNC_EVERY == 0:
                    file.write(b".")
                    os.fdatasync(file.fileno())
                now = time.monotonic()
                self._pauses.append((now, now - before - _TICK_S))
                before = now
