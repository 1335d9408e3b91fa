"""Where the database is: the setting's text as SQLAlchemy's URL, or ValueError."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

SQLITE_FILE: Final = "lianzhen.sqlite3"
_POSTGRESQL_OPTIONS: Final = {"host": "host", "ssl": "ssl", "sslmode": "ssl"}
"""What may follow the question mark: the folder of a Unix socket, and TLS in either spelling."""


def sqlite_url(path: Path) -> URL:
    """Returns the URL of a file."""
    return URL.create("sqlite+aiosqlite", database=str(path))


def database_url(text: str, data_dir: Path) -> URL:
    """Returns the database that the setting names; with nothing set, a file in the data folder.

    ``sqlite:///relative``, ``sqlite:////absolute`` or ``postgresql://user:password@host:port/name``. Raises
    ValueError, whose text never holds a password.
    """
    if not text:
        return sqlite_url(data_dir / SQLITE_FILE)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("no database URL") from None
    if url.drivername == "sqlite" and url.database and url.database != ":memory:" and not url.query:
        return sqlite_url(Path(url.database))
    if url.drivername not in ("postgresql", "postgres") or not url.database:
        raise ValueError("no database URL")
    options: dict[str, str] = {}
    for name, value in url.query.items():
        if name not in _POSTGRESQL_OPTIONS or not isinstance(value, str):
            raise ValueError("an option that is not known")
        options[_POSTGRESQL_OPTIONS[name]] = value
    return url.set(drivername="postgresql+asyncpg", query=options)
