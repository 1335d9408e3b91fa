"""The demo's hospital on duty: its roster and phones, and times that can be booked.

The roster of the story's days is entered with the people; at every start that of the days to come is carried
on, so that a demo that is opened weeks later has somebody on duty. What is there already is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy import select

from clinical.ids import InstitutionId, PersonId
from signaling.auth.demo_people import DEMO_PEOPLE, HOSPITAL, QINGXI, SHIQIAO, DemoPerson
from signaling.auth.institutions import SYSTEM
from signaling.auth.rights import Assurance, Caller
from signaling.demo.cast import DAY_MS
from signaling.demo.past import PastStore
from signaling.roster.hospital_time import day_began_ms, write_time
from signaling.roster.phones import set_phones
from signaling.roster.roster_csv import read_csv
from signaling.roster.shifts import import_shifts
from signaling.roster.slots import list_slots, open_slot
from signaling.store import tables as t
from signaling.store.store import Store, Unit

PHONES: Final[Mapping[str, str]] = {"cardiology": "0570-000 6012", "respiratory": "0570-000 6025"}
"""Invented: no local number begins with 0."""
CLINIC_PHONES: Final[Mapping[str, str]] = {QINGXI.code: "0570-000 7001", SHIQIAO.code: "0570-000 7002"}
"""The one number of each township, by its code: what a specialist dials when the link is lost."""
_HOUR_MS: Final = 3_600_000
_DAYS_AHEAD: Final = 14
_CLERK: Final = "sunli"
_LINES: Final = (("心内科", "一线", "王敏"), ("心内科", "二线", "赵启明"), ("呼吸内科", "一线", "陈志远"))


@dataclass(frozen=True, slots=True)
class _Offer:
    """Half an hour at ``hour`` of a day, in China."""

    login: str
    specialty: str
    hour: float


_OFFERS: Final = (
    _Offer("wangmin", "cardiology", 15),
    _Offer("wangmin", "cardiology", 15.5),
    _Offer("wangmin", "cardiology", 16),
    _Offer("chenzhiyuan", "respiratory", 10),
    _Offer("chenzhiyuan", "respiratory", 10.5),
)
_OFFERED_DAYS: Final = (1, 2, 3)


def roster_text(from_day_ms: int, days: int) -> str:
    """Returns the roster as the hospital's clerk keeps it: shifts from eight to eight, as CSV."""
    lines = ["专科,线,姓名,开始,结束"]
    for day in range(days):
        begins_ms = from_day_ms + day * DAY_MS + 8 * _HOUR_MS
        times = f"{write_time(begins_ms)},{write_time(begins_ms + DAY_MS)}"
        lines += [f"{specialty},{line},{name},{times}" for specialty, line, name in _LINES]
    return "\r\n".join(lines) + "\r\n"


async def enter_duty(unit: Unit, clerk: Caller, from_day_ms: int, days: int) -> None:
    """Takes the roster of some days and the phones, as the clerk would in the page."""
    text = roster_text(from_day_ms, days)
    await import_shifts(unit, clerk, read_csv(text), text)
    await set_phones(unit, clerk, PHONES)


async def carry_on_duty(store: Store, now_ms: int) -> None:
    """Enters what is missing of the coming days' roster and slots. Raises StoreUnavailable."""
    await PastStore(store, now_ms).write(_carry_on)


async def _carry_on(unit: Unit) -> None:
    people = dict(await _people(unit))
    clerk = people.get(_CLERK)
    if clerk is None or any(name not in {one.name for one in people.values()} for _, _, name in _LINES):
        # A folder of an older demo, whose cast was another.
        return
    yesterday_ms = day_began_ms(unit.now_ms) - DAY_MS
    await enter_duty(unit, clerk, yesterday_ms, _DAYS_AHEAD + 1)
    await _enter_clinic_phones(unit)
    known = {
        (slot.person, slot.from_ms)
        for slot in await list_slots(
            unit.connection, clerk.institution, unit.now_ms, unit.now_ms + 7 * DAY_MS
        )
    }
    for offer, from_ms in _offers(unit.now_ms):
        person = people[offer.login].person
        if (person, from_ms) not in known:
            opened = partial(open_slot, unit, clerk, specialty=offer.specialty, person=person)
            await opened(from_ms=from_ms, until_ms=from_ms + _HOUR_MS // 2)


async def _enter_clinic_phones(unit: Unit) -> None:
    i = t.institution.c
    rows = await unit.connection.execute(select(i.id, i.code).where(i.code.in_([*CLINIC_PHONES])))
    for row in rows.all():
        clinic = replace(SYSTEM, institution=InstitutionId(row.id))
        await set_phones(unit, clinic, {"general_practice": CLINIC_PHONES[row.code]})


def _offers(now_ms: int) -> Iterator[tuple[_Offer, int]]:
    for day in _OFFERED_DAYS:
        for offer in _OFFERS:
            yield offer, day_began_ms(now_ms) + day * DAY_MS + int(offer.hour * _HOUR_MS)


async def _people(unit: Unit) -> list[tuple[str, Caller]]:
    query = (
        select(t.account.c.login, t.person.c.id, t.person.c.institution)
        .join(t.person, t.person.c.id == t.account.c.person)
        .join(t.institution, t.institution.c.id == t.person.c.institution)
        .where(t.institution.c.code == HOSPITAL.code)
    )
    cast = {person.login: person for person in DEMO_PEOPLE}
    rows = await unit.connection.execute(query)
    return [
        (row.login, _caller(cast[row.login], row.id, row.institution)) for row in rows if row.login in cast
    ]


def _caller(person: DemoPerson, name: str, institution: str) -> Caller:
    return Caller(
        institution=InstitutionId(institution),
        person=PersonId(name),
        roles=frozenset(person.roles),
        assurance=Assurance.TWO_FACTORS,
        name=person.name,
        login=person.login,
    )
