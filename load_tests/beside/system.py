"""What is measured: a server that virtual peers can publish to and subscribe from."""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from load_tests.crowd.crowd import Crowd, Played

_CPUCLOCK_SCHED = 2
"""linux/posix-timers.h: with a process id's complement above it, the clock of that process's CPU time."""


class System(Protocol):
    """A running server."""

    pid: int

    async def publish(self, crowd: Crowd, what: Played) -> None:
        """Opens a peer that publishes this picture."""

    async def subscribe(self, crowd: Crowd, name: str) -> None:
        """Opens a peer that receives it."""


@dataclass(frozen=True)
class Candidate:
    """A server in one configuration. ``start`` gets the address and the processors to run on."""

    name: str
    configuration: str
    start: Starter

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.name} ({self.configuration})" if self.configuration else self.name


class Starter(Protocol):
    """Starts a server that ends with the context."""

    def __call__(self, address: str, cpus: set[int] | None) -> AbstractAsyncContextManager[System]:
        """Returns it."""


def cpu_time_ns(pid: int) -> int:
    """Returns the CPU time of a whole process: all its threads, and what the kernel did for them."""
    return time.clock_gettime_ns(~pid << 3 | _CPUCLOCK_SCHED)
