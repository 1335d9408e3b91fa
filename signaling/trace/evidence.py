"""The evidence package of an approved request: one institution's chain, checkable without the service, as a
zip.

A chain can only be checked whole, so ``package/`` holds all of its lines up to the last checkpoint; they name
nobody. What the request's range limits is the personal fields, in ``personal.jsonl`` beside it: those of
other events stay here. Recordings' manifests are not in it: they belong to rooms, which more than one
institution uses.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from recording.audit.checkpoint import BadNote
from recording.audit.data_folder import CHECKPOINTS_FOLDER, DamagedDatabase, DataFolder
from recording.audit.ledger_source import InstitutionLedger, UnreadableRow
from recording.audit.package import write_package
from recording.audit.package_layout import AUTHORITIES_FOLDER, COSIGNERS_FOLDER
from recording.errors import RecordingError
from recording.keys import KEYS_FOLDER
from recording.signing import Signer
from signaling.audit_commands import AUDIT_PREFIX, readable_database
from signaling.errors import Unavailable
from signaling.messages import CATALOGUES
from signaling.settings import Settings
from signaling.trace.exports import TraceExport

PACKAGE_FOLDER: Final = "package"
PERSONAL_FILE: Final = "personal.jsonl"
README_FILE: Final = "README.txt"
_README: Final = """\
package/ 是可独立核对的账本，核对方法见其中的 README.md。
personal.jsonl 是所批准范围内的个人信息：SHA-256(salt 的字节 + value 的 UTF-8 字节)，
应与同一序号事件 personal 中同名字段的值相同。

package/ is the ledger, which can be checked by itself: see the README.md in it.
personal.jsonl holds the personal fields of the range that was approved: SHA-256 of the bytes of salt and of
value in UTF-8 is what stands under that name in "personal" of the event with that sequence.
"""
_KEY_FOLDERS: Final = (COSIGNERS_FOLDER, AUTHORITIES_FOLDER)
"""Public keys of others, which the verifier needs."""


def write_evidence(settings: Settings, signer: Signer, export: TraceExport, zip_file: Path) -> None:
    """Writes the package of an export. Blocks for as long as it reads the chain. Raises Unavailable."""
    sentences: dict[str, dict[str, str]] = {
        language: {key: text for key, text in catalogue.items() if key.startswith(AUDIT_PREFIX)}
        for language, catalogue in CATALOGUES.items()
    }
    try:
        with (
            TemporaryDirectory(prefix="lianzhen-evidence-") as scratch,
            readable_database(settings) as database,
            DataFolder(database, settings.data_dir / CHECKPOINTS_FOLDER) as source,
        ):
            folder = Path(scratch) / "evidence"
            folder.mkdir()
            write_package(
                folder / PACKAGE_FOLDER,
                source,
                data_dir=_only_keys(settings.data_dir, Path(scratch) / "keys_only"),
                signer=signer,
                sentences=sentences,
                with_personal=False,
                institutions=frozenset({export.institution}),
            )
            if export.with_personal:
                _write_personal(folder, source.ledger(export.institution), export)
            shutil.make_archive(str(zip_file.with_suffix("")), "zip", folder)
    except (OSError, sqlite3.Error, RecordingError, DamagedDatabase, UnreadableRow, BadNote):
        raise Unavailable("unavailable") from None


def _write_personal(folder: Path, ledger: InstitutionLedger, export: TraceExport) -> None:
    wanted = range(export.first_sequence, export.last_sequence + 1)
    with (folder / PERSONAL_FILE).open("wb") as file:
        for row in ledger.personal or ():
            if row.sequence in wanted and isinstance(row.salt, bytes):
                kept = {"sequence": row.sequence, "name": row.name, "value": row.value}
                file.write(orjson.dumps({**kept, "salt": row.salt.hex()}) + b"\n")
    (folder / README_FILE).write_text(_README, encoding="utf-8")


def _only_keys(data_dir: Path, scratch: Path) -> Path:
    """Returns a folder with others' public keys as in the data folder, and no recordings."""
    for name in _KEY_FOLDERS:
        kept = data_dir / KEYS_FOLDER / name
        if kept.is_dir():
            shutil.copytree(kept, scratch / KEYS_FOLDER / name)
    return scratch
