"""What the API takes and gives about consultations.

POST  /consultations                  a new request, as a draft
PATCH /consultations/{id}             writes the draft anew
GET   /consultations?box=             incoming: rings for the caller · work: what waits or goes on ·
                                      mine: the caller has a part in it · past: closed and cancelled
POST  /consultations/{id}/invite …    the acts; each answers with the case as it is then
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from clinical.consent import ConsentPurpose, ConsentState
from clinical.consultation import ConsultationKind, ConsultationState, DeclineReason, Urgency
from clinical.escalation import NextStep, RingAnswer
from signaling.api.route import Model
from signaling.consult.case_rights import Deed
from signaling.consult.parties import PartyState

MAX_TEXT: Final = 4_000
"""A record's summary on one page; more is an attachment."""
MAX_TIME_MS: Final = 10**15
Id = Annotated[str, Field(min_length=1, max_length=40)]
MaybeId = Annotated[str, Field(max_length=40)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Note = Annotated[str, Field(max_length=500)]


class Names(Model):
    """A name in both languages."""

    zh: str
    en: str


class NewConsultation(Model):
    """A request. What the law asks for may still be missing here; it is asked for when it is sent."""

    patient: Id
    institution: Id
    """The hospital that is asked."""
    kind: ConsultationKind
    urgency: Urgency
    specialty: MaybeId = ""
    wanted_title: Annotated[str, Field(max_length=20)] = ""
    reason: Text = ""
    purpose: Text = ""
    summary: Text = ""
    wanted_at_ms: Annotated[int, Field(ge=0, le=MAX_TIME_MS)] | None = None
    """None: now."""
    slot: MaybeId = ""


class ConsultationChange(Model):
    """A draft written anew; what is not given stays."""

    institution: Id | None = None
    kind: ConsultationKind | None = None
    urgency: Urgency | None = None
    specialty: MaybeId | None = None
    wanted_title: Annotated[str, Field(max_length=20)] | None = None
    reason: Text | None = None
    purpose: Text | None = None
    summary: Text | None = None
    wanted_at_ms: Annotated[int, Field(ge=0, le=MAX_TIME_MS)] | None = None
    slot: MaybeId | None = None


class ConsultationQuery(Model):
    """Which list, and from where on."""

    box: Literal["incoming", "work", "mine", "past"]
    cursor: Annotated[str, Field(max_length=80)] = ""


class Declining(Model):
    """Why somebody who was called cannot take it. ``note`` is asked for with "other"."""

    reason: DeclineReason
    note: Note = ""


class Cancelling(Model):
    """Why it ends without an opinion. ``note`` is asked for with "other"."""

    reason: Literal["resolved", "patient_left", "referred", "mistake", "technical", "other"]
    note: Note = ""


class Transferring(Model):
    """To whom, or to which specialty, and why."""

    person: MaybeId = ""
    specialty: MaybeId = ""
    reason: Note


class PersonNamed(Model):
    """Somebody."""

    person: Id


class PatientShown(Model):
    """Whom it is about; "" and null once erased."""

    id: str
    name: str
    sex: str
    birth_year: int | None


class Side(Model):
    """One side. ``person`` is "" before somebody has accepted; ``duty_phone`` is what the other side dials
    when the link is lost, "" where none is kept."""

    institution: str
    institution_name: str
    person: str
    person_name: str
    title: str
    duty_phone: str


class CaseConsent(Model):
    """What stands for one purpose in this case."""

    purpose: ConsentPurpose
    state: ConsentState


class CalledShown(Model):
    """Somebody whose screen rings or has rung."""

    person: str
    name: str
    line: int
    answer: RingAnswer
    reason: str


class RingShown(Model):
    """Who is being called, and what comes next unless somebody answers."""

    started_at_ms: int
    stage: int
    next: NextStep
    next_at_ms: int
    called: list[CalledShown]
    duty_phone: str
    """"" until the ring has come to it, and where none was entered."""


class QueueShown(Model):
    """The place among those that wait for the same specialty; an estimate, null with nobody on duty."""

    place: int
    expected_wait_s: int | None


class PartyShown(Model):
    """Somebody else in the case."""

    person: str
    name: str
    title: str
    institution_name: str
    state: PartyState


class OpinionShown(Model):
    """How far the opinion is."""

    state: Literal["draft", "signed"]
    author_name: str
    signed_at_ms: int | None
    fingerprint: str


class ConsultationView(Model):
    """One case, as the caller sees it. ``allowed``: what they may do now."""

    id: str
    serial: str
    kind: ConsultationKind
    state: ConsultationState
    urgency: Urgency
    specialty: str
    specialty_name: Names
    wanted_title: str
    reason: str
    purpose: str
    summary: str
    wanted_at_ms: int | None
    patient: PatientShown
    inviting: Side
    invited: Side
    host: str
    room: str
    """The name of its room while people may enter; "" before, after, and for offline ones."""
    recording_policy: str
    is_recording: bool
    consents: list[CaseConsent]
    ring: RingShown | None
    queue: QueueShown | None
    parties: list[PartyShown]
    opinion: OpinionShown | None
    is_ecg_complete: bool | None
    """Whether all that was measured of its ECGs is stored; null for a case without one."""
    adoption: Literal["", "full", "part", "none"]
    end_reason: str
    end_note: str
    created_at_ms: int
    invited_at_ms: int | None
    accepted_at_ms: int | None
    active_at_ms: int | None
    signed_at_ms: int | None
    closed_at_ms: int | None
    updated_at_ms: int
    server_now_ms: int
    allowed: list[Deed]


class ConsultationList(Model):
    """One page of cases, the last changed first."""

    consultations: list[ConsultationView]
    next: str | None = None
