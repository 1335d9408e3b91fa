"""Lines of Chinese and Latin text, every character one wide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.consult.paper_lines import broken, printable


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 4, [""]),
        ("胸闷两小时", 5, ["胸闷两小时"]),
        ("胸闷两小时", 2, ["胸闷", "两小", "时"]),
        ("一\n\n二", 9, ["一", "", "二"]),
        # A closing mark stays with its character, an opening one goes with the next.
        ("胸闷两，小时", 3, ["胸闷", "两，小", "时"]),
        ("胸闷（两）小时", 3, ["胸闷", "（两）", "小时"]),
        # Words are not parted, but where one alone is too wide.
        ("take aspirin now", 8, ["take", "aspirin", "now"]),
        ("sha256:abcdef", 6, ["sha256", ":abcde", "f"]),
        ("见 abcdefgh", 4, ["见", "abcd", "efgh"]),
        ("一 二", 1, ["一", "二"]),
        ("宽", 0.5, ["宽"]),
    ],
)
def test_lines(text: str, width: float, lines: list[str]) -> None:
    assert broken(text, width, len) == lines


@given(st.text(alphabet="胸闷，。（）《》ab1 ., -\n", max_size=60), st.integers(1, 12))
def test_nothing_is_lost_and_no_line_too_wide(text: str, width: int) -> None:
    lines = broken(text, width, len)
    assert "".join(lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")
    assert all(len(line) <= width for line in lines)


def test_what_cannot_be_drawn_is_written_by_its_number() -> None:
    covered = {ord(character) for character in "赵 a"}
    assert printable("赵𫠠a", covered) == "赵[U+2B820]a"
    assert printable("赵\ta\r\n赵\x07", covered) == "赵 a\n赵[U+0007]"
