"""Cases in the store: rows and values, found, listed, written.

A case is read and written in one unit of work. ``version`` rises with every write; whoever would write over
something they have not read is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import (
    ENDS,
    ConsultationAct,
    ConsultationKind,
    ConsultationState,
    Request,
    Urgency,
    next_state,
)
from clinical.errors import ConsultationRefused
from clinical.escalation import Ring, ring_from_json, ring_to_json
from clinical.ids import CaseId, InstitutionId, PatientId, PersonId
from clinical.recording_policy import RecordingPolicy
from signaling.store import tables as t
from signaling.store.day_serials import next_serial
from signaling.store.store import Unit

MAX_LISTED: Final = 100
"""Of one box. A county centre has fewer open at once; what has ended is read page by page."""
_C: Final = t.consultation.c
# Every request of a case asks these, some of them thrice: so they are built once.
_BY_ID: Final = select(t.consultation).where(_C.id == bindparam("wanted"))
_BY_ID_LOCKED: Final = _BY_ID.with_for_update()
_STORE: Final = update(t.consultation).where(
    _C.id == bindparam("wanted"), _C.version == bindparam("version_read")
)


@dataclass(frozen=True, slots=True)
class Case:
    """One consultation as it stands. Times are milliseconds since the Unix epoch."""

    id: CaseId
    serial: str
    institution: InstitutionId
    """The inviting one: it keeps the patient and the decision."""
    invited_institution: InstitutionId
    patient: PatientId
    inviter: PersonId
    device: str
    host: PersonId
    expert: str
    """Who accepted; "" before."""
    state: ConsultationState
    version: int
    request: Request
    slot: str
    recording_policy: RecordingPolicy
    ring: Ring | None
    ring_due_ms: int | None
    end_reason: str
    end_note: str
    created_at_ms: int
    invited_at_ms: int | None
    accepted_at_ms: int | None
    active_at_ms: int | None
    signed_at_ms: int | None
    closed_at_ms: int | None
    updated_at_ms: int

    @property
    def institutions(self) -> tuple[InstitutionId, ...]:
        """Both sides, the inviting one first; one where they are the same."""
        return tuple(dict.fromkeys((self.institution, self.invited_institution)))

    @property
    def is_ended(self) -> bool:
        """Whether nothing leads on from here."""
        return self.state in ENDS

    @property
    def is_wanted_now(self) -> bool:
        """Whether somebody is to be called as soon as it is sent."""
        return self.request.kind is ConsultationKind.LIVE and self.request.wanted_at_ms is None


# ---- reading --------------------------------------------------------------------------------------------


async def find_case(connection: AsyncConnection, case: str) -> Case | None:
    """Returns the case of an id, of any institution: the caller checks whose it is."""
    row = (await connection.execute(_BY_ID, {"wanted": case})).one_or_none()
    return None if row is None else _case(row)


async def lock_case(unit: Unit, case: str) -> Case:
    """Returns a case that a unit is about to write, held against other writers. Raises
    ConsultationRefused(consultation_state) for what is not there.
    """
    row = (await unit.connection.execute(_BY_ID_LOCKED, {"wanted": case})).one_or_none()
    if row is None:
        raise ConsultationRefused("consultation_state")
    return _case(row)


async def cases_where(
    connection: AsyncConnection, *conditions: ColumnElement[bool], limit: int = MAX_LISTED
) -> Sequence[Case]:
    """Returns cases, the last changed first."""
    query = select(t.consultation).where(*conditions).order_by(_C.updated_at_ms.desc(), _C.id.desc())
    return [_case(row) for row in await connection.execute(query.limit(limit))]


async def cases_of(connection: AsyncConnection, query: Select[Any]) -> Sequence[Case]:
    """Returns the cases of a query of whole rows."""
    return [_case(row) for row in await connection.execute(query)]


def of_institution(institution: str) -> ColumnElement[bool]:
    """Returns the condition that an institution asks, or was asked and knows of it."""
    return or_(
        _C.institution == institution,
        (_C.invited_institution == institution) & (_C.state != ConsultationState.DRAFTED.value),
    )


# ---- writing --------------------------------------------------------------------------------------------


async def insert_case(unit: Unit, case: Case) -> Case:
    """Stores a new case under the next serial of its day; returns it."""
    case = replace(case, serial=await next_serial(unit, _C.serial, "S"))
    await unit.connection.execute(insert(t.consultation).values(id=case.id, **_values(case)))
    return case


async def store_case(unit: Unit, case: Case) -> Case:
    """Writes what has become of a case; returns it with its new version.

    Raises ConsultationRefused(consultation_state) where another has written meanwhile.
    """
    after = replace(case, version=case.version + 1, updated_at_ms=unit.now_ms)
    done = await unit.connection.execute(
        _STORE, {"wanted": case.id, "version_read": case.version, **_values(after)}
    )
    if done.rowcount != 1:
        raise ConsultationRefused("consultation_state")
    return after


def after_act(case: Case, act: ConsultationAct, now_ms: int, **changes: Any) -> Case:
    """Returns the case after an act, with the time of the state it comes to. Raises ConsultationRefused."""
    state = next_state(case.state, act)
    name = _TIMES.get(state)
    if name is not None and state is not case.state:
        changes.setdefault(name, now_ms)
    return replace(case, state=state, **changes)


_TIMES: Final[Mapping[ConsultationState, str]] = {
    ConsultationState.INVITED: "invited_at_ms",
    ConsultationState.ACCEPTED: "accepted_at_ms",
    ConsultationState.ACTIVE: "active_at_ms",
    ConsultationState.SIGNED: "signed_at_ms",
    ConsultationState.CLOSED: "closed_at_ms",
    ConsultationState.CANCELLED: "closed_at_ms",
}
"""Which column notes when a case came to a state."""


def _values(case: Case) -> dict[str, Any]:
    request = case.request
    return {
        "serial": case.serial,
        "institution": case.institution,
        "invited_institution": case.invited_institution,
        "patient": case.patient,
        "inviter": case.inviter,
        "device": case.device,
        "host": case.host,
        "expert": case.expert,
        "state": case.state.value,
        "version": case.version,
        "kind": request.kind.value,
        "urgency": request.urgency.value,
        "specialty": request.specialty,
        "wanted_title": request.wanted_title,
        "reason": request.reason,
        "purpose": request.purpose,
        "summary": request.summary,
        "wanted_at_ms": request.wanted_at_ms,
        "slot": case.slot,
        "recording_policy": case.recording_policy.value,
        "ring": "" if case.ring is None else ring_to_json(case.ring),
        "ring_due_ms": case.ring_due_ms,
        "end_reason": case.end_reason,
        "end_note": case.end_note,
        "created_at_ms": case.created_at_ms,
        "invited_at_ms": case.invited_at_ms,
        "accepted_at_ms": case.accepted_at_ms,
        "active_at_ms": case.active_at_ms,
        "signed_at_ms": case.signed_at_ms,
        "closed_at_ms": case.closed_at_ms,
        "updated_at_ms": case.updated_at_ms,
    }


def _case(row: Row[Any]) -> Case:
    return Case(
        id=CaseId(row.id),
        serial=row.serial,
        institution=InstitutionId(row.institution),
        invited_institution=InstitutionId(row.invited_institution),
        patient=PatientId(row.patient),
        inviter=PersonId(row.inviter),
        device=row.device,
        host=PersonId(row.host),
        expert=row.expert,
        state=ConsultationState(row.state),
        version=row.version,
        request=Request(
            kind=ConsultationKind(row.kind),
            urgency=Urgency(row.urgency),
            specialty=row.specialty,
            wanted_title=row.wanted_title,
            reason=row.reason,
            purpose=row.purpose,
            summary=row.summary,
            wanted_at_ms=row.wanted_at_ms,
        ),
        slot=row.slot,
        recording_policy=RecordingPolicy(row.recording_policy),
        ring=ring_from_json(row.ring) if row.ring else None,
        ring_due_ms=row.ring_due_ms,
        end_reason=row.end_reason,
        end_note=row.end_note,
        created_at_ms=row.created_at_ms,
        invited_at_ms=row.invited_at_ms,
        accepted_at_ms=row.accepted_at_ms,
        active_at_ms=row.active_at_ms,
        signed_at_ms=row.signed_at_ms,
        closed_at_ms=row.closed_at_ms,
        updated_at_ms=row.updated_at_ms,
    )
