"""What a gateway is told of its datagrams: each second, while some come or the want for them has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Report(NamedTuple):
    """Highest number and how many came since the key was issued; the quickest way of the last second, µs plus
    a constant; and whether anybody watches.
    """

    number: int
    came: int
    delay_us: int
    is_watched: bool


@dataclass(slots=True)
class DatagramReport:
    """Of one connection."""

    _quickest_us: int = 0
    _is_news: bool = False
    _is_watched: bool = False

    def receive_frame(self, taken_us: int, now_ns: int) -> None:
        """Takes note of a datagram whose newest frame was taken then, on the gateway's clock; ours is
        monotonic: only differences mean anything.
        """
        delay_us = now_ns // 1_000 - taken_us
        self._quickest_us = min(self._quickest_us, delay_us) if self._is_news else delay_us
        self._is_news = True

    def tick_second(self, number: int, came: int, *, is_watched: bool) -> Report | None:
        """Returns what is to be told now; None: nothing."""
        if not self._is_news and is_watched == self._is_watched:
            return None
        self._is_news, self._is_watched = False, is_watched
        return Report(number, came, self._quickest_us, is_watched)
