"""A log of frames: what was appended is there, in files that hold nothing else, after any kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from media_server.ecg.frame import Frame, FrameFlag, encode_frame, read_envelope, with_flags
from media_server.ecg.spans import Span
from recording.ecg import frame_log
from recording.ecg.frame_log import FILE_SAMPLED_US, FrameLog
from recording.errors import MisuseError
from recording.files import AppendFile
from recording.manifest import MANIFEST_FILE

SAMPLES = 20
FRAME_US = 40_000


def frame(number: int, *, epoch: int = 0, late_us: int = 0) -> bytes:
    """The ``number``-th 40 ms of two leads."""
    values = np.arange(SAMPLES * 2, dtype=np.int32).reshape(SAMPLES, 2) + number
    return encode_frame(Frame(1, epoch, SAMPLES * number, FRAME_US * number + late_us, values))


def append(log: FrameLog, content: bytes) -> tuple[Span, ...]:
    return log.append(content, read_envelope(content))


def test_frames_are_read_back_by_their_samples(tmp_path: Path) -> None:
    log = FrameLog(tmp_path / "stream")
    for number in (0, 1, 4, 2):
        assert append(log, frame(number)) == (Span(20 * number, 20 * number + 20),)
    assert append(log, frame(1)) == ()
    assert log.epochs == [0]
    assert list(log.spans(0)) == [Span(0, 60), Span(80, 100)]
    assert list(log.read(0, 25, 41)) == [frame(1), frame(2)]
    assert list(log.read(0, 60, 80)) == []
    assert list(log.read(0, 0, 1_000)) == [frame(number) for number in (0, 1, 2, 4)]
    log.close()
    log.close()
    assert (tmp_path / "stream/000001.e1").read_bytes() == b"".join(map(frame, (0, 1, 4, 2)))


def test_what_came_late_is_known_before_and_after_a_restart(tmp_path: Path) -> None:
    log = FrameLog(tmp_path)
    append(log, frame(0))
    append(log, with_flags(frame(2), FrameFlag.LATE))
    append(log, with_flags(frame(1), FrameFlag.LATE))
    # What was here before did not come late because it came again.
    append(log, with_flags(frame(0), FrameFlag.LATE))
    assert (list(log.late(0)), list(log.late(1))) == ([Span(20, 60)], [])
    log.close()
    assert list(FrameLog(tmp_path).late(0)) == [Span(20, 60)]


def test_a_frame_may_lie_anywhere_in_what_came(tmp_path: Path) -> None:
    log = FrameLog(tmp_path)
    content = frame(0) + frame(1)
    log.append(content, read_envelope(content, len(frame(0))))
    assert list(log.read(0, 0, 99)) == [frame(1)]


def test_every_ten_seconds_a_file_is_sealed(tmp_path: Path) -> None:
    log = FrameLog(tmp_path)
    per_file = FILE_SAMPLED_US // FRAME_US
    for number in range(2 * per_file + 1):
        append(log, frame(number))
    assert [path.name for path in log.sealed] == ["000001.e1", "000002.e1"]
    assert log.sealed[1].read_bytes() == b"".join(map(frame, range(per_file, 2 * per_file)))
    # A late frame goes to the file that is open; the samples still come in order.
    append(log, frame(2 * per_file + 2))
    append(log, frame(2 * per_file + 1))
    asked = range(2 * per_file - 1, 2 * per_file + 3)
    read = list(log.read(0, SAMPLES * asked.start, SAMPLES * asked.stop))
    assert read == [frame(number) for number in asked]


def test_what_waits_for_the_disk_may_be_done_elsewhere_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(frame_log, "sync_folder", synced.append)
    monkeypatch.setattr(AppendFile, "sync", lambda file: synced.append(file.path))
    waiting: list[Callable[[], None]] = []
    log = FrameLog(tmp_path / "e/log", later=waiting.append)
    per_file = FILE_SAMPLED_US // FRAME_US
    for number in range(per_file + 1):
        append(log, frame(number))
    assert (synced, len(waiting)) == ([], 3)
    assert list(log.spans(0)) == [Span(0, SAMPLES * (per_file + 1))]
    for work in waiting:
        work()
    folders = [tmp_path / "e/log", tmp_path / "e", tmp_path]
    assert synced == [*folders, log.sealed[0], folders[0]]
    log.close()
    assert (synced[-1], len(waiting)) == (tmp_path / "e/log/000002.e1", 3)


def test_after_a_kill_at_any_byte_the_whole_frames_are_there_and_it_goes_on(tmp_path: Path) -> None:
    whole = frame(0) + frame(1)
    for cut in range(len(whole) + 1):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "000001.e1").write_bytes(whole[:cut])
        log = FrameLog(folder)
        kept = sum(cut >= len(whole[:end]) for end in (len(frame(0)), len(whole)))
        assert list(log.read(0, 0, 99)) == [frame(number) for number in range(kept)]
        append(log, frame(1))
        log.sync()
        assert list(log.read(0, 20, 40)) == [frame(1)]
        log.close()
        assert (folder / "000001.e1").read_bytes() == b"".join(frame(n) for n in range(kept and 1)) + frame(1)


def test_a_log_goes_on_where_it_was(tmp_path: Path) -> None:
    per_file = FILE_SAMPLED_US // FRAME_US
    log = FrameLog(tmp_path)
    for number in range(per_file + 10):
        append(log, frame(number))
    again = FrameLog(tmp_path)
    assert list(again.spans(0)) == [Span(0, SAMPLES * (per_file + 10))]
    assert [path.name for path in again.sealed] == ["000001.e1"]
    append(again, frame(2 * per_file - 1))
    append(again, frame(2 * per_file))
    assert [path.name for path in again.sealed] == ["000001.e1", "000002.e1"]
    again.close()
    last = FrameLog(tmp_path)
    last.sync()
    append(last, frame(0, epoch=1))
    assert last.epochs == [0, 1]
    assert list(last.read(1, 0, 20)) == [frame(0, epoch=1)]


def test_an_empty_log_has_nothing_to_put_on_disk(tmp_path: Path) -> None:
    log = FrameLog(tmp_path)
    log.sync()
    log.close()
    assert list(tmp_path.iterdir()) == []


def test_there_are_no_more_files_than_names(tmp_path: Path) -> None:
    (tmp_path / "999998.e1").write_bytes(frame(0))
    (tmp_path / "999999.e1").write_bytes(frame(1))
    log = FrameLog(tmp_path)
    with pytest.raises(MisuseError):
        append(log, frame(1_000))


def test_what_a_kill_left_of_a_file_that_was_begun_does_not_keep_its_number_taken(tmp_path: Path) -> None:
    per_file = FILE_SAMPLED_US // FRAME_US
    append(FrameLog(tmp_path), frame(0))
    # Before its name was there, and after.
    (tmp_path / "000002.e1.part").touch()
    (tmp_path / "000001.e1.part").hardlink_to(tmp_path / "000001.e1")
    log = FrameLog(tmp_path)
    append(log, frame(per_file))
    log.close()
    assert list(log.read(0, 0, SAMPLES * (per_file + 1))) == [frame(0), frame(per_file)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001.e1", "000002.e1"]


def test_signed_files_are_read_and_never_cut(tmp_path: Path) -> None:
    damaged = frame(0) + bytes(7) + frame(2)
    (tmp_path / "000001.e1").write_bytes(damaged)
    (tmp_path / MANIFEST_FILE).touch()
    log = FrameLog(tmp_path)
    assert list(log.read(0, 0, 99)) == [frame(0)]
    assert append(log, frame(1)) == (Span(20, 40),)
    log.close()
    assert (tmp_path / "000001.e1").read_bytes() == damaged
    assert (tmp_path / "000002.e1").read_bytes() == frame(1)


def test_the_first_files_name_and_its_folders_survive_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(frame_log, "sync_folder", synced.append)
    folder = tmp_path / "ecg" / "ec_1"
    log = FrameLog(folder)
    append(log, frame(0))
    assert synced == [folder, folder.parent, tmp_path]
    append(log, frame(1, late_us=FILE_SAMPLED_US))
    assert synced[3:] == [folder]
    log.close()
