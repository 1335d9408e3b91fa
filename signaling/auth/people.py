"""People in the store: who they are, their roles and licences. Each change is recorded in the same unit of
work, and every query names the institution.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, PersonId, new_person_id
from signaling.api.route import Refusal
from signaling.auth.acts import act_of
from signaling.auth.ids import LicenceId, new_licence_id
from signaling.auth.policy import STAFF, may_be_one
from signaling.auth.rights import Caller, Role
from signaling.auth.sessions import roles_of
from signaling.store import tables as t
from signaling.store.store import Unit

MAX_LICENCES: Final = 20
"""Of one person, ended ones included: what the list of people loads for each stays small."""


@dataclass(frozen=True, slots=True)
class LicenceRow:
    """One licence. ``kind``: physician, nurse, technician."""

    id: LicenceId
    number: str
    kind: str
    valid_until_ms: int
    ended_at_ms: int | None

    def state(self, now_ms: int) -> str:
        """Returns active, expired or ended."""
        if self.ended_at_ms is not None:
            return "ended"
        return "active" if now_ms < self.valid_until_ms else "expired"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person with roles and licences. ``state``: active, or ended (suspended)."""

    id: PersonId
    institution: InstitutionId
    name: str
    title: str
    specialty: str
    phone: str
    state: str
    created_at_ms: int
    roles: tuple[Role, ...]
    licences: tuple[LicenceRow, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people to list."""

    role: Role | None = None
    state: str | None = None
    name: str = ""
    after: str = ""
    limit: int = 100


def role_fault(roles: Iterable[Role]) -> str | None:
    """Returns the code of what is wrong with a set of roles: role_not_for_people, roles_conflict."""
    held = frozenset(roles)
    if not held <= STAFF:
        return "role_not_for_people"
    return None if may_be_one(held) else "roles_conflict"


# ---- reading --------------------------------------------------------------------------------------------


async def find_person(connection: AsyncConnection, person: str) -> PersonRow | None:
    """Returns a person of any institution: compare the institution before showing it."""
    rows = (await connection.execute(select(t.person).where(t.person.c.id == person))).all()
    found = await _with_details(connection, rows)
    return found[0] if found else None


async def list_people(connection: AsyncConnection, institution: str, wanted: Wanted) -> list[PersonRow]:
    """Returns one page of an institution's people, by id."""
    p = t.person.c
    query = select(t.person).where(p.institution == institution, p.id > wanted.after)
    if wanted.state is not None:
        query = query.where(p.state == wanted.state)
    if wanted.name:
        query = query.where(p.name.contains(wanted.name, autoescape=True))
    if wanted.role is not None:
        holders = select(t.person_role.c.person).where(t.person_role.c.role == wanted.role.value)
        query = query.where(p.id.in_(holders))
    rows = await connection.execute(query.order_by(p.id).limit(wanted.limit))
    return await _with_details(connection, rows.all())


async def _with_details(connection: AsyncConnection, rows: Sequence[object]) -> list[PersonRow]:
    fields: list[Mapping[str, object]] = [row._mapping for row in rows]  # type: ignore[attr-defined]
    ids = [row["id"] for row in fields]
    roles: dict[object, set[Role]] = defaultdict(set)
    for row in await connection.execute(select(t.person_role).where(t.person_role.c.person.in_(ids))):
        roles[row.person].add(Role(row.role))
    licences: dict[object, list[LicenceRow]] = defaultdict(list)
    c = t.licence.c
    query = select(t.licence).where(c.person.in_(ids)).order_by(c.valid_until_ms.desc(), c.id)
    for row in await connection.execute(query):
        licences[row.person].append(
            LicenceRow(LicenceId(row.id), row.number, row.kind, row.valid_until_ms, row.ended_at_ms)
        )
    return [
        PersonRow(
            **dict(row),  # type: ignore[arg-type]
            roles=tuple(role for role in Role if role in roles[row["id"]]),
            licences=tuple(licences[row["id"]]),
        )
        for row in fields
    ]


async def own_person(unit: Unit, caller: Caller, person: str) -> PersonRow:
    """Returns a person of the caller's institution, locked against other writers. Raises
    Refusal("not_found").
    """
    await unit.connection.execute(select(t.person.c.id).where(t.person.c.id == person).with_for_update())
    row = await find_person(unit.connection, person)
    if row is None or row.institution != caller.institution:
        raise Refusal("not_found")
    return row


async def able_administrators(connection: AsyncConnection, institution: str) -> frozenset[str]:
    """Returns the ids of an institution's active administrators who can sign in."""
    p, a = t.person.c, t.account.c
    query = (
        select(p.id)
        .select_from(
            t.person.join(t.person_role, t.person_role.c.person == p.id).join(t.account, a.person == p.id)
        )
        .where(
            p.institution == institution,
            p.state == "active",
            t.person_role.c.role == Role.ADMINISTRATOR.value,
            (a.password_hash != "") | a.oidc_subject.is_not(None),
        )
    )
    return frozenset((await connection.execute(query)).scalars())


async def refuse_last_administrator(unit: Unit, person: PersonRow) -> None:
    """Raises Refusal("last_administrator") where nobody else could administer the institution."""
    if Role.ADMINISTRATOR not in person.roles:
        return
    # Every writer of this check meets at the institution's row, so two cannot remove each other at once.
    await unit.connection.execute(
        select(t.institution.c.id).where(t.institution.c.id == person.institution).with_for_update()
    )
    if not await able_administrators(unit.connection, person.institution) - {person.id}:
        raise Refusal("last_administrator")


# ---- changing -------------------------------------------------------------------------------------------


async def create_person(
    unit: Unit,
    caller: Caller,
    institution: str,
    *,
    name: str,
    title: str = "",
    specialty: str = "",
    phone: str = "",
    roles: Iterable[Role] = (),
) -> PersonRow:
    """Creates a person with roles. Raises Refusal: role_not_for_people, roles_conflict."""
    person = new_person_id()
    await unit.connection.execute(
        insert(t.person).values(
            id=person,
            institution=institution,
            name=name,
            title=title,
            specialty=specialty,
            phone=phone,
            state="active",
            created_at_ms=unit.now_ms,
        )
    )
    unit.record(
        act_of(
            caller,
            "person.created",
            unit.now_ms,
            institution=institution,
            subject={"person": person},
            personal={"name": name},
        )
    )
    await _write_roles(unit, caller, institution, person, frozenset(roles))
    row = await find_person(unit.connection, person)
    assert row is not None
    return row


async def change_person(unit: Unit, caller: Caller, person: str, changes: Mapping[str, str]) -> PersonRow:
    """Changes name, title, specialty or phone. Raises Refusal("not_found")."""
    row = await own_person(unit, caller, person)
    if not changes:
        return row
    await unit.connection.execute(update(t.person).where(t.person.c.id == row.id).values(**changes))
    unit.record(
        act_of(
            caller,
            "person.changed",
            unit.now_ms,
            subject={"person": row.id},
            after={"fields": [*sorted(changes)]},
            personal=dict(changes),
        )
    )
    return await own_person(unit, caller, person)


async def set_roles(unit: Unit, caller: Caller, person: str, roles: Iterable[Role]) -> PersonRow:
    """Gives a person exactly these roles; what their sessions may do changes with the next request.

    Raises Refusal: not_found, role_not_for_people, roles_conflict, last_administrator.
    """
    row, wanted = await own_person(unit, caller, person), frozenset(roles)
    if Role.ADMINISTRATOR not in wanted:
        await refuse_last_administrator(unit, row)
    await _write_roles(unit, caller, row.institution, row.id, wanted)
    return await own_person(unit, caller, person)


async def _write_roles(
    unit: Unit, caller: Caller, institution: str, person: PersonId, wanted: frozenset[Role]
) -> None:
    fault = role_fault(wanted)
    if fault is not None:
        raise Refusal(fault)
    held = await roles_of(unit.connection, person)
    for role in Role:
        if (role in held) == (role in wanted):
            continue
        if role in wanted:
            await unit.connection.execute(insert(t.person_role).values(person=person, role=role.value))
        else:
            await unit.connection.execute(
                delete(t.person_role).where(
                    t.person_role.c.person == person, t.person_role.c.role == role.value
                )
            )
        kind = "role.granted" if role in wanted else "role.removed"
        unit.record(
            act_of(
                caller,
                kind,
                unit.now_ms,
                institution=institution,
                subject={"person": person},
                after={"role": role.value},
            )
        )


async def add_licence(
    unit: Unit, caller: Caller, person: str, *, number: str, kind: str, valid_until_ms: int
) -> LicenceRow:
    """Adds a licence. Raises Refusal: not_found, licence_over, licence_taken, too_many_licences."""
    row = await own_person(unit, caller, person)
    if valid_until_ms <= unit.now_ms:
        raise Refusal("licence_over")
    if len(row.licences) >= MAX_LICENCES:
        raise Refusal("too_many_licences", limit=MAX_LICENCES)
    licence = LicenceRow(new_licence_id(), number, kind, valid_until_ms, None)
    try:
        await unit.connection.execute(
            insert(t.licence).values(
                id=licence.id,
                institution=row.institution,
                person=row.id,
                number=number,
                kind=kind,
                valid_until_ms=valid_until_ms,
                ended_at_ms=None,
            )
        )
    except IntegrityError:
        raise Refusal("licence_taken") from None
    unit.record(
        act_of(
            caller,
            "licence.added",
            unit.now_ms,
            institution=row.institution,
            subject={"person": row.id, "licence": licence.id},
            after={"kind": kind, "valid_until_ms": valid_until_ms},
            personal={"number": number},
        )
    )
    return licence


async def end_licence(unit: Unit, caller: Caller, person: str, licence: str) -> None:
    """Ends a licence before its time. Raises Refusal: not_found, licence_ended."""
    row = await own_person(unit, caller, person)
    found = next((kept for kept in row.licences if kept.id == licence), None)
    if found is None:
        raise Refusal("not_found")
    if found.ended_at_ms is not None:
        raise Refusal("licence_ended")
    await unit.connection.execute(
        update(t.licence).where(t.licence.c.id == licence).values(ended_at_ms=unit.now_ms)
    )
    unit.record(act_of(caller, "licence.ended", unit.now_ms, subject={"person": row.id, "licence": licence}))
