"""How many frames go again with each over a way that loses some: none where little is lost, two where much.

A frame that was lost comes with the next datagram; where two in a row were, with the one after that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_REPEATS: Final = 2
"""Three frames fit one packet, and mend the loss of two messages in a row (frame.py)."""
MUCH_LOST: Final = 0.01
"""One repeat would leave one frame in 10,000 to the WebSocket, a quarter of a second later: one or two in ten
minutes, and the picture goes on meanwhile.
"""
LITTLE_LOST: Final = 0.005
_FADES: Final = 0.97
"""Of the worst that was lost, each second: repeats come at once and go slowly. Of 25 frames a second 1 % is
one in four seconds, and none in half a minute now and then: two repeats last for 45 s, one for 23 more.
"""


@dataclass(slots=True)
class Repeats:
    """Of one way. ``loss`` is the share that it is thought to lose."""

    loss: float

    def receive_loss(self, lost: int, of: int) -> None:
        """Takes what a second has shown: of so many so many were lost."""
        self.loss = max(lost / of, self.loss * _FADES)

    @property
    def count(self) -> int:
        """How many frames go again with each."""
        if self.loss >= MUCH_LOST:
            return MOST_REPEATS
        return 1 if self.loss >= LITTLE_LOST else 0
