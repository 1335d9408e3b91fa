"""The ledger in an exported package, for the verifier: plain files of lines, read as they are walked."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from recording.audit.ledger_source import (
    CheckpointRow,
    CosignatureRow,
    EventRow,
    InstitutionLedger,
    PersonalRow,
    Place,
    StampRow,
)
from recording.audit.lines import MAX_LINE_BYTES, SORTED_KEYS, parsed, written
from recording.audit.package_layout import (
    CHECKPOINTS_FOLDER,
    EVENTS_FOLDER,
    LINES_SUFFIX,
    PERSONAL_FOLDER,
)

MAX_SIDE_LINE_BYTES: Final = 1024 * 1024
"""A checkpoint with a hundred cosignatures and a stamp; a personal text of the greatest length."""
NOTE_SUFFIX: Final = ".note"


class PackageFolder:
    """A LedgerSource over a package's files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def institutions(self) -> Sequence[str]:
        """Returns all that have a file in any of the folders."""
        folders = (EVENTS_FOLDER, PERSONAL_FOLDER, CHECKPOINTS_FOLDER)
        paths = (path for each in folders for path in (self._folder / each).glob("*" + LINES_SUFFIX))
        return sorted({path.name.removesuffix(LINES_SUFFIX) for path in paths})

    def ledger(self, institution: str, *, in_order: bool = False) -> InstitutionLedger:
        """Returns one institution's; ``contents.note`` tells of a file that is not there. Raises OSError."""
        name = institution + LINES_SUFFIX
        checkpoints = f"{CHECKPOINTS_FOLDER}/{name}"
        notes, cosignatures, stamps = self._checkpoints(checkpoints)
        latest = self._folder / CHECKPOINTS_FOLDER / (institution + NOTE_SUFFIX)
        personal = f"{PERSONAL_FOLDER}/{name}"
        has_personal = (self._folder / PERSONAL_FOLDER).is_dir()
        return InstitutionLedger(
            institution,
            Place(
                events=f"{EVENTS_FOLDER}/{name}",
                personal=personal,
                checkpoints=checkpoints,
                cosignatures=checkpoints,
                stamps=checkpoints,
                chain="",
                latest=f"{CHECKPOINTS_FOLDER}/{institution}{NOTE_SUFFIX}",
            ),
            self._events(f"{EVENTS_FOLDER}/{name}"),
            self._personal(personal) if has_personal else None,
            notes,
            cosignatures,
            stamps,
            latest_note=latest.read_bytes() if latest.is_file() else None,
            has_latest=True,
        )

    def _events(self, name: str) -> Iterator[EventRow]:
        for line in self._lines(name, MAX_LINE_BYTES):
            yield (line,)

    def _personal(self, name: str) -> Iterator[PersonalRow]:
        for line in self._lines(name, MAX_SIDE_LINE_BYTES):
            match _object(line):
                case {
                    "sequence": sequence,
                    "name": field,
                    "patient": patient,
                    "salt": salt,
                    "value": value,
                    "erased_at_ms": erased_at_ms,
                }:
                    salt_bytes = _unhexed(salt) if salt is not None else None
                    yield PersonalRow(sequence, field, patient, salt_bytes, value, erased_at_ms)
                case _:
                    yield PersonalRow(None, None, None, None, None, None)

    def _checkpoints(self, name: str) -> tuple[list[CheckpointRow], list[CosignatureRow], list[StampRow]]:
        notes: list[CheckpointRow] = []
        cosignatures: list[CosignatureRow] = []
        stamps: list[StampRow] = []
        for line in self._lines(name, MAX_SIDE_LINE_BYTES):
            match _object(line):
                case {
                    "note": note,
                    "size": size,
                    "at_ms": at_ms,
                    "cosignatures": [*lines],
                    "time_stamp": stamp,
                }:
                    notes.append(CheckpointRow(note, size, at_ms))
                    cosignatures += [CosignatureRow(size, None, each) for each in lines]
                    if stamp is not None:
                        stamps.append(StampRow(size, _unpacked(stamp)))
                case _:
                    notes.append(CheckpointRow(None, None, None))
        return notes, cosignatures, stamps

    def _lines(self, name: str, longest: int) -> Iterator[bytes | None]:
        """The lines without their ends; None for one that is torn or too long, and then no more."""
        path = self._folder / name
        if not path.is_file():
            return
        with path.open("rb") as file:
            while line := file.readline(longest + 2):
                if not line.endswith(b"\n"):
                    yield None
                    return
                yield line[:-1]


def _object(line: bytes | None) -> Any:
    """What a canonical line says; None where it is none."""
    try:
        value = None if line is None else parsed(line)
        return value if isinstance(value, dict) and written(value, None, SORTED_KEYS) == line else None
    except (ValueError, RecursionError, TypeError):
        return None


def _unhexed(text: object) -> object:
    try:
        return bytes.fromhex(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _unpacked(text: object) -> object:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else text
    except binascii.Error:
        return text
