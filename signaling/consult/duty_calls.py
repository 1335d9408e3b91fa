"""Whom a case's ring calls: those on duty for the specialty at the asked hospital.

Where no roster is kept for a specialty, every specialist and duty expert of that specialty is called who has
a valid licence: a hospital that has entered nobody on duty can be reached all the same.

Only who has a valid licence on file takes a case and signs (远程医疗服务管理规范: qualified personnel); where
none was ever entered nothing is known of it, and what is not known does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.duty import Shift, duty_lines
from clinical.escalation import MAX_CALLED_PER_LINE, Ring, start_ring
from clinical.ids import PersonId, ShiftId
from clinical.specialties import specialty_of_words
from signaling.api.route import Refusal
from signaling.auth.room_rights import Licence, licence_of
from signaling.consult.case_rights import EXPERTS
from signaling.consult.cases import Case
from signaling.store import tables as t
from signaling.store.store import Unit

MAX_SHIFTS: Final = 100
"""That hold at one moment for one specialty of one hospital."""
MAX_EXPERTS: Final = 500
"""Of one hospital, looked through where there is no roster."""

PHYSICIAN: Final = "physician"
"""The kind of licence that a consultation needs: a nurse's or a technician's is for other acts."""


async def ring_for(unit: Unit, case: Case, *, named: PersonId | None = None) -> Ring:
    """Returns a ring for a case, started now. ``named`` is called before those on duty, who are then second:
    whose slot was booked, or to whom the case was handed.

    Nobody is called to their own case, and who hands a case on is not called again.
    """
    connection, now_ms = unit.connection, unit.now_ms
    first, second = await people_on_duty(connection, case, now_ms)
    phone = await duty_phone_of(connection, case)
    unwanted = {case.inviter, case.expert}
    if named is not None:
        first, second = (named,), (*first, *second)
    return start_ring(
        [person for person in first if person not in unwanted],
        [person for person in second if person not in unwanted],
        duty_phone=phone,
        now_ms=now_ms,
    )


async def people_on_duty(
    connection: AsyncConnection, case: Case, now_ms: int
) -> tuple[Sequence[PersonId], Sequence[PersonId]]:
    """Returns the first and the second line for a case's specialty."""
    specialty, hospital = case.request.specialty, case.invited_institution
    s, p = t.duty_shift.c, t.person.c
    query = (
        select(t.duty_shift)
        .join(t.person, p.id == s.person)
        .where(s.institution == hospital, s.specialty == specialty, p.state == "active")
        .where(s.until_ms > now_ms, s.from_ms <= now_ms)
        .order_by(s.line, s.from_ms, s.id)
        .limit(MAX_SHIFTS)
    )
    shifts = [
        Shift(ShiftId(row.id), row.specialty, row.line, PersonId(row.person), row.from_ms, row.until_ms)
        for row in await connection.execute(query)
    ]
    lines = duty_lines(shifts, specialty, now_ms)
    if not lines.is_empty:
        return lines.first, lines.second
    return await _experts_of(connection, hospital, specialty, now_ms), ()


async def duty_phone_of(connection: AsyncConnection, case: Case) -> str:
    """Returns the duty phone of a case's specialty, "" where none was entered."""
    c = t.duty_phone.c
    query = select(c.phone).where(
        c.institution == case.invited_institution, c.specialty == case.request.specialty
    )
    return await connection.scalar(query) or ""


async def licence_held(connection: AsyncConnection, person: str, now_ms: int) -> Licence:
    """Returns what is known of somebody's licences as a physician."""
    return (await licences_held(connection, [person], now_ms))[person]


async def check_licence(connection: AsyncConnection, person: str, now_ms: int) -> Licence:
    """Returns what is known of somebody's licences, which hold. Raises Refusal (licence_missing,
    licence_expired).
    """
    licence = await licence_held(connection, person, now_ms)
    if licence is not Licence.VALID:
        raise Refusal("licence_expired" if licence is Licence.EXPIRED else "licence_missing")
    return licence


async def licences_held(
    connection: AsyncConnection, people: Sequence[str], now_ms: int
) -> dict[str, Licence]:
    """Returns what is known of the licences of each as a physician."""
    c = t.licence.c
    held: dict[str, tuple[list[int], int]] = {person: ([], 0) for person in people}
    query = select(c.person, c.valid_until_ms, c.ended_at_ms).where(
        c.person.in_(list(held)), c.kind == PHYSICIAN
    )
    for row in await connection.execute(query):
        until, ended = held[row.person]
        if row.ended_at_ms is None:
            until.append(row.valid_until_ms)
        else:
            held[row.person] = until, ended + 1
    return {
        person: licence_of(until, has_ended=ended, now_ms=now_ms) for person, (until, ended) in held.items()
    }


async def _experts_of(
    connection: AsyncConnection, hospital: str, specialty: str, now_ms: int
) -> Sequence[PersonId]:
    p, r = t.person.c, t.person_role.c
    query = (
        select(p.id, p.specialty)
        .join(t.person_role, r.person == p.id)
        .where(p.institution == hospital, p.state == "active", r.role.in_([role.value for role in EXPERTS]))
        .distinct()
        .order_by(p.id)
        .limit(MAX_EXPERTS)
    )
    found = [
        row.id
        for row in await connection.execute(query)
        if (specialty_of_words(row.specialty) or row.specialty) == specialty
    ]
    licences = await licences_held(connection, found, now_ms)
    able = [PersonId(person) for person in found if licences[person] is Licence.VALID]
    return able[:MAX_CALLED_PER_LINE]
