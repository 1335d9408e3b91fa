"""What a browser is asked and must bring back soon: challenges, offered secrets, states of a departure.

In memory only: a restart lets the browser ask again. Bounded in number and age; each is taken once.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Generic, TypeVar

T = TypeVar("T")

LIFE_MS: Final = 5 * 60 * 1000
"""Long enough to look for a phone or a key, short enough that nothing lies about."""
MAX_KEPT: Final = 1_000
"""More at once than a county signs in; the oldest makes room."""


class ShortLived(Generic[T]):
    """Values by key, each for a few minutes and to be taken once."""

    def __init__(self, *, life_ms: int = LIFE_MS, max_kept: int = MAX_KEPT) -> None:
        self._life_ms = life_ms
        self._max_kept = max_kept
        self._kept: OrderedDict[str, tuple[T, int]] = OrderedDict()

    def put(self, key: str, value: T, now_ms: int) -> None:
        """Keeps a value; what was kept under the key is forgotten."""
        self._kept.pop(key, None)
        self._kept[key] = (value, now_ms + self._life_ms)
        while len(self._kept) > self._max_kept:
            self._kept.popitem(last=False)

    def look(self, key: str, now_ms: int) -> T | None:
        """Returns the value and leaves it there; None where there is none any more."""
        value, until_ms = self._kept.get(key, (None, 0))
        return value if now_ms < until_ms else None

    def take(self, key: str, now_ms: int) -> T | None:
        """Returns the value and forgets it."""
        value, until_ms = self._kept.pop(key, (None, 0))
        return value if now_ms < until_ms else None

    def __len__(self) -> int:
        return len(self._kept)
