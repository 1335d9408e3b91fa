"""Lets the measurement run before what else this machine does: neighbours are not what is measured."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")
"""sched(7): Linux shares the processors among sessions, however nice each process of theirs is. The server,
its call and the storm are one session; what a developer runs beside it is another, with an equal share."""
FIRST_NICENESS = -15
"""Some thirty times an equal share."""


@contextlib.contextmanager
def precedence(autogroup: Path = AUTOGROUP) -> Iterator[bool]:
    """Gives this session precedence until the end; yields whether that was possible (Linux, and root)."""
    before = _raised(autogroup)
    try:
        yield before is not None
    finally:
        if before is not None:
            autogroup.write_text(before)


def _raised(autogroup: Path) -> str | None:
    """Returns the niceness before, None where it stays as it is."""
    try:
        before = autogroup.read_text().split()[-1]
        autogroup.write_text(str(FIRST_NICENESS))
    except OSError:
        return None
    return before
