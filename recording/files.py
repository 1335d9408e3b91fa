"""Putting bytes on disk so that they are whole or absent: private modes, exclusive create, fsync, rename."""

from __future__ import annotations

import os
from pathlib import Path

PRIVATE_FILE_MODE = 0o600
PRIVATE_FOLDER_MODE = 0o700
PART_SUFFIX = ".part"
"""Files under this suffix were never finished: nothing was promised about them."""


def make_private_folder(folder: Path) -> None:
    """Makes the folder (and its parents) readable by its owner only; one that exists keeps its mode."""
    folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes names in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes) -> None:
    """Writes every byte: a write may be cut short, by a full disk for one, without an error."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def write_atomically(path: Path, content: bytes) -> None:
    """Puts ``content`` at ``path`` as a whole, on disk when this returns, readable by its owner only.

    Raises OSError; ``path`` is then as it was before.
    """
    part = path.with_name(path.name + PART_SUFFIX)
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE_MODE)
    try:
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.rename(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def create_with(path: Path, content: bytes) -> int:
    """Creates ``path`` with its first bytes in it and returns a descriptor that appends.

    The name appears only when the bytes are written, so that a kill at any moment leaves either no file or
    one that plays. Raises FileExistsError where the name is taken, OSError when the disk refuses.
    """
    part = path.with_name(path.name + PART_SUFFIX)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(part, flags, PRIVATE_FILE_MODE)
    try:
        write_all(descriptor, content)
        # Not rename: it would replace a file that is already there.
        os.link(part, path)
    except OSError:
        os.close(descriptor)
        raise
    finally:
        part.unlink(missing_ok=True)
    return descriptor
