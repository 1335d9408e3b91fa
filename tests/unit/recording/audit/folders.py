"""A memory ledger written down as a data folder, and a forger with an SQL prompt or a hex editor."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from recording.audit.data_folder import CHECKPOINTS_FOLDER, DATABASE_FILE
from recording.audit.package_layout import KEYS_FOLDER, LOG_KEY_FILE
from tests.unit.recording.audit.acts import INSTITUTION
from tests.unit.recording.audit.memory_ledger import TRUST, Ledger

# As signaling/store/tables.py has them; tests/integration/test_audit_commands.py reads the true ones.
TABLES = """
CREATE TABLE chain (institution, size BIGINT, head BLOB, frontier BLOB, PRIMARY KEY (institution));
CREATE TABLE event (institution, sequence BIGINT, at_ms BIGINT, kind, actor, patient, case_id, line BLOB,
    hash BLOB, PRIMARY KEY (institution, sequence));
CREATE TABLE personal_field (institution, sequence BIGINT, name, patient, salt BLOB, value TEXT,
    erased_at_ms BIGINT, PRIMARY KEY (institution, sequence, name));
CREATE TABLE checkpoint (institution, size BIGINT, at_ms BIGINT, note TEXT, PRIMARY KEY (institution, size));
CREATE TABLE cosignature (institution, size BIGINT, key_name, line TEXT, received_at_ms BIGINT,
    PRIMARY KEY (institution, size, key_name));
CREATE TABLE time_stamp (institution, size BIGINT, token BLOB, received_at_ms BIGINT,
    PRIMARY KEY (institution, size));
"""


def write_folder(folder: Path, ledger: Ledger) -> Path:
    """Makes a data folder of the ledger; returns its database."""
    (folder / CHECKPOINTS_FOLDER).mkdir(parents=True)
    (folder / KEYS_FOLDER).mkdir()
    (folder / KEYS_FOLDER / LOG_KEY_FILE).write_bytes(TRUST.log_keys[0].pem())
    if ledger.latest is not None:
        (folder / CHECKPOINTS_FOLDER / f"{INSTITUTION}.note").write_bytes(ledger.latest)
    database = folder / DATABASE_FILE
    with opened(database) as connection:
        connection.executescript(TABLES)
        fill(connection, ledger)
    return database


def fill(connection: sqlite3.Connection, ledger: Ledger) -> None:
    """Writes the rows; raises sqlite3.Error for those that no table of ours takes."""
    for table, columns, rows in (
        ("event", "line, sequence, at_ms, kind, actor, patient, case_id, hash", ledger.events),
        ("personal_field", "sequence, name, patient, salt, value, erased_at_ms", ledger.personal),
        ("checkpoint", "note, size, at_ms", ledger.checkpoints),
        ("chain", "size, head, frontier", [ledger.chain] if ledger.chain else []),
        ("cosignature", "size, key_name, line", ledger.cosignatures),
        ("time_stamp", "size, token", ledger.stamps),
    ):
        marks = ", ".join("?" * (columns.count(",") + 2))
        connection.executemany(
            f"INSERT INTO {table} (institution, {columns}) VALUES ({marks})",
            [(INSTITUTION, *row) for row in rows],
        )


@contextlib.contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database)
    try:
        with connection:
            yield connection
    finally:
        connection.close()
