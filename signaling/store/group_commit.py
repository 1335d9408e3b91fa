"""The writer: one task that takes what waits and commits it together, each unit in a savepoint of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from recording.audit.act import Act
from recording.audit.chain import ChainedAct, ChainHead
from recording.errors import MisuseError
from signaling.store.engines import interrupt
from signaling.store.faults import is_not_now, may_have_committed
from signaling.store.ledger_writing import LedgerWriting
from signaling.store.savepoints import Savepoints
from signaling.store.store import StoreUnavailable, StoreUncertain, Unit
from signaling.store.waiting import Entry, Stage, Waiting

_TO_INTERRUPT_S: Final = 0.1
"""A statement ends by being interrupted, and leaves a connection that can be used; only then by being
cancelled."""
BATCH_LIMIT_S: Final = 0.05
"""After this the units that have run are committed and the others wait for the next commit: who came first is
answered, and a checkpoint waits for one such turn."""
_MAX_BATCH_LIMIT_S: Final = 0.5
"""Where a commit itself takes longer, as on a machine that is overloaded, units run for as long as that: half
of the time at least is theirs. Beyond this their callers would run into their limit."""

Committed = Callable[[Sequence[ChainedAct], dict[str, ChainHead]], None]

_log = structlog.get_logger("store")


class OpenUnit(Unit):
    """A unit under way. ``connection`` may be used until its work returns."""

    def __init__(self, connection: AsyncConnection, now_ms: int) -> None:
        self.connection, self.now_ms = connection, now_ms
        self.acts: list[Act] = []
        self.is_over = False

    def record(self, act: Act) -> None:
        """Adds an act. Raises MisuseError once the unit's work has returned."""
        if self.is_over:
            raise MisuseError("the unit of work is over")
        self.acts.append(act)


class _Withdrawn(Exception):  # noqa: N818
    """A caller of this batch was told that nothing is stored: the batch must be undone."""


@dataclass(slots=True)
class WriterCounts:
    """What the writer has done since the start."""

    commits: int = 0
    units: int = 0
    acts: int = 0
    undone_units: int = 0
    """Their own work raised."""
    failed_commits: int = 0
    uncertain_commits: int = 0


