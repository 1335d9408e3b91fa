"""How long the way to a client and back takes at its quickest, as its pings say."""

from __future__ import annotations

from collections import deque
from typing import Final

KEPT: Final = 12
"""Of one ping every two seconds: what is quick was not queued, and a way changes seldom."""
MAX_MS: Final = 60_000
"""Clients say what they like; nobody waits for a pong longer than for the end of the connection."""
_NS_PER_MS: Final = 1_000_000


class RoundTrips:
    """One client's."""

    def __init__(self) -> None:
        self._kept: deque[int] = deque(maxlen=KEPT)

    def receive_ms(self, ms: int) -> None:
        """Takes what a ping says of the one before. 0, as in the first ping, tells nothing."""
        if 0 < ms <= MAX_MS:
            self._kept.append(ms)

    @property
    def shortest_ns(self) -> int:
        """The shortest of the last ones; 0 as long as none is known."""
        return min(self._kept, default=0) * _NS_PER_MS
