"""The report of an ECG: its strips, its statements, and the two signatures under it.

    state      meaning                                                  a person can
    drafted    being written                                            write, sign it (报告)
    reported   signed by who read it                                    review, return, amend it
    returned   the reviewer wants it changed, and said why              write, sign it again
    reviewed   signed by a second person (审核)                         amend it
    amending   a signed report is being changed, with a reason          write, sign it again

A report that was signed is never taken back, only followed by its next version: each signature says which
one it replaces, and the old stay readable. So no state is an end. What is not in TRANSITIONS is refused and
changes nothing.

Every word and every statement is a person's choice; the software computes none. The gates of a signature:

    gate             open when
    identity         who signs has a valid licence
    patient          it is known who the patient is
    strips           at least one strip is marked (10 s to the whole session)
    conclusion       a statement is chosen or a conclusion is written
    blanks           no blank of a template is left
    critical_value   it was answered whether this is a critical value (危急值)
    ecg              no sample of the marked strips is missing from the truth lane
    measured         no strip was made by a simulator

What is signed is the canonical JSON (RFC 8785) of a Seal: the strips with the hashes of their samples, the
marks, the words, the heads of the ledgers; for a review also the hash of the form that the first signer
signed.

Codes of EcgReportRefused: ``ecg_report_state`` (the act is not possible now), ``ecg_report_incomplete``
(``missing`` names the gates), ``ecg_report_strip_wrong``, ``ecg_report_statement_unknown``,
``ecg_report_too_long``, ``ecg_report_reason_missing``, ``ecg_report_same_person`` (nobody reviews their own
report).

Sources: domain.md §4.2 (two-step sign), §5.1 (signed only at 100 %); interface.md (signature step,
simulated).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Literal

import numpy as np
import rfc8785

from clinical.ecg_statements import unknown_codes
from clinical.errors import EcgReportRefused
from clinical.ids import CaseId, EcgId, InstitutionId, PatientId, PersonId
from clinical.opinion import BLANK, Factor, SealedLedger
from media_server.ecg.frame import Samples

LEAST_STRIP_S: Final = 10
"""A resting ECG's page; shorter ones show no rhythm."""
MAX_STRIPS: Final = 50
"""Five minutes in pages of 10 s with room: more is the whole session, which is one strip."""
MAX_STATEMENTS: Final = 30
MAX_TEXT_CHARACTERS: Final = 8_000
"""As of an opinion's findings: four printed pages."""
MAX_REASON_CHARACTERS: Final = 500
FORM: Final = "lianzhen-ecg-report/1"
"""Names the form of what is signed: another order or meaning of fields is another form."""


class ReportState(StrEnum):
    """Where a report stands."""

    DRAFTED = "drafted"
    REPORTED = "reported"
    RETURNED = "returned"
    REVIEWED = "reviewed"
    AMENDING = "amending"


class ReportAct(StrEnum):
    """What can happen to a report."""

    WRITE = "write"
    SIGN = "sign"
    """报告."""
    REVIEW = "review"
    """审核."""
    RETURN = "return"
    """By the reviewer, with a reason."""
    AMEND = "amend"
    """A signed report is opened again, with a reason."""


_S, _A = ReportState, ReportAct

TRANSITIONS: Final[Mapping[tuple[ReportState, ReportAct], ReportState]] = {
    (_S.DRAFTED, _A.WRITE): _S.DRAFTED,
    (_S.DRAFTED, _A.SIGN): _S.REPORTED,
    (_S.REPORTED, _A.REVIEW): _S.REVIEWED,
    (_S.REPORTED, _A.RETURN): _S.RETURNED,
    (_S.REPORTED, _A.AMEND): _S.AMENDING,
    (_S.RETURNED, _A.WRITE): _S.RETURNED,
    (_S.RETURNED, _A.SIGN): _S.REPORTED,
    (_S.REVIEWED, _A.AMEND): _S.AMENDING,
    (_S.AMENDING, _A.WRITE): _S.AMENDING,
    (_S.AMENDING, _A.SIGN): _S.REPORTED,
}


@dataclass(frozen=True, slots=True)
class Strip:
    """Samples that the report rests on, as the reader marked them."""

    epoch: int
    """How often the device's counter had begun anew."""
    first_sample: int
    end_sample: int
    """The first after it."""
    rate_hz: int

    @property
    def is_possible(self) -> bool:
        """Whether it is long enough and lies within an epoch."""
        is_somewhere = min(self.epoch, self.first_sample) >= 0 and self.rate_hz > 0
        return is_somewhere and self.end_sample - self.first_sample >= LEAST_STRIP_S * self.rate_hz


@dataclass(frozen=True, slots=True)
class ReportContent:
    """What a report says. ``critical_value`` None: not answered yet; ``template`` "": written freely."""

    strips: tuple[Strip, ...] = ()
    statements: tuple[str, ...] = ()
    """Codes of ecg_statements.py, in the reader's order."""
    findings: str = ""
    conclusion: str = ""
    critical_value: bool | None = None
    template: str = ""


