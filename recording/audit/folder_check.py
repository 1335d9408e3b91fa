"""Checking a folder, whichever it is: a data folder with its database, or an exported package."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from recording.audit.data_folder import (
    CHECKPOINTS_FOLDER,
    COVER_WAIT_S,
    DATABASE_FILE,
    DamagedDatabase,
    DataFolder,
)
from recording.audit.ledger_source import UnreadableRow
from recording.audit.notes_check import Trust
from recording.audit.package_folder import PackageFolder
from recording.audit.package_layout import check_contents
from recording.audit.stretch_process import split_by
from recording.audit.stretches import Split
from recording.audit.verdict import KeyOrigin, LedgerFault, LedgerVerdict
from recording.audit.verify import read_anchors, verify_source


def verify_database(
    database: Path,
    notes_folder: Path | None,
    trust: Trust,
    notes: Mapping[str, bytes],
    *,
    key_origin: KeyOrigin = "given",
    cover_wait_s: float = COVER_WAIT_S,
    split: Split | None = None,
) -> LedgerVerdict:
    """Returns the verdicts on a database file; ``notes`` are checkpoints the auditor brings, by file name.
    A long ledger is walked by as many processes as there are processors, unless ``split`` says otherwise.

    Raises SuiteMissing.
    """
    split = split or split_by(os.cpu_count())
    fingerprints = tuple(key.fingerprint for key in trust.log_keys)
    try:
        with DataFolder(database, notes_folder, cover_wait_s=cover_wait_s) as source:
            anchors, fault = read_anchors({**source.kept_notes(), **notes})
            verdicts = verify_source(source, trust, anchors, split=split)
    except (DamagedDatabase, UnreadableRow, sqlite3.Error, OSError):
        fault = LedgerFault(database.name, None, None, "database_damaged")
        return LedgerVerdict((), fault, key_origin, fingerprints)
    return LedgerVerdict(verdicts, fault, key_origin, fingerprints)


def verify_data_folder(
    folder: Path, trust: Trust, notes: Mapping[str, bytes], *, key_origin: KeyOrigin = "given"
) -> LedgerVerdict:
    """Returns the verdicts on a data folder. Raises SuiteMissing."""
    return verify_database(
        folder / DATABASE_FILE, folder / CHECKPOINTS_FOLDER, trust, notes, key_origin=key_origin
    )


def verify_package(
    folder: Path, trust: Trust, notes: Mapping[str, bytes], *, key_origin: KeyOrigin = "given"
) -> LedgerVerdict:
    """Returns the verdicts on an exported package, its list of contents included. Raises SuiteMissing."""
    fingerprints = tuple(key.fingerprint for key in trust.log_keys)
    anchors, fault = read_anchors(notes)
    try:
        verdicts = verify_source(PackageFolder(folder), trust, anchors)
        fault = fault or check_contents(folder, trust.log_keys)
    except OSError:
        return LedgerVerdict((), LedgerFault(".", None, None, "file_unreadable"), key_origin, fingerprints)
    return LedgerVerdict(verdicts, fault, key_origin, fingerprints)
