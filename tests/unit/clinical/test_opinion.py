"""What is missing before an opinion can be signed, and the bytes that are signed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.errors import OpinionRefused
from clinical.ids import CaseId, InstitutionId, PatientId, PersonId
from clinical.opinion import (
    BLANK,
    MAX_ADVICE_CHARACTERS,
    MAX_ADVICE_ITEMS,
    MAX_FINDINGS_CHARACTERS,
    Content,
    Gate,
    Seal,
    SealedAttachment,
    SealedLedger,
    Standing,
    check_can_be_signed,
    check_length,
    content_from_json,
    content_to_json,
    fingerprint,
    read_signed_form,
    shut_gates,
    signed_form,
)

DONE = Content("下壁导联 ST 段压低", ("复查心电图", "转县医院"), critical_value=False, template="chest_pain")
READY = Standing(is_taken_by_author=True, has_valid_licence=True, is_patient_known=True)
STILL = SealedAttachment("at_2", "still", "cd" * 32)
REPORT = SealedAttachment("at_1", "document", "ab" * 32)
INVITING = SealedLedger(InstitutionId("in_1"), 412, "ef" * 32)
INVITED = SealedLedger(InstitutionId("in_2"), 77, "fe" * 32)
SEAL = Seal(
    case=CaseId("ca_1"),
    serial="S-20261122-0007",
    request_sha256="12" * 32,
    patient=PatientId("pt_1"),
    inviting=InstitutionId("in_1"),
    invited=InstitutionId("in_2"),
    author=PersonId("pe_1"),
    licence="110330000012345",
    factor="totp",
    content=DONE,
    attachments=(STILL, REPORT),
    ledgers=(INVITING, INVITED),
    signed_at_ms=1_763_800_000_000,
)


def test_a_finished_opinion_can_be_signed() -> None:
    assert shut_gates(DONE, READY) == ()
    check_can_be_signed(DONE, READY)


@pytest.mark.parametrize(
    ("content", "standing", "gate"),
    [
        (DONE, replace(READY, is_taken_by_author=False), Gate.IDENTITY),
        (DONE, replace(READY, has_valid_licence=False), Gate.IDENTITY),
        (DONE, replace(READY, is_patient_known=False), Gate.PATIENT),
        (replace(DONE, findings=" \n"), READY, Gate.FINDINGS),
        (replace(DONE, advice=()), READY, Gate.ADVICE),
        (replace(DONE, advice=("复查", " ")), READY, Gate.ADVICE),
        (replace(DONE, findings=f"心率：{BLANK}"), READY, Gate.BLANKS),
        (replace(DONE, advice=(f"复查时间：{BLANK}",)), READY, Gate.BLANKS),
        (replace(DONE, critical_value=None), READY, Gate.CRITICAL_VALUE),
        (DONE, replace(READY, are_attachments_complete=False), Gate.ATTACHMENTS),
        (DONE, replace(READY, is_ecg_complete=False), Gate.ECG),
    ],
)
def test_each_gate_is_shut_by_itself(content: Content, standing: Standing, gate: Gate) -> None:
    assert shut_gates(content, standing) == (gate,)
    with pytest.raises(OpinionRefused) as refused:
        check_can_be_signed(content, standing)
    assert (refused.value.code, refused.value.missing) == ("opinion_incomplete", (gate.value,))


def test_a_complete_ecg_and_none_at_all_open_the_gate() -> None:
    assert shut_gates(DONE, replace(READY, is_ecg_complete=True)) == ()
    assert shut_gates(DONE, replace(READY, is_ecg_complete=None)) == ()


def test_an_empty_draft_names_its_gates_in_their_order() -> None:
    nothing = Standing(is_taken_by_author=False, has_valid_licence=False, is_patient_known=False)
    assert shut_gates(Content("", ()), nothing) == (
        Gate.IDENTITY,
        Gate.PATIENT,
        Gate.FINDINGS,
        Gate.ADVICE,
        Gate.CRITICAL_VALUE,
    )


@pytest.mark.parametrize(
    "content",
    [
        replace(DONE, findings="字" * (MAX_FINDINGS_CHARACTERS + 1)),
        replace(DONE, advice=("复查",) * (MAX_ADVICE_ITEMS + 1)),
        replace(DONE, advice=("字" * (MAX_ADVICE_CHARACTERS + 1),)),
    ],
)
def test_an_opinion_has_an_end(content: Content) -> None:
    for check in (lambda: check_length(content), lambda: check_can_be_signed(content, READY)):
        with pytest.raises(OpinionRefused) as refused:
            check()
        assert refused.value.code == "opinion_too_long"


def test_the_longest_opinion_fits() -> None:
    longest = ("字" * MAX_ADVICE_CHARACTERS,) * MAX_ADVICE_ITEMS
    check_length(Content("字" * MAX_FINDINGS_CHARACTERS, longest))


def test_what_is_signed_is_canonical_and_names_everything() -> None:
    form = signed_form(SEAL)
    assert json.loads(form) == {
        "form": "lianzhen-opinion/1",
        "case": "ca_1",
        "serial": "S-20261122-0007",
        "request_sha256": "12" * 32,
        "patient": "pt_1",
        "inviting": "in_1",
        "invited": "in_2",
        "author": {"person": "pe_1", "licence": "110330000012345", "factor": "totp"},
        "opinion": {
            "findings": "下壁导联 ST 段压低",
            "advice": ["复查心电图", "转县医院"],
            "critical_value": False,
            "template": "chest_pain",
        },
        "attachments": [
            {"id": "at_1", "kind": "document", "sha256": "ab" * 32},
            {"id": "at_2", "kind": "still", "sha256": "cd" * 32},
        ],
        "ledgers": [
            {"institution": "in_1", "size": 412, "head": "ef" * 32},
            {"institution": "in_2", "size": 77, "head": "fe" * 32},
        ],
        "signed_at_ms": 1_763_800_000_000,
    }
    assert form.startswith(b'{"attachments":[{"id":"at_1"')
    # The bytes themselves, so that no later version changes the form of what was once signed.
    assert fingerprint(form) == "e984620dc281d72b1e5c87bb64ce9a211a8dd07591f465edcc407626a2b7c2eb"


def test_the_order_of_the_attachments_does_not_matter() -> None:
    assert signed_form(replace(SEAL, attachments=(REPORT, STILL))) == signed_form(SEAL)


@pytest.mark.parametrize(
    "other",
    [
        replace(SEAL, case=CaseId("ca_2")),
        replace(SEAL, serial="S-20261122-0008"),
        replace(SEAL, patient=PatientId("pt_2")),
        replace(SEAL, inviting=InstitutionId("in_9")),
        replace(SEAL, invited=InstitutionId("in_9")),
        replace(SEAL, author=PersonId("pe_2")),
        replace(SEAL, licence="1"),
        replace(SEAL, factor="password"),
        replace(SEAL, content=replace(DONE, findings="下壁导联 ST 段抬高")),
        replace(SEAL, content=replace(DONE, advice=("转县医院", "复查心电图"))),
        replace(SEAL, content=replace(DONE, critical_value=True)),
        replace(SEAL, content=replace(DONE, template="")),
        replace(SEAL, attachments=(REPORT,)),
        replace(SEAL, attachments=(REPORT, replace(STILL, sha256="ce" * 32))),
        replace(SEAL, request_sha256="13" * 32),
        replace(SEAL, ledgers=(INVITED, INVITING)),
        replace(SEAL, ledgers=(INVITING,)),
        replace(SEAL, ledgers=(replace(INVITING, size=411), INVITED)),
        replace(SEAL, ledgers=(INVITING, replace(INVITED, head="ee" * 32))),
        replace(SEAL, signed_at_ms=1),
    ],
)
def test_a_change_of_anything_is_another_form(other: Seal) -> None:
    assert fingerprint(signed_form(other)) != fingerprint(signed_form(SEAL))


def test_a_signed_form_is_read_back() -> None:
    ordered = replace(SEAL, attachments=(REPORT, STILL))
    assert read_signed_form(signed_form(SEAL)) == ordered


@pytest.mark.parametrize(
    "change",
    [
        lambda form: form + b" ",
        lambda form: form.replace(b"lianzhen-opinion/1", b"lianzhen-opinion/2"),
        lambda form: form.replace(b'"size":412', b'"size":412.0'),
        lambda form: form.replace(b'"serial"', b'"extra":1,"serial"'),
        lambda form: form.replace(b'"advice":[', b'"advice": ['),
        lambda form: form.replace(b'"kind":"still"', b'"kind":"still","note":""'),
        lambda form: form[:-1],
        lambda _: b"{}",
        lambda _: b"[]",
    ],
)
def test_a_form_that_is_not_canonical_is_not_read(change: object) -> None:
    assert callable(change)
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_signed_form(change(signed_form(SEAL)))


WRITING = st.text(st.characters(exclude_categories=("Cs",)))
CONTENTS = st.builds(
    Content, WRITING, st.lists(WRITING).map(tuple), st.sampled_from([None, True, False]), WRITING
)


@given(CONTENTS)
def test_what_was_written_is_kept_and_signed_as_it_is(content: Content) -> None:
    assert content_from_json(content_to_json(content)) == content
    assert read_signed_form(signed_form(replace(SEAL, content=content))).content == content
