"""A database of ours as one SQLite file of one moment, and such a file back into an empty database.

The file is the same whichever database it came from: a backup of PostgreSQL can be restored to SQLite, and
the offline verifier reads both. A running service goes on meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Table, func, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.store.database_url import sqlite_url
from signaling.store.engines import is_sqlite, open_engine
from signaling.store.migrate import bring_up_to_date, upgrade
from signaling.store.tables import metadata

LEDGER_TABLES: Final = frozenset(
    {"chain", "event", "personal_field", "checkpoint", "cosignature", "time_stamp"}
)
ROWS_AT_ONCE: Final = 1_000
"""Some MB in memory; a statement over them stays far within the database's limit of time."""


class NotEmpty(Exception):  # noqa: N818  (a fact about a database)
    """The database holds rows already."""


async def take_snapshot(url: URL, file: Path, tables: frozenset[str] | None = None) -> None:
    """Writes the database, or some of its tables, into the new SQLite file ``file``.

    Raises FileExistsError, OSError, SQLAlchemyError, sqlite3.Error.
    """
    _create(file)
    if is_sqlite(url):
        _copy_file(Path(url.database or ""), file)
        return
    await bring_up_to_date(sqlite_url(file))
    source = open_engine(url, "read")
    target = open_engine(sqlite_url(file), "migrate")
    try:
        async with source.connect() as reading, target.begin() as writing:
            for table in metadata.sorted_tables:
                if tables is None or table.name in tables:
                    await _copy_table(reading, writing, table)
    finally:
        await source.dispose()
        await target.dispose()
    _leave_wal(file)


async def put_back(file: Path, url: URL) -> None:
    """Fills an empty database, made if need be, with a snapshot; all of it or nothing.

    Raises NotEmpty, SQLAlchemyError, OSError.
    """
    source = open_engine(sqlite_url(file), "migrate")
    target = open_engine(url, "migrate")
    try:
        async with source.begin() as reading, target.begin() as writing:
            # An older backup's tables come up to this version first.
            await reading.run_sync(upgrade)
            await writing.run_sync(_upgrade_empty)
            for table in metadata.sorted_tables:
                await _copy_table(reading, writing, table)
    finally:
        await source.dispose()
        await target.dispose()
    if is_sqlite(url):
        _leave_wal(Path(url.database or ""))


async def _copy_table(reading: AsyncConnection, writing: AsyncConnection, table: Table) -> None:
    keys = [*table.primary_key.columns]
    query = select(table).order_by(*keys).execution_options(yield_per=ROWS_AT_ONCE)
    found = await reading.stream(query)
    async for rows in found.mappings().partitions(ROWS_AT_ONCE):
        await writing.execute(insert(table), _plain(rows))


def _create(file: Path) -> None:
    file.touch(mode=0o600, exist_ok=False)


def _plain(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]


def _upgrade_empty(connection: Connection) -> None:
    present = set(inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        if table.name in present and connection.scalar(select(func.count()).select_from(table)):
            raise NotEmpty
    upgrade(connection)


def _copy_file(source: Path, target: Path) -> None:
    """SQLite's own copy: of one moment, beside a writer."""
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    writing = sqlite3.connect(target)
    try:
        reading.backup(writing)
    finally:
        reading.close()
        writing.close()
    _leave_wal(target)


def _leave_wal(file: Path) -> None:
    """One file, without a log beside it; the service turns the log on again."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        connection.close()
