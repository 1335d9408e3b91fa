"""Which errors of a database mean that it cannot do it now, rather than that it was asked wrongly."""

from __future__ import annotations

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_SQLITE_NOT_NOW: Final = frozenset(
    {
        5,  # BUSY: another process writes for longer than the busy time-out
        6,  # LOCKED
        7,  # NOMEM
        8,  # READONLY: the file system was remounted
        9,  # INTERRUPT: the read ran into its limit
        10,  # IOERR
        11,  # CORRUPT: nothing sensible can be said to a caller but "not now"
        13,  # FULL
        14,  # CANTOPEN
        26,  # NOTADB
    }
)
"""Primary result codes (sqlite.org/rescode.html); extended ones have them in their low byte."""

_POSTGRES_NOT_NOW: Final = (
    "08",  # connection exception
    "25P03",  # idle in transaction for too long: this process was frozen, the server let go of it
    "28",  # its user or password has changed
    "3D",  # there is no such database
    "40",  # deadlock, serialization: with one writer at a time only somebody outside can cause it
    "42501",  # its user may not
    "53",  # disk full, out of memory, too many connections
    "55P03",  # lock not available
    "57",  # cancelled by its limit of time, shutting down, starting up, crashed
    "58",  # I/O error
    "XX",  # internal error
)
"""Beginnings of SQLSTATE (PostgreSQL documentation, appendix A)."""
_POSTGRES_GONE: Final = ("08", "57P")
"""The connection broke, or the server ended it."""
_SQLITE_IOERR: Final = 10


def is_not_now(error: BaseException) -> bool:
    """Whether trying again later may help: the database is away, frozen, full, busy or broken."""
    if isinstance(error, OSError | TimeoutError | PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    code = _code_of(error)
    if isinstance(code, int):
        return code in _SQLITE_NOT_NOW
    if isinstance(code, str):
        return code.startswith(_POSTGRES_NOT_NOW)
    return _is_network_fault(error.orig if isinstance(error, DBAPIError) else error)


def may_have_committed(error: BaseException) -> bool:
    """Whether a commit that raised this may have been done all the same: the database did not say."""
    code = _code_of(error)
    if isinstance(code, int):
        # The last bytes may have reached the log although the disk then failed to confirm them.
        return code == _SQLITE_IOERR
    return not isinstance(code, str) or code.startswith(_POSTGRES_GONE)


def _code_of(error: BaseException) -> int | str | None:
    """Returns SQLite's primary result code, or SQLSTATE, or None where the database has not answered."""
    driver_error = error.orig if isinstance(error, DBAPIError) else error
    sqlite_code = getattr(driver_error, "sqlite_errorcode", None)
    if isinstance(sqlite_code, int):
        return sqlite_code & 0xFF
    state = getattr(driver_error, "sqlstate", None)
    return state if isinstance(state, str) else None


def _is_network_fault(error: BaseException | None) -> bool:
    # asyncpg tells of a connection that was closed under it without any SQLSTATE.
    while error is not None:
        if isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError):
            return True
        error = error.__cause__
    return False
