"""From the draft to the accepted case, over HTTP and the real store."""

from __future__ import annotations

import asyncio
from pathlib import Path

from signaling.store import tables as t
from tests.support.consult_world import (
    CHEN,
    CLINIC,
    ELSEWHERE,
    HE,
    HOSPITAL,
    LI,
    STRANGER,
    SUN,
    WANG,
    consult_world,
    request_body,
)


async def test_the_way_from_the_first_touch_to_the_accepted_case(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        await w.on_duty(CHEN, line=2)
        case = await w.accepted()
        shown = await w.show(case, WANG)
        assert (shown["state"], shown["invited"]["person"], shown["ring"]) == ("accepted", "pe_wang", None)
        assert shown["serial"] == "S-20251121-0001"
        assert shown["room"] == case
        assert shown["patient"]["name"] == "张建国"
        assert {"room", "transfer", "admit"} <= set(shown["allowed"])
        kinds = [
            "request.created",
            "invitation.drafted",
            "consent.granted",
            "consent.granted",
            "invitation.sent",
            "ring.started",
            "ring.ended",
            "invitation.accepted",
            "presence.proved",
        ]
        assert await w.kinds(case, CLINIC) == kinds
        assert await w.kinds(case, HOSPITAL) == kinds


async def test_of_a_hundred_accepts_at_once_exactly_one_has_the_case(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG, CHEN)
        case = await w.ringing()
        answers = await asyncio.gather(
            *(w.ask((WANG, CHEN)[n % 2], "POST", f"/consultations/{case}/accept") for n in range(100))
        )
        won = [answer for answer in answers if answer.status == 200]
        assert len(won) == 1
        assert {answer.code for answer in answers} == {"", "consultation_taken"}
        assert (await w.kinds(case)).count("invitation.accepted") == 1


async def test_an_expired_licence_cannot_accept_and_hears_why(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        await w.licence(WANG, days=-1)
        case = await w.ringing()
        refused = await w.ask(WANG, "POST", f"/consultations/{case}/accept")
        assert refused.code == "licence_expired"
        assert "执业证" in refused.body["detail"]
        assert (await w.show(case))["state"] == "ringing"
        assert "invitation.accepted" not in await w.kinds(case)


async def test_without_a_licence_on_file_nobody_accepts_and_it_says_why(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        await w.take_licences(WANG)
        case = await w.ringing()
        refused = await w.ask(WANG, "POST", f"/consultations/{case}/accept")
        assert (refused.status, refused.code) == (403, "licence_missing")
        assert "没有你的有效执业证" in refused.body["detail"]
        assert (await w.show(case))["state"] == "ringing"
        await w.licence(WANG, days=1)
        assert (await w.ask(WANG, "POST", f"/consultations/{case}/accept")).status == 200


async def test_neither_the_ring_nor_a_transfer_reaches_who_has_no_licence(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.take_licences(CHEN)
        # Nobody is on a roster: the specialty's specialists are called.
        ring = (await w.show(await w.ringing()))["ring"]
        assert [one["person"] for one in ring["called"]] == ["pe_wang"]
        case = await w.accepted()
        unfit = await w.ask(
            WANG, "POST", f"/consultations/{case}/transfer", {"person": CHEN.person, "reason": "换人"}
        )
        assert unfit.code == "transfer_person_unfit"


async def test_a_stranger_hears_that_there_is_no_such_case(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.ringing()
        for path in ("", "/accept", "/decline"):
            method = "POST" if path else "GET"
            body = {"reason": "other", "note": "x"} if path == "/decline" else None
            answer = await w.ask(STRANGER, method, f"/consultations/{case}{path}", body)
            assert (answer.status, answer.code) == (404, "not_found")
        draft = await w.draft()
        assert (await w.ask(WANG, "GET", f"/consultations/{draft}")).status == 404


async def test_without_consent_or_a_mandated_field_nothing_is_sent(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.draft(reason="")
        refused = await w.ask(LI, "POST", f"/consultations/{case}/invite")
        assert (refused.code, refused.body["missing"]) == ("consultation_incomplete", ["reason"])
        amended = await w.ask(HE, "PATCH", f"/consultations/{case}", {"reason": "胸痛"})
        assert amended.body["reason"] == "胸痛"
        refused = await w.ask(LI, "POST", f"/consultations/{case}/invite")
        assert refused.code == "consultation_consent_missing"
        await w.consent(case, "consultation")
        assert (await w.ask(LI, "POST", f"/consultations/{case}/invite")).body["state"] == "ringing"
        assert (await w.kinds(case))[:3] == ["request.created", "request.amended", "invitation.drafted"]


async def test_what_people_wrote_is_not_in_the_open_fields_of_a_chain(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        case = await w.ringing()
        await w.ask(
            WANG, "POST", f"/consultations/{case}/decline", {"reason": "other", "note": "病房抢救张建国"}
        )
        for institution in (CLINIC, HOSPITAL):
            told = str(await w.acts(institution))
            assert not any(word in told for word in ("胸闷", "张建国", "高血压", "病房"))


async def test_without_a_roster_the_specialists_of_the_specialty_are_called(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.licence(CHEN, days=-3)
        case = await w.ringing()
        called = (await w.show(case))["ring"]["called"]
        assert [one["person"] for one in called] == ["pe_wang"]
        assert (await w.ask(SUN, "POST", f"/consultations/{case}/accept")).code == "consultation_not_called"


async def test_the_chain_of_a_ring_that_nobody_answers(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        await w.on_duty(CHEN, line=2)
        case = await w.ringing()
        await w.after(29_999)
        assert len((await w.show(case))["ring"]["called"]) == 1
        await w.after(1)
        ring = (await w.show(case))["ring"]
        assert ([one["line"] for one in ring["called"]], ring["next"]) == ([1, 2], "duty_phone")
        await w.after(30_000)
        assert (await w.show(case))["ring"]["stage"] == 3
        await w.after(60_000)
        shown = await w.show(case)
        assert (shown["state"], shown["end_reason"], shown["ring"]) == ("timed_out", "timed_out", None)
        assert (await w.kinds(case))[-5:] == [
            "ring.started",
            "ring.escalated",
            "ring.escalated",
            "ring.ended",
            "invitation.timeout",
        ]
        again = await w.ask(LI, "POST", f"/consultations/{case}/recall")
        assert again.body["state"] == "ringing"


async def test_declining_calls_the_next_line_at_once_and_the_last_no_ends_the_ring(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        await w.on_duty(CHEN, line=2)
        case = await w.ringing()
        path = f"/consultations/{case}"
        assert (await w.ask(CHEN, "POST", f"{path}/accept")).code == "consultation_not_called"
        declined = await w.ask(WANG, "POST", f"{path}/decline", {"reason": "in_surgery"})
        assert [one["answer"] for one in declined.body["ring"]["called"]] == ["declined", "ringing"]
        assert (await w.ask(CHEN, "POST", f"{path}/pass")).code == "consultation_no_backup"
        last = await w.ask(CHEN, "POST", f"{path}/decline", {"reason": "with_patient"})
        assert (last.body["state"], last.body["end_reason"]) == ("declined", "with_patient")
        boxed = await w.ask(CHEN, "GET", "/consultations", query={"box": "incoming"})
        assert boxed.body["consultations"] == []


async def test_passing_on_calls_the_second_line_now(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        await w.on_duty(CHEN, line=2)
        case = await w.ringing()
        assert "pass" in (await w.show(case, WANG))["allowed"]
        passed = await w.ask(WANG, "POST", f"/consultations/{case}/pass")
        assert [one["answer"] for one in passed.body["ring"]["called"]] == ["passed", "ringing"]
        boxed = await w.ask(CHEN, "GET", "/consultations", query={"box": "incoming"})
        assert [one["id"] for one in boxed.body["consultations"]] == [case]
        assert (await w.ask(CHEN, "POST", f"/consultations/{case}/accept")).status == 200


async def test_transfer_rings_the_other_and_the_first_has_it_no_more(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        case = await w.accepted()
        path = f"/consultations/{case}/transfer"
        unfit = await w.ask(WANG, "POST", path, {"person": "pe_stranger", "reason": "呼吸问题"})
        assert unfit.code == "transfer_person_unfit"
        handed = await w.ask(
            WANG, "POST", path, {"person": "pe_sun", "specialty": "respiratory", "reason": "呼吸问题"}
        )
        assert (handed.body["state"], handed.body["specialty"]) == ("ringing", "respiratory")
        assert [one["person"] for one in handed.body["ring"]["called"]] == ["pe_sun"]
        assert [(one["person"], one["state"]) for one in handed.body["parties"]] == [("pe_wang", "left")]
        assert (await w.ask(SUN, "POST", f"/consultations/{case}/accept")).body["invited"][
            "person"
        ] == "pe_sun"
        assert (await w.ask(WANG, "POST", path, {"reason": "x"})).code == "not_permitted"


async def test_an_offline_case_is_opened_by_who_takes_it(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.ringing(kind="offline")
        assert (await w.show(case))["state"] == "invited"
        taken = await w.ask(SUN, "POST", f"/consultations/{case}/accept")
        assert (taken.body["state"], taken.body["room"]) == ("active", "")
        assert (await w.kinds(case))[-1] == "session.started"


async def test_a_booked_case_rings_at_its_time(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        wanted_ms = w.clock.wall // 1_000_000 + 3_600_000
        case = await w.ringing(wanted_at_ms=wanted_ms)
        assert (await w.show(case))["state"] == "invited"
        await w.after(3_600_000)
        assert (await w.show(case))["state"] == "ringing"


async def test_cancelling_needs_a_reason_and_ends_everything(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.ringing()
        path = f"/consultations/{case}/cancel"
        assert (await w.ask(LI, "POST", path, {"reason": "other"})).code == "consultation_reason_missing"
        ended = await w.ask(LI, "POST", path, {"reason": "resolved"})
        assert (ended.body["state"], ended.body["ring"], ended.body["allowed"]) == ("cancelled", None, [])
        assert (await w.ask(LI, "POST", path, {"reason": "resolved"})).code == "state_refused"
        past = await w.ask(WANG, "GET", "/consultations", query={"box": "past"})
        assert [one["id"] for one in past.body["consultations"]] == [case]


async def test_words_that_are_no_specialty_title_or_hospital_are_refused(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        for field, word, code in (
            ("specialty", "alchemy", "specialty_unknown"),
            ("wanted_title", "wizard", "title_unknown"),
            ("institution", CLINIC, "institution_missing"),
            ("slot", "sl_none", "slot_unknown"),
        ):
            refused = await w.ask(LI, "POST", "/consultations", request_body(**{field: word}))
            assert refused.code == code


async def test_a_case_keeps_the_recording_policy_it_was_written_under(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        before = await w.draft()
        assert (await w.show(before))["recording_policy"] == "with_consent"
        for institution, value in ((HOSPITAL, "never"), (CLINIC, "with_consent")):
            row = {"institution": institution, "name": "recording_policy", "value": value}
            await w.put(t.institution_setting, row)
        # The stricter of both sides' rules.
        case = await w.draft()
        assert (await w.show(case))["recording_policy"] == "never"
        assert (await w.acts(CLINIC, case))[0]["after"]["recording_policy"] == "never"
        assert (await w.show(before))["recording_policy"] == "with_consent"
        elsewhere = await w.ask(LI, "PATCH", f"/consultations/{case}", {"institution": ELSEWHERE})
        assert elsewhere.body["recording_policy"] == "with_consent"
