"""Every call ends within its limit of time, and says truly whether something was stored."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.store.call_limits import CallLimits
from signaling.store.engines import is_sqlite, open_engine
from signaling.store.migrate import bring_up_to_date
from signaling.store.sql_store import SqlStore
from signaling.store.store import StoreUnavailable, Unit
from signaling.store.waiting import MAX_WAITING
from tests.support.ledgers import act, checked_ledger
from tests.support.stores import open_test_store
from tests.support.waiting import PATIENCE, wait_until

LIMITS = CallLimits()
MARGIN_S = 0.5 * PATIENCE


@pytest.fixture
async def store(url: URL, tmp_path: Path) -> AsyncIterator[SqlStore]:
    await bring_up_to_date(url)
    async with open_test_store(tmp_path, url=url, limits=LIMITS) as opened:
        yield opened


@contextlib.asynccontextmanager
async def another_writer(url: URL) -> AsyncIterator[None]:
    """Another process that holds the writers' lock and does not let go."""
    engine = open_engine(url, "write")
    try:
        async with engine.begin():
            yield
    finally:
        await engine.dispose()


@contextlib.contextmanager
def ends_within(limit_s: float) -> object:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < limit_s + MARGIN_S


async def test_a_write_behind_another_writer_ends_in_time(store: SqlStore, url: URL) -> None:
    async with another_writer(url):
        with ends_within(LIMITS.write_s), pytest.raises(StoreUnavailable) as refusal:
            await store.record([act()])
        assert refusal.value.code == "store_unavailable"
    await store.record([act(at_ms=2)])
    assert [line["at_ms"] for line in (await checked_ledger(store)).lines] == [2]


async def test_reads_go_on_behind_another_writer(store: SqlStore, url: URL) -> None:
    async with another_writer(url):
        with ends_within(0.2):
            await checked_ledger(store)


async def test_a_full_queue_refuses_at_once(url: URL, tmp_path: Path) -> None:
    await bring_up_to_date(url)
    async with open_test_store(tmp_path, url=url) as store:
        async with another_writer(url):
            waiting = [asyncio.ensure_future(store.record([act(at_ms=n)])) for n in range(MAX_WAITING + 64)]
            await wait_until(lambda: store.stats()["refused_writes"] == 64, what="those beyond were refused")
            # At once: while all the others still wait.
            assert [n for n, answer in enumerate(waiting) if answer.done()] == list(
                range(MAX_WAITING, MAX_WAITING + 64)
            )
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        stored = [number for number, answer in enumerate(answers) if answer is None]
        assert stored == list(range(MAX_WAITING))
        assert [line["at_ms"] for line in (await checked_ledger(store)).lines] == stored


def endless(url: URL) -> str:
    if is_sqlite(url):
        return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    return "SELECT pg_sleep(60)"


async def test_an_endless_read_ends_in_time_and_gives_its_place_back(store: SqlStore, url: URL) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text(endless(url)))

    with ends_within(LIMITS.read_s):
        answers = await asyncio.gather(*(store.read(work) for _ in range(6)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {StoreUnavailable}
    with ends_within(1.0):
        assert (await checked_ledger(store)).lines == []


async def test_a_unit_that_hangs_is_undone_and_the_next_goes_on(store: SqlStore) -> None:
    async def hang(unit: Unit) -> None:
        unit.record(act(at_ms=1))
        await asyncio.Event().wait()

    with ends_within(LIMITS.unit_s), pytest.raises(StoreUnavailable):
        await store.write(hang)
    await store.record([act(at_ms=2)])
    assert [line["at_ms"] for line in (await checked_ledger(store)).lines] == [2]


async def test_an_endless_statement_in_a_unit_is_undone_and_the_next_goes_on(
    store: SqlStore, url: URL
) -> None:
    async def hang(unit: Unit) -> None:
        unit.record(act(at_ms=1))
        await unit.connection.execute(text(endless(url)))

    with ends_within(LIMITS.write_s), pytest.raises(StoreUnavailable):
        await store.write(hang)

    async def is_back() -> bool:
        with contextlib.suppress(StoreUnavailable):
            await store.record([act(at_ms=2)])
            return True
        return False

    await wait_until(is_back, what="the writer took another")
    assert [line["at_ms"] for line in (await checked_ledger(store)).lines] == [2]


async def test_a_caller_who_leaves_while_waiting_leaves_nothing(store: SqlStore, url: URL) -> None:
    async with another_writer(url):
        first = asyncio.ensure_future(store.record([act(at_ms=1)]))
        await wait_until(lambda: store.waiting_writes == 1, what="the first waits", every_s=0)
        await wait_until(lambda: store.waiting_writes == 0, what="the writer took it", every_s=0)
        second = asyncio.ensure_future(store.record([act(at_ms=2)]))
        await wait_until(lambda: store.waiting_writes == 1, what="the second waits", every_s=0)
        second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await store.record([act(at_ms=3)])
    kept = [line["at_ms"] for line in (await checked_ledger(store)).lines]
    assert 2 not in kept
    assert kept[-1] == 3
