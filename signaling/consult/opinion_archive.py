"""A case as both sides file it: the request, the people, the consents, the opinion, the trail. A value.

The paper (opinion_pdf.py) and the bundle (fhir_bundle.py) are made of it and of nothing else, so that equal
archives give equal bytes. Times are milliseconds since the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinical.adoption import Adoption, ItemAnswer
from clinical.consent import Consent
from clinical.ids import InstitutionId, PatientId, PersonId
from clinical.opinion import Content, fingerprint
from signaling.consult.cases import Case


@dataclass(frozen=True, slots=True)
class Side:
    """One institution. ``kind``: hospital, township_clinic, ambulance_station."""

    id: InstitutionId
    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Professional:
    """Somebody who took part. ``licence``: the one under their signature, "" for who has not signed."""

    id: PersonId
    institution: InstitutionId
    name: str
    title: str = ""
    specialty: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class FiledPatient:
    """Whom it is about, as the inviting side knows them. Personal fields are empty once erased."""

    id: PatientId
    name: str
    card_number: str
    sex: str
    birth_year: int | None


@dataclass(frozen=True, slots=True)
class FiledAttachment:
    """A file of the case; ``sha256`` of its bytes, in hexadecimal."""

    id: str
    person: str
    kind: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class FiledSignature:
    """What was signed (``form``: canonical JSON), by which key, with which factor."""

    form: bytes
    signature: bytes
    key_id: str
    factor: str
    at_ms: int

    @property
    def fingerprint(self) -> str:
        """Of what was signed, in hexadecimal."""
        return fingerprint(self.form)


@dataclass(frozen=True, slots=True)
class FiledAdoption:
    """What the treating side decided, one answer an advice."""

    adoption: Adoption
    items: tuple[ItemAnswer, ...]
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class FiledOpinion:
    """The opinion; ``version`` of its draft rises with each change. ``signature`` None: not signed yet."""

    id: str
    author: PersonId
    version: int
    content: Content
    updated_at_ms: int
    signature: FiledSignature | None = None
    adoption: FiledAdoption | None = None


@dataclass(frozen=True, slots=True)
class FiledLoss:
    """That somebody declared the rest of an ECG of the case lost. ``missing_ms`` is what is known to be
    missing now, ``is_come`` whether all of it has come since.
    """

    serial: str
    at_ms: int
    by: str
    reason: str
    missing_ms: int
    is_end_known: bool
    is_come: bool


@dataclass(frozen=True, slots=True)
class FiledEvent:
    """One event of the case in the reader's own ledger; ``fields`` is its line, parsed."""

    fields: Mapping[str, Any]
    hash_hex: str


@dataclass(frozen=True, slots=True)
class Archive:
    """Everything that is filed of a case."""

    case: Case
    patient: FiledPatient
    inviting: Side
    invited: Side
    people: Mapping[str, Professional]
    """Whoever did something in it or was there, by id; also who only looked in."""
    participants: tuple[str, ...]
    """The inviting doctor, the expert, the host, and whoever was admitted."""
    devices: Mapping[str, str]
    """The names of the devices that took part, by id."""
    consents: tuple[Consent, ...]
    """Every answer of this case, oldest first."""
    attachments: tuple[FiledAttachment, ...]
    opinion: FiledOpinion | None
    events: tuple[FiledEvent, ...]
    """In the reader's own ledger, oldest first."""
    losses: tuple[FiledLoss, ...] = ()
    """Oldest ECG first."""

    def side(self, institution: str) -> Side:
        """Returns one of both sides."""
        return self.invited if institution == self.invited.id else self.inviting

    def person_name(self, person: str) -> str:
        """Returns what somebody is called, "" for who is not known here."""
        found = self.people.get(person)
        return "" if found is None else found.name
