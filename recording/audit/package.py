"""Writing a package: what a court, a patient's lawyer or another hospital checks without the service.

It ends, for each institution, at the last signed checkpoint: what comes after is not proven yet.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import orjson

from recording.audit.checkpoint import NoteSignature, SignedNote, parse_note, parse_signature
from recording.audit.ledger_source import InstitutionLedger, LedgerSource
from recording.audit.package_folder import NOTE_SUFFIX
from recording.audit.package_layout import (
    AUTHORITIES_FOLDER,
    CHECKPOINTS_FOLDER,
    CONTENTS_FILE,
    CONTENTS_KEY_NAME,
    COSIGNERS_FOLDER,
    EVENTS_FOLDER,
    KEYS_FOLDER,
    LINES_SUFFIX,
    LOG_KEY_FILE,
    MANIFESTS_FOLDER,
    PERSONAL_FOLDER,
    README_FILE,
    VERIFIER_FILE,
    contents_text,
    files_in,
    hash_of,
)
from recording.audit.suites import SUITES, PublicKey, key_id
from recording.files import make_private_folder, write_atomically
from recording.manifest import MANIFEST_FILE, SIGNATURE_FILE
from recording.signing import Signer

_AUDIT_FOLDER: Final = Path(__file__).parent
_VERIFIER_MODULES: Final = (
    "__init__",
    "checkpoint",
    "commitments",
    "data_folder",
    "ed25519",
    "folder_check",
    "ledger_source",
    "lines",
    "merkle",
    "notes_check",
    "package_folder",
    "package_layout",
    "personal_check",
    "report",
    "request",
    "sm2",
    "stretch",
    "stretch_process",
    "stretches",
    "suites",
    "time_stamp",
    "verdict",
    "verify",
    "walk",
)
"""Of recording/audit, as they are: what the laptop runs is what the tests test."""
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The same modules make the same bytes: two packages' verifiers can be compared by hash."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What a package holds."""

    institutions: int
    events: int
    manifests: int


def write_package(
    folder: Path,
    source: LedgerSource,
    *,
    data_dir: Path,
    signer: Signer,
    sentences: Mapping[str, Mapping[str, str]],
    with_personal: bool,
    institutions: frozenset[str] | None = None,
) -> Exported:
    """Fills ``folder``, which must not exist, and signs the list of its contents.

    ``sentences`` are what the verifier says, by language and key; ``institutions`` None: all. Raises OSError
    (FileExistsError where the folder is there), UnreadableRow, BadNote for rows that are not as they were
    written: nothing is promised about the folder then.
    """
    folder.mkdir(mode=0o700, parents=True)
    count = events = 0
    for institution in source.institutions():
        if institutions is None or institution in institutions:
            events += _write_ledger(folder, source.ledger(institution), with_personal=with_personal)
            count += 1
    _copy_keys(folder, data_dir, signer)
    manifests = _copy_manifests(folder, data_dir)
    write_atomically(folder / README_FILE, (_AUDIT_FOLDER / "package_readme.md").read_bytes())
    write_atomically(folder / VERIFIER_FILE, verifier(sentences))
    _write_contents(folder, signer)
    return Exported(count, events, manifests)


