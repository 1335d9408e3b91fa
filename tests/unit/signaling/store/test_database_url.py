"""Which texts name a database, and that a refusal repeats none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from signaling.store.database_url import database_url

DATA = Path("/data")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "sqlite+aiosqlite:////data/lianzhen.sqlite3"),
        ("sqlite:///var/store.db", "sqlite+aiosqlite:///var/store.db"),
        ("sqlite:////srv/store.db", "sqlite+aiosqlite:////srv/store.db"),
        ("postgresql://u:p@db:5433/care", "postgresql+asyncpg://u:p@db:5433/care"),
        ("postgres://u@db/care", "postgresql+asyncpg://u@db/care"),
        ("postgresql://u@/care?host=/run/pg", "postgresql+asyncpg://u@/care?host=%2Frun%2Fpg"),
        ("postgresql://u@db/care?sslmode=verify-full", "postgresql+asyncpg://u@db/care?ssl=verify-full"),
        ("postgresql://u@db/care?ssl=require", "postgresql+asyncpg://u@db/care?ssl=require"),
    ],
)
def test_a_database_is_named(text: str, expected: str) -> None:
    assert database_url(text, DATA).render_as_string(hide_password=False) == expected


@pytest.mark.parametrize(
    "text",
    [
        "mysql://u:secret@db/care",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a.db?mode=ro",
        "postgresql://u:secret@db",
        "postgresql://u:secret@db/care?options=-c",
        "postgresql://u:secret@db/care?ssl=a&ssl=b",
        "postgresql+psycopg://u:secret@db/care",
        "postgresql://u:secret@db:port/care",
        "secret",
        "/var/lib/secret.db",
    ],
)
def test_anything_else_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(no database URL|an option that is not known)$") as refusal:
        database_url(text, DATA)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
