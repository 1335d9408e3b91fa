"""Which errors mean "not now", and which commits may have been done although they raised."""

from __future__ import annotations

import sqlite3

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from signaling.store.faults import is_not_now, may_have_committed


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("words")
    error.sqlite_errorcode = code
    return error


def postgres_error(state: str) -> Exception:
    error = asyncpg.PostgresError("words")
    error.sqlstate = state
    return error


def dressed(error: Exception, *, is_lost: bool = False) -> DBAPIError:
    return DBAPIError("SELECT 1", None, error, connection_invalidated=is_lost)


def silent() -> Exception:
    """As asyncpg's connection that was closed under it, in SQLAlchemy's dress."""
    error = RuntimeError("words")
    error.__cause__ = ConnectionResetError()
    return error


STATES_NOT_NOW = "08006 25P03 28P01 3D000 42501 40P01 53100 55P03 57014 57P01 58030 XX000"
NOT_NOW = [
    *(sqlite_error(code) for code in (5, 5 | 2 << 8, 6, 7, 8, 9, 10, 10 | 4 << 8, 11, 13, 14, 26)),
    *(postgres_error(state) for state in STATES_NOT_NOW.split()),
    asyncpg.InterfaceError("words"),
    silent(),
]
ASKED_WRONGLY = [
    *(sqlite_error(code) for code in (1, 19, 20, 25)),
    *(postgres_error(state) for state in ("23505", "42P01", "22021")),
    RuntimeError("words"),
]


@pytest.mark.parametrize("error", NOT_NOW, ids=repr)
def test_not_now(error: Exception) -> None:
    assert is_not_now(error)
    assert is_not_now(dressed(error))


@pytest.mark.parametrize("error", ASKED_WRONGLY, ids=repr)
def test_asked_wrongly(error: Exception) -> None:
    assert not is_not_now(error)
    assert not is_not_now(dressed(error))
    assert is_not_now(dressed(error, is_lost=True))


@pytest.mark.parametrize("error", [OSError(), TimeoutError(), ConnectionRefusedError(), PoolTimeoutError()])
def test_what_was_never_reached_is_not_now(error: Exception) -> None:
    assert is_not_now(error)


def test_a_row_that_is_there_already_is_asked_wrongly() -> None:
    assert not is_not_now(IntegrityError("INSERT", None, sqlite_error(19)))


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (sqlite_error(13), False),
        (sqlite_error(5), False),
        (sqlite_error(10 | 4 << 8), True),
        (postgres_error("53100"), False),
        (postgres_error("40001"), False),
        (postgres_error("57P01"), True),
        (postgres_error("08006"), True),
        (TimeoutError(), True),
        (silent(), True),
    ],
    ids=repr,
)
def test_only_an_answer_says_that_a_commit_was_not_done(error: Exception, may: bool) -> None:
    assert may_have_committed(error) is may
