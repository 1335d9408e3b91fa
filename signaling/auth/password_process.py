"""Hashes passwords in a process and a session of its own: what that takes is not charged to live calls.

Linux shares the processors among sessions first, then among the threads of each (sched(7), autogroup).
A thread of the server that hashes, however nice, uses up the server's share: where something else keeps the
machine busy, packets and pings then wait their turn behind that. The two talk in lines of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from signaling.auth.passwords import Checked, PasswordHashes

COMMAND: Final = (sys.executable, "-P", "-m", "signaling.auth.password_process")
"""-P: nothing is imported from the folder in which the server was started."""
_NICENESS: Final = 15
"""Packets and rooms come first; a sign-in takes what is left. Counts where sessions are not told apart."""
_SESSION_NICENESS: Final = "5"
"""A third of an equal share beside other sessions: with less, a busy machine would let nobody sign in."""
_AUTOGROUP: Final = Path("/proc/self/autogroup")


class PasswordProcessGone(Exception):  # noqa: N818
    """The process ended twice over one password."""


class PasswordProcess:
    """Asks the process, which is started when it is first needed. Used by one thread."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None

    def hash(self, password: str) -> str:
        """Returns the hash to keep. Raises PasswordProcessGone."""
        new_hash: str = self._ask({"password": password})["new_hash"]
        return new_hash

    def check(self, kept: str, password: str) -> Checked:
        """Returns what PasswordHashes.check does. Raises PasswordProcessGone."""
        return Checked(**self._ask({"kept": kept, "password": password}))

    def close(self) -> None:
        """Ends the process after what it does now; twice is harmless."""
        process, self._process = self._process, None
        if process is not None:
            # Its input ends, and with that its loop: so it ends, too, when the server is killed.
            process.communicate()

    def _ask(self, question: dict[str, str]) -> Any:
        # Someone may have ended it (the kernel, short of memory): it is started once more.
        for _ in range(2):
            if answer := _exchange(self._running(), json.dumps(question)):
                return json.loads(answer)
            self.close()
        raise PasswordProcessGone

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        return self._process


def _exchange(process: subprocess.Popen[str], line: str) -> str:
    """Returns the line of answer; "" if the process is no more."""
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return process.stdout.readline()
    return ""


def answer_questions(questions: IO[str], answers: IO[str], hashes: PasswordHashes) -> None:
    """Answers each line until there are no more."""
    for line in questions:
        question = json.loads(line)
        password = question["password"]
        if "kept" in question:
            checked = hashes.check(question["kept"], password)
            answer: dict[str, object] = {"is_right": checked.is_right, "new_hash": checked.new_hash}
        else:
            answer = {"new_hash": hashes.hash(password)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _step_back() -> None:
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    # Only Linux tells sessions apart, and there not inside containers' groups.
    with contextlib.suppress(OSError):
        _AUTOGROUP.write_text(_SESSION_NICENESS)


if __name__ == "__main__":
    _step_back()
    answer_questions(sys.stdin, sys.stdout, PasswordHashes())
