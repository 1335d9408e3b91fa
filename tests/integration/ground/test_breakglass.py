"""Break-glass over HTTP and a real store: at once, loud, limited, and judged by another."""

from __future__ import annotations

import pytest

from media_server.ids import RoomName
from signaling.auth.rights import Caller, Role
from tests.support.api import Answer
from tests.support.ground import DAY_MS, Ground, acts_of, add_licence, add_patient, add_person

REASON = "患者室颤，本院无人会诊"


async def broken(ground: Ground, caller: Caller | None = None, **body: str) -> Answer:
    """Somebody breaks the glass; the clinic's doctor, of the hospital's lab, where nothing else is said."""
    asked = {"room": "lab", "reason": REASON, **body}
    if "patient" in body:
        del asked["room"]
    return await ground.api.ask("POST", "/breakglass", asked, caller=caller or ground.doctor)


async def reviewer(ground: Ground, role: Role = Role.SUPERVISOR) -> Caller:
    """A reviewer of the hospital."""
    return await add_person(ground.store, ground.hospital, f"reviewer_{role.value}", role)


async def test_a_clinician_is_in_a_closed_room_at_once_and_everyone_hears_of_it(ground: Ground) -> None:
    before = await ground.entries.visitor(ground.doctor, "lab")
    assert before.breakglass == ""
    # One request opens the door; how soon, is measured in tests/contract/test_breakglass.py.
    answer = await broken(ground)
    assert answer.status == 201
    claims = ground.tokens.verify(answer.body["entry"]["token"], now_s=ground.now_ms / 1000)
    assert (claims.room, claims.grant.can_publish, claims.grant.hidden) == ("lab", True, False)
    assert claims.attributes["breakglass"] == answer.body["id"] == claims.binding.breakglass
    assert answer.body["ends_at_ms"] - ground.now_ms == 60 * 60_000
    noted = ground.journal.after(RoomName("lab"), 0)
    assert [(event.kind, event.actor_name, event.text) for event in noted] == [
        ("breakglass_used", "医生doctor", "")
    ]
    for institution in (ground.clinic, ground.hospital):
        act = (await acts_of(ground.store, institution))[-1]
        assert (act["kind"], act["actor"]) == ("breakglass.used", ground.doctor.person)
        assert (act["subject"]["room"], act["subject"]["breakglass"]) == ("lab", answer.body["id"])
        assert "室颤" not in str(act)


async def test_the_door_stands_open_for_an_hour_and_for_nobody_else(ground: Ground) -> None:
    name = (await broken(ground)).body["id"]
    ground.clock.advance_ms(59 * 60_000)
    assert (await ground.entries.visitor(ground.doctor, "lab")).breakglass == name
    assert (await ground.entries.enter(ground.doctor, "lab", asked_at_ms=ground.now_ms)).room == "lab"
    assert (await ground.entries.visitor(ground.doctor, "lobby")).breakglass == ""
    colleague = await add_person(ground.store, ground.clinic, "colleague", Role.CLINIC_DOCTOR)
    assert (await ground.entries.visitor(colleague, "lab")).breakglass == ""
    ground.clock.advance_ms(60_000)
    assert (await ground.entries.visitor(ground.doctor, "lab")).breakglass == ""


@pytest.mark.parametrize("reason", ["急", "急诊！！", "need it", "急急急急急急急急", "...  ... ..."])
async def test_a_reason_says_something(ground: Ground, reason: str) -> None:
    answer = await broken(ground, reason=reason)
    assert (answer.status, answer.code) == (400, "breakglass_reason_short")
    assert "breakglass.used" not in await ground.kinds()


async def test_no_glass_is_broken_where_the_door_is_open_or_there_is_none(ground: Ground) -> None:
    assert (await broken(ground, room="ward")).code == "breakglass_unneeded"
    assert (await broken(ground, room="nowhere")).status == 404
    assert (await broken(ground, patient="pt_nobody")).status == 404
    await add_patient(ground.store, ground.clinic, "pt_own")
    assert (await broken(ground, patient="pt_own")).code == "breakglass_unneeded"
    both = {"room": "lab", "patient": "pt_own", "reason": REASON}
    assert (await ground.api.ask("POST", "/breakglass", both, caller=ground.doctor)).status == 400
    assert "breakglass.used" not in await ground.kinds()


