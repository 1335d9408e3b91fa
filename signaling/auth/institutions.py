"""Institutions in the store: the tenants. Each change is recorded in the same unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, new_institution_id
from recording.audit.act import SYSTEM_ACTOR
from signaling.api.route import Refusal
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.store import tables as t
from signaling.store.store import Unit


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """One institution. ``kind``: hospital, township_clinic, ambulance_station."""

    id: InstitutionId
    code: str
    name: str
    kind: str
    state: str
    created_at_ms: int


async def all_institutions(connection: AsyncConnection) -> list[InstitutionRow]:
    """Returns all that are active, by name: a county has dozens."""
    c = t.institution.c
    rows = await connection.execute(select(t.institution).where(c.state == "active").order_by(c.name, c.id))
    return [_row(row) for row in rows]


async def find_institution(connection: AsyncConnection, institution: str) -> InstitutionRow | None:
    """Returns an institution."""
    query = select(t.institution).where(t.institution.c.id == institution)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _row(row)


def _row(row: object) -> InstitutionRow:
    fields: Mapping[str, object] = row._mapping  # type: ignore[attr-defined]
    return InstitutionRow(**dict(fields))  # type: ignore[arg-type]


async def create_institution(
    unit: Unit, caller: Caller, *, code: str, name: str, kind: str
) -> InstitutionRow:
    """Creates an institution: the first event of its chain, and one in its creator's. Raises
    Refusal("institution_taken").
    """
    row = InstitutionRow(new_institution_id(), code, name, kind, "active", unit.now_ms)
    try:
        await unit.connection.execute(
            insert(t.institution).values(
                id=row.id, code=code, name=name, kind=kind, state=row.state, created_at_ms=row.created_at_ms
            )
        )
    except IntegrityError:
        raise Refusal("institution_taken") from None
    subject, after = {"institution": row.id}, {"kind": kind}
    for chain in dict.fromkeys([caller.institution or row.id, row.id]):
        unit.record(
            act_of(
                caller, "institution.created", unit.now_ms, institution=chain, subject=subject, after=after
            )
        )
    return row


async def change_institution(
    unit: Unit, caller: Caller, institution: str, changes: Mapping[str, str]
) -> InstitutionRow:
    """Changes name and kind of the caller's own institution. Raises Refusal("not_found")."""
    row = await find_institution(unit.connection, institution)
    if row is None or row.id != caller.institution:
        raise Refusal("not_found")
    if changes:
        await unit.connection.execute(
            update(t.institution).where(t.institution.c.id == row.id).values(**changes)
        )
        unit.record(
            act_of(
                caller,
                "institution.changed",
                unit.now_ms,
                subject={"institution": row.id},
                before={"kind": row.kind},
                after={"fields": [*sorted(changes)], "kind": changes.get("kind", row.kind)},
            )
        )
    changed = await find_institution(unit.connection, institution)
    assert changed is not None
    return changed


SYSTEM = Caller(name=SYSTEM_ACTOR)
"""Who acts where nobody has signed in yet."""
