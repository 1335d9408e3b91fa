"""Who has looked at what of a case lately, so that each look is chained once and a page that asks every few
seconds does not fill the ledger.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

EVERY_MS: Final = 10 * 60 * 1000
"""One event for as long as somebody reads on; who comes back later has looked again."""
MAX_KEPT: Final = 20_000
"""A county's day of cases, each read by some people; what is forgotten early is chained once more."""


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody at something of a case. ``attachment``: which, where it is one."""

    case: str
    person: str
    what: str
    attachment: str = ""


@dataclass(slots=True)
class RecentLooks:
    """The looks of the last while, in this process."""

    _at_ms: OrderedDict[Look, int] = field(default_factory=OrderedDict)

    def receive_look(self, look: Look, now_ms: int) -> bool:
        """Returns whether it is to be chained, and takes it for chained from then on.

        Where that fails, ``forget`` it.
        """
        before_ms = self._at_ms.get(look)
        if before_ms is not None and now_ms - before_ms < EVERY_MS:
            return False
        self._at_ms[look] = now_ms
        self._at_ms.move_to_end(look)
        if len(self._at_ms) > MAX_KEPT:
            self._at_ms.popitem(last=False)
        return True

    def forget(self, look: Look) -> None:
        """Has the next such look chained again; harmless where there was none."""
        self._at_ms.pop(look, None)
