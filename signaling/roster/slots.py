"""Slots: times at which a specialist can be booked. Opened and closed here, booked by a case's invitation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.errors import RosterRefused
from clinical.ids import CaseId, InstitutionId, PersonId, SlotId, new_slot_id
from clinical.specialties import is_specialty
from recording.summary import JsonValue
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.roster.shifts import colleagues_of
from signaling.store import tables as t
from signaling.store.store import Unit

MAX_LISTED: Final = 500
"""Slots of one answer: two weeks of one hospital's busy days."""
MAX_SLOT_MS: Final = 4 * 3_600_000
"""Half a day; a longer one is a shift."""
MAX_OPEN: Final = 5_000
"""Of one hospital, not over yet."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A time with a specialist; ``case`` "": not booked."""

    id: SlotId
    institution: InstitutionId
    institution_name: str
    specialty: str
    person: PersonId
    name: str
    title: str
    from_ms: int
    until_ms: int
    case: CaseId


async def list_slots(
    connection: AsyncConnection, institution: str, from_ms: int, until_ms: int
) -> list[Slot]:
    """Returns up to MAX_LISTED + 1 slots of a hospital that begin in a time, by their start."""
    query = _slots().where(_S.institution == institution, _S.from_ms >= from_ms, _S.from_ms < until_ms)
    return await _read(connection, query)


async def open_slots(connection: AsyncConnection, specialty: str, now_ms: int) -> list[Slot]:
    """Returns up to MAX_LISTED + 1 slots of all active hospitals that can still be booked, by their start."""
    query = _slots().where(
        _S.specialty == specialty,
        _S.case_id == "",
        _S.from_ms > now_ms,
        t.institution.c.state == "active",
        t.person.c.state == "active",
    )
    return await _read(connection, query)


async def find_slot(connection: AsyncConnection, slot: str) -> Slot | None:
    """Returns the slot of an id, of any institution."""
    found = await _read(connection, _slots().where(_S.id == slot))
    return found[0] if found else None


async def open_slot(
    unit: Unit, caller: Caller, *, specialty: str, person: str, from_ms: int, until_ms: int
) -> Slot:
    """Opens a slot with an expert of the caller's hospital. Raises RosterRefused: shift_specialty_unknown,
    shift_ends_early, slot_too_long, slot_past, person_no_expert, slot_overlaps, roster_full.
    """
    if not is_specialty(specialty):
        raise RosterRefused("shift_specialty_unknown")
    if until_ms <= from_ms:
        raise RosterRefused("shift_ends_early")
    if until_ms - from_ms > MAX_SLOT_MS:
        raise RosterRefused("slot_too_long")
    if from_ms <= unit.now_ms:
        raise RosterRefused("slot_past")
    connection, i = unit.connection, t.institution.c
    # Two who open slots for one person meet at the institution's row.
    await connection.execute(select(i.id).where(i.id == caller.institution).with_for_update())
    colleagues = await colleagues_of(connection, caller.institution, person=person)
    if not colleagues or not colleagues[0].is_expert:
        raise RosterRefused("person_no_expert")
    ahead = select(func.count()).where(_S.institution == caller.institution, _S.until_ms > unit.now_ms)
    if await connection.scalar(
        ahead.where(_S.person == person, _S.from_ms < until_ms, _S.until_ms > from_ms)
    ):
        raise RosterRefused("slot_overlaps")
    if (await connection.scalar(ahead) or 0) >= MAX_OPEN:
        raise RosterRefused("roster_full")
    slot = new_slot_id()
    await connection.execute(
        insert(t.slot).values(
            id=slot,
            institution=caller.institution,
            specialty=specialty,
            person=person,
            from_ms=from_ms,
            until_ms=until_ms,
        )
    )
    opened = await find_slot(connection, slot)
    assert opened is not None
    _record(unit, caller, "slot.opened", opened)
    return opened


async def close_slot(unit: Unit, caller: Caller, slot: Slot) -> bool:
    """Closes a slot that nobody has booked. Returns False where somebody just has, or it is gone."""
    query = delete(t.slot).where(_S.id == slot.id, _S.case_id == "")
    if (await unit.connection.execute(query)).rowcount == 0:
        return False
    _record(unit, caller, "slot.closed", slot)
    return True


_S: Final = t.slot.c


def _slots() -> Select[Any]:
    return (
        select(
            t.slot,
            t.person.c.name.label("person_name"),
            t.person.c.title,
            t.institution.c.name.label("institution_name"),
        )
        .join(t.person, t.person.c.id == _S.person)
        .join(t.institution, t.institution.c.id == _S.institution)
    )


async def _read(connection: AsyncConnection, query: Select[Any]) -> list[Slot]:
    rows = await connection.execute(query.order_by(_S.from_ms, _S.id).limit(MAX_LISTED + 1))
    return [_slot(row) for row in rows]


def _slot(row: Row[Any]) -> Slot:
    return Slot(
        SlotId(row.id),
        InstitutionId(row.institution),
        row.institution_name,
        row.specialty,
        PersonId(row.person),
        row.person_name,
        row.title,
        row.from_ms,
        row.until_ms,
        CaseId(row.case_id),
    )


def _record(unit: Unit, caller: Caller, kind: str, slot: Slot) -> None:
    after: dict[str, JsonValue] = {
        "specialty": slot.specialty,
        "from_ms": slot.from_ms,
        "until_ms": slot.until_ms,
    }
    subject = {"slot": slot.id, "person": slot.person}
    unit.record(act_of(caller, kind, unit.now_ms, subject=subject, after=after))
