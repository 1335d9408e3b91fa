"""``lianzhen audit verify|export|cosign|stamp``: the ledger checked, handed out and signed by others, without
the service."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import SQLAlchemyError

from recording.audit.checkpoint import BadNote, SignedNote, cosignature, parse_note
from recording.audit.data_folder import CHECKPOINTS_FOLDER, DATABASE_FILE, DamagedDatabase, DataFolder
from recording.audit.ledger_source import LedgerSource, UnreadableRow
from recording.audit.package import write_package
from recording.audit.package_folder import PackageFolder
from recording.audit.package_layout import CONTENTS_FILE, EVENTS_FOLDER
from recording.audit.report import report_lines
from recording.audit.request import BadRequest, Request, check
from recording.audit.suites import ED25519, PublicKey
from recording.audit.verdict import LedgerVerdict
from recording.errors import MisuseError, RecordingError
from recording.files import make_private_folder, write_atomically
from recording.keys import KEYS_FOLDER, PUBLIC_KEY_FILE, load_or_create_signer
from recording.signing import Ed25519Signer
from signaling.errors import SettingWrong, Unavailable
from signaling.messages import CATALOGUES, Language, say_to
from signaling.settings import Settings, chosen_language, read_settings
from signaling.stamp_command import stamp_latest
from signaling.store.database_url import database_url
from signaling.store.engines import is_sqlite
from signaling.store.snapshot import LEDGER_TABLES, take_snapshot

EXIT_SOUND: Final = 0
EXIT_UNSOUND: Final = 1
AUDIT_PREFIX: Final = "audit."
COSIGNER_KEY_FILE: Final = "cosigner.key"
COSIGNER_PUBLIC_FILE: Final = "cosigner.pub"


def audit(options: argparse.Namespace) -> int:
    """Runs one of the commands. Returns the exit code. Raises SettingWrong, Unavailable."""
    try:
        match options.audit_command:
            case "verify":
                return _verify(options)
            case "export":
                return _export(options)
            case "stamp":
                return stamp_latest(options)
            case _:
                return _cosign(options)
    except BadRequest as wrong:
        raise SettingWrong("FOLDER", say_to(wrong.key, chosen_language(), **wrong.facts)) from None


def print_report(verdict: LedgerVerdict) -> None:
    """Writes the report in the chosen language, or in both."""
    language = chosen_language()
    languages: list[Language] = list(CATALOGUES) if language is None else [language]
    for each in languages:
        sys.stdout.write("".join(f"{line}\n" for line in report_lines(verdict, CATALOGUES[each])))


@contextlib.contextmanager
def readable_database(settings: Settings) -> Iterator[Path]:
    """The configured database as an SQLite file to read: the file itself, or a copy of PostgreSQL's ledger.

    Raises Unavailable.
    """
    url = database_url(settings.database_url, settings.data_dir)
    if is_sqlite(url):
        path = Path(url.database or "")
        if not path.is_file():
            sentence = say_to("backup.nothing", chosen_language(), database=path)
            raise Unavailable("database_missing", sentence)
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="lianzhen-audit-") as scratch:
        path = Path(scratch) / DATABASE_FILE
        try:
            asyncio.run(take_snapshot(url, path, LEDGER_TABLES))
        except (SQLAlchemyError, OSError, sqlite3.Error):
            sentence = say_to("start.store_unavailable", chosen_language())
            raise Unavailable("store_unavailable", sentence) from None
        yield path


def request_of(options: argparse.Namespace, folder: Path) -> Request:
    """Returns what the options ask to be checked."""
    return Request(
        folder,
        keys=tuple(map(Path, options.key)),
        fingerprint=options.fingerprint,
        checkpoints=tuple(map(Path, options.checkpoint)),
        cosigners=tuple(map(Path, options.cosigner)),
        authorities=tuple(map(Path, options.authority)),
    )


def _verify(options: argparse.Namespace) -> int:
    if options.folder:
        verdict = check(_with_own_key(request_of(options, Path(options.folder))))
    else:
        settings = read_settings()
        with readable_database(settings) as database:
            verdict = check(request_of(options, settings.data_dir), database=database)
    print_report(verdict)
    return EXIT_SOUND if verdict.is_sound else EXIT_UNSOUND


def _with_own_key(request: Request) -> Request:
    """Returns the request with this service's own key to believe, where a package is checked beside the
    service that made it and no key was named. Elsewhere a package cannot vouch for itself.
    """
    if request.keys or request.fingerprint or not (request.folder / CONTENTS_FILE).is_file():
        return request
    own = read_settings().data_dir / KEYS_FOLDER / PUBLIC_KEY_FILE
    same = request.folder / KEYS_FOLDER / PUBLIC_KEY_FILE
    if not own.is_file() or not same.is_file() or own.read_bytes() != same.read_bytes():
        return request
    return dataclasses.replace(request, keys=(own,))


def _export(options: argparse.Namespace) -> int:
    language = chosen_language()
    folder = Path(options.folder)
    settings = read_settings()
    if folder.exists():
        raise SettingWrong("FOLDER", say_to("audit.folder_taken", language, folder=folder))
    sentences: dict[str, dict[str, str]] = {
        each: {key: text for key, text in catalogue.items() if key.startswith(AUDIT_PREFIX)}
        for each, catalogue in CATALOGUES.items()
    }
    try:
        signer = load_or_create_signer(settings.data_dir)
        with (
            readable_database(settings) as database,
            DataFolder(database, settings.data_dir / CHECKPOINTS_FOLDER) as source,
        ):
            for institution in options.institution:
                if institution not in source.institutions():
                    sentence = say_to("audit.institution_unknown", language, institution=institution)
                    raise SettingWrong("--institution", sentence)
            exported = write_package(
                folder,
                source,
                data_dir=settings.data_dir,
                signer=signer,
                sentences=sentences,
                with_personal=options.with_personal,
                institutions=frozenset(options.institution) or None,
            )
    except (OSError, sqlite3.Error, RecordingError, DamagedDatabase, UnreadableRow, BadNote) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        sentence = say_to("audit.export_refused", language, reason=reason)
        raise Unavailable("export_failed", sentence) from None
    verdict = check(Request(folder, fingerprint=signer.key_fingerprint))
    if not verdict.is_sound:
        # Kept: what is wrong with the ledger is what the recipient must see.
        print_report(verdict)
        return EXIT_UNSOUND
    facts = dataclasses.asdict(exported)
    sys.stdout.write(say_to("audit.exported", language, folder=folder, **facts) + "\n")
    fingerprint = signer.key_fingerprint
    sys.stdout.write(say_to("audit.exported_fingerprint", language, fingerprint=fingerprint) + "\n")
    return EXIT_SOUND


def _cosign(options: argparse.Namespace) -> int:
    """Cosigns what is sound and has grown from what was cosigned before, which lies in the state folder."""
    language = chosen_language()
    folder, state = Path(options.folder), Path(options.state)
    make_private_folder(state)
    request = request_of(options, folder)
    kept = tuple(sorted(state.glob("*.note")))
    signer, public_file = _cosigner(state)
    verdict = check(
        Request(
            folder,
            request.keys,
            request.fingerprint,
            (*request.checkpoints, *kept),
            request.cosigners,
            request.authorities,
        )
    )
    if not verdict.is_sound:
        print_report(verdict)
        sys.stderr.write(say_to("audit.cosign_refused", language) + "\n")
        return EXIT_UNSOUND
    sys.stdout.write(
        say_to("audit.cosign_key", language, file=public_file, fingerprint=signer.key_fingerprint) + "\n"
    )
    with _source(folder) as source:
        for institution in verdict.institutions:
            if institution.proven is not None:
                note = _latest(source, institution.institution, institution.proven.size)
                _cosign_one(note, options.name, signer, state)
    return EXIT_SOUND


def _cosign_one(note: SignedNote, name: str, signer: Ed25519Signer, state: Path) -> None:
    language = chosen_language()
    try:
        line = cosignature(note.checkpoint, name, signer, at_s=int(time.time()))
    except MisuseError:
        raise SettingWrong("--name", say_to("audit.cosigner_name", language)) from None
    file = state / f"{note.checkpoint.institution}.note"
    write_atomically(file, SignedNote(note.checkpoint, (note.signatures[0], line)).text().encode())
    facts = {"institution": note.checkpoint.institution, "size": note.checkpoint.size, "file": file}
    sys.stdout.write(say_to("audit.cosigned_note", language, **facts) + "\n" + line.line())


def _latest(source: LedgerSource, institution: str, size: int) -> SignedNote:
    rows = source.ledger(institution).checkpoints
    return next(parse_note(str(row.note).encode()) for row in rows if row.size == size)


@contextlib.contextmanager
def _source(folder: Path) -> Iterator[LedgerSource]:
    if (folder / EVENTS_FOLDER).is_dir():
        yield PackageFolder(folder)
    else:
        with DataFolder(folder / DATABASE_FILE, folder / CHECKPOINTS_FOLDER) as source:
            yield source


def _cosigner(state: Path) -> tuple[Ed25519Signer, Path]:
    """The cosigner's key, made the first time; it stays in the cosigner's own folder."""
    private, public = state / COSIGNER_KEY_FILE, state / COSIGNER_PUBLIC_FILE
    if not private.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomically(private, pem)
    try:
        key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingWrong("--state", say_to("audit.key_bad", chosen_language(), file=private))
    signer = Ed25519Signer(key)
    write_atomically(public, PublicKey(ED25519, signer.public_key).pem())
    return signer, public
