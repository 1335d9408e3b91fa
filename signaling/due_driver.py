"""Does what falls due in the store, as long as the service runs: wakes when the next step is, and does it.

What is due stands in the store, so a restart forgets nothing: whatever fell due meanwhile is done at the
start, all of it at once. Where the store does not answer, it is tried again: what is due stays due.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Final, Generic, TypeVar

import structlog
from sqlalchemy import Column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.errors import ClinicalRefusal
from recording.clock import Clock
from signaling.api.route import Refusal
from signaling.store.store import Store, StoreUnavailable, Unit

T = TypeVar("T")

MAX_AT_ONCE: Final = 50
"""Steps of one turn; the next turn follows at once where there are more."""
LONGEST_SLEEP_S: Final = 5.0
"""Another process may have made something due: how late its first step after that can be."""
RETRY_S: Final = 1.0
"""While the store does not answer."""
_NS_PER_MS: Final = 1_000_000
_log = structlog.get_logger("due")


@dataclass(frozen=True, slots=True)
class DueWork(Generic[T]):
    """What falls due: rows with an ``id`` and the time of their next step, ``due_ms`` (null for never); and a
    unit's ``step`` of one, which returns what it has changed. ``name`` says in the log what it is.
    """

    name: str
    id: Column[str]
    due_ms: Column[int]
    step: Callable[[Unit, str], Awaitable[T | None]]

    async def due(self, connection: AsyncConnection, now_ms: int, limit: int) -> list[str]:
        """Returns the ids of those that are due, the longest due first."""
        query = select(self.id).where(self.due_ms <= now_ms).order_by(self.due_ms).limit(limit)
        return list((await connection.execute(query)).scalars())

    async def next_due_ms(self, connection: AsyncConnection) -> int | None:
        """Returns when the next step of any is due."""
        return await connection.scalar(select(func.min(self.due_ms)))


@dataclass(slots=True)
class DueCounts:
    """What has been done since the start."""

    steps: int = 0
    put_off: int = 0
    """How often the store did not answer."""
    failed: int = 0
    """Steps that raised: they are tried again, and looked into."""


class DueDriver(Generic[T]):
    """The one task that does such work. ``changed`` is told of whatever a step has changed."""

    def __init__(
        self, store: Store, clock: Clock, work: DueWork[T], *, changed: Callable[[T], None] = lambda _: None
    ) -> None:
        self.counts = DueCounts()
        self._store = store
        self._clock = clock
        self._work = work
        self._changed = changed
        self._is_due = asyncio.Event()

    def wake(self) -> None:
        """Has the next look happen now: something may have become due."""
        self._is_due.set()

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return asdict(self.counts)

    async def run(self) -> None:
        """Works as long as the task lives."""
        while True:
            self._is_due.clear()
            try:
                wait_s = await self.turn()
            except StoreUnavailable:
                self.counts.put_off += 1
                wait_s = RETRY_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._is_due.wait()

    async def turn(self) -> float:
        """Does what is due; returns the seconds until something may be. Raises StoreUnavailable."""
        now_ms = self._now_ms()
        due = await self._store.read(lambda connection: self._work.due(connection, now_ms, MAX_AT_ONCE))
        for one in due:
            await self._step(one)
        if len(due) == MAX_AT_ONCE:
            return 0.0
        next_ms = await self._store.read(self._work.next_due_ms)
        if next_ms is None:
            return LONGEST_SLEEP_S
        # What failed stays due: it is not tried in a circle.
        least_s = RETRY_S if due else 0.0
        return min(LONGEST_SLEEP_S, max(least_s, (next_ms - self._now_ms()) / 1000))

    async def _step(self, one: str) -> None:
        try:
            changed = await self._store.write(lambda unit: self._work.step(unit, one))
        except (ClinicalRefusal, Refusal, ValueError, KeyError, TypeError) as error:
            # The fault of one keeps no other from going on.
            self.counts.failed += 1
            _log.error("due_step_failed", work=self._work.name, id=one, error=type(error).__name__)
            return
        if changed is not None:
            self.counts.steps += 1
            self._changed(changed)

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // _NS_PER_MS
