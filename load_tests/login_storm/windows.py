"""Peace and storm in turns: which sample belongs to which, and what the samples of each come to."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

LATE_MS = 20.0
"""A packet is late if it took longer than this from the speaker's send to the listener's socket: as long as
it sounds. A player that holds back one packet, the least that any does, would have had to fill a gap."""
_NS_PER_MS = 1_000_000


class Weather(Enum):
    """What goes on in a window."""

    PEACE = "peace"
    STORM = "storm"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the run by CLOCK_REALTIME, its end outside. Windows do not overlap."""

    weather: Weather
    begin_ns: int
    end_ns: int

    def holds(self, at_ns: int) -> bool:
        """Returns whether that moment is in it."""
        return self.begin_ns <= at_ns < self.end_ns


@dataclass(frozen=True, slots=True)
class Sample:
    """When something left or was due (CLOCK_REALTIME), and how long it took; None if it never came."""

    at_ns: int
    took_ns: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the samples of some windows come to."""

    took_ms: Sequence[float]
    """Of those that came, sorted; two at least."""
    lost: int

    @property
    def p50_ms(self) -> float:
        """The median."""
        return statistics.median(self.took_ms)

    @property
    def p99_ms(self) -> float:
        """What 99 of 100 did not exceed."""
        return statistics.quantiles(self.took_ms, n=100, method="inclusive")[98]

    @property
    def slowest_ms(self) -> float:
        """The longest."""
        return self.took_ms[-1]

    @property
    def late(self) -> int:
        """How many took longer than LATE_MS."""
        return sum(took > LATE_MS for took in self.took_ms)


def figures_of(samples: Iterable[Sample], windows: Sequence[Window]) -> Figures:
    """Returns the figures of what left in any of the windows. ValueError if fewer than two came."""
    inside = [sample for sample in samples if any(window.holds(sample.at_ns) for window in windows)]
    took_ms = sorted(sample.took_ns / _NS_PER_MS for sample in inside if sample.took_ns is not None)
    if len(took_ms) < 2:
        raise ValueError(f"{len(took_ms)} of {len(inside)} samples came: nothing was measured")
    return Figures(took_ms, lost=len(inside) - len(took_ms))


def transits(sent_ns: Mapping[int, int], arrived_ns: Mapping[int, int]) -> list[Sample]:
    """Returns how long each packet was under way, by its number.

    ValueError if one arrived that was never sent, or before it was sent: then the measure is wrong, not the
    server.
    """
    strangers = sum(arrived < sent_ns.get(number, arrived + 1) for number, arrived in arrived_ns.items())
    if strangers:
        raise ValueError(f"{strangers} packets arrived that had not been sent")
    return [
        Sample(at_ns, arrived_ns[number] - at_ns if number in arrived_ns else None)
        for number, at_ns in sent_ns.items()
    ]
