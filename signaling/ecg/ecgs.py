"""ECGs in the store: rows and values, found, listed, written.

The row says whose an ECG is, what its device says of it, and how far it has come; the samples lie beside the
store as frames (recording/ecg/frame_log.py), and what the row says of them is what was counted last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import Urgency
from clinical.ids import EcgId, InstitutionId, PatientId, PersonId
from media_server.ecg.descriptor import Descriptor, Source, parse_descriptor
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.given_up import (
    GivenUp,
    MissingStretch,
    given_up_from_json,
    given_up_to_json,
    missing_from_json,
    missing_to_json,
)
from signaling.ecg.inventory import (
    Declared,
    EpochExtent,
    declared_to_json,
    duration_ms,
    extents_from_json,
    extents_to_json,
    parse_declared,
)
from signaling.store import tables as t
from signaling.store.day_serials import next_serial
from signaling.store.store import Unit

MAX_LISTED: Final = 100
"""Of one box; what lies further back is read page by page."""
IMPORTED: Final = "import"
"""The source of an ECG that came as a file; others' is their descriptor's."""
_C: Final = t.ecg.c
_BY_ID: Final = select(t.ecg).where(_C.id == bindparam("wanted"))
_BY_ID_LOCKED: Final = _BY_ID.with_for_update()
IS_SETTLED: Final = _C.is_complete | _C.given_up.is_not(None)
"""``Ecg.is_settled`` as a condition."""
_SETTLED: Final = select(_C.case_id, IS_SETTLED.label("is_settled")).where(
    _C.case_id.in_(bindparam("cases", expanding=True))
)
_STORE: Final = update(t.ecg).where(_C.id == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Ecg:
    """One ECG as it stands. Times are milliseconds since the Unix epoch."""

    id: EcgId
    serial: str
    institution: InstitutionId
    """Where it is taken: it keeps the patient."""
    patient: PatientId
    case: str
    """The consultation it belongs to; "" for one of its own."""
    device: str
    """The gateway that sends it; "" for a file's."""
    person: PersonId
    """Who asked for it, or brought the file."""
    urgency: Urgency
    source: str
    """Of its descriptor, or IMPORTED; "" before its device has said."""
    descriptor: Descriptor | None
    state: EcgState
    created_at_ms: int
    started_at_ms: int | None = None
    ended_at_ms: int | None = None
    extents: tuple[EpochExtent, ...] = ()
    declared: Declared | None = None
    """None: its gateway has not said yet what there will ever be."""
    is_complete: bool = False
    missing_ms: int = 0
    gap_count: int = 0
    """Stretches of a second or more that were missing at some time."""
    late_ms: int = 0
    """How much of it came late."""
    updated_at_ms: int = 0
    heard_at_ms: int = 0
    """When its gateway was last heard of it."""
    missing: tuple[MissingStretch, ...] = ()
    """What ``missing_ms`` counts, the longest of it."""
    given_up: GivenUp | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nobody waits for more of it: it is complete, or the rest was declared lost."""
        return self.is_complete or self.given_up is not None

    @property
    def is_simulated(self) -> bool:
        """Whether it was made, not measured."""
        # What came as a file says so in its descriptor.
        described = "" if self.descriptor is None else self.descriptor.source.value
        return Source.SIMULATOR.value in (self.source, described)

    @property
    def duration_ms(self) -> int:
        """How long it lasts, gaps included."""
        return 0 if self.descriptor is None else duration_ms(self.extents, self.descriptor.rate_hz)


def taken_at_us(ecg: Ecg, epoch: int, sample: int) -> int | None:
    """Returns when a sample was taken, on the gateway's clock; None where nothing is known of its epoch."""
    extent = next((one for one in ecg.extents if one.epoch == epoch), None)
    if extent is None or ecg.descriptor is None:
        return None
    return extent.first_taken_us + (sample - extent.first) * 1_000_000 // ecg.descriptor.rate_hz


# ---- reading --------------------------------------------------------------------------------------------


async def find_ecg(connection: AsyncConnection, ecg: str) -> Ecg | None:
    """Returns the ECG of an id, of any institution: the caller checks whose it is."""
    row = (await connection.execute(_BY_ID, {"wanted": ecg})).one_or_none()
    return None if row is None else _ecg(row)


async def lock_ecg(unit: Unit, ecg: str) -> Ecg | None:
    """Returns an ECG that a unit is about to write, held against other writers."""
    row = (await unit.connection.execute(_BY_ID_LOCKED, {"wanted": ecg})).one_or_none()
    return None if row is None else _ecg(row)


