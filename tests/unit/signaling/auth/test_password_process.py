"""Passwords are hashed in another process and session, which comes back when it is ended."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from signaling.auth.password_process import COMMAND, PasswordProcess, PasswordProcessGone, answer_questions
from signaling.auth.passwords import Checked, PasswordHashes
from tests.support.waiting import HANG_S

PASSWORD = '山高\n路远\\"🏥'


@pytest.fixture
def process() -> Iterator[PasswordProcess]:
    started = PasswordProcess()
    yield started
    started.close()


def pid_of(process: PasswordProcess) -> int:
    return process._running().pid


def test_a_hash_made_there_is_checked_there(process: PasswordProcess) -> None:
    kept = process.hash(PASSWORD)
    assert PasswordHashes().check(kept, PASSWORD) == Checked(is_right=True)
    assert process.check(kept, PASSWORD) == Checked(is_right=True)
    assert process.check(kept, PASSWORD + "!") == Checked(is_right=False)
    assert process.check("", PASSWORD) == Checked(is_right=False)


def test_it_is_a_session_of_low_urgency(process: PasswordProcess) -> None:
    process.hash(PASSWORD)
    pid = pid_of(process)
    assert os.getsid(pid) == pid
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0) or (
        os.getpriority(os.PRIO_PROCESS, pid) == 19
    )
    autogroup = Path(f"/proc/{pid}/autogroup")
    if autogroup.exists():
        assert autogroup.read_text().split()[1:] == ["nice", "5"]


def test_it_is_started_again_when_it_was_ended(process: PasswordProcess) -> None:
    kept = process.hash(PASSWORD)
    ended = pid_of(process)
    os.kill(ended, signal.SIGKILL)
    assert process.check(kept, PASSWORD) == Checked(is_right=True)
    assert pid_of(process) != ended


def test_it_ends_with_its_input_as_when_the_server_is_killed() -> None:
    # In a session of its own: it steps back with all of its session, which must not be that of the tests.
    done = subprocess.run(
        COMMAND, stdin=subprocess.DEVNULL, timeout=HANG_S, check=False, start_new_session=True
    )
    assert done.returncode == 0


def test_closing_ends_it_and_twice_is_harmless(process: PasswordProcess) -> None:
    process.hash(PASSWORD)
    running = process._running()
    process.close()
    process.close()
    assert running.returncode == 0


@pytest.mark.parametrize("program", ["pass", "input()"])
def test_one_that_never_answers_is_given_up(program: str) -> None:
    process = PasswordProcess((sys.executable, "-c", program))
    with pytest.raises(PasswordProcessGone):
        process.hash(PASSWORD)


def test_an_older_hash_comes_back_renewed() -> None:
    class Renewing(PasswordHashes):
        def __init__(self) -> None:
            pass

        def check(self, kept: str, password: str) -> Checked:
            return Checked(is_right=kept == "old", new_hash="new")

        def hash(self, password: str) -> str:
            return f"hash of {password}"

    questions = io.StringIO('{"kept": "old", "password": "x"}\n{"password": "y"}\n')
    answers = io.StringIO()
    answer_questions(questions, answers, Renewing())
    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [
        {"is_right": True, "new_hash": "new"},
        {"new_hash": "hash of y"},
    ]
