"""The ledger in SQLite: hash chains of events, one chain a recording, each append one transaction.

Write-ahead log with ``synchronous=FULL``: an event that ``append`` returned is on disk (SQLite, PRAGMA
synchronous). The chain is made inside the transaction, from the head that the transaction sees, so two
writers cannot fork it. Any thread may call; one at a time gets in.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from recording.errors import LedgerUnavailable
from recording.event_chain import BrokenEvent, ChainedEvent, ChainHead, NewEvent, chain, genesis, parse_event
from recording.files import make_private_folder

NODE_STREAM = "node"
"""The chain of the node itself: which recordings began and how they were sealed. It misses a removed
recording.
"""

_BUSY_TIMEOUT_S = 0.5
"""Another process on the ledger (a verifier, a backup) holds it for milliseconds; longer is a fault to
report.
"""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    stream TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    hash TEXT NOT NULL,
    line BLOB NOT NULL,
    PRIMARY KEY (stream, sequence)
) WITHOUT ROWID
"""


class Ledger:
    """The ledger's database file, created where it is absent. Raises LedgerUnavailable."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            make_private_folder(path.parent)
            path.touch(mode=0o600)
            self._database = sqlite3.connect(
                path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise LedgerUnavailable from error

    def append(self, stream: str, events: Sequence[NewEvent]) -> list[ChainedEvent]:
        """Appends all events or none, and returns them in their places; on disk when this returns.

        Raises LedgerUnavailable, and MisuseError where a detail has no canonical JSON.
        """
        with self._lock, self._transaction():
            head = self._head(stream)
            chained: list[ChainedEvent] = []
            for event in events:
                chained.append(chain(stream, head, event))
                head = chained[-1].head
            self._insert(chained)
        return chained

    def adopt(self, events: Sequence[ChainedEvent]) -> None:
        """Takes events that are chained already and follow the head (a ledger file that lost its tail)."""
        with self._lock, self._transaction():
            self._insert(events)

    def read(self, stream: str, *, after: int = 0) -> list[ChainedEvent]:
        """The events of a stream beyond ``after``, in order. Raises LedgerUnavailable, BrokenEvent."""
        with self._lock:
            try:
                rows = self._database.execute(
                    "SELECT line FROM event WHERE stream = ? AND sequence > ? ORDER BY sequence",
                    (stream, after),
                ).fetchall()
            except sqlite3.Error as error:
                raise LedgerUnavailable from error
        return [_parse_row(line) for (line,) in rows]

    def head(self, stream: str) -> ChainHead:
        """Where the stream's chain ends now. Raises LedgerUnavailable."""
        with self._lock:
            try:
                return self._head(stream)
            except sqlite3.Error as error:
                raise LedgerUnavailable from error

    def close(self) -> None:
        """Closes the database. Closing twice is harmless."""
        with self._lock:
            self._database.close()

    def _head(self, stream: str) -> ChainHead:
        row = self._database.execute(
            "SELECT sequence, hash FROM event WHERE stream = ? ORDER BY sequence DESC LIMIT 1", (stream,)
        ).fetchone()
        return genesis(stream) if row is None else ChainHead(*row)

    def _insert(self, events: Sequence[ChainedEvent]) -> None:
        self._database.executemany(
            "INSERT INTO event (stream, sequence, hash, line) VALUES (?, ?, ?, ?)",
            [(event.stream, event.event.sequence, event.hash, event.line) for event in events],
        )

    def _transaction(self) -> _Transaction:
        return _Transaction(self._database)


def _parse_row(line: object) -> ChainedEvent:
    if not isinstance(line, bytes):
        raise BrokenEvent
    return parse_event(line)


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK on any exception; database errors leave as LedgerUnavailable."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        try:
            self._database.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise LedgerUnavailable from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._database.execute("COMMIT")
                return
        except sqlite3.Error as failure:
            self._roll_back()
            raise LedgerUnavailable from failure
        self._roll_back()
        if isinstance(error, sqlite3.Error):
            raise LedgerUnavailable from error

    def _roll_back(self) -> None:
        # SQLite rolls back by itself on a full disk or an I/O error; a second time would be an error.
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