def verifier(sentences: Mapping[str, Mapping[str, str]]) -> bytes:
    """Returns the program ``verify.pyz``: the modules of this package and what they say."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, text: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), text, zipfile.ZIP_DEFLATED)

        add("__main__.py", (_AUDIT_FOLDER / "verifier_main.py").read_bytes())
        add("sentences.json", orjson.dumps(sentences, option=orjson.OPT_SORT_KEYS))
        for name in ("__init__", "errors"):
            add(f"recording/{name}.py", (_AUDIT_FOLDER.parent / f"{name}.py").read_bytes())
        for name in _VERIFIER_MODULES:
            add(f"recording/audit/{name}.py", (_AUDIT_FOLDER / f"{name}.py").read_bytes())
    return b"#!/usr/bin/env python3\n" + content.getvalue()


def _write_ledger(folder: Path, ledger: InstitutionLedger, *, with_personal: bool) -> int:
    name = ledger.institution + LINES_SUFFIX
    cosignatures: dict[object, list[str]] = {}
    for row in ledger.cosignatures:
        cosignatures.setdefault(row.size, []).append(str(row.line))
    stamps = {row.size: row.token for row in ledger.stamps}
    last_size = 0
    with _new(folder / CHECKPOINTS_FOLDER / name) as file:
        for checkpoint in ledger.checkpoints:
            stamp = stamps.get(checkpoint.size)
            line = {
                "note": checkpoint.note,
                "size": checkpoint.size,
                "at_ms": checkpoint.at_ms,
                "cosignatures": cosignatures.get(checkpoint.size, []),
                "time_stamp": base64.b64encode(stamp).decode() if isinstance(stamp, bytes) else None,
            }
            _put(file, line)
            last_size = checkpoint.size if isinstance(checkpoint.size, int) else last_size
    if ledger.checkpoints:
        latest = parse_note(str(ledger.checkpoints[-1].note).encode())
        lines = [parse_signature(line) for line in cosignatures.get(last_size, [])]
        with_cosigners = SignedNote(latest.checkpoint, (*latest.signatures, *lines))
        note_path = folder / CHECKPOINTS_FOLDER / (ledger.institution + NOTE_SUFFIX)
        write_atomically(note_path, with_cosigners.text().encode())
    count = 0
    with _new(folder / EVENTS_FOLDER / name) as file:
        for (line_bytes, *_), _number in zip(ledger.events, range(last_size), strict=False):
            file.write(line_bytes + b"\n" if isinstance(line_bytes, bytes) else b"\n")
            count += 1
    if with_personal and ledger.personal is not None:
        with _new(folder / PERSONAL_FOLDER / name) as file:
            for personal in ledger.personal:
                if isinstance(personal.sequence, int) and personal.sequence > last_size:
                    break
                salt = personal.salt
                _put(file, personal._asdict() | {"salt": salt.hex() if isinstance(salt, bytes) else salt})
    return count


def _copy_keys(folder: Path, data_dir: Path, signer: Signer) -> None:
    keys = folder / KEYS_FOLDER
    make_private_folder(keys)
    public_key = PublicKey(SUITES[signer.suite], signer.public_key)
    write_atomically(keys / LOG_KEY_FILE, public_key.pem())
    for name, pattern in ((COSIGNERS_FOLDER, "*.pub"), (AUTHORITIES_FOLDER, "*.pem")):
        for path in sorted((data_dir / KEYS_FOLDER / name).glob(pattern)):
            make_private_folder(keys / name)
            write_atomically(keys / name / path.name, path.read_bytes())


def _copy_manifests(folder: Path, data_dir: Path) -> int:
    """Copies the signed manifests of all sealed recordings; their media stay where they are."""
    count = 0
    for manifest in sorted(data_dir.glob(f"*/*/{MANIFEST_FILE}")):
        signature = manifest.with_name(SIGNATURE_FILE)
        if signature.is_file():
            to = folder / MANIFESTS_FOLDER / manifest.parent.name
            make_private_folder(to)
            write_atomically(to / MANIFEST_FILE, manifest.read_bytes())
            write_atomically(to / SIGNATURE_FILE, signature.read_bytes())
            count += 1
    return count


def _write_contents(folder: Path, signer: Signer) -> None:
    body = contents_text({name: hash_of(folder / name) for name in files_in(folder)})
    identifier = key_id(CONTENTS_KEY_NAME, SUITES[signer.suite], signer.public_key, is_cosigner=False)
    signature = NoteSignature(CONTENTS_KEY_NAME, identifier, signer.sign(body))
    write_atomically(folder / CONTENTS_FILE, body + b"\n" + signature.line().encode())


def _new(path: Path) -> IO[bytes]:
    make_private_folder(path.parent)
    return path.open("xb", buffering=1024 * 1024)


def _put(file: IO[bytes], value: Mapping[str, Any]) -> None:
    # A forged row may hold any type: it goes out as something that no check takes for a row of ours.
    file.write(orjson.dumps(value, default=repr, option=orjson.OPT_SORT_KEYS) + b"\n")
