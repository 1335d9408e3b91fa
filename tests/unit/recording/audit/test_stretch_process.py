"""Stretches walked by processes: real ones over a real folder, and those that end before their time."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from recording.audit.data_folder import FolderReader
from recording.audit.folder_check import verify_database
from recording.audit.stretch_process import MOST_PROCESSES, in_processes, main, split_by
from recording.audit.stretches import Found, Split, Task, walked
from recording.audit.verdict import LedgerVerdict
from tests.unit.recording.audit.acts import INSTITUTION
from tests.unit.recording.audit.folders import fill, opened, write_folder
from tests.unit.recording.audit.memory_ledger import TRUST, made

SOUND: Final = made(13, [3, 8, 11, 13])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data", SOUND)


def tasks_of(database: Path) -> list[Task]:
    reader = FolderReader(database, INSTITUTION, 13, 13)
    return [Task(reader, after, min(after + 4, 13), ()) for after in range(0, 13, 4)]


def verdict_of(database: Path, split: Split | None) -> LedgerVerdict:
    return verify_database(database, None, TRUST, {}, cover_wait_s=0.0, split=split)


def test_processes_find_what_one_finds(database: Path) -> None:
    found = list(in_processes(3)(tasks_of(database)))
    assert found == [walked(task) for task in tasks_of(database)] and all(found)
    split = Split(in_processes(2), 4)
    assert verdict_of(database, split) == verdict_of(database, None)
    with opened(database) as connection:
        connection.execute("UPDATE event SET actor = 'pe_2' WHERE sequence = 7")
    verdict = verdict_of(database, split)
    assert not verdict.is_sound and verdict == verdict_of(database, None)


@pytest.mark.parametrize("last_row", [None, 13])
def test_rows_are_found_by_index_and_as_stored(database: Path, last_row: int | None) -> None:
    reader = FolderReader(database, INSTITUTION, 13, last_row)
    with reader.part(4, 8) as part:
        assert list(part.events) == list(SOUND.events[4:8])
        assert [row.sequence for row in part.personal or ()] == [5, 5, 7, 7]
        assert (part.after, part.previous) == (4, SOUND.events[3][-1])
    with reader.part(13, 99) as part:
        assert (list(part.events), list(part.personal or ())) == ([], [])
    with reader.part(99, 100) as part:
        assert part.previous is None


def test_a_file_that_is_gone_or_no_database_makes_no_stretch(database: Path) -> None:
    database.write_bytes(b"x" * 10_000)
    assert list(map(walked, tasks_of(database))) == [None] * 4
    database.unlink()
    assert list(map(walked, tasks_of(database))) == [None] * 4


def test_a_process_answers_its_tasks_in_turn(database: Path) -> None:
    said = io.BytesIO()
    main(io.BytesIO(pickle.dumps(tasks_of(database))), said)
    said.seek(0)
    answers = [pickle.load(said) for _ in range(4)]
    assert all(isinstance(answer, Found) for answer in answers)
    assert said.read() == b""


def test_whoever_has_enough_closes_and_the_processes_end(database: Path) -> None:
    answers = in_processes(2)(tasks_of(database) * 50)
    assert isinstance(next(answers), Found)
    answers.close()
    assert list(in_processes(2)([])) == []


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/true", "/bin/echo"])
def test_processes_that_do_not_run_leave_the_walk_to_this_one(
    database: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    assert list(in_processes(2)(tasks_of(database))) == [None]
    assert verdict_of(database, Split(in_processes(2), 4)) == verdict_of(database, None)


def test_a_process_whose_parent_is_gone_ends_quietly(database: Path) -> None:
    child = subprocess.Popen(
        (sys.executable, "-m", "recording.audit.stretch_process"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None
    child.stdout.close()
    with child.stdin:
        pickle.dump(tasks_of(database), child.stdin)
    assert child.stderr.read() == b""
    child.stderr.close()
    child.wait()


@pytest.mark.parametrize(("processors", "expected"), [(2, 2), (10_000, MOST_PROCESSES)])
def test_each_processor_has_a_process(
    database: Path, monkeypatch: pytest.MonkeyPatch, processors: int, expected: int
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))
        return started[-1]

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", start)
    split = split_by(processors)
    assert split is not None
    assert all(split.work(tasks_of(database) * 5))
    assert len(started) == expected
    assert all(child.returncode is not None for child in started), "ended with the walk"


def test_one_processor_walks_in_one_process() -> None:
    assert split_by(1) is None
    assert split_by(None) is None


@pytest.mark.parametrize("last_row", [None, 13])
def test_what_a_running_service_adds_is_for_the_next_look(database: Path, last_row: int | None) -> None:
    with opened(database) as connection:
        fill(connection, replace(made(14, []), events=made(14, []).events[13:], personal=(), chain=None))
    with FolderReader(database, INSTITUTION, 13, last_row).part(12, 13) as part:
        assert list(part.events) == [SOUND.events[12]]
