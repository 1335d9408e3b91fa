"""Processes that walk stretches of a ledger: ``python -m recording.audit.stretch_process`` is one of them.

It takes its tasks from stdin and writes what it finds to stdout, pickled: parent and child are one program.
Unlike multiprocessing's, the child does not import the parent's main module, which for ``lianzhen`` takes
longer than a hundred thousand events.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Generator, Sequence
from typing import IO, Final

from recording.audit.stretches import Found, Split, Task, Work, walked

MOST_PROCESSES: Final = 8
"""A million events take two seconds then, and each process some 40 MB."""
_COMMAND: Final = ("-P", "-m", "recording.audit.stretch_process")
"""-P: no module comes from the folder where the auditor happens to stand."""


def split_by(processors: int | None) -> Split | None:
    """Returns how a computer with so many processors splits the walk; None: it does not. None also stands for
    a number that nobody knows, as in ``os.cpu_count``.
    """
    count = min(processors or 1, MOST_PROCESSES)
    return Split(in_processes(count)) if count > 1 else None


def in_processes(count: int) -> Work:
    """Returns what has stretches walked by so many processes; nothing runs until it is asked."""

    def work(tasks: Sequence[Task]) -> Generator[Found | None, None, None]:
        with contextlib.ExitStack() as children:
            try:
                answers = [_started(tasks[first::count], children) for first in range(min(count, len(tasks)))]
                for number in range(len(tasks)):
                    yield pickle.load(answers[number % count])  # noqa: S301  (what our own child says)
            except (OSError, EOFError, pickle.UnpicklingError):
                # No process could be started, or one was ended: what it had to walk, nobody has walked.
                yield None

    return work


def _started(tasks: Sequence[Task], children: contextlib.ExitStack) -> IO[bytes]:
    """Starts a process, which ends with ``children`` at the latest. Returns what it says."""
    child = children.enter_context(
        subprocess.Popen(
            (sys.executable, *_COMMAND),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    )
    children.callback(child.kill)
    assert child.stdin is not None and child.stdout is not None
    with child.stdin:
        pickle.dump(tasks, child.stdin)
    return child.stdout


def main(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answers each task in turn."""
    for task in pickle.load(source):  # noqa: S301  (what our own parent says)
        pickle.dump(walked(task), sink)
        sink.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(sys.stdin.buffer, sys.stdout.buffer)
