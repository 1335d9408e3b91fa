"""What an auditor asks for: a folder, the keys to believe, checkpoints kept elsewhere. The command line and
``verify.pyz`` both come here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recording.audit.data_folder import DATABASE_FILE
from recording.audit.folder_check import verify_database, verify_package
from recording.audit.notes_check import StampCheck, Trust
from recording.audit.package_layout import (
    AUTHORITIES_FOLDER,
    CHECKPOINTS_FOLDER,
    CONTENTS_FILE,
    COSIGNERS_FOLDER,
    EVENTS_FOLDER,
    KEYS_FOLDER,
    LOG_KEY_FILE,
)
from recording.audit.suites import PublicKey, SuiteMissing, parse_public_key
from recording.audit.verdict import KeyOrigin, LedgerVerdict
from recording.errors import RecordingError, UnusableKey

NOTE_PATTERN: Final = "*.note"


class BadRequest(Exception):  # noqa: N818  (the auditor's mistake, not the data's)
    """Nothing can be checked so: ``key`` names the sentence that says why."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.key, self.facts = key, facts


@dataclass(frozen=True, slots=True)
class Request:
    """``checkpoints`` are note files, or folders of them."""

    folder: Path
    keys: tuple[Path, ...] = ()
    fingerprint: str = ""
    checkpoints: tuple[Path, ...] = ()
    cosigners: tuple[Path, ...] = ()
    authorities: tuple[Path, ...] = ()


def check(request: Request, *, database: Path | None = None) -> LedgerVerdict:
    """Returns the verdicts on a data folder or a package; ``database`` is the file where that is not in the
    data folder. Raises BadRequest.
    """
    folder = request.folder
    is_package = (folder / CONTENTS_FILE).is_file() or (folder / EVENTS_FOLDER).is_dir()
    database = database or folder / DATABASE_FILE
    if not is_package and not database.is_file():
        raise BadRequest("audit.no_folder", folder=folder)
    keys, origin = _keys(request, "package" if is_package else "folder")
    own_keys = folder / KEYS_FOLDER
    cosigners = request.cosigners or tuple(sorted((own_keys / COSIGNERS_FOLDER).glob("*.pub")))
    authorities = request.authorities or tuple(sorted((own_keys / AUTHORITIES_FOLDER).glob("*.pem")))
    trust = Trust(keys, tuple(map(_key, cosigners)), _stamp_check(authorities))
    notes = {str(path): _read(path) for path in _note_files(request.checkpoints)}
    try:
        if is_package:
            return verify_package(folder, trust, notes, key_origin=origin)
        return verify_database(database, folder / CHECKPOINTS_FOLDER, trust, notes, key_origin=origin)
    except SuiteMissing as missing:
        raise BadRequest("audit.suite_missing", suite=missing.suite) from None


def _keys(request: Request, own: KeyOrigin) -> tuple[tuple[PublicKey, ...], KeyOrigin]:
    if request.keys:
        return tuple(map(_key, request.keys)), "given"
    key = _key(request.folder / KEYS_FOLDER / LOG_KEY_FILE)
    if not request.fingerprint:
        return (key,), own
    if key.fingerprint.removeprefix("sha256:") != request.fingerprint.lower().removeprefix("sha256:"):
        raise BadRequest("audit.fingerprint_differs", fingerprint=key.fingerprint)
    return (key,), "given"


def _key(path: Path) -> PublicKey:
    try:
        return parse_public_key(_read(path), path.name)
    except UnusableKey:
        raise BadRequest("audit.key_bad", file=path) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise BadRequest("audit.unreadable", file=path) from None


def _note_files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob(NOTE_PATTERN))
        else:
            yield path


def _stamp_check(paths: tuple[Path, ...]) -> StampCheck | None:
    """None where there is no authority to believe, or nothing here that could read a stamp."""
    try:
        from recording.audit import time_stamp
    except ImportError:
        return None
    try:
        roots = [root for path in paths for root in time_stamp.parse_roots(_read(path), path.name)]
    except RecordingError:
        raise BadRequest("audit.authority_bad", file=paths[0]) from None
    return time_stamp.stamp_check(roots) if roots else None
