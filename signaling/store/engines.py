"""Connections to either database, with every wait bounded: one that writes, a few that read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from recording.files import PRIVATE_FILE_MODE, make_private_folder

READERS: Final = 4
"""Reads at a time: as many threads (SQLite) or server processes (PostgreSQL) beside the writer."""
BUSY_LIMIT_S: Final = 1.0
"""Another process writes for milliseconds at a time; longer is a fault to report."""
COMMAND_LIMIT_S: Final = 1.5
"""One statement. Below the limit of a whole call, so that the caller hears of it and the writer goes on."""
CONNECT_LIMIT_S: Final = 1.0
FORGOTTEN_LIMIT_MS: Final = 5_000
"""PostgreSQL ends the transaction of a process that was frozen in its midst, and frees the writers' lock."""
_SQLITE_LOG_PAGES: Final = 4_000
"""16 MB of write-ahead log before it is copied into the file: a quarter of the copies of SQLite's default."""
_SQLITE_LOG_LIMIT_BYTES: Final = 64 * 1024 * 1024
"""A long read holds the copying up; what the log grew to meanwhile is given back afterwards."""
_SQLITE_CACHE_KIB: Final = 32 * 1024
"""An event goes to seven places of the file, most of them anywhere in an index: upper pages stay here."""
_ONE_WRITER: Final = 0x6C7A_7772_6974_6572
"""The writers' advisory lock ("lzwriter"). On PostgreSQL it stands for what BEGIN IMMEDIATE is on SQLite: one
unit after another in all processes, so none can deadlock, and what one read is still so when it commits."""

Purpose = Literal["write", "read", "migrate"]


@dataclass(frozen=True, slots=True)
class Engines:
    """Both engines of a store."""

    writing: AsyncEngine
    reading: AsyncEngine

    async def dispose(self) -> None:
        """Closes every connection. Twice is harmless."""
        await self.reading.dispose()
        await self.writing.dispose()


def is_sqlite(url: URL) -> bool:
    """Whether the database is a file of ours."""
    return url.get_backend_name() == "sqlite"


async def interrupt(connection: AsyncConnection) -> None:
    """Ends the statement that an SQLite thread is in, if any; PostgreSQL's driver does so by itself.

    To be called before what waits for that statement is cancelled: closing waits for the thread.
    """
    if not connection.closed and connection.dialect.name == "sqlite":
        driver = (await connection.get_raw_connection()).driver_connection
        if driver is not None:
            await driver.interrupt()


def open_engines(url: URL) -> Engines:
    """Returns the engines; connections are made when they are first used. Raises OSError."""
    return Engines(writing=open_engine(url, "write"), reading=open_engine(url, "read"))


def open_engine(url: URL, purpose: Purpose) -> AsyncEngine:
    """Returns an engine for one purpose. Raises OSError where an SQLite file cannot be made."""
    return _sqlite(url, purpose) if is_sqlite(url) else _postgresql(url, purpose)


def _sqlite(url: URL, purpose: Purpose) -> AsyncEngine:
    path = Path(url.database or "")
    make_private_folder(path.parent)
    path.touch(mode=PRIVATE_FILE_MODE)
    engine = create_async_engine(
        url, connect_args={"timeout": BUSY_LIMIT_S}, hide_parameters=True, **_pool_of(purpose)
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # Without this the driver begins transactions by itself, too late and not for every statement.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS[purpose]:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE: a writer that finds another waits at the start, not in its midst, where it could not.
        connection.exec_driver_sql("BEGIN" if purpose == "read" else "BEGIN IMMEDIATE")

    return engine


_WRITING_PRAGMAS: Final = (
    "journal_mode = WAL",
    # An event that was acknowledged is on disk, also after a power cut.
    "synchronous = FULL",
    f"wal_autocheckpoint = {_SQLITE_LOG_PAGES}",
    f"journal_size_limit = {_SQLITE_LOG_LIMIT_BYTES}",
    f"cache_size = -{_SQLITE_CACHE_KIB}",
)
_SQLITE_PRAGMAS: Final[dict[Purpose, tuple[str, ...]]] = {
    "write": (*_WRITING_PRAGMAS, "foreign_keys = ON"),
    "read": ("query_only = ON",),
    # Off, as alembic remakes tables to change them, which would empty those that refer to them.
    "migrate": (*_WRITING_PRAGMAS, "foreign_keys = OFF"),
}


def _postgresql(url: URL, purpose: Purpose) -> AsyncEngine:
    is_migration = purpose == "migrate"
    limits = {
        "statement_timeout": str(round(COMMAND_LIMIT_S * 1000)),
        "lock_timeout": str(round(BUSY_LIMIT_S * 1000)),
        "idle_in_transaction_session_timeout": str(FORGOTTEN_LIMIT_MS),
    }
    engine = create_async_engine(
        url,
        connect_args={
            "timeout": CONNECT_LIMIT_S,
            # A migration of years of events takes what it takes.
            "command_timeout": None if is_migration else COMMAND_LIMIT_S,
            "server_settings": {"application_name": "lianzhen", **({} if is_migration else limits)},
        },
        hide_parameters=True,
        **_pool_of(purpose),
        **({"pool_pre_ping": True} if purpose == "read" else {}),
    )
    if purpose == "read":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_WRITER})")

    return engine


def _pool_of(purpose: Purpose) -> dict[str, Any]:
    match purpose:
        case "read":
            return {"pool_size": READERS, "max_overflow": 0, "pool_timeout": CONNECT_LIMIT_S}
        case "write":
            return {"pool_size": 1, "max_overflow": 0, "pool_timeout": CONNECT_LIMIT_S}
        case "migrate":
            return {"poolclass": NullPool}
