"""Notices when the machine stands still or is full: a thread that should wake all the time, a file that it
syncs, and what the kernel counts of its processors.

Virtual machines lose their processors and disks for a second now and then. What is measured in such a moment
is not the service's, and is measured again.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

STANDSTILL_S = 0.25
"""From here on a pause is one of the machine: no scheduler lets a thread that wants nothing wait so long."""
LEAST_IDLE = 0.1
"""Below this share processors are full, and whoever has to do something soon does it late."""
MOST_STOLEN = 0.05
"""Above this share the host gives the machine's processors to others."""
_TICK_S = 0.02
_SYNC_EVERY = 5


@dataclass(frozen=True)
class Processors:
    """What all processors together have done, in any one unit: since the machine began, or as shares of 1."""

    idle: float
    stolen: float
    whole: float

    def since(self, before: Processors) -> Processors:
        """The shares of the time between the two."""
        whole = max(self.whole - before.whole, 1)
        return Processors((self.idle - before.idle) / whole, (self.stolen - before.stolen) / whole, 1)


def processors() -> Processors:
    """Reads /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal; in ticks.

    What runs with a lower precedence (the search of ``make fuzz-parsers`` beside the tests) gives way at once
    and counts as idle.
    """
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return Processors(idle=ticks[1] + ticks[3] + ticks[4], stolen=ticks[7], whole=sum(ticks))


class Standstill:
    """Watches from construction until ``end``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "standstill"
        self._ended = threading.Event()
        self._pauses: list[tuple[float, float]] = []
        self._processors: list[tuple[float, Processors]] = [(time.monotonic(), processors())]
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stops watching."""
        self._ended.set()
        self._thread.join()

    def longest_s(self, from_s: float, until_s: float) -> float:
        """Returns the longest pause that touches this stretch of time.monotonic(), 0 where there was none."""
        return max((took for at, took in self._pauses if at >= from_s and at - took <= until_s), default=0.0)

    def unfit(self, from_s: float, until_s: float) -> str:
        """Returns why nothing can be judged by what took place in this stretch, "" where it can."""
        stood_s = self.longest_s(from_s, until_s)
        before = max((made for made in self._processors if made[0] <= from_s), default=self._processors[0])
        used = processors().since(before[1])
        reasons = [
            (stood_s >= STANDSTILL_S, f"it stood still for {stood_s * 1000:.0f} ms"),
            (used.idle < LEAST_IDLE, f"its processors were idle for {used.idle:.0%} only"),
            (used.stolen > MOST_STOLEN, f"{used.stolen:.0%} of its processors were given to others"),
        ]
        return ", ".join(told for is_so, told in reasons if is_so)

    def _watch(self) -> None:
        with self._path.open("wb", buffering=0) as file:
            before, turn = time.monotonic(), 0
            while not self._ended.wait(_TICK_S):
                turn += 1
                if turn % _SYNC_EVERY == 0:
                    self._processors.append((time.monotonic(), processors()))
                    file.write(b".")
                    os.fdatasync(file.fileno())
                now = time.monotonic()
                self._pauses.append((now, now - before - _TICK_S))
                before = now
