"""A link's packets from entry to exit, both directions: takes them with the time, returns those that are due.

Drivers call ``receive`` for what came in, ``deliveries`` for what goes out, and wait until ``next_ns``.
"""

from __future__ import annotations

import heapq
from enum import Enum

from load_tests.netem.conditions import Conditions
from load_tests.netem.flow import Counts, Flow
from load_tests.netem.profiles import Profile, Schedule, Step

MAX_ON_THE_WAY_BYTES = 64_000_000
"""In both directions: half a second at 1 Gbit/s. What is more is dropped and counted as overflowed."""


class Side(Enum):
    """An end of the link."""

    LEFT = "left"
    RIGHT = "right"


OTHER_SIDE = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}


class Emulation:
    """A link by its schedule, beginning at ``now_ns``. Times are monotonic and never go back."""

    def __init__(self, what: Profile | Schedule, *, seed: int, now_ns: int) -> None:
        # Set by the schedule before any packet is decided.
        self._flows = {side: Flow(Conditions(), f"{seed} from the {side.value}") for side in Side}
        self._heap: list[tuple[int, int, Side, bytes]] = []
        self._number = 0
        self._on_the_way_bytes = 0
        self.set(what, now_ns)

    def set(self, what: Profile | Schedule, now_ns: int) -> None:
        """From now on the link is like this; a schedule begins now. What is on the way stays so."""
        self._schedule = what if isinstance(what, Schedule) else Schedule((Step(what),))
        self._began_ns = now_ns

    def receive(self, side: Side, content: bytes, now_ns: int) -> None:
        """Takes a packet that enters at this side."""
        profile = self._schedule.at(now_ns - self._began_ns)
        flow = self._flows[side]
        flow.conditions = profile.up if side is Side.RIGHT else profile.down
        size_bytes = len(content)
        for due_ns in flow.receive(now_ns, size_bytes):
            if self._on_the_way_bytes + size_bytes > MAX_ON_THE_WAY_BYTES:
                flow.counts.passed -= 1
                flow.counts.passed_bytes -= size_bytes
                flow.counts.overflowed += 1
                continue
            self._on_the_way_bytes += size_bytes
            self._number += 1
            heapq.heappush(self._heap, (due_ns, self._number, OTHER_SIDE[side], content))

    def deliveries(self, now_ns: int) -> list[tuple[Side, bytes]]:
        """Returns the packets that are due with the side at which each leaves, in order; each once."""
        due: list[tuple[Side, bytes]] = []
        while self._heap and self._heap[0][0] <= now_ns:
            _, _, side, content = heapq.heappop(self._heap)
            self._on_the_way_bytes -= len(content)
            due.append((side, content))
        return due

    @property
    def next_ns(self) -> int | None:
        """When the next packet leaves; None where none is on the way."""
        return self._heap[0][0] if self._heap else None

    def counts(self, side: Side) -> Counts:
        """What became of the packets that entered at this side."""
        return self._flows[side].counts
