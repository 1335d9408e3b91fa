"""Acts of the media plane on their way into the ledger: a store that fails delays them and loses none.

A call goes on while the database is away, and what happens in it has nobody who could wait for an answer. So
its acts queue here; while the store refuses they lie on disk, and follow in order when it is back. That they
came late is an act itself, ``ledger.spooled``, stored in one unit with them: after a crash in between, it
says how far the spool was taken, and nothing is stored twice.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.act import SYSTEM_ACTOR, Act
from recording.clock import Clock
from recording.summary import JsonValue
from signaling.store.spool_file import SUFFIX, SpoolFile, leftover_spools
from signaling.store.store import Store, StoreUnavailable, Unit
from signaling.store.tables import event

NODE: Final = "node"
"""The chain of the server itself: acts that belong to no institution."""
SPOOLED: Final = "ledger.spooled"
MAX_QUEUED: Final = 20_000
"""Some minutes of a busy node. Beyond it the newest are dropped and counted: only a full disk beside a dead
database comes so far."""
MAX_BATCH: Final = 500
"""Acts of one unit: a unit must be quick, for others wait behind it."""
RETRY_S: Final = 1.0
CLOSE_LIMIT_S: Final = 2.0
"""A server that stops waits so long for the store; what is left then waits on disk for the next start."""
_NS_PER_MS: Final = 1_000_000
_log = structlog.get_logger("ledger")


class ActSpool:
    """The queue and, while the store is away, the file."""

    def __init__(self, store: Store, folder: Path, clock: Clock) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock
        self._queue: deque[Act] = deque()
        self._arrived = asyncio.Event()
        self.dropped = 0
        self.spooled = 0

    def put(self, act: Act) -> None:
        """Takes an act; never waits and never fails."""
        if len(self._queue) >= MAX_QUEUED:
            self.dropped += 1
            return
        self._queue.append(act)
        self._arrived.set()

    def stats(self) -> dict[str, int]:
        """Returns counters for the metrics page."""
        return {"acts_queued": len(self._queue), "acts_spooled": self.spooled, "acts_dropped": self.dropped}

    async def run(self) -> None:
        """Stores what comes, as long as the task lives."""
        for spool in leftover_spools(self._folder):
            await self._drain(spool)
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._queue:
                if not await self._store_next():
                    spool = self._new_spool()
                    self._put_on_disk(spool)
                    await self._drain(spool)

    async def close(self) -> None:
        """Stores what waits; what the store does not take in time is put on disk."""
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                while self._queue and await self._store_next():
                    pass
        except TimeoutError:
            pass
        if self._queue:
            self._put_on_disk(self._new_spool())

    # ---- inside -----------------------------------------------------------------------------------------

    async def _store_next(self) -> bool:
        batch = [self._queue[index] for index in range(min(MAX_BATCH, len(self._queue)))]
        try:
            await self._store.record(batch)
        except StoreUnavailable:
            return False
        for _ in batch:
            self._queue.popleft()
        return True

    async def _drain(self, spool: SpoolFile) -> None:
        """Keeps what comes in the spool until the store has taken all of it."""
        _log.warning("spooling", spool=spool.name)
        while not await self._take(spool):
            self._put_on_disk(spool)
            await asyncio.sleep(RETRY_S)
        spool.remove()
        _log.info("spool_stored", spool=spool.name)

    def _put_on_disk(self, spool: SpoolFile) -> None:
        acts = list(self._queue)
        try:
            # A few lines a second, in the one state where nothing else is to be done.
            spool.append(acts)
        except OSError as error:
            _log.error("spool_unwritable", errno=error.errno)
            return
        self._queue.clear()
        self.spooled += len(acts)

    async def _take(self, spool: SpoolFile) -> bool:
        """Stores what is in the spool; true when all of it is."""
        try:
            if not spool.path.is_file():
                # The disk refuses as well: what waits is in memory.
                waiting = list(self._queue)[:MAX_BATCH]
                for _ in range(await self._store.read(_stored_of(waiting))):
                    self._queue.popleft()
                return not self._queue or await self._store_next()
            acts = spool.read()
            taken = await self._store.read(_taken_of(spool.name))
            if not taken:
                # The first acts may be those of a write whose end nobody saw.
                taken = await self._store.read(_stored_of(acts[:MAX_BATCH]))
            while taken < len(acts):
                batch = acts[taken : taken + MAX_BATCH]
                taken += len(batch)
                await self._store.write(self._unit(batch, spool.name, taken))
        except StoreUnavailable:
            return False
        return True

    def _unit(self, batch: list[Act], name: str, taken: int) -> Callable[[Unit], Awaitable[None]]:
        now_ms = self._clock.wall_ns() // _NS_PER_MS
        after: dict[str, JsonValue] = {"spool": name, "taken": taken}
        mark = Act(institution=NODE, kind=SPOOLED, actor=SYSTEM_ACTOR, at_ms=now_ms, after=after)

        async def work(unit: Unit) -> None:
            for act in (*batch, mark):
                unit.record(act)

        return work

    def _new_spool(self) -> SpoolFile:
        return SpoolFile(self._folder / f"{self._clock.wall_ns():020d}{SUFFIX}")


def _taken_of(name: str) -> Callable[[AsyncConnection], Awaitable[int]]:
    """How many acts of a spool are stored already."""

    async def work(connection: AsyncConnection) -> int:
        rows = await connection.execute(
            select(event.c.line)
            .where(event.c.institution == NODE, event.c.kind == SPOOLED)
            .order_by(event.c.at_ms.desc(), event.c.sequence.desc())
            .limit(1_000)
        )
        marks = (json.loads(line)["after"] for (line,) in rows)
        return max((mark["taken"] for mark in marks if mark["spool"] == name), default=0)

    return work


def _stored_of(acts: Sequence[Act]) -> Callable[[AsyncConnection], Awaitable[int]]:
    """How many of these acts, from the first on, are in the ledger."""

    async def work(connection: AsyncConnection) -> int:
        for number, act in enumerate(acts):
            rows = await connection.execute(
                select(event.c.line).where(
                    event.c.institution == act.institution,
                    event.c.kind == act.kind,
                    event.c.at_ms == act.at_ms,
                    event.c.actor == act.actor,
                )
            )
            stored = (json.loads(line) for (line,) in rows)
            if not any(one["subject"] == act.subject and one["after"] == act.after for one in stored):
                return number
        return len(acts)

    return work
