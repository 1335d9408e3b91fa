"""The acts of an ECG's report: drafted, signed (报告), reviewed (审核), returned, amended. Each in one unit
of work with its events in the ledgers of both sides (docs/adr/0013).

The samples of the marked strips are read before the unit, as reading takes time; the unit makes sure that the
text is still the one whose strips were read. Samples that are kept never change, and none goes away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from clinical.ecg_report import (
    Report,
    ReportContent,
    ReportSeal,
    ReportStanding,
    SealedStrip,
    Step,
    amend,
    check_can_review,
    check_can_sign,
    fingerprint,
    send_back,
    sign,
    signed_form,
    write,
)
from clinical.ecg_report_form import content_to_json, read_signed_form
from clinical.ids import CaseId, EcgId
from clinical.opinion import Factor
from recording.signing import Signer
from recording.summary import JsonValue
from signaling.api.route import Refusal
from signaling.auth.rights import Caller
from signaling.consult.duty_calls import check_licence
from signaling.consult.opinion_acts import is_patient_known, licence_number, sealed_ledger
from signaling.ecg.critical_acts import call_for_report
from signaling.ecg.critical_rows import find_critical
from signaling.ecg.ecg_chain import chain_ecg_act
from signaling.ecg.ecg_rights import OpenedEcg
from signaling.ecg.opened_ecg import opened_in
from signaling.ecg.report_rights import (
    ReportDeed,
    ReportStands,
    institutions_of,
    reading_institution,
    refuse,
)
from signaling.ecg.report_rows import KeptReport, KeptSignature, add_signature, lock_report, put_report
from signaling.ecg.strip_source import ReadStrip
from signaling.store.store import Unit

_DEEDS: Final[Mapping[Step, ReportDeed]] = {"report": ReportDeed.SIGN, "review": ReportDeed.REVIEW}
_KINDS: Final[Mapping[Step, str]] = {"report": "report.signed", "review": "report.reviewed"}


@dataclass(frozen=True, slots=True)
class ReadContent:
    """A text with its strips as they were read for signing it, in its order."""

    content: ReportContent
    strips: tuple[ReadStrip, ...]

    @property
    def sealed(self) -> tuple[SealedStrip, ...]:
        """Those that are complete."""
        return tuple(one.sealed for one in self.strips if one.sealed is not None)

    @property
    def is_complete(self) -> bool:
        """Whether no sample of any is missing."""
        return not any(one.missing_samples for one in self.strips)


@dataclass(frozen=True, slots=True)
class Signing:
    """What a signature takes besides the report. ``prove`` uses up the factor within the unit; a refusal that
    it returns has counted the wrong try. ``revision``: of the text that the signer has read.
    """

    step: Step
    revision: int
    factor: Factor
    prove: Callable[[Unit], Awaitable[Refusal | None]]
    signer: Signer


async def draft_report(
    unit: Unit, caller: Caller, ecg: EcgId, content: ReportContent, *, read_revision: int | None
) -> KeptReport:
    """Stores a text; one that says the same as the last is no new revision. ``read_revision``: the one that
    the writer had before them, 0 for none; None to write over whatever stands.

    Raises Refusal (not_permitted, ecg_report_changed), EcgReportRefused.
    """
    opened, kept = await _open(unit, caller, ecg, ReportDeed.REPORT)
    if read_revision not in (None, kept.revision):
        raise Refusal("ecg_report_changed", revision=kept.revision)
    report = write(kept.report, content)
    if kept.revision and (kept.author, kept.report) == (caller.person, report):
        return kept
    after = await put_report(
        unit, kept, report, institution=reading_institution(opened), author=caller.person
    )
    _chain(
        unit,
        caller,
        opened,
        after,
        "report.drafted",
        before={"revision": kept.revision},
        after={
            "revision": after.revision,
            "version": report.version,
            "strips": len(content.strips),
            "sha256": _text_sha256(opened, content),
        },
    )
    return after


async def sign_report(
    unit: Unit, caller: Caller, ecg: EcgId, read: ReadContent, signing: Signing
) -> KeptReport | Refusal:
    """Signs a report, first or second, as it stands. The factor is used up only where all else is ready.

    Raises Refusal (not_permitted, licence_missing, licence_expired, ecg_report_changed, ecg_report_altered),
    EcgReportRefused.
    """
    opened, kept = await _open(unit, caller, ecg, _DEEDS[signing.step])
    await check_licence(unit.connection, caller.person, unit.now_ms)
    if signing.revision != kept.revision or read.content != kept.report.content:
        # What they saw is what they sign.
        raise Refusal("ecg_report_changed", revision=kept.revision)
    standing = ReportStanding(
        has_valid_licence=True,
        is_patient_known=await is_patient_known(unit.connection, opened.ecg.patient),
        are_strips_complete=read.is_complete,
        is_simulated=opened.ecg.is_simulated,
    )
    _check(kept.report, caller, signing.step, standing)
    if signing.step == "review":
        _check_same_strips(kept, read)
    refusal = await signing.prove(unit)
    if refusal is not None:
        return refusal
    seal = await _seal(unit, caller, opened, kept.report, read, signing)
    report = sign(kept.report, seal, standing)
    form = signed_form(seal)
    signature = KeptSignature(
        report.signatures[-1],
        form,
        signing.signer.sign(form),
        signing.signer.key_fingerprint,
        signing.factor,
    )
    after = await put_report(unit, kept, report, institution=reading_institution(opened))
    after = await add_signature(unit, after, signature)
    _chain(
        unit,
        caller,
        opened,
        after,
        _KINDS[signing.step],
        after={
            "version": report.version,
            "sha256": fingerprint(form),
            "key": signature.key_id,
            "factor": signing.factor,
            "strips": len(seal.strips),
            "critical_value": bool(seal.content.critical_value),
        },
    )
    if seal.content.critical_value:
        await call_for_report(unit, caller, opened)
    return after


async def return_report(unit: Unit, caller: Caller, ecg: EcgId, reason: str) -> KeptReport:
    """Sends a report back to who signed first. Raises Refusal(not_permitted), EcgReportRefused."""
    opened, kept = await _open(unit, caller, ecg, ReportDeed.RETURN)
    report = send_back(kept.report, caller.person, reason)
    return await _reopen(unit, caller, opened, kept, report, "report.returned")


async def amend_report(unit: Unit, caller: Caller, ecg: EcgId, reason: str) -> KeptReport:
    """Opens a signed report again, as its next version. Raises Refusal(not_permitted), EcgReportRefused."""
    opened, kept = await _open(unit, caller, ecg, ReportDeed.AMEND)
    report = amend(kept.report, reason)
    return await _reopen(unit, caller, opened, kept, report, "report.amended")


async def _open(unit: Unit, caller: Caller, ecg: EcgId, deed: ReportDeed) -> tuple[OpenedEcg, KeptReport]:
    """Returns the ECG and its report, held for writing, with the caller's right to the deed checked."""
    opened = await opened_in(unit, ecg)
    kept = await lock_report(unit, ecg)
    critical = await find_critical(unit.connection, ecg)
    refuse(deed, opened, ReportStands(kept.report, None if critical is None else critical.call), caller)
    return opened, kept


