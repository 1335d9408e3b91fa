"""An ECG's report over HTTP and the real store: text, 报告, 审核, return, amendment, check."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from clinical.ecg_report import samples_sha256
from clinical.ecg_report_form import read_signed_form
from recording.signing import fingerprint, is_signed
from signaling.auth.rights import Caller
from signaling.ecg.report_rows import find_report
from signaling.store import tables as t
from tests.support.reported_ecg import ECG, STRIP, TEXT, ReportedEcg, reported_ecg
from tests.support.taken_case import (
    CASE,
    CLINIC,
    COLLEAGUE,
    HOSPITAL,
    HOSPITAL_SUPERVISOR,
    KEY,
    LI,
    STRANGER,
    WANG,
)

FRAME_IN_STRIP = 100


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[ReportedEcg]:
    async with reported_ecg(tmp_path) as made:
        yield made


# ---- what a reader chooses from ------------------------------------------------------


async def test_statements_and_forms_come_in_both_languages(world: ReportedEcg) -> None:
    offered = (await world.api.ask("GET", "/ecg/statements")).body
    assert (offered["system"], offered["version"]) == ("SCPECG", "1.3")
    rhythm = next(group for group in offered["groups"] if group["group"] == "rhythm")
    assert {"code": "SR", "name": {"zh": "窦性心律", "en": "sinus rhythm"}} in rhythm["statements"]
    forms = (await world.api.ask("GET", "/ecg/report-templates")).body["templates"]
    assert {"free", "normal", "st_change"} <= {form["code"] for form in forms}
    assert all("____" in form["findings"]["zh"] for form in forms)


# ---- the text ------------------------------------------------------------------------


async def test_a_reader_finds_an_empty_draft_and_its_gates(world: ReportedEcg) -> None:
    shown = await world.show()
    assert (shown["state"], shown["revision"], shown["strips"]) == ("drafted", 0, [])
    assert shown["shut_gates"] == ["strips", "conclusion", "critical_value"]
    assert shown["allowed"] == ["report", "sign", "mark_critical"]
    assert shown["asked_factors"] == ["password"]


async def test_a_text_is_kept_and_its_revision_rises_with_each_change(world: ReportedEcg) -> None:
    first = await world.write()
    assert (first.status, first.body["revision"], first.body["shut_gates"]) == (200, 1, [])
    assert (await world.write()).body["revision"] == 1
    assert len(await world.acts(HOSPITAL, "report.drafted")) == 1
    second = await world.write(findings="心率 ____", conclusion="", statements=[])
    assert (second.body["revision"], second.body["shut_gates"]) == (2, ["conclusion", "blanks"])
    assert second.body["strips"] == [{**STRIP, "rate_hz": 500, "missing_samples": 0}]


async def test_who_read_an_older_text_does_not_write_over_a_newer_one(world: ReportedEcg) -> None:
    assert (await world.write(revision=0)).status == 200
    late = await world.write(revision=0, findings="另一页写的")
    assert (late.status, late.code, late.body["revision"]) == (409, "ecg_report_changed", 1)
    signed_late = await world.sign(revision=0)
    assert (signed_late.status, signed_late.code) == (409, "ecg_report_changed")


async def test_both_chains_hold_that_it_was_written_and_not_what_it_says(world: ReportedEcg) -> None:
    await world.write()
    for institution in (CLINIC, HOSPITAL):
        (act,) = await world.acts(institution, "report.drafted")
        assert (act["subject"]["ecg"], act["subject"]["case"]) == (ECG, CASE)
        assert str(TEXT["findings"]) not in str(act)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"strips": [{**STRIP, "end_sample": 5_999}]}, "ecg_report_strip_wrong"),
        ({"statements": ["SR", "SR"]}, "ecg_report_statement_unknown"),
        ({"statements": ["NONE"]}, "ecg_report_statement_unknown"),
        ({"findings": "长" * 8_001}, "bad_request"),
        ({"strips": [STRIP] * 51}, "bad_request"),
    ],
)
async def test_what_cannot_be_a_report_is_refused(
    world: ReportedEcg, changes: dict[str, Any], code: str
) -> None:
    answer = await world.write(**changes)
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize("other", [LI, HOSPITAL_SUPERVISOR, STRANGER])
async def test_only_the_readers_of_the_asked_hospital_write_and_sign(
    world: ReportedEcg, other: Caller
) -> None:
    await world.write()
    for answer in (await world.write(caller=other), await world.sign(caller=other)):
        assert answer.code in ("not_permitted", "not_found")
        assert answer.status in (403, 404)


async def test_what_is_not_signed_is_the_readers_alone(world: ReportedEcg) -> None:
    await world.write()
    answer = await world.ask(LI, "GET", "report")
    assert (answer.status, answer.code) == (404, "ecg_report_missing")
    assert (await world.show(COLLEAGUE))["findings"] == TEXT["findings"]


# ---- 报告 ------------------------------------------------------------------------------


async def test_what_is_signed_covers_samples_marks_text_and_both_ledgers(world: ReportedEcg) -> None:
    await world.write()
    heads = {each: (await world.acts(each))[-1]["sequence"] for each in (CLINIC, HOSPITAL)}
    answer = await world.sign()
    assert (answer.status, answer.body["state"]) == (200, "reported")
    kept = await world.store.read(lambda connection: find_report(connection, ECG))
    (signature,) = kept.signatures
    assert is_signed(KEY.public_key(), signature.form, signature.signature)
    seal = read_signed_form(signature.form)
    (strip,) = seal.strips
    samples = world.frames.samples[1_000:6_000]
    assert strip.sha256 == samples_sha256(samples)
    assert (strip.strip.first_sample, strip.strip.end_sample, strip.strip.rate_hz) == (1_000, 6_000, 500)
    assert (seal.content.findings, seal.content.statements) == (TEXT["findings"], ("SR", "STE"))
    assert (seal.ecg, seal.case, seal.licence, seal.factor) == (ECG, CASE, "110-WANG", "password")
    assert {one.institution: one.size for one in seal.ledgers} == heads
    for institution in (CLINIC, HOSPITAL):
        (act,) = await world.acts(institution, "report.signed")
        assert act["after"]["sha256"] == signature.given.form_sha256
        assert (act["actor"], act["subject"]["ecg"]) == (WANG.person, ECG)
    assert await world.faults() == []


async def test_the_treating_side_reads_what_was_signed(world: ReportedEcg) -> None:
    await world.write()
    await world.sign()
    shown = await world.show(LI)
    assert (shown["state"], shown["findings"], shown["allowed"]) == ("reported", TEXT["findings"], [])
    assert [one["person_name"] for one in shown["signatures"]] == ["王敏"]
    await world.ask(COLLEAGUE, "POST", "report/return", {"reason": "量错"})
    await world.write(findings="还没签")
    assert (await world.show(LI))["findings"] == TEXT["findings"]
    assert (await world.show(LI))["reason"] == ""


@pytest.mark.parametrize(("change", "gate"), [("lost", "ecg"), ("simulated", "measured")])
async def test_nobody_signs_an_ecg_that_is_incomplete_or_made(
    world: ReportedEcg, change: str, gate: str
) -> None:
    await world.write()
    if change == "lost":
        world.frames.lost.add(FRAME_IN_STRIP)
    else:
        await world.change(t.ecg, source="simulator")
    answer = await world.sign()
    assert (answer.status, answer.code, answer.body["missing"]) == (409, "ecg_report_incomplete", [gate])
    assert await world.acts(HOSPITAL, "report.signed") == []


async def test_a_page_says_what_is_missing_until_it_has_come(world: ReportedEcg) -> None:
    world.frames.lost.add(FRAME_IN_STRIP)
    shown = (await world.write()).body
    assert (shown["strips"][0]["missing_samples"], shown["shut_gates"]) == (20, ["ecg"])
    world.frames.lost.clear()
    shown = await world.show()
    assert (shown["strips"][0]["missing_samples"], shown["shut_gates"]) == (0, [])
    assert (await world.sign()).status == 200


async def test_a_hole_beside_the_strips_keeps_nobody_from_signing(world: ReportedEcg) -> None:
    world.frames.lost.add(0)
    await world.write()
    assert (await world.sign()).status == 200


async def test_a_disk_that_refuses_is_told(world: ReportedEcg) -> None:
    world.frames.is_readable = False
    answer = await world.write()
    assert (answer.status, answer.code) == (500, "ecg_unreadable")


async def test_an_ecg_that_has_not_begun_has_no_strips(tmp_path: Path) -> None:
    async with reported_ecg(tmp_path, descriptor=None, source="") as world:
        assert (await world.write()).code == "ecg_report_strip_wrong"
        assert (await world.write(strips=[])).status == 200


async def test_who_has_no_valid_licence_signs_nothing(world: ReportedEcg) -> None:
    await world.change(t.licence, valid_until_ms=world.now_ms)
    assert (await world.write()).body["shut_gates"] == ["identity"]
    answer = await world.sign()
    assert (answer.status, answer.code) == (403, "licence_expired")


async def test_an_erased_patient_leaves_nobody_to_sign_for(world: ReportedEcg) -> None:
    await world.change(t.patient, state="erased")
    assert (await world.write()).body["shut_gates"] == ["patient"]
    assert (await world.sign()).body["missing"] == ["patient"]


async def test_a_wrong_password_signs_nothing_and_counts(world: ReportedEcg) -> None:
    await world.write()
    answer = await world.sign(password="wrong horse battery")
    assert (answer.status, answer.code) == (401, "password_wrong")
    needed = await world.sign(code="123456")
    assert (needed.status, needed.code, needed.body["factor"]) == (403, "sign_factor_needed", "password")
    assert (await world.show())["state"] == "drafted"


async def test_who_has_no_passkey_is_told_so(world: ReportedEcg) -> None:
    await world.write()
    body = {"kind": "report", "revision": 1}
    answer = await world.ask(WANG, "POST", "report/sign/options", body)
    assert answer.code in ("second_factor_unknown", "passkey_needs_name")
    answer = await world.ask(WANG, "POST", "report/sign/options", {**body, "kind": "review"})
    assert answer.code == "ecg_report_state"
    answer = await world.sign(passkey={"id": "none"})
    assert answer.code in ("sign_factor_needed", "passkey_needs_name")


# ---- 审核 ------------------------------------------------------------------------------


async def test_a_second_person_reviews_and_names_the_first_signature(world: ReportedEcg) -> None:
    await world.write()
    first = (await world.sign()).body["signatures"][0]["fingerprint"]
    answer = await world.review()
    assert (answer.status, answer.body["state"]) == (200, "reviewed")
    assert [one["step"] for one in answer.body["signatures"]] == ["report", "review"]
    kept = await world.store.read(lambda connection: find_report(connection, ECG))
    assert kept.newest is not None
    assert read_signed_form(kept.newest.form).reported_sha256 == first
    assert [act["actor"] for act in await world.acts(CLINIC, "report.reviewed")] == [COLLEAGUE.person]
    assert await world.faults() == []
    assert (await world.show())["allowed"] == ["amend", "mark_critical"]


async def test_nobody_reviews_or_returns_their_own_report(world: ReportedEcg) -> None:
    await world.write()
    await world.sign()
    own = await world.review(caller=WANG)
    assert (own.status, own.code) == (409, "ecg_report_same_person")
    returned = await world.ask(WANG, "POST", "report/return", {"reason": "改"})
    assert (returned.status, returned.code) == (409, "ecg_report_same_person")
    assert await world.acts(HOSPITAL, "report.reviewed") == []


async def test_nothing_is_reviewed_before_it_is_signed_or_twice(world: ReportedEcg) -> None:
    await world.write()
    assert (await world.review()).code == "ecg_report_state"
    await world.sign()
    assert (await world.sign(caller=COLLEAGUE)).code == "ecg_report_state"
    await world.review()
    assert (await world.review()).code == "ecg_report_state"


async def test_the_reviewer_signs_the_samples_that_the_first_signer_saw(world: ReportedEcg) -> None:
    await world.write()
    await world.sign()
    world.frames.samples[2_000] += 1
    answer = await world.review()
    assert (answer.status, answer.code, answer.body["faults"]) == (409, "ecg_report_altered", ["samples"])


async def test_a_returned_report_is_changed_and_signed_again(world: ReportedEcg) -> None:
    await world.write()
    first = (await world.sign()).body["signatures"][0]["fingerprint"]
    assert (await world.ask(COLLEAGUE, "POST", "report/return", {"reason": " "})).code == (
        "ecg_report_reason_missing"
    )
    returned = await world.ask(COLLEAGUE, "POST", "report/return", {"reason": "V4 也抬高"})
    assert (returned.body["state"], returned.body["version"], returned.body["reason"]) == (
        "returned",
        2,
        "V4 也抬高",
    )
    (act,) = await world.acts(CLINIC, "report.returned")
    assert "V4 也抬高" not in str(act)
    await world.write(findings="V3–V5 ST 段抬高")
    signed = (await world.sign(revision=2)).body
    assert (signed["state"], signed["reason"], len(signed["signatures"])) == ("reported", "", 2)
    kept = await world.store.read(lambda connection: find_report(connection, ECG))
    assert kept.newest is not None
    seal = read_signed_form(kept.newest.form)
    assert (seal.replaces_sha256, seal.reason, seal.version) == (first, "V4 也抬高", 2)


async def test_an_amendment_keeps_what_was_signed(world: ReportedEcg) -> None:
    await world.write()
    await world.sign()
    await world.review()
    amended = await world.ask(WANG, "POST", "report/amend", {"reason": "补充对比"})
    assert (amended.body["state"], amended.body["version"]) == ("amending", 2)
    assert await world.faults() == []
    await world.write(conclusion="与 2025 年比较，ST 段抬高为新出现")
    assert (await world.show(LI))["conclusion"] == TEXT["conclusion"]
    await world.sign(revision=2)
    shown = (await world.review(revision=2)).body
    assert [(one["step"], one["version"]) for one in shown["signatures"]] == [
        ("report", 1),
        ("review", 1),
        ("report", 2),
        ("review", 2),
    ]
    assert len(await world.acts(HOSPITAL, "report.amended")) == 1


# ---- without a case, after a kill, altered -------------------------------------------


async def test_an_ecg_without_a_case_is_read_where_it_is_taken(tmp_path: Path) -> None:
    async with reported_ecg(tmp_path, has_case=False, institution=HOSPITAL) as world:
        await world.write()
        assert (await world.sign()).status == 200
        assert (await world.review()).body["state"] == "reviewed"
        assert (await world.ask(LI, "GET", "report")).code == "not_found"
        assert len(await world.acts(HOSPITAL, "report.signed")) == 1
        assert await world.acts(CLINIC, "report.signed") == []
        assert await world.faults() == []


async def test_a_kill_between_the_two_signatures_loses_nothing(tmp_path: Path) -> None:
    async with reported_ecg(tmp_path) as world:
        await world.write()
        signed = (await world.sign()).body
    # The service is killed here: nothing of the report was in memory only.
    async with reported_ecg(tmp_path, is_new=False, clock=world.clock) as again:
        shown = await again.show(COLLEAGUE)
        assert (shown["state"], shown["signatures"]) == ("reported", signed["signatures"])
        reviewed = (await again.review()).body
        assert (reviewed["state"], len(reviewed["signatures"])) == ("reviewed", 2)
        assert await again.faults() == []


async def test_a_change_behind_the_service_shows(world: ReportedEcg) -> None:
    await world.write()
    await world.sign()
    world.frames.samples[5_999, 3] -= 1
    assert await world.faults() == ["samples"]
    world.frames.samples[5_999, 3] += 1
    await world.change(t.ecg_report, content='{"strips":[],"statements":[]}')
    assert await world.faults() == ["text"]


async def test_an_altered_signature_shows_whatever_was_altered(world: ReportedEcg) -> None:
    await world.write()
    await world.sign()
    await world.review()
    s = t.ecg_report_signature
    await world.change(s, key_id="another")
    assert (await world.faults())[0] == "key"
    await world.change(s, signature=bytes(64))
    kept = await world.store.read(lambda connection: find_report(connection, ECG))
    assert kept.newest is not None
    await world.change(s, key_id=fingerprint(KEY.public_key()))
    assert await world.faults() == ["signature", "first"]
    await world.change(s, signed_form=b"{}")
    assert await world.faults() == ["signature", "form"]
    assert (await world.ask(LI, "GET", "report")).code == "ecg_report_missing"


async def test_an_ecg_of_another_serial_or_a_shorter_ledger_shows(world: ReportedEcg) -> None:
    await world.write()
    await world.sign()
    await world.change(t.ecg, serial="E-0")
    assert await world.faults() == ["ecg"]
    await world.change(t.event, kind="report.drafted")
    assert await world.faults() == ["ecg", "ledger"]


async def test_each_look_is_chained_once_in_a_while(world: ReportedEcg) -> None:
    await world.show()
    await world.show()
    (act,) = await world.acts(CLINIC, "ecg.viewed")
    assert act["after"] == {"what": "report"}
