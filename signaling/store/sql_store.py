"""The store over SQLite or PostgreSQL: opens it, bounds every call, tells followers of what was committed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.act import Act
from recording.audit.chain import ChainedAct, ChainHead
from recording.clock import Clock
from recording.errors import MisuseError
from recording.signing import Signer
from signaling.store.call_limits import CallLimits
from signaling.store.checkpoints import Checkpointer
from signaling.store.engines import READERS, Engines, interrupt, open_engines
from signaling.store.faults import is_not_now
from signaling.store.group_commit import GroupWriter, new_entry
from signaling.store.migrate import bring_up_to_date
from signaling.store.note_files import CHECKPOINTS_FOLDER, NoteFiles
from signaling.store.store import Store, StoreUnavailable, StoreUncertain, Unit
from signaling.store.waiting import Entry, Waiting

CLOSE_LIMIT_S: Final = 2.0
"""For taking leave of a database that may be frozen."""
MAX_READS: Final = 256
"""Reads under way or waiting for one of the readers; more are refused at once."""
MAX_ACTS: Final = 1_000
"""Of one ``record``: what is chained and stored well within the limit of a write."""

_log = structlog.get_logger("store")
T = TypeVar("T")
Follower = Callable[[Sequence[ChainedAct]], None]


class SqlStore(Store):
    """A Store in one database. All methods are called on the loop thread."""

    def __init__(
        self, url: URL, *, signer: Signer, clock: Clock, data_dir: Path, limits: CallLimits | None = None
    ) -> None:
        self._url, self._clock = url, clock
        self._limits = limits or CallLimits()
        self._waiting = Waiting()
        self._followers: list[Follower] = []
        self._engines: Engines | None = None
        self._writer: GroupWriter | None = None
        self._writing: asyncio.Task[None] | None = None
        self._checkpointer = Checkpointer(
            read=self.read,
            write_first=self._write_first,
            signer=signer,
            clock=clock,
            files=NoteFiles(data_dir / CHECKPOINTS_FOLDER),
        )
        self._slots = asyncio.Semaphore(READERS)
        self._refused_writes = self._refused_reads = self._late_writes = self._late_reads = 0
        self._reads: dict[asyncio.Task[Any], AsyncConnection | None] = {}

    async def open(self) -> None:
        """Opens the database and brings its tables up to date. Raises StoreUnavailable, StoreTooNew."""
        try:
            await bring_up_to_date(self._url)
            self._engines = open_engines(self._url)
        except (OSError, TimeoutError, SQLAlchemyError) as error:
            await self.close()
            if isinstance(error, SQLAlchemyError) and not is_not_now(error):
                raise
            raise StoreUnavailable from None
        self._writer = GroupWriter(
            self._engines.writing, self._waiting, self._now_ms, self._committed, self._limits.unit_s
        )
        self._writing = asyncio.create_task(self._writer.run(), name="store writer")

    async def run(self) -> None:
        """Signs checkpoints for as long as the service runs: at most a second behind a chain that grows."""
        await self._checkpointer.run()

    async def close(self) -> None:
        """Signs what is unsigned, ends what is under way and closes the database. Twice is harmless."""
        if self._writing is not None:
            with contextlib.suppress(StoreUnavailable):
                await self._checkpointer.turn()
        tasks = [*self._reads, *([self._writing] if self._writing else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            # A database that has fallen silent may keep a task from hearing; the end does not wait for it.
            _, late = await asyncio.wait(tasks, timeout=CLOSE_LIMIT_S)
            if late:
                _log.warning("closed_without_waiting", tasks=len(late))
        self._writing = None
        for entry in self._waiting.entries:
            if not entry.answer.done():
                entry.answer.set_exception(StoreUnavailable())
        self._waiting.entries.clear()
        if self._engines is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_LIMIT_S):
                    await self._engines.dispose()
            self._engines = None

    def stats(self) -> dict[str, int]:
        """Returns what has been counted since the start, for metrics."""
        checkpoints = self._checkpointer.counts
        return {
            **(asdict(self._writer.counts) if self._writer is not None else {}),
            "refused_writes": self._refused_writes,
            "refused_reads": self._refused_reads,
            "late_writes": self._late_writes,
            "late_reads": self._late_reads,
            "checkpoints": checkpoints.signed,
            "checkpoints_late": checkpoints.late,
            "checkpoint_files_failed": checkpoints.failed_files,
        }

    @property
    def waiting_writes(self) -> int:
        """How many callers wait for the writer to take them."""
        return len(self._waiting.entries)

    def checkpoint_lag_ms(self) -> int:
        """Returns for how long the oldest act that no checkpoint covers has waited."""
        return self._checkpointer.lag_ms()

    def follow(self, reader: Follower) -> None:
        """Lets ``reader`` hear of the acts of each commit of this process, in order, on the loop thread."""
        self._followers.append(reader)

    async def read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Returns what ``work`` returns. Raises StoreUnavailable."""
        if self._engines is None or len(self._reads) >= MAX_READS:
            self._refused_reads += 1
            raise StoreUnavailable
        task = asyncio.create_task(self._read(self._engines, work))
        self._reads[task] = None
        task.add_done_callback(self._end_of_read)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._limits.read_s)
        except asyncio.CancelledError:
            await self._stop_read(task)
            raise
        if not done:
            self._late_reads += 1
            await self._stop_read(task)
            raise StoreUnavailable
        return task.result()

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Returns what ``work`` returned, after the commit. Raises StoreUnavailable, StoreUncertain."""
        result: T = await self._wait_for(new_entry(work, ()))
        return result

    async def record(self, acts: Sequence[Act]) -> None:
        """Returns after the commit. Raises StoreUnavailable, StoreUncertain, MisuseError."""
        if len(acts) > MAX_ACTS:
            raise MisuseError(f"at most {MAX_ACTS} acts at once")
        if acts:
            await self._wait_for(new_entry(None, tuple(acts)))

    async def _wait_for(self, entry: Entry, *, is_urgent: bool = False) -> Any:
        if self._writing is None or not self._waiting.add(entry, is_urgent=is_urgent):
            self._refused_writes += 1
            raise StoreUnavailable
        try:
            async with asyncio.timeout(self._limits.write_s):
                return await entry.answer
        except TimeoutError:
            self._late_writes += 1
            raise (StoreUnavailable() if entry.withdraw() else StoreUncertain()) from None

    async def _read(self, engines: Engines, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        task = asyncio.current_task()
        assert task is not None
        try:
            async with self._slots, engines.reading.connect() as connection:
                self._reads[task] = connection
                return await work(connection)
        except (OSError, TimeoutError, SQLAlchemyError) as error:
            if is_not_now(error):
                raise StoreUnavailable from None
            raise

    def _end_of_read(self, task: asyncio.Task[Any]) -> None:
        self._reads.pop(task, None)
        if not task.cancelled():
            # Fetched, so that a read nobody waits for any more does not complain of it.
            task.exception()

    async def _stop_read(self, task: asyncio.Task[Any]) -> None:
        connection = self._reads.get(task)
        if connection is not None:
            await interrupt(connection)
        task.cancel()

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // 1_000_000

    async def _write_first(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        result: T = await self._wait_for(new_entry(work, ()), is_urgent=True)
        return result

    def _committed(self, acts: Sequence[ChainedAct], heads: dict[str, ChainHead]) -> None:
        self._checkpointer.receive_heads(heads)
        loop = asyncio.get_running_loop()
        if acts:
            for reader in self._followers:
                # Called by the loop, which logs what a reader raises; the writer does not suffer from it.
                loop.call_soon(reader, acts)
