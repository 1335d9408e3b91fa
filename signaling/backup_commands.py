"""``lianzhen backup FILE`` and ``lianzhen restore FILE``: database, checkpoints, keys and the attachments of
cases in one archive; its ledger is checked before anybody is told that it is done.

A backup is a tar file: the database as SQLite, whichever it was; the latest checkpoints; the keys, as without
them nobody could go on with the ledger. Recordings are files beside it, large and sealed: they are copied as
files.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from recording.audit.data_folder import CHECKPOINTS_FOLDER, DATABASE_FILE
from recording.audit.folder_check import verify_database
from recording.audit.notes_check import Trust
from recording.audit.suites import parse_public_key
from recording.audit.verdict import InstitutionVerdict, LedgerVerdict
from recording.errors import RecordingError
from recording.files import make_private_folder, sync_folder
from recording.keys import KEYS_FOLDER, PUBLIC_KEY_FILE
from signaling.audit_commands import print_report
from signaling.consult.attachment_files import FOLDER as ATTACHMENTS_FOLDER
from signaling.errors import SettingWrong, Unavailable
from signaling.messages import say_to
from signaling.settings import Settings, chosen_language, read_settings
from signaling.store.database_url import database_url, sqlite_url
from signaling.store.engines import is_sqlite
from signaling.store.snapshot import LEDGER_TABLES, NotEmpty, put_back, take_snapshot
from signaling.store.store import StoreUnavailable

EXIT_OK: Final = 0
PART_SUFFIX: Final = ".part"
_UNSIGNED_TAIL: Final = "no_checkpoint_covers"
"""What a kill, or a moment's look at a running service, leaves: the next start signs it."""
_PROOFS: Final = (CHECKPOINTS_FOLDER, KEYS_FOLDER)
_FOLDERS: Final = (*_PROOFS, ATTACHMENTS_FOLDER)


def backup(options: argparse.Namespace) -> int:
    """Writes a backup. Returns the exit code. Raises SettingWrong, Unavailable."""
    language, file = chosen_language(), Path(options.file)
    settings = read_settings()
    url = _url(settings)
    if os.path.lexists(file):
        raise SettingWrong("FILE", say_to("backup.file_taken", language, file=file))
    if is_sqlite(url) and not Path(url.database or "").is_file():
        sentence = say_to("backup.nothing", language, database=_shown(url))
        raise Unavailable("database_missing", sentence)
    try:
        with tempfile.TemporaryDirectory(prefix=".lianzhen-backup-", dir=file.absolute().parent) as scratch:
            folder = Path(scratch)
            # Before the database: a note of later would tell of events that the copy has not.
            for name in _PROOFS:
                _copy_folder(settings.data_dir / name, folder / name)
            asyncio.run(take_snapshot(url, folder / DATABASE_FILE))
            # After the database: every file that it names was on disk before its row.
            _copy_folder(settings.data_dir / ATTACHMENTS_FOLDER, folder / ATTACHMENTS_FOLDER)
            verdict = _checked(folder / DATABASE_FILE, folder)
            if not _is_restorable(verdict):
                print_report(verdict)
                raise Unavailable("backup_unsound", say_to("backup.unsound", language))
            _pack(folder, file)
    except FileExistsError:
        raise SettingWrong("FILE", say_to("backup.file_taken", language, file=file)) from None
    except (OSError, SQLAlchemyError, sqlite3.Error, StoreUnavailable) as error:
        sentence = say_to("backup.refused", language, reason=_reason(error))
        raise Unavailable("backup_failed", sentence) from None
    events = sum(each.events for each in verdict.institutions)
    sys.stdout.write(say_to("backup.done", language, file=file, events=events) + "\n")
    unsigned = sum(map(_unsigned, verdict.institutions))
    if unsigned:
        sys.stdout.write(say_to("backup.unsigned", language, count=unsigned) + "\n")
    return EXIT_OK


def restore(options: argparse.Namespace) -> int:
    """Puts a backup into an empty place. Returns the exit code. Raises SettingWrong, Unavailable."""
    language, file = chosen_language(), Path(options.file)
    settings = read_settings()
    url = _url(settings)
    _refuse_taken(settings, url)
    try:
        make_private_folder(settings.data_dir)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data_dir) as scratch:
            folder = Path(scratch)
            _unpack(file, folder)
            if not _is_restorable(_checked(folder / DATABASE_FILE, folder)):
                raise Unavailable("backup_unsound", say_to("restore.unsound", language))
            verdict = _put_in_place(folder, url)
            if not _is_restorable(verdict):
                print_report(verdict)
                raise Unavailable("restore_unsound", say_to("restore.unsound", language))
            for name in _FOLDERS:
                if (folder / name).is_dir():
                    (folder / name).rename(settings.data_dir / name)
            sync_folder(settings.data_dir)
    except NotEmpty:
        sentence = say_to("restore.database_taken", language, database=_shown(url))
        raise SettingWrong("LIANZHEN_DATABASE_URL", sentence) from None
    except tarfile.TarError:
        raise SettingWrong("FILE", say_to("restore.file_bad", language, file=file)) from None
    except (OSError, SQLAlchemyError, sqlite3.Error, StoreUnavailable) as error:
        sentence = say_to("restore.refused", language, reason=_reason(error))
        raise Unavailable("restore_failed", sentence) from None
    events = sum(each.events for each in verdict.institutions)
    sys.stdout.write(say_to("restore.done", language, database=_shown(url), events=events) + "\n")
    return EXIT_OK


