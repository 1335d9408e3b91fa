"""What the API takes and gives about reports and critical values of ECGs.

GET  /ecg/statements · /ecg/report-templates     what a reader chooses from
GET  /ecg/critical-values                        those that nobody has heard yet, here
GET  /ecgs/{id}/report                           the text (readers) or what was signed last (everybody else)
PUT  /ecgs/{id}/report                           writes the text anew
POST /ecgs/{id}/report/sign/options              what a browser is asked so that a passkey signs
POST /ecgs/{id}/report/sign · review             the first signature (报告), the second (审核)
POST /ecgs/{id}/report/return · amend            opens it again, with a reason
GET  /ecgs/{id}/report/check · report.pdf        whether it is unaltered; the paper
POST /ecgs/{id}/critical · critical/acknowledge · critical/withdraw
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from clinical.critical_value import MAX_NAME_CHARACTERS, CriticalState
from clinical.critical_value import MAX_REASON_CHARACTERS as MAX_WITHDRAWAL_CHARACTERS
from clinical.ecg_report import (
    MAX_REASON_CHARACTERS,
    MAX_STATEMENTS,
    MAX_STRIPS,
    MAX_TEXT_CHARACTERS,
    ReportGate,
    ReportState,
    Step,
)
from clinical.ecg_statements import StatementGroup
from media_server.ecg.frame import MAX_COUNT
from signaling.api.consultation_models import Names
from signaling.api.route import Model
from signaling.auth.fresh_factor import Asked
from signaling.ecg.report_rights import ReportDeed
from signaling.ecg.report_verdict import ReportFault

Revision = Annotated[int, Field(ge=0, le=10**9)]
_Sample = Annotated[int, Field(ge=0, le=MAX_COUNT)]
_Text = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)]


class StripMarked(Model):
    """Samples that the report rests on, as the reader marked them; ``end_sample`` is the first after them."""

    epoch: Annotated[int, Field(ge=0, le=65_535)]
    first_sample: _Sample
    end_sample: _Sample


class ReportDraft(Model):
    """A text; it may be unfinished. ``revision``: the one that the writer read, 0 for none; where another has
    been saved since, it is refused. null writes over whatever stands."""

    strips: Annotated[list[StripMarked], Field(max_length=MAX_STRIPS)] = Field(default_factory=list)
    statements: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=MAX_STATEMENTS)] = (
        Field(default_factory=list)
    )
    findings: _Text = ""
    conclusion: _Text = ""
    critical_value: bool | None = None
    template: Annotated[str, Field(max_length=40)] = ""
    revision: Revision | None = None


class ReportSigning(Model):
    """The factor, as with an opinion, and the revision of the text that the signer has read."""

    code: Annotated[str, Field(max_length=10)] = ""
    password: Annotated[str, Field(max_length=200)] = ""
    passkey: dict[str, Any] | None = None
    revision: Revision


class ReportSigningWanted(Model):
    """Which text a passkey shall sign, and which signature it shall be."""

    kind: Step
    revision: Revision


class ReportReason(Model):
    """Why a report is returned or amended."""

    reason: Annotated[str, Field(max_length=MAX_REASON_CHARACTERS)] = ""


class CriticalHeard(Model):
    """``heard_by``: who of the treating side heard it by phone; "" where the caller has heard it."""

    heard_by: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)] = ""


class CriticalWithdrawal(Model):
    """Why it is none."""

    reason: Annotated[str, Field(max_length=MAX_WITHDRAWAL_CHARACTERS)] = ""


class StatementOffered(Model):
    """A statement that a reader can choose."""

    code: str
    name: Names


class StatementGroupOffered(Model):
    """Statements under a heading, in the order of a report."""

    group: StatementGroup
    statements: list[StatementOffered]


class StatementList(Model):
    """All statements. ``system`` and ``version`` name the codes."""

    system: str
    version: str
    groups: list[StatementGroupOffered]
    next: str | None = None


class ReportTemplateOffered(Model):
    """A form to fill in, in both languages, and the statements that it begins with."""

    code: str
    title: Names
    statements: list[str]
    findings: Names
    conclusion: Names


class ReportTemplateList(Model):
    """All forms."""

    templates: list[ReportTemplateOffered]
    next: str | None = None


class StripShown(Model):
    """A strip as it stands now; ``missing_samples`` 0: complete."""

    epoch: int
    first_sample: int
    end_sample: int
    rate_hz: int
    missing_samples: int


class ReportSignatureShown(Model):
    """A signature that was given. ``fingerprint``: SHA-256 of what was signed, in hexadecimal."""

    step: Step
    version: int
    person: str
    person_name: str
    signed_at_ms: int
    fingerprint: str
    key_id: str
    factor: str


class CalledForCritical(Model):
    """Somebody who is called."""

    person: str
    person_name: str


class HeardShown(Model):
    """Who heard it. ``person`` "": by phone, written down by ``written_by``."""

    name: str
    person: str
    written_by: str
    written_by_name: str
    at_ms: int


class CriticalView(Model):
    """A critical value as it stands. Times are milliseconds since the Unix epoch."""

    id: str
    ecg: str
    ecg_serial: str
    patient: str
    patient_name: str
    state: CriticalState
    marked_by: str
    marked_by_name: str
    marked_at_ms: int
    stage: int
    """1 treating side, 2 its second line, 3 the phone, 4 supervisors."""
    rounds: int
    called: list[CalledForCritical]
    is_called: bool
    """Whether the reader of this is."""
    phone: str
    """Of the treating side, once it is to be shown; "" before, or where none is known."""
    next_step_at_ms: int | None
    unheard_ms: int
    """How long it took until it was heard, or has taken so far."""
    heard: HeardShown | None
    reason: str
    """Why it was taken back."""


class CriticalList(Model):
    """Those that nobody has heard yet, the longest waiting first."""

    critical_values: list[CriticalView]
    next: str | None = None


class ReportView(Model):
    """A report. For its readers the text as it is written; for everybody else what was signed last. Times are
    null and words "" before they are there."""

    ecg: str
    state: ReportState
    version: int
    revision: int
    strips: list[StripShown]
    statements: list[str]
    findings: str
    conclusion: str
    critical_value: bool | None
    template: str
    reason: str
    author: str
    author_name: str
    updated_at_ms: int
    shut_gates: list[ReportGate]
    """What is missing before the caller can sign; empty for who does not."""
    asked_factors: list[Asked]
    """What is taken from the caller when they sign, the first to be asked for."""
    signatures: list[ReportSignatureShown]
    """All that were ever given, the oldest first."""
    allowed: list[ReportDeed]
    critical: CriticalView | None


class ReportCheck(Model):
    """Whether what the store and the disk hold is what was signed. ``faults`` names what does not fit."""

    is_unaltered: bool
    faults: list[ReportFault]
    fingerprint: str
    key_id: str
    step: Literal["report", "review"]
    signed_at_ms: int
