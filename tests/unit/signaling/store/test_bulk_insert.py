"""Rows go to the driver as they are: each value in its column, in one call."""

from __future__ import annotations

from typing import Any, cast

import pytest
from sqlalchemy import Column, Dialect, Integer, LargeBinary, MetaData, String, Table, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from signaling.store.bulk_insert import BulkInsert

_TABLE = Table(
    "specimen",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("state", String, server_default="new"),
)
_ROWS = [{"hash": b"\x00'", "name": "it's", "size": 1}, {"size": 2, "name": "二", "hash": b""}]


_SQLITE, _POSTGRESQL = (
    create_async_engine(f"{driver}://").dialect for driver in ("sqlite+aiosqlite", "postgresql+asyncpg")
)


def inserts() -> BulkInsert:
    # Neither the order of the table nor that of the rows.
    return BulkInsert(_TABLE, ["hash", "size", "name"])


class RecordingConnection:
    """Keeps what a driver would be given."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.calls: list[tuple[str, Any]] = []

    async def exec_driver_sql(self, statement: str, parameters: Any) -> None:
        self.calls.append((statement, parameters))


async def test_each_value_comes_back_from_its_own_column() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(_TABLE.metadata.create_all)
        await inserts().run(connection, _ROWS)
        rows = await connection.execute(select(_TABLE).order_by(_TABLE.c.size))
        assert rows.all() == [("it's", 1, b"\x00'", "new"), ("二", 2, b"", "new")]
    await engine.dispose()


async def test_a_row_that_is_there_already_is_an_error_and_nothing_is_overwritten() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        await connection.run_sync(_TABLE.metadata.create_all)
        await inserts().run(connection, _ROWS[:1])
        with pytest.raises(IntegrityError):
            await inserts().run(connection, [{**_ROWS[0], "size": 9}])
        assert (await connection.execute(select(_TABLE.c.size))).scalars().all() == [1]
    await engine.dispose()


@pytest.mark.parametrize(
    ("dialect", "places"),
    [
        (_SQLITE, "(?, ?, ?)"),
        (_POSTGRESQL, "($1::VARCHAR, $2::INTEGER, $3::BYTEA)"),
    ],
    ids=["sqlite", "postgresql"],
)
async def test_all_rows_are_one_call_in_the_words_of_the_database(dialect: Dialect, places: str) -> None:
    connection = RecordingConnection(dialect)
    await inserts().run(cast(AsyncConnection, connection), iter(_ROWS))
    assert connection.calls == [
        (
            f"INSERT INTO specimen (name, size, hash) VALUES {places}",
            [("it's", 1, b"\x00'"), ("二", 2, b"")],
        )
    ]


async def test_one_insert_serves_two_databases_in_turn() -> None:
    one = inserts()
    connections = [RecordingConnection(dialect) for dialect in (_SQLITE, _POSTGRESQL, _SQLITE)]
    for connection in connections:
        await one.run(cast(AsyncConnection, connection), _ROWS)
    first, other, again = (connection.calls for connection in connections)
    assert first == again
    assert first != other
