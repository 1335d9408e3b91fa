"""Duty shifts in the store: listed by time, added, removed, taken from a file; each with its act.

A shift that is over stays: who was on duty is a fact that a case may rest on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.duty import MAX_SHIFT_MS, Shift, check_shift
from clinical.errors import RosterRefused
from clinical.ids import InstitutionId, PersonId, ShiftId, new_shift_id
from recording.summary import JsonValue
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.consult.case_rights import EXPERTS
from signaling.roster.import_plan import Colleague, ImportPlan, plan_import
from signaling.roster.roster_sheet import NamedShift, RosterSheet
from signaling.store import tables as t
from signaling.store.store import Unit

MAX_LISTED: Final = 2_000
"""Shifts of one answer: five weeks of thirty specialties with two lines."""
MAX_KEPT: Final = 20_000
"""Shifts of one hospital that are not over: what is beyond is a program that runs away."""
MAX_COLLEAGUES: Final = 5_000
"""Of one hospital, looked through for the names in a file."""


async def list_shifts(
    connection: AsyncConnection, institution: str, from_ms: int, until_ms: int
) -> list[NamedShift]:
    """Returns up to MAX_LISTED + 1 shifts that hold at some time from ``from_ms`` until before ``until_ms``,
    with the names of their people, by start.
    """
    query = (
        _named()
        .where(_S.institution == institution, _S.until_ms > from_ms, _S.from_ms < until_ms)
        .order_by(_S.from_ms, _S.specialty, _S.line, _S.id)
        .limit(MAX_LISTED + 1)
    )
    return [_named_shift(row) for row in await connection.execute(query)]


async def find_shift(connection: AsyncConnection, shift: str) -> tuple[InstitutionId, NamedShift] | None:
    """Returns a shift of any institution and whose it is; None where there is none."""
    row = (await connection.execute(_named().where(_S.id == shift))).one_or_none()
    return None if row is None else (InstitutionId(row.institution), _named_shift(row))


async def add_shift(
    unit: Unit,
    caller: Caller,
    *,
    specialty: str,
    line: int,
    person: str,
    from_ms: int,
    until_ms: int,
) -> NamedShift:
    """Stores a shift of an expert of the caller's institution. Raises RosterRefused, also
    ``person_no_expert`` and ``roster_full``.
    """
    await _hold_institution(unit, caller)
    colleagues = await colleagues_of(unit.connection, caller.institution, person=person)
    if not colleagues or not colleagues[0].is_expert:
        raise RosterRefused("person_no_expert")
    shift = Shift(new_shift_id(), specialty, line, PersonId(person), from_ms, until_ms)
    near = await _shifts_near(unit.connection, caller.institution, from_ms, until_ms, person=person)
    check_shift(shift, near)
    await _insert(unit, caller, [shift])
    _record(unit, caller, "added", shift)
    return NamedShift(shift.id, specialty, line, person, colleagues[0].name, from_ms, until_ms)


async def remove_shift(unit: Unit, caller: Caller, shift: NamedShift) -> bool:
    """Removes a shift that is not over. Returns False where somebody else has just done so."""
    query = delete(t.duty_shift).where(_S.id == shift.shift, _S.until_ms > unit.now_ms)
    if (await unit.connection.execute(query)).rowcount == 0:
        return False
    _record(unit, caller, "removed", _bare(shift))
    return True


async def import_shifts(unit: Unit, caller: Caller, sheet: RosterSheet, text: str) -> ImportPlan:
    """Stores what a file says that is new, all or nothing: where the plan has faults, nothing is stored. The
    act names the file by its hash. Raises RosterRefused(roster_full).
    """
    await _hold_institution(unit, caller)
    connection, institution = unit.connection, caller.institution
    existing: Sequence[Shift] = ()
    if sheet.lines:
        begin_ms = min(line.from_ms for line in sheet.lines)
        end_ms = max(line.until_ms for line in sheet.lines)
        existing = await _shifts_near(connection, institution, begin_ms, end_ms)
    plan = plan_import(sheet, await colleagues_of(connection, institution), existing, new_shift_id)
    if plan.faults or not plan.added:
        return plan
    await _insert(unit, caller, plan.added)
    after: dict[str, JsonValue] = {
        "change": "imported",
        "count": len(plan.added),
        "from_ms": min(shift.from_ms for shift in plan.added),
        "until_ms": max(shift.until_ms for shift in plan.added),
        "file_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    unit.record(act_of(caller, "roster.changed", unit.now_ms, subject={}, after=after))
    return plan


async def colleagues_of(
    connection: AsyncConnection, institution: str, *, person: str | None = None
) -> list[Colleague]:
    """Returns the active people of an institution, or one of them, and whether each is an expert."""
    p, r = t.person.c, t.person_role.c
    query = select(p.id, p.name).where(p.institution == institution, p.state == "active")
    if person is not None:
        query = query.where(p.id == person)
    rows = (await connection.execute(query.order_by(p.id).limit(MAX_COLLEAGUES))).all()
    held = select(r.person).join(t.person, p.id == r.person).where(p.institution == institution)
    experts = set((await connection.execute(held.where(r.role.in_([*EXPERTS])))).scalars())
    return [Colleague(PersonId(row.id), row.name, row.id in experts) for row in rows]


_S: Final = t.duty_shift.c


def _named() -> Select[Any]:
    return select(t.duty_shift, t.person.c.name).join(t.person, t.person.c.id == _S.person)


def _named_shift(row: Row[Any]) -> NamedShift:
    return NamedShift(row.id, row.specialty, row.line, row.person, row.name, row.from_ms, row.until_ms)


def _bare(shift: NamedShift) -> Shift:
    person = PersonId(shift.person)
    return Shift(ShiftId(shift.shift), shift.specialty, shift.line, person, shift.from_ms, shift.until_ms)


async def _hold_institution(unit: Unit, caller: Caller) -> None:
    # Two who write the same roster meet at the institution's row: else both might put one person on duty.
    i = t.institution.c
    await unit.connection.execute(select(i.id).where(i.id == caller.institution).with_for_update())


async def _shifts_near(
    connection: AsyncConnection, institution: str, from_ms: int, until_ms: int, *, person: str | None = None
) -> list[Shift]:
    query = select(t.duty_shift).where(
        _S.institution == institution, _S.until_ms > from_ms, _S.from_ms < until_ms
    )
    if person is not None:
        query = query.where(_S.person == person)
    return [
        Shift(ShiftId(row.id), row.specialty, row.line, PersonId(row.person), row.from_ms, row.until_ms)
        for row in await connection.execute(query)
    ]


async def _insert(unit: Unit, caller: Caller, shifts: Sequence[Shift]) -> None:
    ahead = await unit.connection.scalar(
        select(func.count()).where(
            _S.institution == caller.institution, _S.until_ms > unit.now_ms - MAX_SHIFT_MS
        )
    )
    if (ahead or 0) + len(shifts) > MAX_KEPT:
        raise RosterRefused("roster_full")
    rows = [
        {
            "id": shift.id,
            "institution": caller.institution,
            "specialty": shift.specialty,
            "line": shift.line,
            "person": shift.person,
            "from_ms": shift.from_ms,
            "until_ms": shift.until_ms,
        }
        for shift in shifts
    ]
    await unit.connection.execute(insert(t.duty_shift), rows)


def _record(unit: Unit, caller: Caller, change: str, shift: Shift) -> None:
    after: dict[str, JsonValue] = {
        "change": change,
        "specialty": shift.specialty,
        "line": shift.line,
        "from_ms": shift.from_ms,
        "until_ms": shift.until_ms,
    }
    subject = {"shift": shift.id, "person": shift.person}
    unit.record(act_of(caller, "roster.changed", unit.now_ms, subject=subject, after=after))
