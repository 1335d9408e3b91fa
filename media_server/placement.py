"""Which media thread serves whom: people who hear and see each other sit on one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

ThreadIndex = NewType("ThreadIndex", int)
"""Of a media thread, counted from 0."""

MAX_DEFAULT_THREADS = 8
"""A thread forwards some 300,000 packets a second: eight fill a line of 20 Gbit/s."""


def default_threads(processors: int) -> int:
    """Returns how many media threads a machine gets: half its processors. The rest is left to Python, the
    recorder, the database and the kernel's own part of each packet, which on a busy line is the larger half.
    """
    return max(1, min(MAX_DEFAULT_THREADS, processors // 2))


WORTH_A_THREAD = 600
"""Connections: those of some 300 people, whose pictures take a thread a quarter of a processor. Each round
of a thread costs some 55 us before its first packet (a wake-up, cold caches), 667 times a second: with fewer
people the second thread's rounds cost more than it brings (`make bench-threads`)."""


@dataclass
class _Table:
    thread: ThreadIndex
    seats: int = 0


class Placement:
    """Seats companies (rooms) on threads: a packet stays on the thread that it came for."""

    def __init__(self, threads: int) -> None:
        self._seats = [0] * threads
        self._tables: dict[str, _Table] = {}

    def enter(self, company: str) -> ThreadIndex:
        """Takes a seat with a company. Returns the thread: for a new company the first one that is not worth
        its while yet, else the one where the fewest sit.
        """
        table = self._tables.get(company)
        if table is None:
            table = self._tables[company] = _Table(self._next_thread())
        table.seats += 1
        self._seats[table.thread] += 1
        return table.thread

    def leave(self, company: str) -> None:
        """Gives a seat back. The last one to leave takes the company's table away.

        Raises:
            KeyError: nobody of that company is seated.
        """
        table = self._tables[company]
        table.seats -= 1
        self._seats[table.thread] -= 1
        if table.seats == 0:
            del self._tables[company]

    def _next_thread(self) -> ThreadIndex:
        unfilled = (index for index, seats in enumerate(self._seats) if seats < WORTH_A_THREAD)
        return ThreadIndex(next(unfilled, self._seats.index(min(self._seats))))
