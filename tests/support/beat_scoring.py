"""How well beats were found, as ANSI/AAMI EC57 scores it: each found beat pairs with one reference within
150 ms, the nearest pairs first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

MATCH_MS: Final = 150
LEARNING_S: Final = 300
"""EC57: the first five minutes are not scored."""


class Found(NamedTuple):
    """A beat, and the end of the chunk with which it was told, as sample numbers."""

    at: int
    told_at: int


@dataclass(frozen=True)
class Score:
    """Counts, and for what was paired the delay from the reference until it was told, in samples."""

    hits: int
    missed: int
    false: int
    delays: tuple[int, ...] = ()

    @property
    def sensitivity(self) -> float:
        """Per cent of the reference beats that were found."""
        return 100 * self.hits / (self.hits + self.missed)

    @property
    def predictivity(self) -> float:
        """Per cent of the found beats that are beats."""
        return 100 * self.hits / (self.hits + self.false)


def pair(reference: Sequence[int], found: Sequence[int], within: int) -> dict[int, int]:
    """Returns which reference beat (by place) each found beat (by place) is. Both in order."""
    near: list[tuple[int, int, int]] = []
    first = 0
    for place, at in enumerate(found):
        while first < len(reference) and reference[first] < at - within:
            first += 1
        for other in range(first, len(reference)):
            if reference[other] > at + within:
                break
            near.append((abs(reference[other] - at), place, other))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, place, other in sorted(near):
        if place not in pairs and other not in taken:
            pairs[place] = other
            taken.add(other)
    return pairs


def score(
    reference: Sequence[int], found: Sequence[Found], excluded: Sequence[tuple[int, int]], rate_hz: int
) -> Score:
    """Returns the score without the first five minutes and what is excluded. A pair counts where its
    reference does.
    """
    pairs = pair(reference, [one.at for one in found], MATCH_MS * rate_hz // 1000)
    stretches = [(0, LEARNING_S * rate_hz), *excluded]

    def counts(at: int) -> bool:
        return not any(start <= at <= end for start, end in stretches)

    hits = {place: other for place, other in pairs.items() if counts(reference[other])}
    total = sum(map(counts, reference))
    false = sum(counts(one.at) for place, one in enumerate(found) if place not in pairs)
    delays = tuple(found[place].told_at - reference[other] for place, other in sorted(hits.items()))
    return Score(len(hits), total - len(hits), false, delays)