async def _reopen(
    unit: Unit, caller: Caller, opened: OpenedEcg, kept: KeptReport, report: Report, kind: str
) -> KeptReport:
    after = await put_report(unit, kept, report, institution=reading_institution(opened))
    personal = {"reason": report.reason}
    _chain(unit, caller, opened, after, kind, after={"version": report.version}, personal=personal)
    return after


def _check(report: Report, caller: Caller, step: Step, standing: ReportStanding) -> None:
    if step == "report":
        check_can_sign(report, standing)
    else:
        check_can_review(report, caller.person, standing)


def _check_same_strips(kept: KeptReport, read: ReadContent) -> None:
    """The reviewer signs the samples that the first signer saw, or nothing."""
    reported = kept.report.reported
    first = None if reported is None else kept.by_form(reported.form_sha256)
    assert first is not None, "a report to review has a first signature"
    if read_signed_form(first.form).strips != read.sealed:
        raise Refusal("ecg_report_altered", faults=["samples"])


async def _seal(
    unit: Unit, caller: Caller, opened: OpenedEcg, report: Report, read: ReadContent, signing: Signing
) -> ReportSeal:
    ecg, reported = opened.ecg, report.reported
    before = "" if reported is None else reported.form_sha256
    seal = ReportSeal(
        step=signing.step,
        version=report.version,
        ecg=ecg.id,
        serial=ecg.serial,
        case=CaseId(ecg.case),
        patient=ecg.patient,
        institution=reading_institution(opened),
        signer=caller.person,
        licence=await licence_number(unit.connection, caller.person, unit.now_ms),
        factor=signing.factor,
        content=report.content,
        strips=read.sealed,
        ledgers=tuple([await sealed_ledger(unit.connection, each) for each in institutions_of(opened)]),
        signed_at_ms=unit.now_ms,
        reason=report.reason,
    )
    if signing.step == "review":
        return replace(seal, reported_sha256=before)
    return replace(seal, replaces_sha256=before)


def _chain(
    unit: Unit,
    caller: Caller,
    opened: OpenedEcg,
    kept: KeptReport,
    kind: str,
    *,
    before: Mapping[str, JsonValue] | None = None,
    after: Mapping[str, JsonValue],
    personal: Mapping[str, str] | None = None,
) -> None:
    chain_ecg_act(
        unit,
        caller,
        opened.ecg,
        opened.case,
        kind,
        subject={"report": kept.id},
        before=before or {},
        after=after,
        personal=personal or {},
    )


def _text_sha256(opened: OpenedEcg, content: ReportContent) -> str:
    """The hash that stands for a text in the ledger, with the ECG's random id as salt."""
    return hashlib.sha256(f"{opened.ecg.id}\x00{content_to_json(content)}".encode()).hexdigest()
