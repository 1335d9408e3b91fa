"""Draft, signature, decision (domain.md §5.1 at 5:00 and 5:20) over HTTP and the real store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from fhir.resources.R4B.bundle import Bundle
from sqlalchemy import insert

from clinical.consultation import ConsultationKind
from clinical.opinion import read_signed_form
from recording.signing import is_signed
from signaling.auth.sign_in import LOCK_MS, MAX_TRIES
from signaling.consult.opinion_rows import find_opinion
from signaling.store import tables as t
from signaling.store.store import Unit
from tests.support.authenticator import Authenticator
from tests.support.taken_case import (
    ADVICE,
    CASE,
    CLINIC,
    CLINIC_SUPERVISOR,
    COLLEAGUE,
    FINDINGS,
    HOSPITAL,
    HOSPITAL_SUPERVISOR,
    KEY,
    LI,
    PASSWORD,
    STRANGER,
    WANG,
    TakenCase,
    taken_case,
)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[TakenCase]:
    async with taken_case(tmp_path) as made:
        yield made


# ---- the draft ---------------------------------------------------------------------------------------------


async def test_a_draft_is_kept_and_its_version_rises_with_each_change(world: TakenCase) -> None:
    first = await world.draft(findings="胸闷")
    assert (first.status, first.body["version"], first.body["state"]) == (200, 1, "draft")
    assert first.body["shut_gates"] == []
    second = await world.draft(findings="胸闷", advice=[], critical_value=None)
    assert (second.body["version"], second.body["shut_gates"]) == (2, ["advice", "critical_value"])
    shown = (await world.get("opinion")).body
    assert (shown["findings"], shown["advice"], shown["author_name"]) == ("胸闷", [], "王敏")


async def test_what_says_the_same_is_no_new_version_and_no_event(world: TakenCase) -> None:
    await world.draft()
    again = await world.draft()
    assert again.body["version"] == 1
    assert len(await world.acts(HOSPITAL, "opinion.drafted")) == 1


async def test_who_read_an_older_version_does_not_write_over_a_newer_one(world: TakenCase) -> None:
    assert (await world.draft(version=0)).status == 200
    late = await world.draft(findings="另一页写的", version=0)
    assert (late.status, late.code, late.body["version"]) == (409, "opinion_changed", 1)
    assert (await world.draft(findings="看过再写", version=1)).body["version"] == 2
    signed_late = await world.sign(password=PASSWORD, version=1)
    assert (signed_late.status, signed_late.code) == (409, "opinion_changed")


async def test_a_draft_is_its_authors_alone(world: TakenCase) -> None:
    await world.draft()
    for other in (LI, COLLEAGUE, HOSPITAL_SUPERVISOR):
        assert (await world.get("opinion", caller=other)).code == "opinion_missing"


async def test_both_chains_hold_that_it_was_drafted_and_not_what_it_says(world: TakenCase) -> None:
    await world.draft()
    for institution in (CLINIC, HOSPITAL):
        (act,) = await world.acts(institution, "opinion.drafted")
        assert act["subject"]["case"] == CASE
        assert act["after"]["version"] == 1
        assert FINDINGS not in str(act)


async def test_an_opinion_without_end_is_refused(world: TakenCase) -> None:
    assert (await world.draft(findings="长" * 8001)).status == 400
    assert (await world.draft(advice=["一"] * 21)).status == 400


@pytest.mark.parametrize("other", [COLLEAGUE, LI])
async def test_only_the_expert_who_took_the_case_writes_and_signs(world: TakenCase, other: object) -> None:
    await world.draft()
    for answer in (await world.draft(caller=other), await world.sign(caller=other)):  # type: ignore[arg-type]
        assert (answer.status, answer.code) == (403, "not_permitted")


async def test_templates_come_nearest_first(world: TakenCase) -> None:
    offered = (await world.get("opinion/templates")).body["templates"]
    assert offered[0]["code"] == "chest_pain"
    assert offered[0]["title"] == {"zh": "胸痛、胸闷", "en": "Chest pain"}
    assert len(offered[0]["advice_zh"]) == len(offered[0]["advice_en"])


# ---- the signature -----------------------------------------------------------------------------------------


async def test_what_is_signed_covers_opinion_files_case_and_both_ledgers(world: TakenCase) -> None:
    digest = await world.attach("ecg", at_ms=1)
    await world.draft()
    heads = {each: (await world.acts(each))[-1]["sequence"] for each in (CLINIC, HOSPITAL)}
    answer = await world.sign()
    assert (answer.status, answer.body["state"]) == (200, "signed")
    opinion = await world.store.read(lambda connection: find_opinion(connection, CASE))
    assert opinion is not None and opinion.signature is not None
    assert is_signed(KEY.public_key(), opinion.signature.form, opinion.signature.signature)
    seal = read_signed_form(opinion.signature.form)
    assert (seal.content.findings, seal.content.advice) == (FINDINGS, ADVICE)
    assert [(one.id, one.sha256) for one in seal.attachments] == [("at_ecg", digest)]
    assert (seal.licence, seal.factor, seal.signed_at_ms) == ("110-WANG", "password", world.now_ms)
    assert {one.institution: one.size for one in seal.ledgers} == heads
    shown = (await world.get("opinion", caller=LI)).body
    assert (shown["state"], shown["fingerprint"]) == ("signed", opinion.signature.fingerprint)
    assert answer.body["opinion"]["fingerprint"] == opinion.signature.fingerprint


async def test_both_chains_name_the_fingerprint_and_the_key(world: TakenCase) -> None:
    await world.draft()
    await world.sign()
    shown = (await world.get("opinion")).body
    for institution in (CLINIC, HOSPITAL):
        (act,) = await world.acts(institution, "opinion.signed")
        assert (act["after"]["sha256"], act["after"]["key"]) == (shown["fingerprint"], shown["key_id"])
        assert act["actor"] == WANG.person
    assert [case.id for case in world.changed][-1] == CASE


async def test_an_unfinished_opinion_cannot_be_signed_and_says_what_is_missing(world: TakenCase) -> None:
    nothing = await world.sign()
    assert (nothing.status, nothing.code) == (409, "opinion_incomplete")
    assert nothing.body["missing"] == ["findings", "advice", "critical_value"]
    await world.draft(findings="体温：____", critical_value=None)
    answer = await world.sign()
    assert answer.body["missing"] == ["blanks", "critical_value"]


async def test_an_expired_licence_cannot_sign(world: TakenCase) -> None:
    await world.draft()
    await world.change(t.licence, valid_until_ms=world.now_ms)
    answer = await world.sign()
    assert (answer.status, answer.code) == (403, "licence_expired")


async def test_without_a_licence_on_file_nobody_signs(world: TakenCase) -> None:
    await world.draft()
    await world.change(t.licence, kind="nurse")
    answer = await world.sign()
    assert (answer.status, answer.code) == (403, "licence_missing")
    assert "没有你的有效执业证" in answer.body["detail"]
    assert await world.acts(HOSPITAL, "opinion.signed") == []


async def test_another_experts_draft_cannot_be_signed_as_ones_own(world: TakenCase) -> None:
    await world.draft()
    await world.change(t.opinion, author=COLLEAGUE.person)
    assert (await world.sign()).body["missing"] == ["identity"]


async def test_an_erased_patient_leaves_nobody_to_sign_for(world: TakenCase) -> None:
    await world.draft()
    await world.change(t.patient, state="erased")
    assert (await world.sign()).body["missing"] == ["patient"]


async def test_an_opinion_waits_until_the_ecgs_of_its_case_are_complete(world: TakenCase) -> None:
    await world.draft()
    ecg = {"institution": CLINIC, "patient": "pt_1", "case_id": CASE, "person": LI.person}
    ecg |= {"urgency": "routine", "state": "ended", "created_at_ms": 1, "updated_at_ms": 1}
    rows = [
        ecg | {"id": f"ec_{number}", "serial": str(number), "is_complete": number == 1} for number in (1, 2)
    ]

    async def work(unit: Unit) -> None:
        await unit.connection.execute(insert(t.ecg), rows)

    await world.store.write(work)
    answer = await world.sign()
    assert (answer.status, answer.body["missing"]) == (409, ["ecg"])
    await world.change(t.ecg, is_complete=True)
    assert (await world.sign()).body["is_ecg_complete"] is True


async def test_a_signed_opinion_is_neither_drafted_nor_signed_again(world: TakenCase) -> None:
    await world.draft()
    await world.sign()
    for answer in (await world.draft(findings="改"), await world.sign()):
        assert (answer.status, answer.code) == (409, "consultation_state")


# ---- the factor --------------------------------------------------------------------------------------------


async def test_an_account_with_an_app_is_asked_for_its_code_and_not_for_its_password(
    world: TakenCase,
) -> None:
    await world.enrol_totp()
    assert (await world.draft()).body["asked_factors"] == ["totp"]
    answer = await world.sign(password=PASSWORD)
    assert (answer.status, answer.code, answer.body["factor"]) == (403, "sign_factor_needed", "totp")
    assert (await world.sign(code=world.code())).body["state"] == "signed"
    assert (await world.get("opinion")).body["factor"] == "totp"


async def test_a_code_signs_once(world: TakenCase) -> None:
    await world.enrol_totp()
    await world.draft()
    code = world.code()
    await world.change(t.account, totp_last_step=world.now_ms // 30_000)
    assert (await world.sign(code=code)).code == "code_wrong"


async def test_without_a_factor_nothing_is_signed_and_nothing_counted(world: TakenCase) -> None:
    await world.draft()
    answer = await world.sign(code="123456")
    assert (answer.code, answer.body["factor"]) == ("sign_factor_needed", "password")
    assert await world.acts(HOSPITAL, "session.refused") == []


async def test_five_wrong_tries_lock_the_account_as_signing_in_does(world: TakenCase) -> None:
    await world.draft()
    for left in reversed(range(MAX_TRIES)):
        answer = await world.sign(password="wrong horse battery")
        assert (answer.status, answer.code, answer.body["tries_left"]) == (401, "password_wrong", left)
    answer = await world.sign()
    assert (answer.status, answer.code) == (423, "account_locked")
    assert len(await world.acts(HOSPITAL, "account.locked")) == 1
    assert (await world.get("opinion")).body["state"] == "draft"
    world.clock.advance_ms(LOCK_MS)
    assert (await world.sign()).body["state"] == "signed"


async def test_a_right_factor_forgets_the_wrong_tries(world: TakenCase) -> None:
    await world.enrol_totp()
    await world.draft()
    assert (await world.sign(code="000000")).body["tries_left"] == MAX_TRIES - 1
    assert (await world.sign(code=world.code())).status == 200
    rows = await world.store.read(lambda connection: connection.execute(t.account.select()))
    assert rows.one().wrong_tries == 0


async def test_a_passkey_signs_the_draft_that_it_was_asked_for(world: TakenCase) -> None:
    site = urlsplit(world.api.url)
    # A page's name, which an address alone is not.
    origin = f"{site.scheme}://localhost:{site.port}"
    key = Authenticator(origin, "localhost")
    await world.enrol_passkey(key)
    draft = (await world.draft()).body
    assert draft["asked_factors"] == ["passkey"]
    read = {"version": draft["version"]}
    asked = f"/consultations/{CASE}/opinion/sign"
    nameless = await world.api.ask("POST", f"{asked}/options", read)
    assert nameless.code == "passkey_needs_name"
    options = await world.api.ask("POST", f"{asked}/options", read, headers={"Origin": origin})
    proof = key.get(options.body["options"])
    other = await world.api.ask("POST", asked, {"passkey": proof, "version": 0}, headers={"Origin": origin})
    assert other.code == "challenge_gone"
    options = await world.api.ask("POST", f"{asked}/options", read, headers={"Origin": origin})
    given = {"passkey": key.get(options.body["options"]), **read}
    assert (await world.api.ask("POST", asked, given, headers={"Origin": origin})).body["state"] == "signed"
    assert (await world.get("opinion")).body["factor"] == "passkey"
    assert await world.check() == []


async def test_nobody_else_is_asked_to_sign(world: TakenCase) -> None:
    asked = f"/consultations/{CASE}/opinion/sign/options"
    refused = await world.api.ask("POST", asked, {}, caller=COLLEAGUE)
    assert (refused.status, refused.code) == (403, "not_permitted")


async def test_an_unfinished_opinion_uses_no_factor_up(world: TakenCase) -> None:
    await world.enrol_totp()
    await world.draft(critical_value=None)
    code = world.code()
    assert (await world.sign(code=code)).code == "opinion_incomplete"
    await world.draft()
    assert (await world.sign(code=code)).status == 200


async def test_an_account_without_any_factor_is_told_so(world: TakenCase) -> None:
    await world.change(t.account, password_hash="")
    assert (await world.draft()).body["asked_factors"] == []
    answer = await world.sign()
    assert (answer.status, answer.code) == (409, "sign_factor_missing")


# ---- the decision ------------------------------------------------------------------------------------------


async def test_the_treating_side_decides_and_the_case_closes(world: TakenCase) -> None:
    await world.draft()
    await world.sign()
    answer = await world.acknowledge(
        "part", {"adopted": True}, {"adopted": True}, {"adopted": False, "reason": "患者不愿转诊"}
    )
    assert (answer.status, answer.body["state"], answer.body["adoption"]) == (200, "closed", "part")
    for institution in (CLINIC, HOSPITAL):
        kinds = [act["kind"] for act in await world.acts(institution)]
        assert kinds[-3:] == ["opinion.signed", "opinion.acknowledged", "session.ended"]
        (act,) = await world.acts(institution, "opinion.acknowledged")
        assert (act["after"]["adoption"], act["after"]["adopted"], act["after"]["advice"]) == ("part", 2, 3)
        assert "患者不愿转诊" not in str(act)
    shown = (await world.get("opinion")).body
    assert shown["items"][2] == {"adopted": False, "reason": "患者不愿转诊"}
    assert (shown["adopted_by_name"], shown["adopted_at_ms"]) == ("李明", world.now_ms)


@pytest.mark.parametrize(
    ("adoption", "items", "code"),
    [
        ("full", [{"adopted": True}], "adoption_items_wrong"),
        ("none", [{"adopted": True}] * 3, "adoption_contradicts"),
        ("none", [{"adopted": False, "reason": " "}] * 3, "adoption_reason_missing"),
    ],
)
async def test_a_decision_that_contradicts_itself_is_none(
    world: TakenCase, adoption: str, items: list[dict[str, object]], code: str
) -> None:
    await world.draft()
    await world.sign()
    answer = await world.acknowledge(adoption, *items)
    assert (answer.status, answer.code) == (400, code)


async def test_nothing_is_acknowledged_before_it_is_signed_nor_by_the_expert(world: TakenCase) -> None:
    await world.draft()
    assert (await world.acknowledge()).code == "consultation_state"
    await world.sign()
    assert (await world.acknowledge(caller=WANG)).status == 403


# ---- who reads ---------------------------------------------------------------------------------------------


async def test_both_sides_and_their_supervisors_read_and_strangers_find_nothing(world: TakenCase) -> None:
    await world.draft()
    await world.sign()
    for reader in (LI, WANG, COLLEAGUE, CLINIC_SUPERVISOR, HOSPITAL_SUPERVISOR):
        for what in ("opinion", "opinion/check", "timeline"):
            assert (await world.get(what, caller=reader)).status == 200, (reader.name, what)
    for what in ("opinion", "opinion/check", "timeline", "opinion/templates"):
        assert (await world.get(what, caller=STRANGER)).status == 404


async def test_an_offline_case_is_signed_the_same_way(tmp_path: Path) -> None:
    async with taken_case(tmp_path, kind=ConsultationKind.OFFLINE) as world:
        await world.draft()
        assert (await world.sign()).body["state"] == "signed"


# ---- the check ---------------------------------------------------------------------------------------------


async def test_an_untouched_opinion_is_unaltered_before_and_after_the_decision(world: TakenCase) -> None:
    await world.attach("ecg", at_ms=1)
    await world.draft()
    assert (await world.get("opinion/check")).code == "opinion_missing"
    await world.sign()
    assert await world.check() == []
    await world.acknowledge()
    assert await world.check() == []


async def test_a_forged_text_request_file_or_signature_is_found(world: TakenCase) -> None:
    await world.attach("ecg", at_ms=1)
    await world.draft()
    await world.sign()
    opinion = await world.store.read(lambda connection: find_opinion(connection, CASE))
    assert opinion is not None and opinion.signature is not None
    form, signature = opinion.signature.form, opinion.signature.signature
    forged = '{"findings":"一切正常","advice":["回家"],"critical_value":false,"template":""}'
    cases = [
        (t.opinion, {"content": forged}, ["text"]),
        (t.consultation, {"reason": "感冒"}, ["request"]),
        (t.attachment, {"sha256": "cd" * 32}, ["attachments"]),
        (t.opinion, {"author": COLLEAGUE.person}, ["case"]),
        (t.opinion, {"signature": bytes([signature[0] ^ 1]) + signature[1:]}, ["signature"]),
        (t.opinion, {"key_id": "sha256:00"}, ["key"]),
        (t.opinion, {"signed_form": form[:-1]}, ["signature", "form"]),
        (t.opinion, {"signed_form": form.replace(b"300 mg", b"900 mg")}, ["signature", "text", "ledger"]),
        (t.event, {"hash": b"\x00" * 32}, ["ledger"]),
    ]
    for table, values, faults in cases:
        query = table.select()
        rows = await world.store.read(lambda connection, query=query: connection.execute(query))
        before = {row[0]: row._mapping for row in rows}
        await world.change(table, **values)
        assert await world.check() == faults, values
        if table is not t.event:
            (kept,) = before.values()
            await world.change(table, **{name: kept[name] for name in values})
            assert await world.check() == []


async def test_a_file_whose_bytes_are_gone_or_others_is_found(world: TakenCase, tmp_path: Path) -> None:
    digest = await world.attach("ecg", at_ms=1)
    await world.draft()
    await world.sign()
    place = tmp_path / "attachments" / digest[:2] / digest
    place.write_bytes(b"another")
    assert await world.check() == ["attachments"]
    place.unlink()
    assert await world.check() == ["attachments"]
    assert (await world.get("opinion.pdf")).code == "opinion_altered"


async def test_a_file_slipped_in_before_the_signing_is_found_and_a_later_one_is_none_of_it(
    world: TakenCase,
) -> None:
    await world.draft()
    await world.sign()
    await world.attach("later", at_ms=world.now_ms + 1)
    assert await world.check() == []
    await world.attach("earlier", at_ms=world.now_ms - 1)
    assert await world.check() == ["attachments"]


# ---- the paper


async def test_both_sides_take_the_same_paper(world: TakenCase) -> None:
    await world.draft()
    assert (await world.get("opinion.pdf")).code == "opinion_missing"
    await world.sign()
    papers = [await world.content("opinion.pdf", caller=reader) for reader in (LI, WANG, HOSPITAL_SUPERVISOR)]
    assert papers[0].startswith(b"%PDF-")
    assert papers[0] == papers[1] == papers[2]
    for institution in (CLINIC, HOSPITAL):
        taken = await world.acts(institution, "case.exported")
        assert [(act["actor"], act["after"]) for act in taken] == [
            (reader.person, {"format": "pdf"}) for reader in (LI, WANG, HOSPITAL_SUPERVISOR)
        ]
    assert (await world.get("opinion.pdf", caller=STRANGER)).status == 404


async def test_there_is_no_paper_of_an_altered_opinion(world: TakenCase) -> None:
    await world.draft()
    await world.sign()
    await world.change(t.consultation, purpose="别的")
    answer = await world.get("opinion.pdf")
    assert (answer.status, answer.code, answer.body["faults"]) == (409, "opinion_altered", ["request"])


# ---- the bundle


async def test_both_sides_take_the_bundle_with_the_trail_of_their_own_ledger(world: TakenCase) -> None:
    await world.draft()
    await world.sign()
    for reader, institution in ((LI, CLINIC), (WANG, HOSPITAL)):
        answer = await world.get("fhir", caller=reader)
        assert answer.headers["Content-Type"].startswith("application/fhir+json")
        bundle = Bundle.model_validate_json(json.dumps(answer.body))
        trail = [each.resource for each in bundle.entry if each.resource.get_resource_type() == "AuditEvent"]
        assert {event.source.observer.identifier.value for event in trail} == {institution}
    assert [act["after"]["format"] for act in await world.acts(CLINIC, "case.exported")] == ["fhir"] * 2
    assert (await world.get("fhir", caller=STRANGER)).status == 404


# ---- the timeline ------------------------------------------------------------------------------------------


async def test_the_timeline_holds_the_readers_own_trail_with_places_in_the_recording(
    world: TakenCase,
) -> None:
    await world.draft()
    world.record("RC_1", started_at_ms=world.now_ms - 60_000, duration_ms=62_000)
    world.record("RC_short", started_at_ms=world.now_ms - 90_000, duration_ms=1_000)
    world.record("RC_other", started_at_ms=0, duration_ms=9 * world.now_ms, room="elsewhere")
    world.clock.advance_ms(1_500)
    await world.sign()
    world.clock.advance_ms(30_000)
    await world.acknowledge()
    for reader in (LI, WANG):
        body = (await world.get("timeline", caller=reader)).body
        assert body["recording"] == "RC_1"
        assert [(each["kind"], each["media_position_ms"]) for each in body["events"]] == [
            ("opinion.drafted", 60_000),
            ("opinion.signed", 61_500),
            ("opinion.acknowledged", None),
            ("session.ended", None),
        ]
        assert body["events"][0]["actor_name"] == "王敏"
        assert body["events"][1]["facts"]["factor"] == "password"


async def test_a_case_that_was_not_recorded_has_no_places(world: TakenCase) -> None:
    await world.draft()
    body = (await world.get("timeline")).body
    assert (body["recording"], body["events"][0]["media_position_ms"]) == ("", None)
