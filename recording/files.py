"""Putting bytes on disk so that they are whole or absent: private modes, exclusive create, fsync, rename."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
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
    with _part_of(path, content) as part:
        part.rename(path)
    sync_folder(path.parent)


def create_atomically(path: Path, content: bytes) -> None:
    """Puts ``content`` at ``path`` as a whole, on disk when this returns, unless something is there already.

    Of several processes that do this at once exactly one succeeds. Raises FileExistsError where the name is
    taken, OSError when the disk refuses; ``path`` is then as it was before.
    """
    with _part_of(path, content) as part:
        # Not rename: it would replace a file that is already there.
        os.link(part, path)
    sync_folder(path.parent)


@contextlib.contextmanager
def _part_of(path: Path, content: bytes) -> Iterator[Path]:
    """A file beside ``path`` that holds ``content`` on disk, gone afterwards unless it was renamed.

    Its name is this thread's own: two that write one path at once must not take each other's part away.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}{PART_SUFFIX}")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE_MODE)
    try:
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        yield part
    finally:
        part.unlink(missing_ok=True)


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


class AppendFile:
    """A file that grows by whole pieces: one that cannot be written whole is taken back before the next."""

    def __init__(self, path: Path, descriptor: int, length: int) -> None:
        self.path = path
        self.length_bytes = length
        self._descriptor: int | None = descriptor
        self._is_torn = False

    @classmethod
    def create(cls, path: Path, first: bytes) -> AppendFile:
        """A new file that begins with ``first``. Raises FileExistsError, OSError."""
        return cls(path, create_with(path, first), len(first))

    @classmethod
    def reopen(cls, path: Path) -> AppendFile:
        """A file that is there, or an empty one. Raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, PRIVATE_FILE_MODE)
        return cls(path, descriptor, os.fstat(descriptor).st_size)

    def append(self, content: bytes) -> None:
        """Adds ``content`` as a whole. Raises OSError; nothing of it then counts."""
        self.mend()
        descriptor = self._open_descriptor()
        try:
            write_all(descriptor, content)
        except OSError:
            self._is_torn = True
            with contextlib.suppress(OSError):
                self.mend()
            raise
        self.length_bytes += len(content)

    def mend(self) -> None:
        """Takes back what a failed append left behind. Raises OSError."""
        if self._is_torn:
            os.ftruncate(self._open_descriptor(), self.length_bytes)
            self._is_torn = False

    def sync(self) -> None:
        """Returns when the bytes are on disk. Raises OSError."""
        os.fsync(self._open_descriptor())

    def close(self) -> None:
        """Closes the file. Closing twice is harmless."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open_descriptor(self) -> int:
        assert self._descriptor is not None, "the file is closed"
        return self._descriptor
