"""Which walks along the ledger's indexes answer a search: decided here, without a database.

A page is the newest 50 events that fit. Every index of the event table ends in time and sequence, so the
newest that fit *one* person, or one person and one kind, are the end of one stretch of one index. What was
asked for is split into such stretches; each gives its own newest 50, and the newest 50 of those are the page.
Nothing is sorted that is not shown, and a page deep in the past costs as much as the first.

Patients and cases have few events: their stretch is walked and filtered. People, devices and kinds may have
any number, so each pair of them has a stretch of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final

PAGE_EVENTS: Final = 50
MAX_PATIENTS: Final = 20
"""Whom one text may mean. Who means one of more has to say more."""
MAX_ACTORS: Final = 10
"""With 20 kinds 200 stretches of one query: SQLite takes 500 (SQLITE_MAX_COMPOUND_SELECT)."""
_MAX_CURSOR_DIGITS: Final = 15


class CursorWrong(ValueError):  # noqa: N818
    """A cursor that none of our pages gave."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of answers: the event that was last on a page."""

    at_ms: int
    sequence: int

    def cursor(self) -> str:
        """Returns the word for it."""
        return f"{self.at_ms}.{self.sequence}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in one institution's chain. None: it does not matter; empty: nobody fits."""

    institution: str
    patients: tuple[str, ...] | None = None
    actors: tuple[str, ...] | None = None
    case: str = ""
    kinds: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """One stretch of one index: ``fixed`` columns have one value each; ``filters`` are looked at on the
    way."""

    fixed: Mapping[str, str]
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_cursor(cursor: str) -> Place | None:
    """Returns the place of a cursor, None for "". Raises CursorWrong."""
    if not cursor:
        return None
    parts = cursor.split(".")
    if len(parts) != 2 or not all(_is_number(part) for part in parts):
        raise CursorWrong
    return Place(int(parts[0]), int(parts[1]))


def walks_of(wanted: Wanted) -> tuple[Walk, ...]:
    """Returns the stretches that together hold what fits. None at all where nobody fits."""
    if wanted.patients is not None:
        filters = _given(actor=wanted.actors, kind=wanted.kinds or None, case_id=_one(wanted.case))
        return _each("patient", wanted.patients, filters)
    if wanted.case:
        filters = _given(actor=wanted.actors, kind=wanted.kinds or None)
        return (Walk({"case_id": wanted.case}, filters),)
    if wanted.actors is not None and wanted.kinds:
        return tuple(
            Walk({"actor": actor, "kind": kind}) for actor, kind in product(wanted.actors, wanted.kinds)
        )
    if wanted.actors is not None:
        return _each("actor", wanted.actors, {})
    if wanted.kinds:
        return _each("kind", wanted.kinds, {})
    return (Walk({}),)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_CURSOR_DIGITS


def _one(value: str) -> tuple[str, ...] | None:
    return (value,) if value else None


def _given(**filters: tuple[str, ...] | None) -> dict[str, tuple[str, ...]]:
    return {name: values for name, values in filters.items() if values is not None}


def _each(column: str, values: tuple[str, ...], filters: Mapping[str, tuple[str, ...]]) -> tuple[Walk, ...]:
    return tuple(Walk({column: value}, filters) for value in values)
