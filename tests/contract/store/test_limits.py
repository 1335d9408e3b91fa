"""Every call ends although what it waits for does not, and says truly whether something was stored.

That it ends is seen by the order of things: what is in its way is taken away only afterwards. How soon it
ends is measured by one test, alone and up to three times.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable
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
from tests.support.best_of_three import best_of_three
from tests.support.ledgers import act, checked_ledger
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S, wait_until

LIMITS = CallLimits()
MARGIN_S = 0.5


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


async def kept_numbers(url: URL, folder: Path) -> list[int]:
    """What the ledger has, read by a store of its own that waits for as long as it takes."""
    async with open_test_store(folder / "reader", url=url) as reader:
        return [int(line["at_ms"]) for line in (await checked_ledger(reader)).lines]


async def stored_again(store: SqlStore) -> int:
    """Writes as people do, until one is stored; its number, at least 2, is that of no refused one."""
    async with asyncio.timeout(HANG_S):
        for number in itertools.count(2):
            with contextlib.suppress(StoreUnavailable):
                await store.record([act(at_ms=number)])
                return number
            await asyncio.sleep(0.02)
    raise AssertionError("unreachable")


async def refused(call: Awaitable[object]) -> StoreUnavailable:
    """What a call says that ends although what it waits for does not."""
    async with asyncio.timeout(HANG_S):
        with pytest.raises(StoreUnavailable) as refusal:
            await call
    return refusal.value


async def assert_only_the_next_is_kept(store: SqlStore, url: URL, folder: Path) -> None:
    """Of the refused act 1 nothing was stored, and writes go on."""
    number = await stored_again(store)
    kept = await kept_numbers(url, folder)
    assert 1 not in kept
    assert kept[-1] == number


async def test_a_write_behind_another_writer_ends_while_it_waits(
    store: SqlStore, url: URL, tmp_path: Path
) -> None:
    async with another_writer(url):
        assert (await refused(store.record([act(at_ms=1)]))).code == "store_unavailable"
    await assert_only_the_next_is_kept(store, url, tmp_path)


async def test_reads_go_on_behind_another_writer(url: URL, tmp_path: Path) -> None:
    await bring_up_to_date(url)
    async with open_test_store(tmp_path, url=url) as store, another_writer(url), asyncio.timeout(HANG_S):
        # The lock is not given back before: a read that waited for it would never return.
        assert (await checked_ledger(store)).lines == []


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
    return f"SELECT pg_sleep({10 * HANG_S})"


async def test_an_endless_read_ends_and_gives_its_place_back(store: SqlStore, url: URL) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text(endless(url)))

    async with asyncio.timeout(HANG_S):
        answers = await asyncio.gather(*(store.read(work) for _ in range(6)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {StoreUnavailable}

    async def is_back() -> bool:
        with contextlib.suppress(StoreUnavailable):
            return (await checked_ledger(store)).lines == []
        return False

    # More of them than there are places: were those held, none would be left for this.
    await wait_until(is_back, what="a read gets a place")


@pytest.mark.parametrize("in_a_statement", [False, True])
async def test_a_unit_that_does_not_end_is_undone_and_the_next_goes_on(
    store: SqlStore, url: URL, tmp_path: Path, in_a_statement: bool
) -> None:
    async def hang(unit: Unit) -> None:
        unit.record(act(at_ms=1))
        if in_a_statement:
            await unit.connection.execute(text(endless(url)))
        await asyncio.Event().wait()

    await refused(store.write(hang))
    await assert_only_the_next_is_kept(store, url, tmp_path)


@pytest.mark.alone
async def test_calls_end_within_their_limits(url: URL, tmp_path: Path) -> None:
    """What call_limits.py promises, measured."""
    await bring_up_to_date(url)

    async def hang(unit: Unit) -> None:
        await asyncio.Event().wait()

    async def hang_in_a_statement(unit: Unit) -> None:
        await unit.connection.execute(text(endless(url)))

    async def read_for_ever(connection: AsyncConnection) -> None:
        await connection.execute(text(endless(url)))

    async def took_s(call: Awaitable[object]) -> float:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await call
        return time.monotonic() - began

    async def write_behind_another(attempt: int) -> float:
        async with open_test_store(tmp_path, url=url, limits=LIMITS) as store, another_writer(url):
            return await took_s(store.record([act()]))

    async def endless_read(attempt: int) -> float:
        async with open_test_store(tmp_path, url=url, limits=LIMITS) as store:
            return await took_s(store.read(read_for_ever))

    async def hanging_unit(attempt: int) -> float:
        async with open_test_store(tmp_path, url=url, limits=LIMITS) as store:
            return await took_s(store.write(hang))

    async def hanging_statement(attempt: int) -> float:
        async with open_test_store(tmp_path, url=url, limits=LIMITS) as store:
            return await took_s(store.write(hang_in_a_statement))

    async def read_after_endless_ones(attempt: int) -> float:
        async with open_test_store(tmp_path, url=url, limits=LIMITS) as store:
            await asyncio.gather(*(store.read(read_for_ever) for _ in range(6)), return_exceptions=True)
            began = time.monotonic()
            with contextlib.suppress(StoreUnavailable):
                await checked_ledger(store)
            return time.monotonic() - began

    async def read_behind_another(attempt: int) -> float:
        async with open_test_store(tmp_path, url=url, limits=LIMITS) as store, another_writer(url):
            began = time.monotonic()
            await checked_ledger(store)
            return time.monotonic() - began

    await best_of_three("a write behind another writer", LIMITS.write_s + MARGIN_S, write_behind_another)
    await best_of_three("an endless read", LIMITS.read_s + MARGIN_S, endless_read)
    await best_of_three("a unit that hangs", LIMITS.unit_s + MARGIN_S, hanging_unit)
    await best_of_three("an endless statement in a unit", LIMITS.write_s + MARGIN_S, hanging_statement)
    await best_of_three("a read after endless ones", 1.0 + MARGIN_S, read_after_endless_ones)
    await best_of_three("a read behind another writer", 0.2 + MARGIN_S, read_behind_another)


async def test_a_caller_who_leaves_while_waiting_leaves_nothing(url: URL, tmp_path: Path) -> None:
    await bring_up_to_date(url)
    async with open_test_store(tmp_path, url=url) as store:
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
