"""The ledger in a data folder, for the verifier: ``lianzhen.sqlite3`` opened read-only, and the notes beside
it.

The tables are those of signaling/store/tables.py, read by plain sqlite3: no service, no migration, nothing
written. All is read in one transaction, so that a running service may go on; other processes that walk parts
of it (FolderReader) look for themselves.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote

from recording.audit.ledger_source import (
    ChainRow,
    CheckpointRow,
    CosignatureRow,
    InstitutionLedger,
    Parts,
    PersonalRow,
    Place,
    StampRow,
    UnreadableRow,
)

DATABASE_FILE: Final = "lianzhen.sqlite3"
CHECKPOINTS_FOLDER: Final = "checkpoints"
NOTE_SUFFIX: Final = ".note"
COVER_WAIT_S: Final = 3.0
"""A running service signs what it adds within a second; thrice that for a busy disk."""
_COVER_POLL_S: Final = 0.1
_BUSY_S: Final = 5.0
_SCAN_SHARE: Final = 2
"""An institution with half of all events: a row by the index costs some two of those in a row."""
_SQL_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
"""SQLite's own words about a damaged file can quote it, and then be no UTF-8."""
_TABLES: Final = ("chain", "event", "checkpoint", "personal_field", "cosignature", "time_stamp")


class DamagedDatabase(Exception):  # noqa: N818  (a fact about a file)
    """The file is no database with a ledger's tables, or cannot be read to its end."""


class DataFolder:
    """A LedgerSource over one database file; a context manager."""

    def __init__(
        self, database: Path, notes_folder: Path | None, *, cover_wait_s: float = COVER_WAIT_S
    ) -> None:
        """``notes_folder`` holds the latest notes; None where there are none to expect. ``cover_wait_s`` is
        how long a running service is given to sign what it has added.

        Raises DamagedDatabase, OSError.
        """
        self._name = database.name
        self._notes_folder = notes_folder
        self._database = database
        self._connection = _open(database)
        try:
            self._sizes = _numbers(self._connection.execute("SELECT institution, size FROM chain"))
            self._must_cover = self._wait_for_cover(cover_wait_s)
            self._connection.execute("BEGIN")
            self._institutions = self._read_institutions()
        except _SQL_ERRORS as error:
            self._connection.close()
            raise DamagedDatabase from error

    def __enter__(self) -> DataFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def institutions(self) -> Sequence[str]:
        """Returns all that have a row in any table of the ledger, or a note."""
        notes = {path.name.partition(".")[0] for path in self._note_files()}
        return sorted({*self._institutions, *notes})

    def ledger(self, institution: str, *, in_order: bool = False) -> InstitutionLedger:
        """Returns the rows of one institution; they are read as they are walked. Raises UnreadableRow."""
        is_as_stored = not in_order and self._is_most_of_all(institution)
        latest = None
        if self._notes_folder is not None:
            path = self._notes_folder / f"{institution}{NOTE_SUFFIX}"
            latest = path.read_bytes() if path.is_file() else None
        chain = self._rows("SELECT size, head, frontier FROM chain WHERE institution = ?", institution)
        return InstitutionLedger(
            institution,
            _place(self._name, institution),
            self._rows(_EVENTS_AS_STORED if is_as_stored else _EVENTS, institution),
            (PersonalRow(*row) for row in self._rows(_PERSONAL, institution)),
            [CheckpointRow(*row) for row in self._rows(_CHECKPOINTS, institution)],
            [CosignatureRow(*row) for row in self._rows(_COSIGNATURES, institution)],
            [StampRow(*row) for row in self._rows(_STAMPS, institution)],
            next((ChainRow(*row) for row in chain), None),
            has_chain=True,
            latest_note=latest,
            has_latest=self._notes_folder is not None,
            is_as_stored=is_as_stored,
            must_cover=self._must_cover.get(institution),
            parts=None if in_order else lambda: self._parts(institution, is_as_stored=is_as_stored),
        )

    def _parts(self, institution: str, *, is_as_stored: bool) -> Parts:
        ((events, last_row, personal),) = self._rows(_ALL, institution)
        reader = FolderReader(self._database, institution, events, last_row if is_as_stored else None)
        return Parts(reader, events, personal)

    def _is_most_of_all(self, institution: str) -> bool:
        """Whether a walk along the whole table costs less than going through its index."""
        total = sum(self._sizes.values())
        return self._sizes.get(institution, 0) * _SCAN_SHARE >= total

    def kept_notes(self) -> dict[str, bytes]:
        """Returns notes that were set aside because the database had fallen behind them, by file name."""
        return {
            f"{CHECKPOINTS_FOLDER}/{path.name}": path.read_bytes()
            for path in self._note_files()
            if path.name.count(".") > 1
        }

    def _note_files(self) -> list[Path]:
        if self._notes_folder is None or not self._notes_folder.is_dir():
            return []
        return sorted(self._notes_folder.glob("*" + NOTE_SUFFIX))

    def _rows(self, query: str, institution: str) -> Iterator[tuple[Any, ...]]:
        return _rows(self._connection, query, institution)

    def _read_institutions(self) -> list[str]:
        found: set[str] = set()
        for table in _TABLES:
            # Steps through the primary key: DISTINCT would walk every event.
            after = ""
            while True:
                query = f"SELECT min(institution) FROM {table} WHERE institution > ?"  # noqa: S608
                (name,) = self._connection.execute(query, (after,)).fetchone()
                if not isinstance(name, str):
                    break
                found.add(name)
                after = name
        return sorted(found)

    def _wait_for_cover(self, cover_wait_s: float) -> dict[str, int]:
        """How many events each institution has now, once a running service had the time to sign them."""
        sizes = self._sizes
        give_up = time.monotonic() + cover_wait_s
        while True:
            covered = _numbers(
                self._connection.execute("SELECT institution, max(size) FROM checkpoint GROUP BY institution")
            )
            behind = [name for name, size in sizes.items() if covered.get(name, 0) < size]
            if not behind:
                # What a service adds from here on is for the next look.
                return sizes
            if time.monotonic() >= give_up:
                return {}
            time.sleep(_COVER_POLL_S)


