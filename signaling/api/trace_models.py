"""What the API takes and gives about the trace.

POST /trace/searches                             events by patient, person, time, kind; is itself recorded
GET  /trace/events/{institution}/{sequence}      one event in full; is itself recorded
GET  /trace/exports                              evidence packages asked for
POST /trace/exports                              asks for one
POST /trace/exports/{id}/decide                  a second person approves or refuses
POST /trace/exports/{id}/package                 takes the approved package out, as a zip
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from clinical.purpose import Purpose
from signaling.api.patient_models import PatientLine, PurposeNote
from signaling.api.people_models import LicenceView
from signaling.api.route import Model

TimeMs = Annotated[int, Field(ge=0, le=253_402_300_799_999)]
Kind = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+){1,2}$", max_length=60)]


class TraceSearch(Model):
    """What is looked for, and why; what is left out does not matter. Events come newest first, 50 a page.

    Every page is a search of its own in the ledger.
    """

    purpose: Purpose
    purpose_note: PurposeNote = ""
    institution: Annotated[str, Field(max_length=40)] = ""
    """Whose chain; "" is the caller's own."""
    patient: Annotated[str, Field(max_length=100)] = ""
    """A part of the name, the whole card number, or a patient's id."""
    person: Annotated[str, Field(max_length=100)] = ""
    """Who did it: a part of the name, or the id of a person or device."""
    case: Annotated[str, Field(max_length=40)] = ""
    kinds: Annotated[list[Kind], Field(max_length=20, default_factory=list)]
    """Such as "consent.granted"."""
    from_ms: TimeMs | None = None
    to_ms: TimeMs | None = None
    """The first is inside, the second is not."""
    cursor: Annotated[str, Field(max_length=60)] = ""


class TraceLine(Model):
    """One event in a list."""

    institution: str
    sequence: int
    at_ms: int
    kind: str
    actor: str
    actor_name: str
    actor_role: str
    patient: str
    patient_name: str
    case: str
    room: str
    has_media: bool


class TraceLines(Model):
    """One page of events, newest first; ``next`` is the cursor of the next page. ``patients`` are those that
    the patient's text meant."""

    events: list[TraceLine]
    patients: list[PatientLine]
    next: str | None


class TraceKinds(Model):
    """The kinds of events there are in the caller's chain, to choose from."""

    kinds: list[str]
    next: str | None = None


class EventQuery(Model):
    """Why the event is looked at."""

    purpose: Purpose


class EventActor(Model):
    """Who did it. Licences are those the person holds now."""

    id: str
    name: str
    role: str
    title: str
    licences: list[LicenceView]


class EventPlace(Model):
    """Where it was done. ``device`` is "" where it was no enrolled one."""

    institution: str
    institution_name: str
    device: str
    device_name: str
    room: str


class EventTime(Model):
    """When: the server's time, and where known the device's own, with offset and error."""

    at_ms: int
    device_at_ms: int | None
    offset_ms: int | None
    error_ms: int | None


class EventMedia(Model):
    """Where in a recording it happened."""

    recording: str
    position_ms: int


class PersonalFieldView(Model):
    """A field beside the chain. ``value`` is null once erased; ``is_sound`` tells whether value and salt meet
    the commitment in the chain, and is null once erased."""

    name: str
    commitment: str
    value: str | None
    erased_at_ms: int | None
    is_sound: bool | None


class EventDetail(Model):
    """One event in full. ``fhir`` is an AuditEvent (FHIR R4, after IHE BALP)."""

    institution: str
    sequence: int
    kind: str
    actor: EventActor
    place: EventPlace
    time: EventTime
    patient: PatientLine | None
    subject: dict[str, str]
    before: dict[str, Any]
    after: dict[str, Any]
    media: EventMedia | None
    personal: list[PersonalFieldView]
    hash: str
    previous: str
    is_chained: bool
    """Whether ``previous`` is the hash of the event before."""
    line: str
    """The event as it was hashed: canonical JSON."""
    fhir: dict[str, Any]


class NewTraceExport(Model):
    """A range of events to take out, for whom and why."""

    purpose: Purpose
    purpose_note: PurposeNote = ""
    recipient: Annotated[str, Field(min_length=1, max_length=200)]
    first_sequence: Annotated[int, Field(ge=1)]
    last_sequence: Annotated[int, Field(ge=1)]
    with_personal: bool = False


class TraceExportView(Model):
    """An evidence package that was asked for."""

    id: str
    institution: str
    purpose: Purpose
    purpose_note: str
    recipient: str
    first_sequence: int
    last_sequence: int
    with_personal: bool
    state: Literal["waiting", "approved", "refused"]
    requested_by: str
    requested_by_name: str
    requested_at_ms: int
    decided_by: str
    decided_by_name: str
    decided_at_ms: int | None


class TraceExports(Model):
    """The packages asked for, newest first, at most 200."""

    exports: list[TraceExportView]
    next: str | None = None


class TraceExportDecision(Model):
    """The second person's decision."""

    is_approved: bool
