"""The directory: which specialties of which hospitals can be asked, who is on duty, how long it takes.

A hospital is listed with each specialty that it keeps a roster, a duty phone or an expert for. Names and
titles of those on duty are shown to every institution of the service: whom one asks is no secret.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import ConsultationKind, ConsultationState
from clinical.duty import LINES
from clinical.specialties import SPECIALTIES, specialty_of_words
from clinical.waiting_line import expected_wait_s
from signaling.consult.case_rights import EXPERTS
from signaling.store import tables as t

MAX_HOSPITALS: Final = 200
"""A county medical community has about twenty, a province's league some hundred."""
MAX_ON_DUTY: Final = 5_000
"""Shifts that hold at one moment in all of them."""
MAX_EXPERTS: Final = 20_000
MAX_FINISHED: Final = 2_000
"""Finished cases looked at for how long they took, the newest first."""
_WAITS: Final = (
    ConsultationState.INVITED,
    ConsultationState.RINGING,
    ConsultationState.DECLINED,
    ConsultationState.TIMED_OUT,
)
_SERVED: Final = (ConsultationState.ACCEPTED, ConsultationState.ACTIVE)
Place = tuple[str, str]
"""Institution and specialty."""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody on duty now."""

    person: str
    name: str
    title: str
    line: int


@dataclass(slots=True)
class Entry:
    """One specialty of one hospital."""

    code: str
    institution: str
    institution_name: str
    on_duty: list[OnDuty] = field(default_factory=list)
    duty_phone: str = ""
    waiting: int = 0
    expected_wait_s: int | None = None


async def read_directory(connection: AsyncConnection, now_ms: int) -> list[Entry]:
    """Returns the entries: by specialty in the order of clinical/specialties.py, then by hospital."""
    i = t.institution.c
    query = select(i.id, i.name).where(i.kind == "hospital", i.state == "active")
    rows = await connection.execute(query.order_by(i.name, i.id).limit(MAX_HOSPITALS))
    names = {row.id: row.name for row in rows}
    on_duty = await _on_duty(connection, list(names), now_ms)
    phones = await _phones(connection, list(names))
    places = {*on_duty, *phones, *await _kept(connection, list(names), now_ms)}
    waiting, served = await _counts(connection, list(names))
    times_s = await _service_times(connection, list(names))
    entries = [
        Entry(code, institution, names[institution], on_duty.get((institution, code), []))
        for code in SPECIALTIES
        for institution in names
        if (institution, code) in places
    ]
    for entry in entries:
        place = (entry.institution, entry.code)
        entry.duty_phone = phones.get(place, "")
        entry.waiting = waiting.get(place, 0)
        first = sum(one.line == LINES[0] for one in entry.on_duty)
        entry.expected_wait_s = expected_wait_s(
            entry.waiting + served.get(place, 0),
            on_duty=first or len(entry.on_duty),
            service_times_s=times_s.get(place, ()),
        )
    return entries


async def _on_duty(
    connection: AsyncConnection, institutions: Sequence[str], now_ms: int
) -> dict[Place, list[OnDuty]]:
    s, p = t.duty_shift.c, t.person.c
    query = (
        select(s.institution, s.specialty, s.line, s.person, p.name, p.title)
        .join(t.person, p.id == s.person)
        .where(s.institution.in_(institutions), s.from_ms <= now_ms, s.until_ms > now_ms, p.state == "active")
        .order_by(s.line, s.from_ms, s.id)
        .limit(MAX_ON_DUTY)
    )
    found: dict[Place, list[OnDuty]] = defaultdict(list)
    for row in await connection.execute(query):
        line = found[row.institution, row.specialty]
        if all(one.person != row.person for one in line):
            line.append(OnDuty(row.person, row.name, row.title, row.line))
    return found


async def _phones(connection: AsyncConnection, institutions: Sequence[str]) -> dict[Place, str]:
    c = t.duty_phone.c
    query = select(t.duty_phone).where(c.institution.in_(institutions))
    return {(row.institution, row.specialty): row.phone for row in await connection.execute(query)}


async def _kept(connection: AsyncConnection, institutions: Sequence[str], now_ms: int) -> set[Place]:
    """The specialties with a roster ahead, or with an expert who says so."""
    s, p, r = t.duty_shift.c, t.person.c, t.person_role.c
    rosters = (
        select(s.institution, s.specialty)
        .where(s.institution.in_(institutions), s.until_ms > now_ms)
        .distinct()
    )
    experts = (
        select(p.institution, p.specialty)
        .join(t.person_role, r.person == p.id)
        .where(p.institution.in_(institutions), p.state == "active", r.role.in_([*EXPERTS]))
        .distinct()
        .limit(MAX_EXPERTS)
    )
    kept = {(row.institution, row.specialty) for row in await connection.execute(rosters)}
    for row in await connection.execute(experts):
        code = specialty_of_words(row.specialty)
        if code is not None:
            kept.add((row.institution, code))
    return kept


async def _counts(
    connection: AsyncConnection, institutions: Sequence[str]
) -> tuple[dict[Place, int], dict[Place, int]]:
    """How many wait to be taken now, and how many are being served."""
    c = t.consultation.c
    query = (
        select(c.invited_institution, c.specialty, c.state, func.count().label("cases"))
        .where(
            c.invited_institution.in_(institutions),
            c.state.in_([state.value for state in (*_WAITS, *_SERVED)]),
            c.kind == ConsultationKind.LIVE.value,
            c.wanted_at_ms.is_(None),
        )
        .group_by(c.invited_institution, c.specialty, c.state)
    )
    waiting: dict[Place, int] = defaultdict(int)
    served: dict[Place, int] = defaultdict(int)
    for row in await connection.execute(query):
        counted = served if row.state in _SERVED else waiting
        counted[row.invited_institution, row.specialty] += row.cases
    return waiting, served


async def _service_times(connection: AsyncConnection, institutions: Sequence[str]) -> dict[Place, list[int]]:
    c = t.consultation.c
    query = (
        select(c.invited_institution, c.specialty, c.active_at_ms, c.signed_at_ms)
        .where(c.invited_institution.in_(institutions), c.signed_at_ms.is_not(None))
        .where(c.active_at_ms.is_not(None))
        .order_by(c.updated_at_ms.desc())
        .limit(MAX_FINISHED)
    )
    times: dict[Place, list[int]] = defaultdict(list)
    for row in reversed((await connection.execute(query)).all()):
        took_s = max(0, row.signed_at_ms - row.active_at_ms) // 1000
        times[row.invited_institution, row.specialty].append(took_s)
    return times
