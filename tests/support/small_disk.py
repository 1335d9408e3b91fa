"""A disk of some megabytes, in memory, that a test fills: the file system says itself when it is full."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_PIECE = bytes(4_096)  # a page, which is what a memory disk gives at a time


@contextlib.contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """A memory disk of this size at ``folder``, gone with the block; skips where none can be mounted."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", folder]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path, *, leave_bytes: int = 0) -> Path:
    """A ballast file that leaves at most so much room: whoever writes at the same time gets none of it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while free_bytes(disk) > leave_bytes:
            file.write(_PIECE)
    return ballast


def free_bytes(disk: Path) -> int:
    """What a file on this disk may still take."""
    state = os.statvfs(disk)
    return state.f_bavail * state.f_frsize
