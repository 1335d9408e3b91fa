"""A database that is killed, frozen or full: the store says so meanwhile, tells the truth about what is
stored, and goes on by itself when the database does.

Meanwhile is a matter of order: the database comes back only after everybody who asked has been answered. How
soon that is, test_limits.py measures.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import URL

from signaling.store.call_limits import CallLimits
from signaling.store.database_url import database_url
from signaling.store.sql_store import SqlStore
from signaling.store.store import StoreUnavailable
from tests.support.ledger_process import write_one
from tests.support.ledgers import checked_ledger
from tests.support.patient_databases import databases_as_served
from tests.support.postgres import NoPostgres, PostgresCluster, running_cluster
from tests.support.small_disk import fill, small_disk
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S, wait_until

Answer = TypeVar("Answer")

LIMITS = CallLimits()
FAULT_S = float(os.environ.get("LIANZHEN_LEDGER_FAULT_S", "4"))
"""How long the database is away: a few seconds, so that connections, statements and commits run into it."""
CALLERS = 8
DISK_BYTES = 24_000_000


@dataclass
class Told:
    """What callers were told of their numbers."""

    stored: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    uncertain: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    """Asked, and not yet told anything."""


@contextlib.asynccontextmanager
async def calling(store: SqlStore) -> AsyncIterator[Told]:
    """Callers who write one number after another, whatever they are told."""
    told = Told()
    number = 0

    async def caller() -> None:
        nonlocal number
        while True:
            number += 1
            mine = number
            told.waiting.add(mine)
            try:
                await write_one(store, mine)
            except StoreUnavailable as refusal:
                told.waiting.remove(mine)
                (told.uncertain if refusal.code == "store_uncertain" else told.refused).add(mine)
                # A person tries again later, too; and the log of a test stays short.
                await asyncio.sleep(0.02)
            else:
                told.waiting.remove(mine)
                told.stored.add(mine)

    tasks = [asyncio.create_task(caller()) for _ in range(CALLERS)]
    try:
        yield told
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def check_told(store: SqlStore, told: Told) -> None:
    """AssertionError where the ledger, as a store that waits reads it, is not what the callers were told."""
    kept = {line["at_ms"] for line in (await checked_ledger(store)).lines}
    assert told.stored <= kept
    assert not told.refused & kept


async def sooner_or_later(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Asks again as long as it is told to: this machine, too, stands still now and then."""
    async with asyncio.timeout(HANG_S):
        while True:
            with contextlib.suppress(StoreUnavailable):
                return await ask()
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[PostgresCluster]:
    try:
        with running_cluster() as running:
            yield running
    except NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.mark.timeout(300 + 3 * FAULT_S)
@pytest.mark.parametrize(
    ("strike", "mend"),
    [
        (PostgresCluster.kill, PostgresCluster.start),
        (PostgresCluster.freeze, PostgresCluster.thaw),
    ],
    ids=["killed", "frozen"],
)
async def test_a_database_that_is_away_for_a_while(
    own_cluster: PostgresCluster,
    tmp_path: Path,
    strike: Callable[[PostgresCluster], None],
    mend: Callable[[PostgresCluster], None],
) -> None:
    url = own_cluster.url(own_cluster.new_database())
    async with open_test_store(tmp_path, url=url, limits=LIMITS) as store:
        signing = asyncio.create_task(store.run())
        async with calling(store) as told:
            await wait_until(lambda: len(told.stored) > 50, what="it works")
            await asyncio.to_thread(strike, own_cluster)
            ends = time.monotonic() + FAULT_S
            try:
                under_way = set(told.waiting)
                while time.monotonic() < ends:
                    async with asyncio.timeout(HANG_S):
                        with pytest.raises(StoreUnavailable):
                            await checked_ledger(store)
                    await asyncio.sleep(0.05)
                # All who had asked, and all who asked next, hear of it while the database is away.
                await wait_until(lambda: not under_way & told.waiting, what="those under way are told")
                asked_since = set(told.waiting)
                await wait_until(lambda: not asked_since & told.waiting, what="those who asked are told")
                stored_before = len(told.stored)
                assert told.refused
            finally:
                await asyncio.to_thread(mend, own_cluster)
            await wait_until(lambda: len(told.stored) > stored_before + 50, what="it goes on by itself")
        await wait_until(lambda: not store.checkpoint_lag_ms(), what="it signs again")
        signing.cancel()
    async with open_test_store(tmp_path, url=url) as reader:
        await check_told(reader, told)


async def test_a_store_closes_and_opens_although_its_database_is_frozen(
    own_cluster: PostgresCluster, tmp_path: Path
) -> None:
    url = own_cluster.url(own_cluster.new_database())
    async with open_test_store(tmp_path, url=url, limits=LIMITS) as store:
        await sooner_or_later(lambda: write_one(store, 1))
        await sooner_or_later(lambda: checked_ledger(store))
        await asyncio.to_thread(own_cluster.freeze)
        try:
            # It thaws only afterwards: both end although nobody answers.
            async with asyncio.timeout(HANG_S):
                with databases_as_served():
                    await store.close()
                    with pytest.raises(StoreUnavailable):
                        await store.open()
        finally:
            await asyncio.to_thread(own_cluster.thaw)
        await sooner_or_later(store.open)
        await sooner_or_later(lambda: write_one(store, 2))
        kept = await sooner_or_later(lambda: checked_ledger(store))
        assert {line["at_ms"] for line in kept.lines} == {1, 2}


@pytest.mark.parametrize("name", ["not_there", "postgres"])
async def test_a_database_that_does_not_let_us_in(
    own_cluster: PostgresCluster, tmp_path: Path, name: str
) -> None:
    url = own_cluster.url(name).set(username="lianzhen" if name == "not_there" else "nobody_known")
    with pytest.raises(StoreUnavailable):
        async with open_test_store(tmp_path, url=url, limits=LIMITS):
            pass


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of some megabytes."""
    with small_disk(tmp_path / "disk", DISK_BYTES) as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def url_on_small_disk(
    request: pytest.FixtureRequest, disk: Path, own_cluster: PostgresCluster
) -> Iterator[URL]:
    if request.param == "sqlite":
        yield database_url("", disk)
        return
    if own_cluster.user is not None:
        shutil.chown(disk, own_cluster.user)
        # Pytest's folders are closed to others, and the server is another.
        own_path = own_cluster.folder / "small"
        own_path.mkdir()
        subprocess.run(["mount", "--bind", disk, own_path], check=True)
        disk = own_path
    own_cluster.run_sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
    own_cluster.run_sql("CREATE DATABASE small TABLESPACE small")
    yield own_cluster.url("small")
    own_cluster.run_sql("DROP DATABASE small WITH (FORCE)")
    own_cluster.run_sql("DROP TABLESPACE small")
    if own_cluster.user is not None:
        subprocess.run(["umount", "--lazy", disk], check=True)


async def test_a_full_disk(url_on_small_disk: URL, disk: Path, tmp_path: Path) -> None:
    async with (
        open_test_store(tmp_path, url=url_on_small_disk) as store,
        calling(store) as told,
    ):
        await wait_until(lambda: len(told.stored) > 50, what="it works")
        ballast = await asyncio.to_thread(fill, disk)
        await wait_until(lambda: len(told.refused) > 20, what="the full disk is told")
        assert len((await checked_ledger(store)).lines) >= 50
        stored_before = len(told.stored)
        ballast.unlink()
        await wait_until(lambda: len(told.stored) > stored_before + 50, what="it goes on by itself")
    async with open_test_store(tmp_path, url=url_on_small_disk) as store:
        await check_told(store, told)
        assert not told.uncertain
