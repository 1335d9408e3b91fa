"""The newest checkpoint of each institution as a file outside the database: who cuts the database's tail
off must find this as well.

A file is never replaced by one that contradicts it: where the database has fewer events than the file
proves, the file is kept under another name, for the verifier and for people.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from recording.audit.checkpoint import BadNote, parse_note
from recording.files import make_private_folder, write_atomically

CHECKPOINTS_FOLDER: Final = "checkpoints"
NOTE_SUFFIX: Final = ".note"

_log = structlog.get_logger("store")


@dataclass(slots=True)
class NoteFiles:
    """``DATA/checkpoints``. ``add`` on the loop thread; ``write_waiting`` in any."""

    folder: Path
    _waiting: dict[str, tuple[int, str]] = field(default_factory=dict)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def add(self, institution: str, size: int, text: str) -> None:
        """Lets a note wait to be written; it takes the place of an older one that waits still."""
        self._waiting[institution] = (size, text)

    def write_waiting(self) -> int:
        """Puts what waits on disk, each note whole or not at all; returns how many failed and wait again."""
        failed = 0
        with self._writing:
            for institution, (size, text) in list(self._waiting.items()):
                try:
                    self._write(institution, size, text.encode())
                except OSError:
                    failed += 1
                    continue
                if self._waiting.get(institution) == (size, text):
                    del self._waiting[institution]
        return failed

    def _write(self, institution: str, size: int, note: bytes) -> None:
        path = self.folder / (institution + NOTE_SUFFIX)
        found = _read(path)
        if found == note:
            return
        if found is not None and (found_size := _size_of(found)) >= size:
            _log.error("ledger_smaller_than_its_checkpoint", count=found_size - size)
            path.rename(self.folder / f"{institution}.{found_size}{NOTE_SUFFIX}")
        make_private_folder(self.folder)
        write_atomically(path, note)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _size_of(note: bytes) -> int:
    try:
        return parse_note(note).checkpoint.size
    except BadNote:
        return 0
