"""Checkpoints and cosignatures in the store, always of one institution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId
from signaling.store.store import Unit
from signaling.store.tables import checkpoint, cosignature, time_stamp


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint's note and what others have said of it."""

    size: int
    at_ms: int
    note: str
    cosigned_by: tuple[str, ...]
    is_stamped: bool


async def checkpoints(
    connection: AsyncConnection, institution: InstitutionId, *, before: int | None, limit: int
) -> list[StoredCheckpoint]:
    """Returns at most ``limit`` checkpoints smaller than ``before``, newest first."""
    c = checkpoint.c
    query = select(c.size, c.at_ms, c.note).where(c.institution == institution)
    if before is not None:
        query = query.where(c.size < before)
    rows = (await connection.execute(query.order_by(c.size.desc()).limit(limit))).all()
    sizes = [row.size for row in rows]
    names = await _names_by_size(connection, institution, sizes)
    stamped = await connection.execute(
        select(time_stamp.c.size).where(time_stamp.c.institution == institution, time_stamp.c.size.in_(sizes))
    )
    stamped_sizes = set(stamped.scalars())
    return [
        StoredCheckpoint(
            row.size, row.at_ms, row.note, tuple(names.get(row.size, ())), row.size in stamped_sizes
        )
        for row in rows
    ]


async def checkpoint_note(connection: AsyncConnection, institution: InstitutionId, size: int) -> str | None:
    """Returns the note of the checkpoint of that size, None where there is none."""
    c = checkpoint.c
    query = select(c.note).where(c.institution == institution, c.size == size)
    note: str | None = (await connection.execute(query)).scalar_one_or_none()
    return note


async def cosignatures(
    connection: AsyncConnection, institution: InstitutionId, *, limit: int
) -> Sequence[RowMapping]:
    """Returns the newest cosignatures as rows of their table."""
    c = cosignature.c
    query = select(cosignature).where(c.institution == institution)
    rows = await connection.execute(query.order_by(c.size.desc(), c.key_name).limit(limit))
    return rows.mappings().all()


async def add_cosignature(
    unit: Unit, institution: InstitutionId, size: int, key_name: str, line: str
) -> bool:
    """Stores a cosignature; returns False where that key has already signed that checkpoint: the first
    stays."""
    c = cosignature.c
    query = select(c.line).where(c.institution == institution, c.size == size, c.key_name == key_name)
    if (await unit.connection.execute(query)).scalar_one_or_none() is not None:
        return False
    await unit.connection.execute(
        insert(cosignature).values(
            institution=institution,
            size=size,
            key_name=key_name,
            line=line,
            received_at_ms=unit.now_ms,
        )
    )
    return True


async def _names_by_size(
    connection: AsyncConnection, institution: InstitutionId, sizes: Sequence[int]
) -> dict[int, list[str]]:
    c = cosignature.c
    query = select(c.size, c.key_name).where(c.institution == institution, c.size.in_(sizes))
    names: dict[int, list[str]] = {}
    for row in await connection.execute(query.order_by(c.key_name)):
        names.setdefault(row.size, []).append(row.key_name)
    return names
