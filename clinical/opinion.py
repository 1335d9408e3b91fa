"""The opinion of a consultation: what it says, what is missing before it can be signed, and what is signed.

Everything in it was written by a person. The software offers headings to fill in (opinion_templates.py) and
refuses to have an unfinished text signed; it never finds, suggests or computes a diagnosis.

The gates, in the order in which a page shows them; every one of them has to be open:

    gate             open when
    identity         who signs has taken the case and has a valid licence
    patient          it is known who the patient is
    findings         findings are written
    advice           at least one piece of advice is written
    blanks           no blank of a template is left
    critical_value   it was answered whether this is a critical value (危急值)
    attachments      every file that was begun has arrived
    ecg              the case has no ECG, or it is complete (domain.md §5.1: signed only at 100 %), or the
                     rest was declared lost (docs/adr/0020)

What is signed is the canonical JSON (RFC 8785) of a Seal: one sequence of bytes for one opinion, which names
the case, what was asked (by its hash), the patient by id, author and licence, the hashes of the attachments,
the head of each side's ledger at that moment, and the factor that was asked for. A change of any of them is
another sequence.

Codes of OpinionRefused: ``opinion_incomplete`` (``missing`` names the gates), ``opinion_too_long``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Literal

import rfc8785

from clinical.errors import OpinionRefused
from clinical.ids import CaseId, InstitutionId, PatientId, PersonId

MAX_FINDINGS_CHARACTERS: Final = 8_000
"""Four printed pages; what is longer belongs into an attachment."""
MAX_ADVICE_ITEMS: Final = 20
"""Each is answered by itself by the treating side."""
MAX_ADVICE_CHARACTERS: Final = 1_000
BLANK: Final = "____"
"""What a template leaves for a person to fill in."""
FORM: Final = "lianzhen-opinion/1"
"""Names the form of what is signed: another order or meaning of fields is another form."""

Factor = Literal["totp", "passkey", "password"]
"""What was given to sign; "password" where an account has no second factor."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an opinion says. ``critical_value`` None: not answered yet; ``template`` "": written freely."""

    findings: str
    advice: tuple[str, ...]
    critical_value: bool | None = None
    template: str = ""


