"""The bytes of attachments in the data folder, each under its own hash: the same content lies there once.

    attachments/ab/abcdef…      SHA-256 in hexadecimal, by its first two digits

A file is whole or not there: it is written beside its place, brought to disk and renamed. One that no row
names (its unit failed) does no harm.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from recording.files import make_private_folder, write_atomically

FOLDER: Final = "attachments"


class AttachmentFiles:
    """The folder. Its methods block: call them in a thread."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def keep(self, content: bytes) -> str:
        """Stores bytes; returns their SHA-256. On disk when this returns. Raises OSError."""
        digest = hashlib.sha256(content).hexdigest()
        place = self._place(digest)
        if place.exists():
            return digest
        make_private_folder(place.parent)
        write_atomically(place, content)
        return digest

    def read(self, digest: str) -> bytes:
        """Returns the bytes of a hash. Raises OSError where they are not there, ValueError where they are
        others: what a disk or a hand has changed is not passed on as what was signed.
        """
        content = self._place(digest).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError("attachment altered")
        return content

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest
