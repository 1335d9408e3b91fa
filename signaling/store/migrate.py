"""Bringing a database's tables to the shape of this version, or back: alembic's steps in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection

from signaling.store.engines import open_engine
from signaling.store.store import StoreUnavailable

MIGRATIONS: Final = Path(__file__).parent / "migrations"
NEWEST: Final = "head"
EMPTY: Final = "base"


class StoreTooNew(StoreUnavailable):
    """A newer version of the service has changed the tables: this one must not touch them."""

    def __init__(self) -> None:
        super().__init__("store_too_new")


async def bring_up_to_date(url: URL) -> None:
    """Takes the database to the newest step; where it is there already, nothing is written.

    Raises StoreTooNew, SQLAlchemyError, OSError, TimeoutError.
    """
    engine = open_engine(url, "migrate")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def upgrade(connection: Connection, revision: str = NEWEST) -> None:
    """Takes the tables up to ``revision``. Raises StoreTooNew, SQLAlchemyError."""
    config = alembic_config(connection)
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    try:
        if current is not None:
            script.get_revision(current)
    except CommandError:
        raise StoreTooNew from None
    if revision != NEWEST or current != script.get_current_head():
        command.upgrade(config, revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Takes the tables back to ``revision``. Raises SQLAlchemyError."""
    command.downgrade(alembic_config(connection), revision)


def alembic_config(connection: Connection) -> Config:
    """Returns alembic's configuration for one connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
