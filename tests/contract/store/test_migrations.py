"""The steps of the tables: up, down and up again on data, and at the top exactly what tables.py says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from signaling.store.engines import open_engine
from signaling.store.migrate import EMPTY, StoreTooNew, bring_up_to_date, downgrade, upgrade
from signaling.store.tables import metadata
from tests.support.ledgers import act, checked_ledger
from tests.support.stores import open_test_store


@pytest.fixture
async def engine(url: URL) -> AsyncIterator[AsyncEngine]:
    opened = open_engine(url, "migrate")
    yield opened
    await opened.dispose()


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_newest_step_is_what_the_tables_say(engine: AsyncEngine) -> None:
    """Fails after a change of tables.py without its step: see the first lines of that file."""
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(tables) == {*metadata.tables, "alembic_version"}


async def test_up_down_and_up_again(engine: AsyncEngine, url: URL, tmp_path: Path) -> None:
    async with open_test_store(tmp_path, url=url) as store:
        await store.record([act(personal={"name": "王秀英"}), act()])
    async with engine.begin() as connection:
        await connection.run_sync(downgrade, EMPTY)
        assert await connection.run_sync(tables) == {"alembic_version"}
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
        assert await connection.run_sync(differences) == []
    async with open_test_store(tmp_path / "again", url=url) as store:
        await store.record([act()])
        assert len((await checked_ledger(store)).lines) == 1


async def test_opening_again_changes_nothing(url: URL, tmp_path: Path) -> None:
    for number in range(1, 4):
        async with open_test_store(tmp_path, url=url) as store:
            await store.record([act()])
            assert len((await checked_ledger(store)).lines) == number


async def test_a_database_of_a_newer_version_is_left_alone(engine: AsyncEngine, url: URL) -> None:
    await bring_up_to_date(url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew):
        await bring_up_to_date(url)
    async with engine.begin() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() == "9999"


async def test_steps_that_fail_leave_nothing(engine: AsyncEngine) -> None:
    def upgrade_and_fail(connection: Connection) -> None:
        upgrade(connection)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        async with engine.begin() as connection:
            await connection.run_sync(upgrade_and_fail)
    async with engine.begin() as connection:
        assert await connection.run_sync(tables) == set()
