"""SQLite asked on the loop thread itself: the same statements on the same file, without a thread between.

The service never does this, as a slow disk would hold up its calls. A test that plays thousands of cases has
no calls, and spends most of its time in handing each statement to a thread and back.

    store = SqlStore(inline_url(path), ...)
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiosqlite
from sqlalchemy import URL
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi, SQLiteDialect_aiosqlite

_NAME: Final = "inline"
_CHUNK_ROWS: Final = 64
"""aiosqlite's own; nothing here reads in chunks."""


class _AtOnce:
    """In the place of the queue to the thread: what is put into it is done before it returns."""

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, work = item
        try:
            result = work()
        except Exception as error:
            if future is None:
                raise
            future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class _NoThread:
    daemon = True

    def start(self) -> None:
        """Nothing starts."""


class InlineConnection(aiosqlite.Connection):
    """A connection of aiosqlite without its thread."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, _CHUNK_ROWS)
        self._tx: Any = _AtOnce()
        self._thread: Any = _NoThread()


class _InlineDriver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, database: str, **options: Any) -> Any:
        return super().connect(
            async_creator_fn=lambda: InlineConnection(lambda: sqlite3.connect(database, **options))
        )


class InlineDialect(SQLiteDialect_aiosqlite):
    """What ``sqlite+inline`` names to SQLAlchemy."""

    driver = _NAME
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        return _InlineDriver(aiosqlite, sqlite3)


registry.register(f"sqlite.{_NAME}", __name__, InlineDialect.__name__)


def inline_url(path: Path) -> URL:
    """Returns the URL of a file that is to be asked on the loop thread."""
    return URL.create(f"sqlite+{_NAME}", database=str(path))
