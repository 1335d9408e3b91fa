"""Who is on duty for a specialty at a time: the shifts of one hospital, their gaps and their overlaps.

A shift is half open: it holds from its start, and at its end the next one does, so that two shifts that touch
leave neither a gap nor a moment with two. Times are milliseconds since the Unix epoch; what a clerk writes in
the hospital's own time is turned into them outside.

Codes of RosterRefused: ``shift_ends_early`` (its end is not after its start), ``shift_too_long``,
``shift_line_unknown``, ``shift_specialty_unknown``, ``shift_person_twice`` (the same person is on duty for
the same specialty at that time already; for another specialty it is possible, and named by ``overlaps``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from clinical.errors import RosterRefused
from clinical.ids import PersonId, ShiftId
from clinical.specialties import is_specialty

FIRST_LINE: Final = 1
SECOND_LINE: Final = 2
LINES: Final = (FIRST_LINE, SECOND_LINE)
"""一线 and 二线（备班）; after them the duty phone, which is no person."""
MAX_SHIFT_MS: Final = 72 * 3_600_000
"""A long weekend. What is longer is a slip of the pen in a date, and has somebody called for a month."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody on one line of one specialty, from ``from_ms`` until before ``until_ms``."""

    id: ShiftId
    specialty: str
    line: int
    person: PersonId
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody is on a line."""

    specialty: str
    line: int
    from_ms: int
    until_ms: int


class OverlapKind(StrEnum):
    """What overlaps."""

    SAME_LINE = "same_line"
    """Two people on one line: both are called."""
    SAME_PERSON = "same_person"
    """One person at two places: who is called by both can take one."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two shifts that hold at the same time."""

    kind: OverlapKind
    first: Shift
    second: Shift
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class DutyLines:
    """Who is called, in the order in which they came on duty."""

    first: tuple[PersonId, ...]
    second: tuple[PersonId, ...]

    @property
    def is_empty(self) -> bool:
        """Nobody is on duty."""
        return not self.first and not self.second


def check_shift(shift: Shift, others: Iterable[Shift]) -> None:
    """Raises RosterRefused where a shift cannot be. ``others``: the shifts of the same hospital that may
    overlap with it; itself is passed over.
    """
    if shift.until_ms <= shift.from_ms:
        raise RosterRefused("shift_ends_early")
    if shift.until_ms - shift.from_ms > MAX_SHIFT_MS:
        raise RosterRefused("shift_too_long")
    if shift.line not in LINES:
        raise RosterRefused("shift_line_unknown")
    if not is_specialty(shift.specialty):
        raise RosterRefused("shift_specialty_unknown")
    for other in others:
        if other.id != shift.id and _is_same_duty(shift, other) and _hold_together(shift, other):
            raise RosterRefused("shift_person_twice")


def on_duty(shifts: Iterable[Shift], specialty: str, now_ms: int) -> tuple[Shift, ...]:
    """Returns the shifts that hold for a specialty at a time: the first line first, then by their start."""
    holding = [
        shift for shift in shifts if shift.specialty == specialty and shift.from_ms <= now_ms < shift.until_ms
    ]
    return tuple(sorted(holding, key=lambda shift: (shift.line, shift.from_ms, shift.id)))


def duty_lines(shifts: Iterable[Shift], specialty: str, now_ms: int) -> DutyLines:
    """Returns who is called for a specialty at a time. Somebody on both lines stands on the first."""
    holding = on_duty(shifts, specialty, now_ms)
    first = dict.fromkeys(shift.person for shift in holding if shift.line == FIRST_LINE)
    second = dict.fromkeys(shift.person for shift in holding if shift.line == SECOND_LINE)
    return DutyLines(tuple(first), tuple(person for person in second if person not in first))


def gaps(shifts: Iterable[Shift], specialty: str, line: int, from_ms: int, until_ms: int) -> tuple[Gap, ...]:
    """Returns the times from ``from_ms`` until ``until_ms`` in which nobody is on a line, the first first."""
    covered_until_ms = from_ms
    found = []
    on_line = (shift for shift in shifts if shift.specialty == specialty and shift.line == line)
    for shift in sorted(on_line, key=lambda shift: shift.from_ms):
        begin_ms = min(shift.from_ms, until_ms)
        if begin_ms > covered_until_ms:
            found.append(Gap(specialty, line, covered_until_ms, begin_ms))
        covered_until_ms = max(covered_until_ms, shift.until_ms)
    if covered_until_ms < until_ms:
        found.append(Gap(specialty, line, covered_until_ms, until_ms))
    return tuple(found)


def overlaps(shifts: Sequence[Shift]) -> tuple[Overlap, ...]:
    """Returns every two shifts that hold at the same time and share the line or the person, by their start.
    One pair is named once; the person counts before the line.
    """
    found = []
    ordered = sorted(shifts, key=lambda shift: (shift.from_ms, shift.id))
    for place, first in enumerate(ordered):
        for second in islice(ordered, place + 1, None):
            # Ordered by start: nothing after this one overlaps with the first; a year's roster stays fast.
            if second.from_ms >= first.until_ms:
                break
            kind = _kind_of_overlap(first, second)
            if kind is not None:
                until_ms = min(first.until_ms, second.until_ms)
                found.append(Overlap(kind, first, second, second.from_ms, until_ms))
    return tuple(found)


def _kind_of_overlap(first: Shift, second: Shift) -> OverlapKind | None:
    if first.person == second.person:
        return OverlapKind.SAME_PERSON
    is_same_line = first.specialty == second.specialty and first.line == second.line
    return OverlapKind.SAME_LINE if is_same_line else None


def _is_same_duty(one: Shift, other: Shift) -> bool:
    return one.person == other.person and one.specialty == other.specialty


def _hold_together(one: Shift, other: Shift) -> bool:
    return one.from_ms < other.until_ms and other.from_ms < one.until_ms
