"""How long the way to a client and back takes at its quickest, as its pings and its reception reports say."""

from __future__ import annotations

from collections import deque
from typing import Final

KEPT: Final = 12
"""Of a ping every two seconds and a look at the reports every five: what is quick was not queued, and a way
changes seldom. Each is as long as the way or longer, by what page and service were busy with."""
MAX_MS: Final = 60_000
"""Clients say what they like; nobody waits for a pong longer than for the end of the connection."""
_NS_PER_MS: Final = 1_000_000


class RoundTrips:
    """One client's."""

    def __init__(self) -> None:
        self._kept: deque[float] = deque(maxlen=KEPT)

    def receive_ms(self, ms: float) -> None:
        """Takes what was measured. 0, as pages say in their first ping, tells nothing."""
        if 0 < ms <= MAX_MS:
            self._kept.append(ms)

    @property
    def shortest_ns(self) -> int:
        """The shortest of the last ones; 0 as long as none is known."""
        return round(min(self._kept, default=0) * _NS_PER_MS)
