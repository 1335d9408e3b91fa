"""Critical values of ECGs in the store: rows and values. The newest of an ECG is the one that counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.critical_value import CriticalCall, CriticalState, call_from_json, call_to_json, next_due_ms
from clinical.ids import EcgId, random_id
from signaling.store import tables as t
from signaling.store.store import Unit

MAX_LISTED: Final = 100
"""That call at one moment for one institution: more would be a broken centre."""
_C: Final = t.ecg_critical.c
_BY_ECGS: Final = (
    select(t.ecg_critical).where(_C.ecg_id.in_(bindparam("wanted", expanding=True))).order_by(_C.number)
)
_BY_ID_LOCKED: Final = select(t.ecg_critical).where(_C.id == bindparam("wanted")).with_for_update()


@dataclass(frozen=True, slots=True)
class KeptCritical:
    """A critical value as the store has it."""

    id: str
    institution: str
    """The treating side."""
    reading_institution: str
    call: CriticalCall

    @property
    def is_calling(self) -> bool:
        """Whether nobody has said yet that they heard it."""
        return self.call.state is CriticalState.CALLING


async def find_critical(connection: AsyncConnection, ecg: EcgId) -> KeptCritical | None:
    """Returns the newest critical value of an ECG, None where none was marked."""
    return (await find_criticals(connection, [ecg])).get(ecg)


async def find_criticals(connection: AsyncConnection, ecgs: Iterable[EcgId]) -> Mapping[EcgId, KeptCritical]:
    """Returns the newest critical value of each that has one."""
    rows = await connection.execute(_BY_ECGS, {"wanted": list(ecgs)})
    return {EcgId(row.ecg_id): _critical(row) for row in rows}


async def lock_critical(unit: Unit, critical: str) -> KeptCritical | None:
    """Returns a critical value that a unit is about to write, held against other writers."""
    row = (await unit.connection.execute(_BY_ID_LOCKED, {"wanted": critical})).one_or_none()
    return None if row is None else _critical(row)


async def calling_of(connection: AsyncConnection, institution: str) -> Sequence[KeptCritical]:
    """Returns those that nobody has heard yet where an institution treats or reads, the longest waiting
    first.
    """
    is_theirs = or_(_C.institution == institution, _C.reading_institution == institution)
    query = (
        select(t.ecg_critical)
        .where(_C.state == CriticalState.CALLING.value, is_theirs)
        .order_by(_C.marked_at_ms, _C.id)
        .limit(MAX_LISTED)
    )
    return [_critical(row) for row in await connection.execute(query)]


async def insert_critical(
    unit: Unit, call: CriticalCall, *, institution: str, reading_institution: str
) -> KeptCritical:
    """Stores a critical value that was just marked; returns it."""
    kept = KeptCritical(random_id("cv_"), institution, reading_institution, call)
    before = await unit.connection.scalar(select(func.max(_C.number)).where(_C.ecg_id == call.ecg))
    await unit.connection.execute(
        insert(t.ecg_critical).values(
            id=kept.id,
            ecg_id=call.ecg,
            number=(before or 0) + 1,
            institution=institution,
            reading_institution=reading_institution,
            marked_at_ms=call.marked_at_ms,
            **_values(call, unit.now_ms),
        )
    )
    return kept


async def store_critical(unit: Unit, kept: KeptCritical, call: CriticalCall) -> KeptCritical:
    """Writes what has become of one; returns it."""
    await unit.connection.execute(
        update(t.ecg_critical).where(_C.id == kept.id).values(**_values(call, unit.now_ms))
    )
    return replace(kept, call=call)


def _values(call: CriticalCall, now_ms: int) -> dict[str, Any]:
    return {
        "state": call.state.value,
        "call": call_to_json(call),
        "due_ms": next_due_ms(call),
        "updated_at_ms": now_ms,
    }


def _critical(row: Row[Any]) -> KeptCritical:
    return KeptCritical(row.id, row.institution, row.reading_institution, call_from_json(row.call))
