"""When a certificate's files are to be read again: it runs out, and its files are replaced, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells a file from the one that was there before."""

    inode: int
    modified_ns: int
    size_bytes: int


Seen: TypeAlias = tuple[FileState, ...] | None
"""All files at one moment; None where one of them is missing."""


class CertificateWatch:
    """Compares what is seen now with what was shown last and with the look before."""

    def __init__(self, shown: Seen) -> None:
        self._tried = shown
        self._before = shown

    def is_due(self, seen: Seen) -> bool:
        """Returns whether the files are others than those tried last, and have stood still since the last
        look. What is due counts as tried: files that do not fit are not read again until one of them
        changes."""
        has_settled, self._before = seen == self._before, seen
        if seen is None or seen == self._tried or not has_settled:
            return False
        self._tried = seen
        return True


def look_at(files: Sequence[Path]) -> Seen:
    """Returns their states."""
    try:
        states = [file.stat() for file in files]
    except OSError:
        return None
    return tuple(FileState(state.st_ino, state.st_mtime_ns, state.st_size) for state in states)
