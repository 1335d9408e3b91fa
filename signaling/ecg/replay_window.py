"""Which numbers of datagrams have come: each counts once, and what is too old to tell counts as known.

As IPsec's anti-replay window (RFC 4303 §3.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WINDOW: Final = 1_024
"""Forty seconds at 25 a second: no network holds a packet back so long, and nobody would look at it."""
_MASK: Final = (1 << WINDOW) - 1


@dataclass(slots=True)
class ReplayWindow:
    """Of one key."""

    highest: int = 0
    """The newest number that has come; 0 before the first."""
    came: int = 0
    """How many have."""
    _seen: int = 0
    """A bit a number, the newest the lowest."""

    def is_new(self, number: int) -> bool:
        """Whether a datagram of that number may still be taken."""
        age = self.highest - number
        return age < 0 or (age < WINDOW and not self._seen >> age & 1)

    def take(self, number: int) -> None:
        """Takes note of one that is new and was sealed by whom it should be."""
        self.came += 1
        if number <= self.highest:
            self._seen |= 1 << self.highest - number
            return
        self._seen = self._seen << min(number - self.highest, WINDOW) & _MASK | 1
        self.highest = number
