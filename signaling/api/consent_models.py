"""What the API takes and gives about consents.

GET  /consents/texts            the texts to show, by purpose, Chinese and English, with their hashes
GET  /consents?patient=&case=   what stands and stood for a patient
POST /consents                  notes one answer, or several given together
POST /consents/{id}/withdraw    takes an answer back; a recording that is going on ends
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from clinical.consent import ConsentPurpose, ConsentState, GivenBy, How
from signaling.api.route import Model

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Id = Annotated[str, Field(min_length=1, max_length=40)]


class ConsentTextView(Model):
    """A text to show before asking. What is shown is ``text``, unchanged; ``sha256`` is of its UTF-8."""

    purpose: ConsentPurpose
    version: str
    language: Literal["zh", "en"]
    title: str
    text: str
    sha256: str


class ConsentTexts(Model):
    """The texts in force, by purpose in the order of asking, Chinese first."""

    texts: list[ConsentTextView]
    next: str | None = None


class ConsentView(Model):
    """One answer. ``state`` is none, emergency, granted, declined or withdrawn."""

    id: str
    patient: str
    case: str
    purpose: ConsentPurpose
    state: ConsentState
    how: How
    given_by: GivenBy
    text_version: str
    text_sha256: str
    evidence_sha256: str
    recorded_by: str
    recorded_by_name: str
    at_ms: int
    withdrawn_at_ms: int | None


class StandingConsent(Model):
    """What is true of one purpose now. ``awaits_confirmation``: it rests on an emergency, somebody has to be
    asked."""

    purpose: ConsentPurpose
    state: ConsentState
    is_allowed: bool
    awaits_confirmation: bool
    consent: str
    """The id of the answer that stands; "" where nobody was asked."""
    given_by: GivenBy | Literal[""]
    """Who gave it, and so who is first to take it back; "" where nobody was asked."""


class ConsentList(Model):
    """What stands for each of the four purposes, and every answer, newest first."""

    standing: list[StandingConsent]
    consents: list[ConsentView]
    next: str | None = None


class ConsentQuery(Model):
    """Whose consents; ``case`` "" is those given outside any case."""

    patient: Id
    case: Annotated[str, Field(max_length=40)] = ""


class GivenAnswer(Model):
    """The answer to one purpose and the text that was shown for it."""

    purpose: ConsentPurpose
    is_granted: bool
    text_version: Annotated[str, Field(min_length=1, max_length=40)]
    text_sha256: Sha256


class NewConsents(Model):
    """Answers that one person gave together. All are noted or none."""

    patient: Id
    case: Annotated[str, Field(max_length=40)] = ""
    answers: Annotated[list[GivenAnswer], Field(min_length=1, max_length=4)]
    how: How
    given_by: GivenBy
    giver_name: Annotated[str, Field(max_length=100)] = ""
    """Who answered for the patient; asked for guardians and relatives."""
    evidence_sha256: Sha256 | Literal[""] = ""
    """Of the signature's image or the voice clip; asked for a yes by signature."""


class ConsentWithdrawal(Model):
    """Who takes it back, and how. A guardian or relative gives their name; where one of the same kind gave
    the consent, the name that came with it stands for them."""

    how: Literal["screen_signature", "voice"]
    given_by: Literal["patient", "guardian", "relative"]
    giver_name: Annotated[str, Field(max_length=100)] = ""
    note: Annotated[str, Field(max_length=500)] = ""


class ConsentWithdrawn(Model):
    """What is left, and whether a recording was going on and has been stopped."""

    consent: ConsentView
    recording_stopped: bool
