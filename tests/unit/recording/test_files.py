"""Whole or absent: files under kills, full disks and taken names."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from recording.files import (
    AppendFile,
    create_atomically,
    create_with,
    make_private_folder,
    write_all,
    write_atomically,
)


def refusing(after_bytes: int) -> object:
    """A write that takes so many bytes and then refuses."""
    write, left = os.write, [after_bytes]

    def refuse(descriptor: int, content: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "full")
        taken = write(descriptor, bytes(content[: left[0]]))
        left[0] -= taken
        return taken

    return refuse


def test_an_atomic_write_is_private_and_replaces_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / f"file.{os.getpid()}-{threading.get_ident()}.part").write_bytes(
        b"left by a kill, before the number came again"
    )
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_an_atomic_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"one")
    monkeypatch.setattr("recording.files.os.write", refusing(1))
    with pytest.raises(OSError, match="full"):
        write_atomically(path, b"two")
    assert path.read_bytes() == b"one"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_an_atomic_creation_is_private_and_takes_nothing_away(tmp_path: Path) -> None:
    path = tmp_path / "file"
    create_atomically(path, b"one")
    with pytest.raises(FileExistsError):
        create_atomically(path, b"two")
    assert path.read_bytes() == b"one"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_new_file_appears_with_its_first_bytes_and_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    descriptor = create_with(path, b"first")
    os.write(descriptor, b" more")
    os.close(descriptor)
    assert path.read_bytes() == b"first more"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        create_with(path, b"second")
    assert path.read_bytes() == b"first more"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_new_file_that_cannot_be_written_does_not_appear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.files.os.write", refusing(2))
    with pytest.raises(OSError, match="full"):
        create_with(tmp_path / "file", b"first")
    assert list(tmp_path.iterdir()) == []


def test_a_piece_that_cannot_be_written_whole_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = AppendFile.create(tmp_path / "file", b"one ")
    with monkeypatch.context() as patch:
        patch.setattr("recording.files.os.write", refusing(2))
        with pytest.raises(OSError, match="full"):
            file.append(b"torn")
    assert (tmp_path / "file").read_bytes() == b"one "
    file.append(b"two")
    file.sync()
    assert (file.length_bytes, (tmp_path / "file").read_bytes()) == (7, b"one two")
    file.close()
    file.close()


def test_a_piece_that_cannot_even_be_taken_back_is_taken_back_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, length: int) -> None:
        raise OSError(errno.EIO, "broken")

    file = AppendFile.create(tmp_path / "file", b"one ")
    with monkeypatch.context() as patch:
        patch.setattr("recording.files.os.write", refusing(2))
        patch.setattr("recording.files.os.ftruncate", refuse)
        with pytest.raises(OSError, match="full"):
            file.append(b"torn")
        with pytest.raises(OSError, match="broken"):
            file.append(b"next")
    assert (tmp_path / "file").read_bytes() == b"one to"
    file.append(b"two")
    assert (tmp_path / "file").read_bytes() == b"one two"
    file.close()


def test_a_file_is_reopened_where_it_ended_and_links_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for piece in (b"one ", b"two"):
        file = AppendFile.reopen(path)
        file.append(piece)
        file.close()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one two", 0o600)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match=r"."):
        AppendFile.reopen(tmp_path / "link")


def test_short_writes_are_continued(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write = os.write
    monkeypatch.setattr(
        "recording.files.os.write", lambda descriptor, content: write(descriptor, content[:2])
    )
    descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    write_all(descriptor, b"12345")
    os.close(descriptor)
    assert (tmp_path / "file").read_bytes() == b"12345"


def test_folders_are_private(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a")
    make_private_folder(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