_EVENT: Final = "SELECT line, sequence, at_ms, kind, actor, patient, case_id, hash FROM event"
_EVENTS: Final = _EVENT + " WHERE institution = ?1 ORDER BY sequence"
_EVENTS_AS_STORED: Final = _EVENT + " NOT INDEXED WHERE institution = ?1 ORDER BY rowid"
_HASH: Final = "SELECT hash FROM event WHERE institution = ?1 AND sequence = ?2"
_PART: Final = _EVENT + " WHERE institution = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence"
_ROW_OF: Final = "(SELECT rowid FROM event WHERE institution = ?1 AND sequence = {number})"
_STORED_PART: Final = (
    _EVENT + " NOT INDEXED WHERE institution = ?1"
    f" AND rowid > coalesce({_ROW_OF.format(number='?2')}, {-(2**63)})"
    f" AND rowid <= coalesce(?4, {_ROW_OF.format(number='?3')})"
    " ORDER BY rowid"
)
"""?4: where the table ends, for the last part; NULL for those before."""
_PERSONAL_FIELD: Final = "SELECT sequence, name, patient, salt, value, erased_at_ms FROM personal_field"
_PERSONAL: Final = _PERSONAL_FIELD + " WHERE institution = ?1 ORDER BY sequence, name"
_PERSONAL_PART: Final = (
    _PERSONAL_FIELD + " WHERE institution = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence, name"
)
_ALL: Final = (
    "SELECT (SELECT count(*) FROM event WHERE institution = ?1), (SELECT max(rowid) FROM event),"
    " (SELECT count(*) FROM personal_field WHERE institution = ?1)"
)
_CHECKPOINTS: Final = "SELECT note, size, at_ms FROM checkpoint WHERE institution = ? ORDER BY size"
_COSIGNATURES: Final = (
    "SELECT size, key_name, line FROM cosignature WHERE institution = ? ORDER BY size, key_name"
)
_STAMPS: Final = "SELECT size, token FROM time_stamp WHERE institution = ? ORDER BY size"


@dataclass(frozen=True, slots=True)
class FolderReader:
    """A PartReader over one institution's rows in a database file."""

    database: Path
    institution: str
    events: int
    last_row: int | None
    """Of the table, to read it as stored; None: by its index. What a running service adds comes after."""

    @contextmanager
    def part(self, after: int, to: int) -> Iterator[InstitutionLedger]:
        """Looks at the file anew. Raises UnreadableRow, OSError."""
        try:
            connection = _open(self.database)
        except DamagedDatabase as error:
            raise UnreadableRow from error
        with (
            closing(connection),
            closing(self._events(connection, after, to)) as event_rows,
            closing(_rows(connection, _PERSONAL_PART, self.institution, after, to)) as personal_rows,
        ):
            connection.execute("BEGIN")
            before = list(_rows(connection, _HASH, self.institution, after))
            yield InstitutionLedger(
                self.institution,
                _place(self.database.name, self.institution),
                event_rows,
                (PersonalRow(*row) for row in personal_rows),
                (),
                after=after,
                previous=before[0][0] if before else None,
            )

    def _events(
        self, connection: sqlite3.Connection, after: int, to: int
    ) -> Generator[tuple[Any, ...], None, None]:
        if self.last_row is None:
            return _rows(connection, _PART, self.institution, after, to)
        end = self.last_row if to == self.events else None
        return _rows(connection, _STORED_PART, self.institution, after, to, end)


def _rows(
    connection: sqlite3.Connection, query: str, *values: object
) -> Generator[tuple[Any, ...], None, None]:
    try:
        yield from connection.execute(query, values)
    except _SQL_ERRORS as error:
        # A torn page, or text that is no UTF-8.
        raise UnreadableRow from error


def _place(database: str, institution: str) -> Place:
    """How the tables are named in faults."""
    return Place(
        events=f"{database}:event",
        personal=f"{database}:personal_field",
        checkpoints=f"{database}:checkpoint",
        cosignatures=f"{database}:cosignature",
        stamps=f"{database}:time_stamp",
        chain=f"{database}:chain",
        latest=f"{CHECKPOINTS_FOLDER}/{institution}{NOTE_SUFFIX}",
    )


def _open(database: Path) -> sqlite3.Connection:
    """A connection that can only read."""
    log = database.with_name(database.name + "-wal")
    modes = ["mode=ro"]
    if not log.exists():
        if _keeps_log(database):
            # No service: even a reader would leave a log beside the file, and fail where it cannot.
            modes = ["mode=ro&immutable=1"]
    elif log.stat().st_size == 0:
        modes.append("mode=ro&immutable=1")
    for mode in modes:
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(database.absolute()))}?{mode}",
                uri=True,
                timeout=_BUSY_S,
                isolation_level=None,
            )
            connection.execute("SELECT size FROM chain LIMIT 1").fetchall()
        except _SQL_ERRORS as error:
            failure = error
            continue
        return connection
    raise DamagedDatabase from failure


def _keeps_log(database: Path) -> bool:
    """Whether the file's header says that writes go to a log first (SQLite file format §1.3)."""
    with database.open("rb") as file:
        return file.read(20)[18:] == b"\x02\x02"


def _numbers(rows: Iterable[tuple[object, object]]) -> dict[str, int]:
    return {name: size for name, size in rows if isinstance(name, str) and isinstance(size, int)}