class Gate(StrEnum):
    """What must be there before an opinion can be signed."""

    IDENTITY = "identity"
    PATIENT = "patient"
    FINDINGS = "findings"
    ADVICE = "advice"
    BLANKS = "blanks"
    CRITICAL_VALUE = "critical_value"
    ATTACHMENTS = "attachments"
    ECG = "ecg"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of the case when somebody wants to sign."""

    is_taken_by_author: bool
    has_valid_licence: bool
    is_patient_known: bool
    are_attachments_complete: bool = True
    is_ecg_complete: bool | None = None
    """None: the case has no ECG."""


@dataclass(frozen=True, slots=True)
class SealedAttachment:
    """A file that the opinion rests on; ``sha256`` of its bytes, in hexadecimal."""

    id: str
    kind: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SealedLedger:
    """The end of one side's chain just before the signing: how many events, and the hash of the last."""

    institution: InstitutionId
    size: int
    head: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Everything that one signature covers. ``request_sha256`` stands for the words of the invitation;
    ``ledgers`` are both sides', the inviting one first, or one where they are the same; ``signed_at_ms``
    since the Unix epoch.
    """

    case: CaseId
    serial: str
    request_sha256: str
    patient: PatientId
    inviting: InstitutionId
    invited: InstitutionId
    author: PersonId
    licence: str
    factor: Factor
    content: Content
    attachments: tuple[SealedAttachment, ...]
    ledgers: tuple[SealedLedger, ...]
    signed_at_ms: int


def check_length(content: Content) -> None:
    """Raises OpinionRefused(opinion_too_long); a draft may be unfinished, but not without end."""
    is_long = (
        len(content.findings) > MAX_FINDINGS_CHARACTERS
        or len(content.advice) > MAX_ADVICE_ITEMS
        or any(len(item) > MAX_ADVICE_CHARACTERS for item in content.advice)
    )
    if is_long:
        raise OpinionRefused("opinion_too_long")


def shut_gates(content: Content, standing: Standing) -> tuple[Gate, ...]:
    """Returns the gates that are still shut, in their order; empty: it can be signed."""
    is_open = {
        Gate.IDENTITY: standing.is_taken_by_author and standing.has_valid_licence,
        Gate.PATIENT: standing.is_patient_known,
        Gate.FINDINGS: bool(content.findings.strip()),
        Gate.ADVICE: bool(content.advice) and all(item.strip() for item in content.advice),
        Gate.BLANKS: not any(BLANK in text for text in (content.findings, *content.advice)),
        Gate.CRITICAL_VALUE: content.critical_value is not None,
        Gate.ATTACHMENTS: standing.are_attachments_complete,
        Gate.ECG: standing.is_ecg_complete is not False,
    }
    return tuple(gate for gate in Gate if not is_open[gate])


def check_can_be_signed(content: Content, standing: Standing) -> None:
    """Raises OpinionRefused(opinion_incomplete, opinion_too_long)."""
    check_length(content)
    shut = shut_gates(content, standing)
    if shut:
        raise OpinionRefused("opinion_incomplete", missing=tuple(gate.value for gate in shut))


def content_to_json(content: Content) -> str:
    """Returns the content as the store keeps it."""
    return json.dumps(asdict(content), ensure_ascii=False, separators=(",", ":"))


def content_from_json(text: str) -> Content:
    """Returns what ``content_to_json`` kept. Raises ValueError, KeyError or TypeError for anything else:
    nobody but us writes it.
    """
    return _content(json.loads(text))


def signed_form(seal: Seal) -> bytes:
    """Returns the bytes that are signed: canonical JSON. Equal seals give equal bytes; the attachments stand
    in the order of their ids, whatever order they came in.
    """
    attachments = sorted(seal.attachments, key=lambda one: one.id)
    value: dict[str, Any] = {
        "form": FORM,
        "case": seal.case,
        "serial": seal.serial,
        "request_sha256": seal.request_sha256,
        "patient": seal.patient,
        "inviting": seal.inviting,
        "invited": seal.invited,
        "author": {"person": seal.author, "licence": seal.licence, "factor": seal.factor},
        "opinion": {
            "findings": seal.content.findings,
            "advice": list(seal.content.advice),
            "critical_value": seal.content.critical_value,
            "template": seal.content.template,
        },
        "attachments": [asdict(one) for one in attachments],
        "ledgers": [asdict(one) for one in seal.ledgers],
        "signed_at_ms": seal.signed_at_ms,
    }
    return rfc8785.dumps(value)


def read_signed_form(form: bytes) -> Seal:
    """Returns the seal that was signed. Raises ValueError, KeyError or TypeError where the bytes are not the
    canonical form of one: a changed form is not read at all.
    """
    value: dict[str, Any] = json.loads(form)
    author = value["author"]
    seal = Seal(
        case=CaseId(value["case"]),
        serial=value["serial"],
        request_sha256=value["request_sha256"],
        patient=PatientId(value["patient"]),
        inviting=InstitutionId(value["inviting"]),
        invited=InstitutionId(value["invited"]),
        author=PersonId(author["person"]),
        licence=author["licence"],
        factor=author["factor"],
        content=_content(value["opinion"]),
        attachments=tuple(SealedAttachment(**one) for one in value["attachments"]),
        ledgers=tuple(SealedLedger(**one) for one in value["ledgers"]),
        signed_at_ms=value["signed_at_ms"],
    )
    if signed_form(seal) != form:
        raise ValueError("not the canonical form of an opinion")
    return seal


def fingerprint(form: bytes) -> str:
    """Returns the SHA-256 of a signed form in hexadecimal: what people compare and the ledger names."""
    return hashlib.sha256(form).hexdigest()


def _content(value: Mapping[str, Any]) -> Content:
    return Content(
        findings=value["findings"],
        advice=tuple(value["advice"]),
        critical_value=value["critical_value"],
        template=value["template"],
    )
