"""Whom a critical value calls: first who takes care of the patient, then their colleagues, then who watches
over both sides; and which phone is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.escalation import MAX_CALLED_PER_LINE
from clinical.ids import PersonId
from signaling.auth.policy import CLINICIANS
from signaling.auth.rights import Role
from signaling.ecg.ecg_rights import OpenedEcg
from signaling.ecg.report_rights import institutions_of
from signaling.store import tables as t

_LOOKED_THROUGH: Final = 3 * MAX_CALLED_PER_LINE
"""Of colleagues: who stands on the first line as well, or has marked it, is left out afterwards."""
_P, _R, _D = t.person.c, t.person_role.c, t.duty_phone.c


@dataclass(frozen=True, slots=True)
class CriticalLines:
    """Whom to call at which stage; ``phone`` "" where none is known."""

    treating: tuple[PersonId, ...]
    second_line: tuple[PersonId, ...]
    supervisors: tuple[PersonId, ...]
    phone: str


async def lines_for(connection: AsyncConnection, opened: OpenedEcg) -> CriticalLines:
    """Returns whom an ECG's critical value is to call: those who took it or asked the case first."""
    ecg, case = opened.ecg, opened.case
    own = [ecg.person] if case is None else [case.host, case.inviter, ecg.person]
    treating = await _active(connection, own, ecg.institution)
    second_line = await _in_roles(connection, [ecg.institution], CLINICIANS)
    supervisors = await _in_roles(connection, institutions_of(opened), [Role.SUPERVISOR])
    phone = await _phone(connection, treating, ecg.institution)
    return CriticalLines(treating, second_line, supervisors, phone)


async def _active(
    connection: AsyncConnection, people: Sequence[PersonId], institution: str
) -> tuple[PersonId, ...]:
    query = select(_P.id).where(_P.id.in_(people), _P.institution == institution, _P.state == "active")
    found = {row.id for row in await connection.execute(query)}
    return tuple(person for person in dict.fromkeys(people) if person in found)


async def _in_roles(
    connection: AsyncConnection, institutions: Sequence[str], roles: Iterable[Role]
) -> tuple[PersonId, ...]:
    query = (
        select(_P.id)
        .join(t.person_role, _R.person == _P.id)
        .where(_P.institution.in_(institutions), _P.state == "active")
        .where(_R.role.in_([role.value for role in roles]))
        .distinct()
        .order_by(_P.id)
        .limit(_LOOKED_THROUGH)
    )
    return tuple(PersonId(row.id) for row in await connection.execute(query))


async def _phone(connection: AsyncConnection, treating: Sequence[PersonId], institution: str) -> str:
    """The phone of who treats; else one that the institution has entered for those on duty."""
    of_people: Select[tuple[str, str]] = select(_P.id, _P.phone).where(_P.id.in_(treating), _P.phone != "")
    phones = {row.id: row.phone for row in await connection.execute(of_people)}
    own = next((phones[person] for person in treating if person in phones), "")
    if own:
        return own
    of_duty = select(_D.phone).where(_D.institution == institution).order_by(_D.specialty).limit(1)
    return await connection.scalar(of_duty) or ""
