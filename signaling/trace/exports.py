"""Evidence packages that were asked for: waiting, then approved or refused by a second person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import random_id
from signaling.store import tables
from signaling.store.store import Unit

MAX_LISTED: Final = 200
"""The newest; packages are asked for a few times a month."""
_T: Final = tables.trace_export


@dataclass(frozen=True, slots=True)
class TraceExport:
    """One package; sequences are those of its first and last event."""

    id: str
    institution: str
    requested_by: str
    requested_at_ms: int
    purpose: str
    purpose_note: str
    recipient: str
    first_sequence: int
    last_sequence: int
    with_personal: bool
    state: Literal["waiting", "approved", "refused"] = "waiting"
    decided_by: str = ""
    decided_at_ms: int | None = None


def new_export_id() -> str:
    """Returns a fresh id."""
    return random_id("tx_")


async def chain_size(connection: AsyncConnection, institution: str) -> int:
    """Returns the sequence of a chain's last event, 0 of an empty one."""
    table = tables.chain
    size = await connection.scalar(select(table.c.size).where(table.c.institution == institution))
    return size or 0


async def insert_export(unit: Unit, export: TraceExport) -> None:
    """Stores a package that is asked for."""
    await unit.connection.execute(
        insert(_T).values(
            id=export.id,
            institution=export.institution,
            requested_by=export.requested_by,
            requested_at_ms=export.requested_at_ms,
            purpose=export.purpose,
            purpose_note=export.purpose_note,
            recipient=export.recipient,
            first_sequence=export.first_sequence,
            last_sequence=export.last_sequence,
            with_personal=export.with_personal,
            state=export.state,
            decided_by=export.decided_by,
            decided_at_ms=export.decided_at_ms,
        )
    )


async def store_decision(
    unit: Unit, export: TraceExport, *, is_approved: bool, by: str
) -> TraceExport | None:
    """Stores a decision; returns the package decided, None where it no longer waits."""
    decided = replace(
        export,
        state="approved" if is_approved else "refused",
        decided_by=by,
        decided_at_ms=unit.now_ms,
    )
    stored = await unit.connection.execute(
        update(_T)
        .where(_T.c.id == export.id, _T.c.state == "waiting")
        .values(state=decided.state, decided_by=by, decided_at_ms=unit.now_ms)
    )
    return decided if stored.rowcount == 1 else None


async def find_export(connection: AsyncConnection, export: str) -> TraceExport | None:
    """Returns the package of an id."""
    row = (await connection.execute(select(_T).where(_T.c.id == export))).one_or_none()
    return None if row is None else _export(row)


async def list_exports(connection: AsyncConnection, institution: str) -> Sequence[TraceExport]:
    """Returns an institution's packages, newest first."""
    query = select(_T).where(_T.c.institution == institution)
    rows = await connection.execute(query.order_by(_T.c.requested_at_ms.desc()).limit(MAX_LISTED))
    return [_export(row) for row in rows]


def _export(row: Any) -> TraceExport:
    return TraceExport(**row._mapping)
