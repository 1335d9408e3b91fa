"""Lets rings go on: wakes when a ring's next step is due and does it, as long as the service runs.

What is due stands in the store, so a restart forgets nothing: whatever fell due meanwhile is done at the
start, all of it at once. Where the store does not answer, it is tried again: what is due stays due.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import structlog

from clinical.errors import ConsultationRefused
from recording.clock import Clock
from signaling.consult.cases import Case, due_rings, next_due_ms
from signaling.consult.ringing import advance_ring
from signaling.store.store import Store, StoreUnavailable

MAX_AT_ONCE: Final = 50
"""Steps of one turn; the next turn follows at once where there are more."""
LONGEST_SLEEP_S: Final = 5.0
"""Another process may have made a case ring: how late its first step after that can be."""
RETRY_S: Final = 1.0
"""While the store does not answer."""
_NS_PER_MS: Final = 1_000_000
_log = structlog.get_logger("consultations")


@dataclass(slots=True)
class RingCounts:
    """What has been done since the start."""

    steps: int = 0
    put_off: int = 0
    """How often the store did not answer."""
    failed: int = 0
    """Steps that raised: the case is tried again, and looked into."""


class RingDriver:
    """The one task that moves rings. ``changed`` is told of every case that a step has changed."""

    def __init__(self, store: Store, clock: Clock, *, changed: Callable[[Case], None]) -> None:
        self.counts = RingCounts()
        self._store = store
        self._clock = clock
        self._changed = changed
        self._is_due = asyncio.Event()

    def wake(self) -> None:
        """Has the next look happen now: a case has changed."""
        self._is_due.set()

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return asdict(self.counts)

    async def run(self) -> None:
        """Moves rings as long as the task lives."""
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
        due = await self._store.read(lambda connection: due_rings(connection, now_ms, limit=MAX_AT_ONCE))
        for case_id in due:
            await self._step(case_id)
        if len(due) == MAX_AT_ONCE:
            return 0.0
        next_ms = await self._store.read(next_due_ms)
        if next_ms is None:
            return LONGEST_SLEEP_S
        # What failed stays due: it is not tried in a circle.
        least_s = RETRY_S if due else 0.0
        return min(LONGEST_SLEEP_S, max(least_s, (next_ms - self._now_ms()) / 1000))

    async def _step(self, case_id: str) -> None:
        try:
            case = await self._store.write(lambda unit: advance_ring(unit, case_id))
        except (ConsultationRefused, ValueError, KeyError, TypeError) as error:
            # One case's fault keeps nobody else's ring from going on.
            self.counts.failed += 1
            _log.error("ring_step_failed", case=case_id, error=type(error).__name__)
            return
        if case is not None:
            self.counts.steps += 1
            self._changed(case)

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // _NS_PER_MS