class ReportGate(StrEnum):
    """What must be there before a report can be signed; in the order in which a page shows them."""

    IDENTITY = "identity"
    PATIENT = "patient"
    STRIPS = "strips"
    CONCLUSION = "conclusion"
    BLANKS = "blanks"
    CRITICAL_VALUE = "critical_value"
    ECG = "ecg"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class ReportStanding:
    """What is true when somebody wants to sign. The last two speak of all marked strips."""

    has_valid_licence: bool
    is_patient_known: bool
    are_strips_complete: bool
    is_simulated: bool


Step = Literal["report", "review"]


@dataclass(frozen=True, slots=True)
class ReportSignature:
    """One that was given: whose, to which version, over which form."""

    step: Step
    version: int
    person: PersonId
    form_sha256: str
    signed_at_ms: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it stands."""

    state: ReportState = ReportState.DRAFTED
    version: int = 1
    """Of what is written now; the next one begins when a signed one is opened again."""
    content: ReportContent = field(default_factory=ReportContent)
    signatures: tuple[ReportSignature, ...] = ()
    """All that were ever given, the oldest first."""
    reason: str = ""
    """Why it was returned or is being amended."""

    @property
    def reported(self) -> ReportSignature | None:
        """The newest signature of who read it; None before the first."""
        return next((one for one in reversed(self.signatures) if one.step == "report"), None)


@dataclass(frozen=True, slots=True)
class SealedStrip:
    """A strip and what its samples are; without leads and resolution the numbers would mean nothing."""

    strip: Strip
    leads: tuple[str, ...]
    resolution_nv: int
    is_diagnostic: bool
    """False: 仅供监护, and the report says so."""
    sha256: str
    """Of ``samples_sha256``."""


@dataclass(frozen=True, slots=True)
class ReportSeal:
    """Everything that one signature covers. ``strips`` are those of the content, in its order; ``ledgers``
    as in an opinion's seal.
    """

    step: Step
    version: int
    ecg: EcgId
    serial: str
    case: CaseId
    """"" where the ECG was sent in without a consultation."""
    patient: PatientId
    institution: InstitutionId
    signer: PersonId
    licence: str
    factor: Factor
    content: ReportContent
    strips: tuple[SealedStrip, ...]
    ledgers: tuple[SealedLedger, ...]
    signed_at_ms: int
    reported_sha256: str = ""
    """Of a review: the form that the first signer signed."""
    replaces_sha256: str = ""
    """Of a later version: the form that it replaces."""
    reason: str = ""
    """Of a later version: why."""


def next_state(state: ReportState, act: ReportAct) -> ReportState:
    """Returns where the act leads. Raises EcgReportRefused(ecg_report_state)."""
    following = TRANSITIONS.get((state, act))
    if following is None:
        raise EcgReportRefused("ecg_report_state")
    return following


def possible_acts(state: ReportState) -> frozenset[ReportAct]:
    """Returns the acts that lead on from a state."""
    return frozenset(act for (before, act) in TRANSITIONS if before is state)


def write(report: Report, content: ReportContent) -> Report:
    """Returns the report with other words; a draft may be unfinished, but not impossible. Raises
    EcgReportRefused.
    """
    state = next_state(report.state, ReportAct.WRITE)
    _check_content(content)
    return replace(report, state=state, content=content)


def shut_gates(content: ReportContent, standing: ReportStanding) -> tuple[ReportGate, ...]:
    """Returns what still keeps a report from being signed, in the order of a page; none: it can be."""
    texts = content.findings, content.conclusion
    is_open = {
        ReportGate.IDENTITY: standing.has_valid_licence,
        ReportGate.PATIENT: standing.is_patient_known,
        ReportGate.STRIPS: bool(content.strips),
        ReportGate.CONCLUSION: bool(content.statements or content.conclusion.strip()),
        ReportGate.BLANKS: not any(BLANK in text for text in texts),
        ReportGate.CRITICAL_VALUE: content.critical_value is not None,
        ReportGate.ECG: standing.are_strips_complete,
        ReportGate.MEASURED: not standing.is_simulated,
    }
    return tuple(gate for gate, is_gate_open in is_open.items() if not is_gate_open)


def check_can_sign(report: Report, standing: ReportStanding) -> None:
    """Raises EcgReportRefused where the first signature cannot be given (报告)."""
    next_state(report.state, ReportAct.SIGN)
    _check_gates(report, standing)


def check_can_review(report: Report, person: PersonId, standing: ReportStanding) -> None:
    """Raises EcgReportRefused where somebody cannot give the second signature (审核)."""
    next_state(report.state, ReportAct.REVIEW)
    if report.reported and report.reported.person == person:
        raise EcgReportRefused("ecg_report_same_person")
    _check_gates(report, standing)


def sign(report: Report, seal: ReportSeal, standing: ReportStanding) -> Report:
    """Returns the report with the first or the second signature, as the seal says. Raises EcgReportRefused,
    and ValueError where the seal is not this report's: ours to get right.
    """
    if seal.step == "report":
        check_can_sign(report, standing)
    else:
        check_can_review(report, seal.signer, standing)
    expected = replace(seal, **_expected(report, seal.step))
    if seal != expected or tuple(one.strip for one in seal.strips) != report.content.strips:
        raise ValueError("the seal is of another report")
    act = ReportAct.SIGN if seal.step == "report" else ReportAct.REVIEW
    given = ReportSignature(
        seal.step, seal.version, seal.signer, fingerprint(signed_form(seal)), seal.signed_at_ms
    )
    return replace(
        report,
        state=next_state(report.state, act),
        signatures=(*report.signatures, given),
        reason="",
    )


def send_back(report: Report, person: PersonId, reason: str) -> Report:
    """Returns the report as its reviewer sends it back. Raises EcgReportRefused."""
    state = next_state(report.state, ReportAct.RETURN)
    if report.reported and report.reported.person == person:
        raise EcgReportRefused("ecg_report_same_person")
    return replace(report, state=state, version=report.version + 1, reason=_checked(reason))


def amend(report: Report, reason: str) -> Report:
    """Returns the report opened again, as its next version. Raises EcgReportRefused."""
    state = next_state(report.state, ReportAct.AMEND)
    return replace(report, state=state, version=report.version + 1, reason=_checked(reason))


def samples_sha256(samples: Samples) -> str:
    """Returns the SHA-256, in hexadecimal, of a strip's samples: int32, little endian, one row a sampling
    instant, the leads in the device's order. The same for every frame and file that they came in.
    """
    return hashlib.sha256(np.ascontiguousarray(samples, "<i4").tobytes()).hexdigest()


def signed_form(seal: ReportSeal) -> bytes:
    """Returns the bytes that are signed: canonical JSON. Equal seals give equal bytes."""
    value: dict[str, Any] = {
        "form": FORM,
        "step": seal.step,
        "version": seal.version,
        "ecg": seal.ecg,
        "serial": seal.serial,
        "case": seal.case,
        "patient": seal.patient,
        "institution": seal.institution,
        "signer": {"person": seal.signer, "licence": seal.licence, "factor": seal.factor},
        "report": {
            "statements": list(seal.content.statements),
            "findings": seal.content.findings,
            "conclusion": seal.content.conclusion,
            "critical_value": seal.content.critical_value,
            "template": seal.content.template,
        },
        "strips": [
            {
                **asdict(one.strip),
                "leads": list(one.leads),
                "resolution_nv": one.resolution_nv,
                "is_diagnostic": one.is_diagnostic,
                "sha256": one.sha256,
            }
            for one in seal.strips
        ],
        "ledgers": [asdict(one) for one in seal.ledgers],
        "reported_sha256": seal.reported_sha256,
        "replaces_sha256": seal.replaces_sha256,
        "reason": seal.reason,
        "signed_at_ms": seal.signed_at_ms,
    }
    return rfc8785.dumps(value)


def fingerprint(form: bytes) -> str:
    """Returns the SHA-256 of a signed form in hexadecimal: what people compare and the ledger names."""
    return hashlib.sha256(form).hexdigest()


def _expected(report: Report, step: Step) -> dict[str, Any]:
    """What a seal must say of the report that it is under."""
    reported = report.reported
    form_sha256 = reported.form_sha256 if reported else ""
    return {
        "version": report.version,
        "content": report.content,
        "reported_sha256": form_sha256 if step == "review" else "",
        "replaces_sha256": form_sha256 if step == "report" else "",
        "reason": report.reason,
    }


def _check_gates(report: Report, standing: ReportStanding) -> None:
    _check_content(report.content)
    shut = shut_gates(report.content, standing)
    if shut:
        raise EcgReportRefused("ecg_report_incomplete", missing=tuple(gate.value for gate in shut))


def _check_content(content: ReportContent) -> None:
    if len(content.strips) > MAX_STRIPS or not all(strip.is_possible for strip in content.strips):
        raise EcgReportRefused("ecg_report_strip_wrong")
    if unknown_codes(content.statements) or len(set(content.statements)) < len(content.statements):
        raise EcgReportRefused("ecg_report_statement_unknown")
    texts = content.findings, content.conclusion
    if len(content.statements) > MAX_STATEMENTS or max(map(len, texts)) > MAX_TEXT_CHARACTERS:
        raise EcgReportRefused("ecg_report_too_long")


def _checked(reason: str) -> str:
    if not reason.strip():
        raise EcgReportRefused("ecg_report_reason_missing")
    if len(reason) > MAX_REASON_CHARACTERS:
        raise EcgReportRefused("ecg_report_too_long")
    return reason
