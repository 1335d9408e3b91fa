"""The machine's own noise: a process that does nothing but sleep, and notes how much too late it wakes."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from load_tests.login_storm.part import Line

INTERVAL_S = 0.01


class Wake(NamedTuple):
    """When it should have woken (CLOCK_REALTIME, as of the sleep's begin), and how much later it did."""

    due_ns: int
    late_ns: int


async def main(line: Line) -> None:
    """Sleeps again and again until it is told to stop, then tells its wakes: list[Wake]."""
    wakes: list[Wake] = []
    is_over = threading.Event()
    sleeper = threading.Thread(target=_sleep, args=(wakes, is_over))
    sleeper.start()
    line.tell("sleeping")
    await line.ask()
    is_over.set()
    sleeper.join()
    line.tell(wakes)


def _sleep(wakes: list[Wake], is_over: threading.Event) -> None:
    interval_ns = round(INTERVAL_S * 1_000_000_000)
    while not is_over.is_set():
        wall_ns, began_ns = time.time_ns(), time.monotonic_ns()
        time.sleep(INTERVAL_S)
        wakes.append(Wake(wall_ns + interval_ns, time.monotonic_ns() - began_ns - interval_ns))