async def ecgs_of(connection: AsyncConnection, query: Select[Any]) -> Sequence[Ecg]:
    """Returns the ECGs of a query of whole rows."""
    return [_ecg(row) for row in await connection.execute(query)]


async def ecgs_where(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> Sequence[Ecg]:
    """Returns ECGs, the latest first."""
    query = select(t.ecg).where(*conditions).order_by(_C.created_at_ms.desc(), _C.id.desc())
    return await ecgs_of(connection, query.limit(MAX_LISTED))


async def open_ecgs_of_device(connection: AsyncConnection, device: str) -> Sequence[Ecg]:
    """Returns what a gateway was asked for and has not brought whole, the latest first."""
    is_open = (_C.state != EcgState.ENDED.value) | _C.declared.is_(None) | ~_C.is_complete
    return await ecgs_where(connection, _C.device == device, is_open)


async def completeness_of_cases(connection: AsyncConnection, cases: Sequence[str]) -> Mapping[str, bool]:
    """Returns of each case that has an ECG whether all of its ECGs are complete, or the rest was declared
    lost (given_up.py).
    """
    found: dict[str, bool] = {}
    for row in await connection.execute(_SETTLED, {"cases": cases}):
        found[row.case_id] = found.get(row.case_id, True) and bool(row.is_settled)
    return found


async def is_case_complete(connection: AsyncConnection, case: str) -> bool | None:
    """Returns ``completeness_of_cases`` of one; None for a case without an ECG."""
    return (await completeness_of_cases(connection, [case])).get(case)


# ---- writing --------------------------------------------------------------------------------------------


async def insert_ecg(unit: Unit, ecg: Ecg) -> Ecg:
    """Stores a new ECG under the next serial of its day; returns it."""
    ecg = replace(ecg, serial=await next_serial(unit, _C.serial, "E"), updated_at_ms=unit.now_ms)
    await unit.connection.execute(insert(t.ecg).values(id=ecg.id, **_values(ecg)))
    return ecg


async def store_ecg(unit: Unit, ecg: Ecg) -> Ecg:
    """Writes what has become of an ECG that the unit has locked; returns it."""
    after = replace(ecg, updated_at_ms=unit.now_ms)
    await unit.connection.execute(_STORE, {"wanted": ecg.id, **_values(after)})
    return after


def _values(ecg: Ecg) -> dict[str, Any]:
    return {
        "serial": ecg.serial,
        "institution": ecg.institution,
        "patient": ecg.patient,
        "case_id": ecg.case,
        "device": ecg.device,
        "person": ecg.person,
        "urgency": ecg.urgency.value,
        "source": ecg.source,
        "descriptor": "" if ecg.descriptor is None else json.dumps(ecg.descriptor.as_json()),
        "state": ecg.state.value,
        "extents": extents_to_json(ecg.extents),
        "declared": None if ecg.declared is None else declared_to_json(ecg.declared),
        "is_complete": ecg.is_complete,
        "missing_ms": ecg.missing_ms,
        "gap_count": ecg.gap_count,
        "late_ms": ecg.late_ms,
        "created_at_ms": ecg.created_at_ms,
        "started_at_ms": ecg.started_at_ms,
        "ended_at_ms": ecg.ended_at_ms,
        "updated_at_ms": ecg.updated_at_ms,
        "heard_at_ms": ecg.heard_at_ms,
        "missing": missing_to_json(ecg.missing),
        "given_up": None if ecg.given_up is None else given_up_to_json(ecg.given_up),
    }


def _ecg(row: Row[Any]) -> Ecg:
    return Ecg(
        id=EcgId(row.id),
        serial=row.serial,
        institution=InstitutionId(row.institution),
        patient=PatientId(row.patient),
        case=row.case_id,
        device=row.device,
        person=PersonId(row.person),
        urgency=Urgency(row.urgency),
        source=row.source,
        descriptor=parse_descriptor(json.loads(row.descriptor)) if row.descriptor else None,
        state=EcgState(row.state),
        created_at_ms=row.created_at_ms,
        started_at_ms=row.started_at_ms,
        ended_at_ms=row.ended_at_ms,
        extents=extents_from_json(row.extents),
        declared=None if row.declared is None else parse_declared(json.loads(row.declared)),
        is_complete=row.is_complete,
        missing_ms=row.missing_ms,
        gap_count=row.gap_count,
        late_ms=row.late_ms,
        updated_at_ms=row.updated_at_ms,
        heard_at_ms=row.heard_at_ms,
        missing=missing_from_json(row.missing),
        given_up=None if row.given_up is None else given_up_from_json(row.given_up),
    )


def ids_of(ecgs: Iterable[Ecg]) -> list[EcgId]:
    """Returns their ids, in order."""
    return [ecg.id for ecg in ecgs]
