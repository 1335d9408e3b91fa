"""Texts of files in one line."""

from recording.exchange.recorded import MAX_TEXT, printable


def test_what_controls_a_terminal_is_taken_out_and_long_texts_are_cut() -> None:
    assert printable(" a\x1b[31m\n\tb\0 ") == "a [31m b"
    assert len(printable("x" * 999)) == MAX_TEXT
