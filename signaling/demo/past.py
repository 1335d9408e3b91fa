"""Writing as of a time gone by: the demo's story happens in order and in the past, by the same code as what
happens now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.act import Act
from signaling.store.store import Store, Unit

T = TypeVar("T")


class PastUnit(Unit):
    """A unit of work under way at another time, which whoever holds it sets."""

    def __init__(self, unit: Unit, now_ms: int) -> None:
        self.connection, self.now_ms = unit.connection, now_ms
        self._unit = unit

    def record(self, act: Act) -> None:
        """See Unit."""
        self._unit.record(act)


class PastStore(Store):
    """A store in which it is ``now_ms``."""

    def __init__(self, store: Store, now_ms: int) -> None:
        self._store, self._now_ms = store, now_ms

    async def read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """See Store."""
        return await self._store.read(work)

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """See Store."""
        return await self._store.write(lambda unit: work(PastUnit(unit, self._now_ms)))

    async def record(self, acts: Sequence[Act]) -> None:
        """See Store."""
        await self._store.record(acts)
