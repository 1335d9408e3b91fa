"""An ECG's report: who may write and sign it when, and what a signature covers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clinical.ecg_report import (
    MAX_REASON_CHARACTERS,
    MAX_STATEMENTS,
    MAX_STRIPS,
    MAX_TEXT_CHARACTERS,
    TRANSITIONS,
    Report,
    ReportAct,
    ReportContent,
    ReportGate,
    ReportSeal,
    ReportSignature,
    ReportStanding,
    ReportState,
    SealedStrip,
    Strip,
    amend,
    check_can_review,
    check_can_sign,
    fingerprint,
    next_state,
    possible_acts,
    samples_sha256,
    send_back,
    shut_gates,
    sign,
    signed_form,
    write,
)
from clinical.ecg_statements import STATEMENTS
from clinical.errors import EcgReportRefused
from clinical.ids import CaseId, EcgId, InstitutionId, PatientId, PersonId
from clinical.opinion import SealedLedger

WANG, ZHAO = PersonId("pe_wang"), PersonId("pe_zhao")
STRIP = Strip(epoch=2, first_sample=40_000, end_sample=45_000, rate_hz=500)
CONTENT = ReportContent(
    strips=(STRIP,),
    statements=("SR", "STE"),
    findings="Ⅱ、Ⅲ、aVF",
    conclusion="请结合临床",
    critical_value=False,
)
READY = ReportStanding(
    has_valid_licence=True, is_patient_known=True, are_strips_complete=True, is_simulated=False
)
SEALED = SealedStrip(STRIP, ("I", "II"), 2_500, True, "ab" * 32)
LEDGERS = (
    SealedLedger(InstitutionId("in_a"), 411, "cd" * 32),
    SealedLedger(InstitutionId("in_b"), 7, "ef" * 32),
)


def draft() -> Report:
    return write(Report(), CONTENT)


def seal_of(report: Report, **fields: Any) -> ReportSeal:
    before = report.reported.form_sha256 if report.reported else ""
    seal = ReportSeal(
        step="report",
        version=report.version,
        ecg=EcgId("ec_1"),
        case=CaseId("ca_1"),
        serial="C-20261122-0001",
        patient=PatientId("pt_1"),
        institution=InstitutionId("in_b"),
        signer=WANG,
        licence="110",
        factor="passkey",
        content=report.content,
        strips=(SEALED,),
        ledgers=LEDGERS,
        signed_at_ms=1_800_000_000_000,
        replaces_sha256=before,
        reason=report.reason,
    )
    return replace(seal, **fields)


def review_of(report: Report, **fields: Any) -> ReportSeal:
    assert report.reported
    named = {
        "step": "review",
        "signer": ZHAO,
        "replaces_sha256": "",
        "reported_sha256": report.reported.form_sha256,
        **fields,
    }
    return seal_of(report, **named)


def reported() -> Report:
    return sign(draft(), seal_of(draft()), READY)


def reviewed() -> Report:
    return sign(reported(), review_of(reported()), READY)


def refusal(act: Any, *arguments: Any) -> str:
    with pytest.raises(EcgReportRefused) as refused:
        act(*arguments)
    return refused.value.code


def test_it_is_written_signed_and_reviewed_by_a_second_person() -> None:
    report = Report()
    assert (report.state, report.version, report.reported) == (ReportState.DRAFTED, 1, None)
    report = draft()
    check_can_sign(report, READY)
    first = seal_of(report)
    report = sign(report, first, READY)
    given = ReportSignature("report", 1, WANG, fingerprint(signed_form(first)), first.signed_at_ms)
    assert (report.state, report.signatures, report.reported) == (ReportState.REPORTED, (given,), given)
    check_can_review(report, ZHAO, READY)
    second = review_of(report)
    report = sign(report, second, READY)
    assert report.state is ReportState.REVIEWED
    assert report.signatures[1] == ReportSignature(
        "review", 1, ZHAO, fingerprint(signed_form(second)), second.signed_at_ms
    )
    assert report.reported == given


def test_nobody_reviews_or_returns_their_own_report() -> None:
    assert refusal(check_can_review, reported(), WANG, READY) == "ecg_report_same_person"
    assert refusal(sign, reported(), review_of(reported(), signer=WANG), READY) == "ecg_report_same_person"
    assert refusal(send_back, reported(), WANG, "x") == "ecg_report_same_person"
    check_can_review(replace(reported(), signatures=()), WANG, READY)
    assert send_back(replace(reported(), signatures=()), WANG, "x").state is ReportState.RETURNED


def test_a_returned_report_is_signed_again_as_its_next_version() -> None:
    returned = send_back(reported(), ZHAO, "V3 未描述")
    assert (returned.state, returned.version, returned.reason) == (ReportState.RETURNED, 2, "V3 未描述")
    changed = write(returned, replace(CONTENT, findings="V3 ST"))
    again = sign(changed, seal_of(changed), READY)
    assert (again.state, again.version, again.reason) == (ReportState.REPORTED, 2, "")
    assert [one.version for one in again.signatures] == [1, 2]
    assert again.reported == again.signatures[1]


def test_a_signed_report_is_amended_never_taken_back() -> None:
    for signed in (reported(), reviewed()):
        opened = amend(signed, "补充诊断")
        assert (opened.state, opened.version) == (ReportState.AMENDING, 2)
        changed = write(opened, replace(CONTENT, conclusion="更正"))
        seal = seal_of(changed)
        assert signed.reported
        assert (seal.replaces_sha256, seal.reason) == (signed.reported.form_sha256, "补充诊断")
        again = sign(changed, seal, READY)
        assert again.state is ReportState.REPORTED
        assert again.signatures[: len(signed.signatures)] == signed.signatures
        assert sign(again, review_of(again), READY).state is ReportState.REVIEWED
    assert all(possible_acts(state) for state in ReportState)


@pytest.mark.parametrize("reason", ["", "  "])
def test_opening_it_again_needs_a_reason(reason: str) -> None:
    assert refusal(amend, reviewed(), reason) == "ecg_report_reason_missing"
    assert refusal(send_back, reported(), ZHAO, reason) == "ecg_report_reason_missing"
    assert refusal(amend, reviewed(), "x" * (MAX_REASON_CHARACTERS + 1)) == "ecg_report_too_long"


@pytest.mark.parametrize("state", list(ReportState))
@pytest.mark.parametrize("act", list(ReportAct))
def test_what_is_not_in_the_table_is_refused(state: ReportState, act: ReportAct) -> None:
    if (state, act) in TRANSITIONS:
        assert next_state(state, act) is TRANSITIONS[state, act]
        assert act in possible_acts(state)
    else:
        assert refusal(next_state, state, act) == "ecg_report_state"
        assert act not in possible_acts(state)


def test_what_is_signed_is_not_written_on() -> None:
    assert refusal(write, reported(), CONTENT) == "ecg_report_state"
    assert refusal(write, reviewed(), CONTENT) == "ecg_report_state"
    assert refusal(check_can_sign, reported(), READY) == "ecg_report_state"
    assert refusal(check_can_review, draft(), ZHAO, READY) == "ecg_report_state"


@pytest.mark.parametrize(
    ("content", "standing", "gate"),
    [
        (CONTENT, replace(READY, has_valid_licence=False), ReportGate.IDENTITY),
        (CONTENT, replace(READY, is_patient_known=False), ReportGate.PATIENT),
        (replace(CONTENT, strips=()), READY, ReportGate.STRIPS),
        (replace(CONTENT, statements=(), conclusion=" "), READY, ReportGate.CONCLUSION),
        (replace(CONTENT, findings="PR ____ ms"), READY, ReportGate.BLANKS),
        (replace(CONTENT, conclusion="____"), READY, ReportGate.BLANKS),
        (replace(CONTENT, critical_value=None), READY, ReportGate.CRITICAL_VALUE),
        (CONTENT, replace(READY, are_strips_complete=False), ReportGate.ECG),
        (CONTENT, replace(READY, is_simulated=True), ReportGate.MEASURED),
    ],
)
def test_every_gate_keeps_both_signatures_away(
    content: ReportContent, standing: ReportStanding, gate: ReportGate
) -> None:
    assert shut_gates(content, standing) == (gate,)
    for report, act in (
        (replace(draft(), content=content), lambda one: check_can_sign(one, standing)),
        (replace(reported(), content=content), lambda one: check_can_review(one, ZHAO, standing)),
    ):
        with pytest.raises(EcgReportRefused) as refused:
            act(report)
        assert (refused.value.code, refused.value.missing) == ("ecg_report_incomplete", (gate.value,))


def test_a_statement_or_a_conclusion_will_do() -> None:
    assert shut_gates(replace(CONTENT, statements=()), READY) == ()
    assert shut_gates(replace(CONTENT, conclusion=""), READY) == ()


@pytest.mark.parametrize(
    "strip",
    [
        replace(STRIP, end_sample=44_999),
        replace(STRIP, end_sample=39_999),
        replace(STRIP, epoch=-1),
        replace(STRIP, first_sample=-1),
        replace(STRIP, rate_hz=0),
    ],
)
def test_a_strip_has_ten_seconds_of_a_stream(strip: Strip) -> None:
    assert refusal(write, Report(), replace(CONTENT, strips=(strip,))) == "ecg_report_strip_wrong"
    assert refusal(check_can_sign, Report(content=replace(CONTENT, strips=(strip,))), READY) == (
        "ecg_report_strip_wrong"
    )


def test_a_strip_may_be_the_whole_session_but_there_are_not_endlessly_many() -> None:
    day = replace(STRIP, first_sample=0, end_sample=86_400 * 500)
    assert write(Report(), replace(CONTENT, strips=(day,) * MAX_STRIPS)).content.strips[0] == day
    code = refusal(write, Report(), replace(CONTENT, strips=(day,) * (MAX_STRIPS + 1)))
    assert code == "ecg_report_strip_wrong"


def test_statements_come_from_the_catalogue_each_once() -> None:
    for codes in (("SR", "STEMI"), ("SR", "SR")):
        code = refusal(write, Report(), replace(CONTENT, statements=codes))
        assert code == "ecg_report_statement_unknown"


def test_nothing_is_endless() -> None:
    many = tuple(statement.code for statement in STATEMENTS[: MAX_STATEMENTS + 1])
    long = "x" * (MAX_TEXT_CHARACTERS + 1)
    for content in (
        replace(CONTENT, statements=many),
        replace(CONTENT, findings=long),
        replace(CONTENT, conclusion=long),
    ):
        assert refusal(write, Report(), content) == "ecg_report_too_long"
    assert write(Report(), replace(CONTENT, statements=many[1:])).content.statements == many[1:]


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"content": replace(CONTENT, findings="other")},
        {"strips": ()},
        {"strips": (replace(SEALED, strip=replace(STRIP, end_sample=46_000)),)},
        {"reported_sha256": "00"},
        {"replaces_sha256": "00"},
        {"reason": "x"},
    ],
)
def test_a_seal_of_another_report_is_ours_to_get_right(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="another report"):
        sign(draft(), seal_of(draft(), **wrong), READY)


def test_a_review_covers_what_the_first_signer_signed() -> None:
    with pytest.raises(ValueError, match="another report"):
        sign(reported(), review_of(reported(), reported_sha256="00" * 32), READY)


CHANGES: dict[str, Any] = {
    "step": "review",
    "version": 2,
    "ecg": "ec_2",
    "case": "ca_2",
    "serial": "C-2",
    "patient": "pt_2",
    "institution": "in_a",
    "signer": ZHAO,
    "licence": "111",
    "factor": "totp",
    "content": replace(CONTENT, critical_value=True),
    "strips": (replace(SEALED, sha256="ac" * 32),),
    "ledgers": LEDGERS[:1],
    "signed_at_ms": 1_800_000_000_001,
    "reported_sha256": "01",
    "replaces_sha256": "02",
    "reason": "why",
}


def test_a_signature_covers_every_field() -> None:
    seal = seal_of(draft())
    forms = {signed_form(replace(seal, **{name: value})) for name, value in CHANGES.items()}
    assert set(CHANGES) == set(ReportSeal.__dataclass_fields__)
    assert len(forms | {signed_form(seal)}) == len(CHANGES) + 1
    for changed in (
        replace(SEALED, leads=("I", "III")),
        replace(SEALED, resolution_nv=5_000),
        replace(SEALED, is_diagnostic=False),
        *(replace(SEALED, strip=replace(STRIP, **{name: 9})) for name in Strip.__dataclass_fields__),
    ):
        assert signed_form(replace(seal, strips=(changed,))) != signed_form(seal)
    for name, value in (
        ("statements", ("STE", "SR")),
        ("findings", ""),
        ("conclusion", ""),
        ("template", "t"),
    ):
        content = replace(CONTENT, **{name: value})
        assert signed_form(replace(seal, content=content)) != signed_form(seal)


def test_the_form_is_canonical_and_says_what_it_is() -> None:
    form = signed_form(seal_of(draft()))
    value = json.loads(form)
    assert value["form"] == "lianzhen-ecg-report/1"
    assert value["signer"] == {"person": "pe_wang", "licence": "110", "factor": "passkey"}
    assert value["strips"] == [
        {
            "epoch": 2,
            "first_sample": 40_000,
            "end_sample": 45_000,
            "rate_hz": 500,
            "leads": ["I", "II"],
            "resolution_nv": 2_500,
            "is_diagnostic": True,
            "sha256": "ab" * 32,
        }
    ]
    assert value["ledgers"][0] == {"institution": "in_a", "size": 411, "head": "cd" * 32}
    assert form == signed_form(seal_of(draft()))


def test_samples_hash_the_same_however_they_lie_in_memory() -> None:
    samples = np.array([[1, -2], [3, 4]], np.int32)
    assert samples_sha256(samples) == samples_sha256(np.asfortranarray(samples))
    assert samples_sha256(samples) == fingerprint(bytes.fromhex("01000000feffffff0300000004000000"))
    assert samples_sha256(samples) != samples_sha256(samples.T)