def _refuse_taken(settings: Settings, url: URL) -> None:
    language = chosen_language()
    if is_sqlite(url) and os.path.lexists(url.database or ""):
        sentence = say_to("restore.database_taken", language, database=_shown(url))
        raise SettingWrong("LIANZHEN_DATABASE_URL", sentence)
    if any(os.path.lexists(settings.data_dir / name) for name in _FOLDERS):
        sentence = say_to("restore.keys_taken", language, folder=settings.data_dir)
        raise SettingWrong("LIANZHEN_DATA_DIR", sentence)


def _checked(database: Path, folder: Path) -> LedgerVerdict:
    """The verdict on a database by the notes and the key in a folder."""
    path = folder / KEYS_FOLDER / PUBLIC_KEY_FILE
    try:
        trust = Trust((parse_public_key(path.read_bytes(), path.name),))
    except RecordingError:
        trust = Trust(())
    return verify_database(database, folder / CHECKPOINTS_FOLDER, trust, {}, cover_wait_s=0.0)


def _put_in_place(folder: Path, url: URL) -> LedgerVerdict:
    """The verdict on what is in the database now; PostgreSQL's rows are read back for it.

    A database file is put there whole or not at all; rows go into PostgreSQL in one transaction.
    """
    if is_sqlite(url):
        target = Path(url.database or "")
        make_private_folder(target.parent)
        part = target.with_name(target.name + PART_SUFFIX)
        part.unlink(missing_ok=True)
        try:
            asyncio.run(put_back(folder / DATABASE_FILE, sqlite_url(part)))
            verdict = _checked(part, folder)
            if _is_restorable(verdict):
                # Not rename: it would replace a file that is already there.
                os.link(part, target)
                sync_folder(target.parent)
        finally:
            part.unlink(missing_ok=True)
        return verdict
    asyncio.run(put_back(folder / DATABASE_FILE, url))
    copy = folder / "read-back.sqlite3"
    asyncio.run(take_snapshot(url, copy, LEDGER_TABLES))
    return _checked(copy, folder)


def _is_restorable(verdict: LedgerVerdict) -> bool:
    return verdict.fault is None and all(
        each.is_sound or (_unsigned(each) > 0 and each.completeness_fault is None)
        for each in verdict.institutions
    )


def _unsigned(verdict: InstitutionVerdict) -> int:
    fault = verdict.integrity_fault
    if fault is None or fault.code != _UNSIGNED_TAIL:
        return 0
    return verdict.events - (0 if verdict.proven is None else verdict.proven.size)


def _pack(folder: Path, file: Path) -> None:
    """The folder as a tar file that is there whole or not at all, and never in another's place."""
    part = folder / ("backup.tar" + PART_SUFFIX)
    with part.open("xb") as raw:
        os.fchmod(raw.fileno(), 0o600)
        with tarfile.open(fileobj=raw, mode="w") as archive:
            for name in (DATABASE_FILE, *_FOLDERS):
                if (folder / name).exists():
                    archive.add(folder / name, arcname=name)
        raw.flush()
        os.fsync(raw.fileno())
    # Not rename: it would replace a file that is already there.
    os.link(part, file)
    sync_folder(file.absolute().parent)


def _unpack(file: Path, folder: Path) -> None:
    """Takes only what a backup has; links and paths that lead elsewhere are refused."""
    with tarfile.open(file, mode="r:") as archive:
        members = [
            member
            for member in archive
            if (member.isfile() or member.isdir()) and member.name.split("/")[0] in (DATABASE_FILE, *_FOLDERS)
        ]
        archive.extractall(folder, members, filter="data")
    if not (folder / DATABASE_FILE).is_file():
        raise tarfile.ReadError
    for name in _FOLDERS:
        for path in (folder / name).rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        if (folder / name).is_dir():
            (folder / name).chmod(0o700)


def _copy_folder(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.endswith(PART_SUFFIX):
            to = target / path.relative_to(source)
            make_private_folder(to.parent)
            to.write_bytes(path.read_bytes())
            to.chmod(0o600)


def _url(settings: Settings) -> URL:
    return database_url(settings.database_url, settings.data_dir)


def _shown(url: URL) -> str:
    """Never the password."""
    return url.database or "" if is_sqlite(url) else url.set(drivername="postgresql").render_as_string()


def _reason(error: BaseException) -> str:
    """An errno's own words; of a database's error no more than its kind: its text may hold rows."""
    return getattr(error, "strerror", None) or type(error).__name__
