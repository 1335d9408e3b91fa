"""How long packets stay inside the system, by the clock of the kernel that carries them in and out."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from load_tests.forwarding.stream import BURST_PACKETS


class Departure(NamedTuple):
    """A run of packets to one subscriber that left in one send."""

    wall_ns: int
    """When the kernel took it, which no sink that wakes late can change."""
    sequence: int
    """Of its first packet, 16 bits."""
    packets: int


@dataclass(frozen=True)
class Delay:
    """Of the first packet of each burst, in milliseconds: the median, and what 99 of 100 stay below."""

    median_ms: float
    p99_ms: float


def summary(delays_ns: Sequence[int]) -> Delay:
    """ValueError with fewer than two."""
    if len(delays_ns) < 2:
        raise ValueError("no burst has arrived")
    centiles = statistics.quantiles(delays_ns, n=100, method="inclusive")
    return Delay(median_ms=statistics.median(delays_ns) / 1e6, p99_ms=centiles[98] / 1e6)


def burst_delays_ns(sent_wall_ns: Sequence[int], departures: Iterable[Departure]) -> list[int]:
    """Of each burst whose first packet left: from handing it to the kernel until then.

    The first departure begins with the first packet of the first burst, under whatever number.
    """
    delays = []
    position, last = 0, None
    for departure in departures:
        if last is not None:
            position += (departure.sequence - last) & 0xFFFF
        last = departure.sequence
        first_burst = -(-position // BURST_PACKETS)
        behind = -(-(position + departure.packets) // BURST_PACKETS)
        delays += [departure.wall_ns - wall_ns for wall_ns in sent_wall_ns[first_burst:behind]]
    return delays
