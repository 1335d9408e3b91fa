"""The bytes of attachments in the data folder, each under its own hash: the same content lies there once.

    attachments/ab/abcdef…      SHA-256 in hexadecimal, by its first two digits

A file is whole or not there: it is written beside its place, brought to disk and renamed. One that no row
names (its unit failed) does no harm.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

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
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = place.with_name(f"{digest}.{secrets.token_hex(4)}.part")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
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
