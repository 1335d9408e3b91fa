"""What taking a roster's file comes to: the shifts that are new, those already there, and the faults.

All or nothing: with one fault nothing is taken, so that no half roster is on duty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from clinical.duty import Shift, check_shift
from clinical.errors import RosterRefused
from clinical.ids import PersonId, ShiftId
from signaling.roster.roster_sheet import MAX_FAULTS, Fault, RosterLine, RosterSheet, fault


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the hospital; only an expert can be on duty: nobody else can accept a consultation."""

    person: PersonId
    name: str
    is_expert: bool


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """``added`` are to be stored, unless there are faults; ``known`` counts lines that say nothing new."""

    added: Sequence[Shift]
    known: int
    faults: Sequence[Fault]


def plan_import(
    sheet: RosterSheet,
    colleagues: Iterable[Colleague],
    existing: Sequence[Shift],
    new_id: Callable[[], ShiftId],
) -> ImportPlan:
    """Returns what is to be done. ``existing``: the hospital's shifts that may overlap with the file's."""
    if sheet.faults:
        return ImportPlan((), 0, sheet.faults)
    people = list(colleagues)
    by_id = {one.person: one for one in people}
    by_name: dict[str, list[Colleague]] = {}
    for one in people:
        by_name.setdefault(one.name, []).append(one)
    there = {_meaning(shift) for shift in existing}
    by_person: dict[PersonId, list[Shift]] = {}
    for shift in existing:
        by_person.setdefault(shift.person, []).append(shift)
    added: list[Shift] = []
    faults: list[Fault] = []
    known = 0
    for line in sheet.lines:
        found = _find(line, by_id, by_name)
        if isinstance(found, Fault):
            faults.append(found)
            continue
        shift = Shift(new_id(), line.specialty, line.line, found.person, line.from_ms, line.until_ms)
        if _meaning(shift) in there:
            known += 1
            continue
        try:
            check_shift(shift, by_person.setdefault(shift.person, []))
        except RosterRefused as refused:
            faults.append(fault(line.number, refused.code, found.name))
            continue
        there.add(_meaning(shift))
        by_person[shift.person].append(shift)
        added.append(shift)
    return ImportPlan(added, known, faults[:MAX_FAULTS])


def _find(
    line: RosterLine, by_id: Mapping[PersonId, Colleague], by_name: Mapping[str, Sequence[Colleague]]
) -> Colleague | Fault:
    if line.person:
        found = [by_id[PersonId(line.person)]] if line.person in by_id else []
    else:
        found = list(by_name.get(line.name, ()))
    if not found:
        return fault(line.number, "person_unknown", line.name or line.person)
    if len(found) > 1:
        return fault(line.number, "person_ambiguous", line.name)
    if not found[0].is_expert:
        return fault(line.number, "person_no_expert", found[0].name)
    return found[0]


def _meaning(shift: Shift) -> tuple[str, int, PersonId, int, int]:
    return shift.specialty, shift.line, shift.person, shift.from_ms, shift.until_ms