async def test_another_institutions_patient_is_opened_with_an_act_in_both_chains(ground: Ground) -> None:
    await add_patient(ground.store, ground.hospital, "pt_theirs")
    answer = await broken(ground, patient="pt_theirs")
    assert (answer.status, answer.body["entry"]) == (201, None)
    for institution in (ground.clinic, ground.hospital):
        act = (await acts_of(ground.store, institution))[-1]
        assert (act["kind"], act["subject"]["patient"]) == ("breakglass.used", "pt_theirs")


async def test_the_opened_record_is_read_for_an_hour_and_never_changed(ground: Ground) -> None:
    await add_patient(ground.store, ground.hospital, "pt_theirs")
    colleague = await add_person(ground.store, ground.clinic, "colleague", Role.CLINIC_DOCTOR)

    async def status(method: str, path: str, body: object = None, caller: Caller = ground.doctor) -> int:
        return (await ground.api.ask(method, path, body, caller=caller)).status

    assert await status("GET", "/patients/pt_theirs?purpose=treatment") == 404
    await broken(ground, patient="pt_theirs")
    assert await status("GET", "/patients/pt_theirs?purpose=treatment") == 200
    assert await status("GET", "/patients/pt_theirs?purpose=treatment", caller=colleague) == 404
    assert await status("POST", "/patients/pt_theirs/erase", {"reason": "patient_request"}) == 403
    ground.clock.advance_ms(60 * 60_000)
    assert await status("GET", "/patients/pt_theirs?purpose=treatment") == 404


async def test_only_clinicians_with_a_licence_break_the_glass(ground: Ground) -> None:
    assert (await broken(ground, ground.administrator)).status == 403
    assert (await broken(ground, await reviewer(ground))).status == 403
    await add_patient(ground.store, ground.hospital, "pt_theirs")
    await add_licence(ground.store, ground.doctor, valid_until_ms=ground.now_ms - 1)
    assert (await broken(ground)).code == "licence_expired"
    assert (await broken(ground, patient="pt_theirs")).code == "licence_expired"


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
async def test_every_use_waits_for_a_finding_by_the_end_of_the_next_day(ground: Ground, role: Role) -> None:
    judge = await reviewer(ground, role)
    name = (await broken(ground)).body["id"]
    open_lines = (await ground.api.ask("GET", "/breakglass", caller=judge)).body["breakglass"]
    assert [(line["id"], line["reason"], line["is_overdue"]) for line in open_lines] == [
        (name, REASON, False)
    ]
    assert open_lines[0]["person_name"] == "医生doctor"
    ground.clock.advance_ms(2 * DAY_MS)
    late = (await ground.api.ask("GET", "/breakglass", caller=judge)).body["breakglass"]
    assert late[0]["is_overdue"]
    body = {"finding": "justified", "note": "抢救及时"}
    answer = await ground.api.ask("POST", f"/breakglass/{name}/review", body, caller=judge)
    assert (answer.status, answer.body["finding"], answer.body["reviewer"]) == (
        200,
        "justified",
        judge.person,
    )
    assert not answer.body["is_overdue"]
    act = (await acts_of(ground.store, ground.hospital))[-1]
    assert (act["kind"], act["after"]) == (
        "breakglass.reviewed",
        {"finding": "justified", "is_late": True},
    )
    again = await ground.api.ask("POST", f"/breakglass/{name}/review", body, caller=judge)
    assert again.status == 409
    lists = {
        state: len(
            (await ground.api.ask("GET", "/breakglass", query={"state": state}, caller=judge)).body[
                "breakglass"
            ]
        )
        for state in ("open", "reviewed", "all")
    }
    assert lists == {"open": 0, "reviewed": 1, "all": 1}


async def test_nobody_judges_their_own_and_no_other_institution_does(ground: Ground) -> None:
    both = await add_person(ground.store, ground.hospital, "both", Role.CLINIC_DOCTOR, Role.SUPERVISOR)
    await add_patient(ground.store, ground.clinic, "pt_clinic")
    name = (await broken(ground, both, patient="pt_clinic")).body["id"]
    body = {"finding": "justified"}
    path = f"/breakglass/{name}/review"
    assert (await ground.api.ask("POST", path, body, caller=both)).status == 404
    judge = await add_person(ground.store, ground.clinic, "judge", Role.SUPERVISOR)
    assert (await ground.api.ask("POST", path, body, caller=ground.doctor)).status == 403
    assert (await ground.api.ask("POST", path, body, caller=judge)).status == 200