@dataclass(slots=True)
class GroupWriter:
    """Commits what waits. ``committed`` is told of each commit before its callers are answered."""

    engine: AsyncEngine
    waiting: Waiting
    now_ms: Callable[[], int]
    committed: Committed
    unit_limit_s: float
    counts: WriterCounts = field(default_factory=WriterCounts)
    _connection: AsyncConnection | None = None
    _commit_s: float = 0.0
    """What the last commit took beside its units."""

    async def run(self) -> None:
        """Writes until it is cancelled; what is under way is undone then."""
        try:
            while True:
                await self.waiting.arrived.wait()
                if batch := self.waiting.take():
                    await self._answer(batch)
        finally:
            await self._drop_connection()

    async def _answer(self, batch: list[Entry]) -> None:
        try:
            ledger = await self._commit(batch)
        # Whatever went wrong is raised at every caller of this batch; the writer goes on with the next.
        except Exception as error:
            is_uncertain = batch[0].stage is Stage.COMMITTING and may_have_committed(error)
            self._fail(batch, error, is_uncertain=is_uncertain)
            # Taking leave of a database that is frozen takes a while; its callers know by now.
            await self._drop_connection()
            return
        except BaseException:
            self._fail(batch, StoreUnavailable(), is_uncertain=batch[0].stage is Stage.COMMITTING)
            raise
        self.counts.commits += 1
        self.counts.acts += len(ledger.chained)
        self.committed(ledger.chained, ledger.grown_heads())
        for entry in batch:
            if entry.answer.done():
                continue
            if entry.fault is None:
                entry.answer.set_result(entry.result)
            else:
                entry.answer.set_exception(entry.fault)

    async def _commit(self, batch: list[Entry]) -> LedgerWriting:
        if self._connection is None:
            self._connection = await self.engine.connect()
        connection = self._connection
        loop = asyncio.get_running_loop()
        began = loop.time()
        transaction = await connection.begin()
        try:
            ledger, savepoints = LedgerWriting(connection), await Savepoints.on(connection)
            await ledger.load_heads({act.institution for entry in batch for act in entry.acts})
            units_began = loop.time()
            deadline = units_began + min(max(BATCH_LIMIT_S, self._commit_s), _MAX_BATCH_LIMIT_S)
            for number, entry in enumerate(batch, 1):
                await self._run(entry, connection, savepoints, ledger)
                if entry.work is not None:
                    self._check_withdrawn(batch)
                if loop.time() > deadline:
                    self.waiting.give_back(batch[number:])
                    del batch[number:]
                    break
            units_s = loop.time() - units_began
            await ledger.store()
            self._check_withdrawn(batch)
        except BaseException:
            await self._undo(transaction)
            raise
        for entry in batch:
            entry.stage = Stage.COMMITTING
        await transaction.commit()
        self._commit_s = loop.time() - began - units_s
        return ledger

    async def _run(
        self, entry: Entry, connection: AsyncConnection, savepoints: Savepoints, ledger: LedgerWriting
    ) -> None:
        if entry.work is None:
            try:
                await ledger.add(entry.acts)
            except MisuseError as error:
                entry.fault = error
            return
        unit = OpenUnit(connection, self.now_ms())
        await savepoints.begin()
        try:
            try:
                async with _unit_limit(connection, self.unit_limit_s):
                    entry.result = await entry.work(unit)
            finally:
                unit.is_over = True
            await ledger.add(unit.acts)
        # It is raised at its caller once it is known whether what it was decided upon has been committed.
        except Exception as error:
            if is_not_now(error):
                raise
            await savepoints.undo()
            entry.fault = error
            self.counts.undone_units += 1
            return
        await savepoints.keep()
        self.counts.units += 1

    @staticmethod
    def _check_withdrawn(batch: list[Entry]) -> None:
        if any(entry.stage is Stage.WITHDRAWN for entry in batch):
            raise _Withdrawn

    @staticmethod
    async def _undo(transaction: AsyncTransaction) -> None:
        # A connection that cannot even undo is dropped, and the database undoes.
        with contextlib.suppress(Exception):
            await transaction.rollback()

    def _fail(self, batch: list[Entry], error: Exception, *, is_uncertain: bool) -> None:
        self.counts.failed_commits += 1
        self.counts.uncertain_commits += is_uncertain
        is_expected = isinstance(error, _Withdrawn | StoreUnavailable) or is_not_now(error)
        if not is_expected:
            _log.error("commit_failed", error=type(error).__name__)
        for entry in batch:
            if not entry.answer.done():
                entry.answer.set_exception(_told(error, is_expected=is_expected, is_uncertain=is_uncertain))

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(Exception):
            await connection.invalidate()
        with contextlib.suppress(Exception):
            await connection.close()


@contextlib.asynccontextmanager
async def _unit_limit(connection: AsyncConnection, limit_s: float) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    interruptions: list[asyncio.Task[None]] = []
    timer = loop.call_later(limit_s, lambda: interruptions.append(loop.create_task(interrupt(connection))))
    try:
        async with asyncio.timeout(limit_s + _TO_INTERRUPT_S):
            yield
    finally:
        timer.cancel()
        for task in interruptions:
            await task


def _told(error: Exception, *, is_expected: bool, is_uncertain: bool) -> Exception:
    if is_uncertain:
        return StoreUncertain()
    return StoreUnavailable() if is_expected else error


def new_entry(work: Callable[[Unit], Any] | None, acts: Sequence[Act]) -> Entry:
    """Returns an entry whose answer belongs to the running loop."""
    return Entry(work=work, acts=acts, answer=asyncio.get_running_loop().create_future())
