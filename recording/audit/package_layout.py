"""Where things lie in an exported package, and its list of contents: a signed note with a line for each
file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from recording.audit.checkpoint import BadNote, NoteSignature, parse_signature
from recording.audit.suites import PublicKey
from recording.audit.verdict import LedgerFault

EVENTS_FOLDER: Final = "events"
PERSONAL_FOLDER: Final = "personal"
CHECKPOINTS_FOLDER: Final = "checkpoints"
MANIFESTS_FOLDER: Final = "manifests"
KEYS_FOLDER: Final = "keys"
COSIGNERS_FOLDER: Final = "cosigners"
"""Of keys/, here and in a data folder: the public keys of those who cosign."""
AUTHORITIES_FOLDER: Final = "time_stamp_authorities"
"""Of keys/, here and in a data folder: root certificates (PEM) of time stamp authorities."""
LOG_KEY_FILE: Final = "signing.pub"
CONTENTS_FILE: Final = "contents.note"
VERIFIER_FILE: Final = "verify.pyz"
README_FILE: Final = "README.md"
LINES_SUFFIX: Final = ".jsonl"
CONTENTS_KEY_NAME: Final = "lianzhen/package"
MAX_CONTENTS_BYTES: Final = 64 * 1024 * 1024
"""Some 500,000 files."""
_READ_BYTES: Final = 1024 * 1024
_ENTRY: Final = re.compile(r"([0-9a-f]{64})  ([^\x00-\x1f]{1,500})")


def contents_text(hashes: Mapping[str, str]) -> bytes:
    """Returns the list of contents as ``sha256sum`` writes it, in the order of names."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()


def hash_of(path: Path) -> str:
    """Returns the SHA-256 of a file, hex. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def files_in(folder: Path) -> list[str]:
    """Returns the names of all files below, with slashes. Hidden ones (a desktop's own) do not count."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                found.append((Path(parent) / name).relative_to(folder).as_posix())
    return sorted(found)


def check_contents(folder: Path, keys: tuple[PublicKey, ...]) -> LedgerFault | None:
    """Returns the first file that is not as the package's signed list says. Raises OSError, SuiteMissing."""
    path = folder / CONTENTS_FILE
    if not path.is_file():
        return LedgerFault(CONTENTS_FILE, None, None, "contents_missing")
    if path.stat().st_size > MAX_CONTENTS_BYTES:
        return LedgerFault(CONTENTS_FILE, None, None, "contents_malformed")
    body, separator, signature_line = path.read_bytes().rpartition(b"\n\n")
    body += b"\n"
    hashes = _parsed(body)
    signature = _signature(signature_line)
    if not separator or hashes is None or signature is None:
        return LedgerFault(CONTENTS_FILE, None, None, "contents_malformed")
    is_signed = any(
        signature.key_id == key.id_as(CONTENTS_KEY_NAME) and key.is_signed(body, signature.signature)
        for key in keys
    )
    if not is_signed:
        return LedgerFault(CONTENTS_FILE, None, None, "contents_unsigned")
    present = {name for name in files_in(folder) if name != CONTENTS_FILE}
    for name in sorted(present | set(hashes)):
        if name not in hashes or (folder / name).is_symlink():
            return LedgerFault(_printable(name), None, None, "file_added")
        if name not in present:
            return LedgerFault(name, None, None, "file_missing")
        if hash_of(folder / name) != hashes[name]:
            return LedgerFault(name, None, None, "file_altered")
    return None


def _parsed(body: bytes) -> dict[str, str] | None:
    hashes: dict[str, str] = {}
    try:
        lines = body.decode().split("\n")[:-1]
    except UnicodeDecodeError:
        return None
    for line in lines:
        match = _ENTRY.fullmatch(line)
        if match is None:
            return None
        hashes[match[2]] = match[1]
    return hashes if contents_text(hashes) == body else None


def _signature(line: bytes) -> NoteSignature | None:
    try:
        signature = parse_signature(line.decode())
    except (UnicodeDecodeError, BadNote):
        return None
    return signature if signature.name == CONTENTS_KEY_NAME else None


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
