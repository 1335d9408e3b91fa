"""The files of the newest checkpoints: whole or absent, and never replaced by what contradicts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from recording.audit.chain import ChainHead, chain, genesis
from recording.audit.checkpoint import parse_note, signed_note
from recording.keys import load_or_create_signer
from recording.signing import Signer
from signaling.store.note_files import NoteFiles
from tests.support.ledgers import act


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return load_or_create_signer(tmp_path_factory.mktemp("keys"))


def note(signer: Signer, size: int, *, at_ms: int = 1) -> str:
    head: ChainHead = genesis("in_a")
    for _ in range(size):
        head = chain(head, act(), new_salt=bytes).head
    return signed_note("in_a", head, at_ms=at_ms, previous_size=0, signer=signer)


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: parse_note(path.read_bytes()).checkpoint.size for path in folder.iterdir()}


def test_the_newest_note_takes_the_place_of_the_last(tmp_path: Path, signer: Signer) -> None:
    files = NoteFiles(tmp_path / "checkpoints")
    for size in (1, 2, 5):
        files.add("in_a", size, note(signer, size))
        assert files.write_waiting() == 0
    assert sizes(files.folder) == {"in_a.note": 5}
    assert files.write_waiting() == 0


def test_of_two_that_wait_the_newer_is_written(tmp_path: Path, signer: Signer) -> None:
    files = NoteFiles(tmp_path)
    files.add("in_a", 1, note(signer, 1))
    files.add("in_a", 2, note(signer, 2))
    files.write_waiting()
    assert sizes(tmp_path) == {"in_a.note": 2}


@pytest.mark.parametrize(("found", "size", "kept"), [(5, 3, "in_a.5.note"), (3, 3, "in_a.3.note")])
def test_a_note_that_contradicts_is_kept_under_another_name(
    tmp_path: Path, signer: Signer, found: int, size: int, kept: str
) -> None:
    (tmp_path / "in_a.note").write_text(note(signer, found))
    files = NoteFiles(tmp_path)
    files.add("in_a", size, note(signer, size, at_ms=2))
    assert files.write_waiting() == 0
    assert sizes(tmp_path) == {"in_a.note": size, kept: found}


def test_the_same_note_again_changes_nothing(tmp_path: Path, signer: Signer) -> None:
    (tmp_path / "in_a.note").write_text(note(signer, 3))
    files = NoteFiles(tmp_path)
    files.add("in_a", 3, note(signer, 3))
    assert files.write_waiting() == 0
    assert sizes(tmp_path) == {"in_a.note": 3}


def test_a_file_that_is_no_note_is_replaced(tmp_path: Path, signer: Signer) -> None:
    (tmp_path / "in_a.note").write_bytes(b"torn")
    files = NoteFiles(tmp_path)
    files.add("in_a", 1, note(signer, 1))
    assert files.write_waiting() == 0
    assert sizes(tmp_path) == {"in_a.note": 1}


def test_what_cannot_be_written_waits(tmp_path: Path, signer: Signer) -> None:
    folder = tmp_path / "checkpoints"
    folder.write_bytes(b"a file is in the way")
    files = NoteFiles(folder)
    files.add("in_a", 1, note(signer, 1))
    assert files.write_waiting() == 1
    folder.unlink()
    assert files.write_waiting() == 0
    assert sizes(folder) == {"in_a.note": 1}
