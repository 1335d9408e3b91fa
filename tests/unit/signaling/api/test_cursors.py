"""Cursors: what can be read of them, and what is refused."""

from __future__ import annotations

import pytest

from signaling.api.cursors import make_cursor, next_of, read_cursor
from signaling.api.route import Refusal


def test_a_cursor_is_read_as_it_was_made() -> None:
    assert read_cursor(make_cursor(1_800_000_000_000, "dv_1.x")) == (1_800_000_000_000, "dv_1.x")


@pytest.mark.parametrize("text", ["x", "1.", ".dv", "-1.dv", "1e3.dv", "１.dv", f"{10**15}.dv", "1"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_cursor(text)
    assert refused.value.code == "bad_request"


def test_there_is_a_next_page_where_there_is_one_line_more() -> None:
    rows = [{"at": 3, "id": "c"}, {"at": 2, "id": "b"}, {"at": 1, "id": "a"}]
    assert next_of(rows, 2, at_ms="at") == "2.b"
    assert next_of(rows, 3, at_ms="at") is None
