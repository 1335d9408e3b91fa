"""What the API takes and gives about opinions and the archive of a case.

GET  /consultations/{id}/opinion             the draft (its author) or the signed opinion (both sides)
PUT  /consultations/{id}/opinion             writes the draft anew
POST /consultations/{id}/opinion/sign/options what a browser is asked so that a passkey signs
POST /consultations/{id}/opinion/sign        signs it, with a factor given in this very request
GET  /consultations/{id}/opinion/check       whether the signed opinion is unaltered
POST /consultations/{id}/acknowledge         what the treating side decides; closes the case
GET  /consultations/{id}/opinion.pdf · fhir · timeline
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from clinical.adoption import MAX_REASON_CHARACTERS, Adoption
from clinical.opinion import MAX_ADVICE_CHARACTERS, MAX_ADVICE_ITEMS, MAX_FINDINGS_CHARACTERS, Gate
from signaling.api.consultation_models import Names
from signaling.api.route import Model
from signaling.auth.fresh_factor import Asked
from signaling.consult.opinion_verdict import Fault

Version = Annotated[int, Field(ge=0, le=10**9)]


class OpinionDraft(Model):
    """A draft; it may be unfinished. ``version``: the one that the writer read, 0 for none; where another has
    been saved since, it is refused. null writes over whatever stands."""

    findings: Annotated[str, Field(max_length=MAX_FINDINGS_CHARACTERS)] = ""
    advice: Annotated[
        list[Annotated[str, Field(max_length=MAX_ADVICE_CHARACTERS)]], Field(max_length=MAX_ADVICE_ITEMS)
    ] = Field(default_factory=list)
    critical_value: bool | None = None
    template: Annotated[str, Field(max_length=40)] = ""
    version: Version | None = None


class Signing(Model):
    """The factor: the authenticator's code, a passkey's answer to the challenge that was made for this very
    draft (WebAuthn, as JSON), or the password where the account has no second factor."""

    code: Annotated[str, Field(max_length=10)] = ""
    password: Annotated[str, Field(max_length=200)] = ""
    passkey: dict[str, Any] | None = None
    version: Version | None = None
    """Of the draft that the signer has read."""


class SigningWanted(Model):
    """Which draft a passkey shall sign."""

    version: Version | None = None
    """The one that the signer has read; given again with the signature."""


class ItemDecision(Model):
    """The answer to one advice; ``reason`` where it is not adopted."""

    adopted: bool
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARACTERS)] = ""


class Acknowledgement(Model):
    """What the treating side decides; one answer an advice, in their order."""

    adoption: Adoption
    items: Annotated[list[ItemDecision], Field(max_length=MAX_ADVICE_ITEMS)]


class TemplateOffered(Model):
    """A form to fill in, in both languages."""

    code: str
    title: Names
    findings: Names
    advice_zh: list[str]
    advice_en: list[str]


class TemplateList(Model):
    """The forms for this case, the nearest first."""

    templates: list[TemplateOffered]
    next: str | None = None


class OpinionView(Model):
    """An opinion. Times are null and words "" before they are there."""

    state: Literal["draft", "signed"]
    version: int
    findings: str
    advice: list[str]
    critical_value: bool | None
    template: str
    author: str
    author_name: str
    updated_at_ms: int
    shut_gates: list[Gate]
    """What is missing before it can be signed; those of identity and patient are looked at when signing."""
    asked_factors: list[Asked]
    """What is taken from the caller when they sign, the first to be asked for; empty where it is signed, or
    they have nothing."""
    signed_at_ms: int | None
    fingerprint: str
    """SHA-256 of what was signed, in hexadecimal."""
    key_id: str
    factor: str
    adoption: Adoption | Literal[""]
    items: list[ItemDecision]
    adopted_by: str
    adopted_by_name: str
    adopted_at_ms: int | None


class OpinionCheck(Model):
    """Whether what the store holds is what was signed. ``faults`` names what does not fit."""

    is_unaltered: bool
    faults: list[Fault]
    fingerprint: str
    key_id: str
    signed_at_ms: int


class TimelineEvent(Model):
    """One event of the case in the reader's own ledger. ``facts``: what it changed, by ids, words and
    numbers."""

    sequence: int
    at_ms: int
    kind: str
    actor: str
    actor_name: str
    facts: dict[str, Any]
    media_position_ms: int | None
    """Where in the recording it happened; null where nothing was recorded then."""


class Timeline(Model):
    """Everything that happened, oldest first. ``recording`` "": none was made."""

    events: list[TimelineEvent]
    recording: str
    next: str | None = None
