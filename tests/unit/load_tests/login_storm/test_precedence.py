"""A session's niceness is put back as it was; a machine that knows none is measured as it is."""

from __future__ import annotations

from pathlib import Path

from load_tests.login_storm.precedence import FIRST_NICENESS, precedence


def test_the_session_comes_first_and_then_as_before(tmp_path: Path) -> None:
    autogroup = tmp_path / "autogroup"
    autogroup.write_text("/autogroup-6375 nice 4\n")
    with precedence(autogroup) as is_first:
        assert is_first
        assert autogroup.read_text() == str(FIRST_NICENESS)
    assert autogroup.read_text() == "4"


def test_a_system_without_sessions_niceness_is_as_it_is(tmp_path: Path) -> None:
    with precedence(tmp_path / "absent") as is_first:
        assert not is_first
    assert list(tmp_path.iterdir()) == []
