"""The demo's institutions and people (design/mockups): invented, with one public password and no second
factor.

They are never let into a folder that holds others, and ``lianzhen serve`` never starts on a folder of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId
from signaling.auth.accounts import OPTIONAL, SECOND_FACTOR_SETTING
from signaling.auth.institutions import SYSTEM, create_institution
from signaling.auth.people import create_person
from signaling.auth.people_accounts import create_account
from signaling.auth.rights import Role
from signaling.store import tables as t
from signaling.store.store import Store, Unit

DEMO_PASSWORD: Final = "lianzhen-demo"  # noqa: S105
"""Public by intention: the demo shows it on its sign-in page and holds no real data."""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """One institution of the demo."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person of the demo; ``place`` is their institution's code."""

    login: str
    name: str
    place: str
    title: str
    specialty: str
    roles: tuple[Role, ...]


HOSPITAL: Final = DemoPlace("DEMO-QS-HOSPITAL", "青山县人民医院", "hospital")
QINGXI: Final = DemoPlace("DEMO-QX-CLINIC", "青溪镇卫生院", "township_clinic")
SHIQIAO: Final = DemoPlace("DEMO-SQ-CLINIC", "石桥卫生院", "township_clinic")
STATION: Final = DemoPlace("DEMO-QS-STATION", "青山县急救站", "ambulance_station")
DEMO_PLACES: Final = (HOSPITAL, QINGXI, SHIQIAO, STATION)
DEMO_PEOPLE: Final = (
    DemoPerson("zhoulan", "周岚", SHIQIAO.code, "主治医师", "全科", (Role.CLINIC_DOCTOR,)),
    DemoPerson("chenzhiyuan", "陈志远", HOSPITAL.code, "主任医师", "呼吸内科", (Role.SPECIALIST,)),
    DemoPerson("lijianping", "李建平", QINGXI.code, "主治医师", "", (Role.CLINIC_DOCTOR,)),
    DemoPerson("wangmin", "王敏", HOSPITAL.code, "副主任医师", "心内科", (Role.SPECIALIST, Role.DUTY_EXPERT)),
    DemoPerson(
        "zhaoqiming", "赵启明", HOSPITAL.code, "主治医师", "心内科", (Role.SPECIALIST, Role.DUTY_EXPERT)
    ),
    DemoPerson("qianhui", "钱慧", HOSPITAL.code, "主任技师", "质控科", (Role.SUPERVISOR,)),
    DemoPerson("sunli", "孙莉", HOSPITAL.code, "工程师", "信息科", (Role.ADMINISTRATOR,)),
    DemoPerson("hejing", "何静", HOSPITAL.code, "审计师", "审计科", (Role.AUDITOR,)),
    DemoPerson("liuyang", "刘洋", STATION.code, "急救医师", "", (Role.AMBULANCE_CREW,)),
)


def place_of(person: DemoPerson) -> str:
    """Returns institution and specialty, as people say it."""
    name = next(place.name for place in DEMO_PLACES if place.code == person.place)
    return " ".join(part for part in (name, person.specialty) if part)


async def holds_demo(connection: AsyncConnection) -> bool:
    """Returns whether the store holds the demo's institutions."""
    return bool(await _codes(connection) & {place.code for place in DEMO_PLACES})


async def seed_people(store: Store, password_hash: str) -> bool:
    """Creates what is not there yet; returns whether anything was. Does nothing beside real institutions."""

    async def work(unit: Unit) -> bool:
        codes = await _codes(unit.connection)
        if codes - {place.code for place in DEMO_PLACES}:
            return False
        missing = [place for place in DEMO_PLACES if place.code not in codes]
        for place in missing:
            await _seed_place(unit, place, password_hash)
        return bool(missing)

    return await store.write(work)


async def _seed_place(unit: Unit, place: DemoPlace, password_hash: str) -> None:
    row = await create_institution(unit, SYSTEM, code=place.code, name=place.name, kind=place.kind)
    await unit.connection.execute(
        insert(t.institution_setting).values(institution=row.id, name=SECOND_FACTOR_SETTING, value=OPTIONAL)
    )
    for person in DEMO_PEOPLE:
        if person.place == place.code:
            await _seed_person(unit, row.id, person, password_hash)


async def _seed_person(
    unit: Unit, institution: InstitutionId, person: DemoPerson, password_hash: str
) -> None:
    row = await create_person(
        unit,
        SYSTEM,
        institution,
        name=person.name,
        title=person.title,
        specialty=person.specialty,
        roles=person.roles,
    )
    await create_account(unit, SYSTEM, row, person.login, password_hash=password_hash)


async def _codes(connection: AsyncConnection) -> set[str]:
    return set((await connection.execute(select(t.institution.c.code))).scalars())
