"""What a piece of work costs the processor, whatever else the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

TRIES: Final = 5


def least_cpu_s(work: Callable[[], object]) -> float:
    """The least processor time of this thread in some tries: others push it out of the caches, and a host
    gives its processor away, but nothing makes dear work cheap.
    """
    return min(_cpu_s(work) for _ in range(TRIES))


def _cpu_s(work: Callable[[], object]) -> float:
    began_s = time.thread_time()
    work()
    return time.thread_time() - began_s
