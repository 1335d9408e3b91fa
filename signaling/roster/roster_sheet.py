"""What a roster's file says, whichever form it has: its lines, and what is wrong with a line in words.

A clerk who gets a sentence about a line can mend it: every Fault names its line as the clerk's own program
counts it (a calendar's entries are counted from 1), a stable reason, and what was written there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

MAX_TEXT_BYTES: Final = 512 * 1024
"""A thousand lines of a calendar, with room to spare."""
MAX_LINES: Final = 1_000
"""A month of thirty specialties with one shift a day. A longer roster comes in two files."""
MAX_FAULTS: Final = 20
"""So many are told at once: whoever mends them hears of the next."""
MAX_SHOWN_CHARACTERS: Final = 40
"""Of what was written: enough of it to find the place."""


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One shift as a file says it. ``person`` is an id, "" where only the name is written; times in
    milliseconds since the Unix epoch.
    """

    number: int
    specialty: str
    line: int
    name: str
    person: str
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line: ``reason`` is a key ``roster.fault.<reason>`` of the catalogues, ``written``
    what stands there; ``number`` 0: the file as a whole.
    """

    number: int
    reason: str
    written: str = ""


@dataclass(frozen=True, slots=True)
class RosterSheet:
    """A file that was read. With faults, none of it is taken."""

    lines: Sequence[RosterLine] = ()
    faults: Sequence[Fault] = field(default=())


@dataclass(frozen=True, slots=True)
class NamedShift:
    """A shift with the words that a file shows beside its ids."""

    shift: str
    specialty: str
    line: int
    person: str
    name: str
    from_ms: int
    until_ms: int


def fault(number: int, reason: str, written: str = "") -> Fault:
    """Returns a fault, with not too much of what was written."""
    return Fault(number, reason, " ".join(written.split())[:MAX_SHOWN_CHARACTERS])


def line_of_words(words: str) -> int | None:
    """Returns the line of duty that somebody wrote, None where it is none."""
    return _LINES.get(words.strip().casefold())


_LINES: Final = {
    "1": 1,
    "一线": 1,
    "一线班": 1,
    "值班": 1,
    "first": 1,
    "2": 2,
    "二线": 2,
    "二线班": 2,
    "备班": 2,
    "second": 2,
    "backup": 2,
}
LINE_WORDS: Final = {1: "一线", 2: "二线"}
