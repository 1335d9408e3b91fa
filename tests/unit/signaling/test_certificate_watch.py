"""When a certificate's files are read again."""

from __future__ import annotations

from pathlib import Path

from signaling.certificate_watch import CertificateWatch, FileState, look_at

OLD, CERTIFICATE, BOTH = (
    (FileState(number, 1, 1), FileState(key, 1, 1)) for number, key in ((1, 1), (2, 1), (2, 2))
)


def test_files_are_read_once_when_both_have_stood_still() -> None:
    watch = CertificateWatch(OLD)
    looks = [OLD, CERTIFICATE, BOTH, BOTH, BOTH, BOTH]
    assert [watch.is_due(seen) for seen in looks] == [False, False, False, True, False, False]


def test_a_missing_file_is_waited_for() -> None:
    watch = CertificateWatch(OLD)
    looks = [None, None, BOTH, BOTH]
    assert [watch.is_due(seen) for seen in looks] == [False, False, False, True]


def test_the_old_files_put_back_are_those_that_are_shown() -> None:
    watch = CertificateWatch(OLD)
    looks = [BOTH, OLD, OLD]
    assert [watch.is_due(seen) for seen in looks] == [False, False, False]


def test_a_file_that_was_replaced_looks_different(tmp_path: Path) -> None:
    files = [tmp_path / "certificate", tmp_path / "key"]
    assert look_at(files) is None
    for file in files:
        file.write_text("a")
    before = look_at(files)
    assert before == look_at(files)
    files[1].write_text("ab")
    assert look_at(files) != before
