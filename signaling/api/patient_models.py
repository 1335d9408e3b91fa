"""What the API takes and gives about patients.

    POST /patients                 notes a new patient
    POST /patients/searches        finds patients by a part of the name or the card number, with a purpose
    GET  /patients/{id}?purpose=   reads one
    POST /patients/{id}/erase      erases what tells who it is; the events stay, and the chain verifies

A search is a POST so that no name and no card number stands in a URL.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from clinical.purpose import Purpose
from signaling.api.route import Model

PatientName = Annotated[str, Field(min_length=1, max_length=100)]
CardNumber = Annotated[str, Field(max_length=60, pattern=r"^[0-9A-Za-z-]*$")]
Sex = Literal["male", "female", "other", "unknown"]
"""FHIR administrative-gender."""
BirthYear = Annotated[int, Field(ge=1880, le=2200)]
SearchText = Annotated[str, Field(min_length=1, max_length=100)]
PurposeNote = Annotated[str, Field(max_length=500)]


class NewPatient(Model):
    """A new patient of the caller's institution. A card number belongs to one patient."""

    name: PatientName
    card_number: CardNumber = ""
    sex: Sex = "unknown"
    birth_year: BirthYear | None = None


class PatientView(Model):
    """One patient. Name and card number are "" once erased."""

    id: str
    institution: str
    name: str
    card_number: str
    sex: Sex
    birth_year: int | None
    state: Literal["active", "erased"]
    created_at_ms: int


class PatientSearch(Model):
    """Whom one looks for, and why. ``text`` is a part of the name or the whole card number."""

    text: SearchText
    purpose: Purpose
    purpose_note: PurposeNote = ""


class PatientLine(Model):
    """One patient that was found; ``card_end`` is the last four characters of the card number."""

    id: str
    name: str
    card_end: str
    sex: Sex
    birth_year: int | None


class PatientLines(Model):
    """The patients that were found, by name; at most 20. ``next`` is always null: ask more precisely."""

    patients: list[PatientLine]
    is_complete: bool
    """False where more than these fit."""
    next: str | None = None


class PatientQuery(Model):
    """Why the patient's data is read."""

    purpose: Purpose


class PatientErasure(Model):
    """Why the patient's personal data is erased. No free text: it might tell whom."""

    reason: Literal["patient_request", "entered_by_mistake", "retention_over"]


class PatientErased(Model):
    """The tombstone: what is left, and how many personal fields beside the chain were erased."""

    patient: PatientView
    erased_fields: int
    erased_at_ms: int
