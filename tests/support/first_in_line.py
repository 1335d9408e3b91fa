"""Everything that a test has started runs before what else the machine does: browsers and links have sessions
of their own, and the precedence of one is not that of another (load_tests/login_storm/precedence.py).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from load_tests.login_storm.precedence import precedence


@contextlib.contextmanager
def first_in_line() -> Iterator[bool]:
    """Gives this process's session and those of all its descendants precedence until the end; yields whether
    that was possible.
    """
    with contextlib.ExitStack() as stack:
        leaders = _sessions_below(os.getpid()) | {os.getsid(0)}
        is_first = True
        for leader in leaders:
            is_first &= stack.enter_context(precedence(Path(f"/proc/{leader}/autogroup")))
        yield is_first


def _sessions_below(ancestor: int) -> set[int]:
    parents: dict[int, int] = {}
    sessions: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            pid = int(status.parent.name)
            parents[pid], sessions[pid] = int(fields[1]), int(fields[3])
    below = {ancestor}
    while found := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= found
    return {sessions[pid] for pid in below - {ancestor} if sessions[pid] in parents}
