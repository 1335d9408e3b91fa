"""One event of the trace in full: who with which licence, where, when by which clock, what changed, and its
place in the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.patient_models import PatientLine
from signaling.api.patient_pages import line_of
from signaling.api.people_models import LicenceView
from signaling.api.trace_models import (
    EventActor,
    EventDetail,
    EventMedia,
    EventPlace,
    EventTime,
    PersonalFieldView,
)
from signaling.care.patients import Patient, find_patient
from signaling.store import tables
from signaling.trace.audit_event import audit_event
from signaling.trace.names import names_of
from signaling.trace.reading import ReadEvent, WholeEvent


@dataclass(frozen=True, slots=True)
class Beside:
    """What is shown with one event and is not in it."""

    institution_name: str
    names: Mapping[str, str]
    title: str
    licences: list[LicenceView]
    patient: Patient | None


async def beside_of(connection: AsyncConnection, event: ReadEvent, now_ms: int) -> Beside:
    """Returns what is shown with an event: names, title and licences as they are now."""
    fields = event.fields
    actor, device = fields["actor"], fields.get("device", "")
    institution, person, licence = tables.institution, tables.person, tables.licence
    name = await connection.scalar(select(institution.c.name).where(institution.c.id == event.institution))
    title = await connection.scalar(select(person.c.title).where(person.c.id == actor))
    rows = await connection.execute(
        select(licence).where(licence.c.person == actor).order_by(licence.c.valid_until_ms.desc())
    )
    patient = fields["subject"].get("patient", "")
    return Beside(
        institution_name=name or "",
        names=await names_of(connection, [actor, device]),
        title=title or "",
        licences=[_licence(row, now_ms) for row in rows],
        patient=await find_patient(connection, patient) if patient else None,
    )


def _licence(row: Any, now_ms: int) -> LicenceView:
    state = "active" if row.valid_until_ms > now_ms else "expired"
    return LicenceView.model_validate(
        {
            "id": row.id,
            "number": row.number,
            "kind": row.kind,
            "valid_until_ms": row.valid_until_ms,
            "state": state if row.ended_at_ms is None else "ended",
        }
    )


def detail_of(whole: WholeEvent, beside: Beside) -> EventDetail:
    """Returns an event as the API shows it."""
    event, fields = whole.event, whole.event.fields
    actor, device = fields["actor"], fields.get("device", "")
    device_time, media = fields.get("device_time", {}), fields.get("media")
    return EventDetail(
        institution=event.institution,
        sequence=event.sequence,
        kind=fields["kind"],
        actor=EventActor(
            id=actor,
            name=beside.names.get(actor, ""),
            role=fields["actor_role"],
            title=beside.title,
            licences=beside.licences,
        ),
        place=EventPlace(
            institution=event.institution,
            institution_name=beside.institution_name,
            device=device,
            device_name=beside.names.get(device, ""),
            room=fields["subject"].get("room", ""),
        ),
        time=EventTime(
            at_ms=fields["at_ms"],
            device_at_ms=device_time.get("at_ms"),
            offset_ms=device_time.get("offset_ms"),
            error_ms=device_time.get("error_ms"),
        ),
        patient=_patient_line(beside.patient),
        subject=fields["subject"],
        before=fields["before"],
        after=fields["after"],
        media=None
        if media is None
        else EventMedia(recording=media["recording"], position_ms=media["position_ms"]),
        personal=[
            PersonalFieldView(
                name=value.name,
                commitment=value.commitment,
                value=value.value,
                erased_at_ms=value.erased_at_ms,
                is_sound=value.is_sound,
            )
            for value in whole.personal
        ],
        hash=event.hash.hex(),
        previous=fields["previous"],
        is_chained=whole.is_chained,
        line=event.line.decode(),
        fhir=audit_event(
            fields,
            hash_hex=event.hash.hex(),
            actor_name=beside.names.get(actor, ""),
            institution_name=beside.institution_name,
        ),
    )


def _patient_line(patient: Patient | None) -> PatientLine | None:
    return None if patient is None else line_of(patient)
