"""Places in a list that is read page by page, newest first: the last line's time and id as one word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, or_

from signaling.api.route import Refusal

_MAX_TIME_DIGITS: Final = 15
"""Milliseconds since the epoch have 13 until the year 2286."""


def make_cursor(at_ms: int, name: str) -> str:
    """Returns the word for the place behind that line."""
    return f"{at_ms}.{name}"


def read_cursor(cursor: str) -> tuple[int, str]:
    """Returns time and id of a word. Refusal("bad_request")."""
    digits, dot, name = cursor.partition(".")
    if not (dot and name and digits.isascii() and digits.isdigit() and len(digits) <= _MAX_TIME_DIGITS):
        raise Refusal("bad_request")
    return int(digits), name


def page_of(
    query: Select[Any], *, at_ms: ColumnElement[int], name: ColumnElement[str], cursor: str, limit: int
) -> Select[Any]:
    """Returns the query for one page and one line more, which tells whether there is another page."""
    if cursor:
        last_ms, last = read_cursor(cursor)
        query = query.where(or_(at_ms < last_ms, and_(at_ms == last_ms, name < last)))
    return query.order_by(at_ms.desc(), name.desc()).limit(limit + 1)


def next_of(rows: Sequence[Any], limit: int, *, at_ms: str, name: str = "id") -> str | None:
    """Returns the cursor of the page after these rows (mappings), None where there is none."""
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return make_cursor(last[at_ms], last[name])
