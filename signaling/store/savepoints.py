"""Savepoints told to the driver itself: through SQLAlchemy each would cost three turns of a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.store.store import StoreUnavailable

_NAME: Final = "unit"


class Savepoints:
    """The savepoint of one unit after another, in the transaction that ``connection`` is in.

    Raises StoreUnavailable: the transaction has lost what it did, as SQLite's does on a full disk.
    """

    def __init__(self, tell: Callable[[str], Awaitable[Any]]) -> None:
        self._driver = tell

    @classmethod
    async def on(cls, connection: AsyncConnection) -> Savepoints:
        """Returns those of a connection that is in a transaction."""
        driver: Any = (await connection.get_raw_connection()).driver_connection
        is_sqlite = connection.dialect.name == "sqlite"
        return cls(driver.execute_fetchall if is_sqlite else driver.execute)

    async def begin(self) -> None:
        """Sets the savepoint."""
        await self._tell(f"SAVEPOINT {_NAME}")

    async def keep(self) -> None:
        """Forgets the savepoint and keeps what was done since."""
        await self._tell(f"RELEASE SAVEPOINT {_NAME}")

    async def _tell(self, statement: str) -> None:
        try:
            await self._driver(statement)
        except Exception as error:
            raise StoreUnavailable from error

    async def undo(self) -> None:
        """Undoes what was done since the savepoint, and forgets it."""
        await self._tell(f"ROLLBACK TO SAVEPOINT {_NAME}")
        await self.keep()
