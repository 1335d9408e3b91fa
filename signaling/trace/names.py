"""What people call those whose ids stand in the ledger: people and devices, as they are called now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.store import tables


async def names_of(connection: AsyncConnection, ids: Iterable[str]) -> Mapping[str, str]:
    """Returns the names of people and devices by id; what has none is left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = union_all(
        *(
            select(table.c.id, table.c.name).where(table.c.id.in_(wanted))
            for table in (tables.person, tables.device)
        )
    )
    return {row.id: row.name for row in await connection.execute(query)}


async def patient_names_of(connection: AsyncConnection, ids: Iterable[str]) -> Mapping[str, str]:
    """Returns the names of patients by id; "" of who was erased."""
    wanted = sorted(set(ids) - {""})
    if not wanted:
        return {}
    table = tables.patient
    query = select(table.c.id, table.c.name).where(table.c.id.in_(wanted))
    return {row.id: row.name for row in await connection.execute(query)}
