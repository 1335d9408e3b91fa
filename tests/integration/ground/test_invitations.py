"""Invitations over HTTP and a real store: one guest, one room, once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signaling.auth.rights import NOBODY, Role
from tests.support.api import Answer
from tests.support.ground import Ground, acts_of, add_licence, add_person


async def invited(ground: Ground, **changes: Any) -> dict[str, Any]:
    """An invitation to the ward."""
    body = {"room": "ward", "guest_name": "王先生的儿子", **changes}
    answer = await ground.api.ask("POST", "/invitations", body, caller=ground.doctor)
    assert answer.status == 201, answer.body
    return dict(answer.body)


async def accepted(ground: Ground, code: str, language: str = "zh-CN") -> Answer:
    """What a guest gets for a code."""
    return await ground.api.ask("POST", "/invitations/accept", {"code": code}, language=language)


async def test_a_guest_enters_the_one_room_of_the_link_with_the_rights_in_it(ground: Ground) -> None:
    made = await invited(ground)
    assert made["link"] == f"/#/invited?code={made['code']}"
    assert made["invitation"]["expires_at_ms"] - ground.now_ms == 15 * 60_000
    answer = await accepted(ground, made["code"])
    assert (answer.status, answer.body["room"], answer.body["name"]) == (200, "ward", "王先生的儿子")
    claims = ground.tokens.verify(answer.body["token"], now_s=ground.now_ms / 1000)
    assert (claims.room, claims.identity, claims.may_join) == ("ward", answer.body["identity"], True)
    assert claims.binding.invitation == made["invitation"]["id"]
    assert {source.value for source in claims.grant.sources} == {"camera", "microphone"}
    assert not (claims.grant.hidden or claims.grant.can_update_own_metadata)
    assert not (claims.api.may_record or claims.api.may_list_rooms or claims.api.is_room_admin)
    assert answer.body["expires_at_ms"] - ground.now_ms == 10 * 60_000


async def test_a_watching_guest_publishes_nothing(ground: Ground) -> None:
    made = await invited(ground, may_publish=False)
    answer = await accepted(ground, made["code"])
    grant = ground.tokens.verify(answer.body["token"], now_s=ground.now_ms / 1000).grant
    assert (grant.can_publish, grant.can_publish_data, grant.can_subscribe) == (False, False, True)


async def test_of_a_hundred_at_once_exactly_one_is_accepted(ground: Ground) -> None:
    code = (await invited(ground))["code"]
    answers = await asyncio.gather(*(accepted(ground, code) for _ in range(100)))
    assert [answer.status for answer in answers].count(200) == 1
    refused = [answer for answer in answers if answer.status != 200]
    assert {(answer.status, answer.code) for answer in refused} == {(410, "invitation_used")}
    assert (await ground.kinds()).count("invitation.accepted") == 1


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("zh-CN", "每个链接只能用一次"), ("en", "Each works once")],
)
async def test_a_replay_hears_what_to_do(ground: Ground, language: str, sentence: str) -> None:
    code = (await invited(ground))["code"]
    await accepted(ground, code)
    answer = await accepted(ground, code, language)
    assert (answer.status, answer.code) == (410, "invitation_used")
    assert sentence in answer.body["detail"]


async def test_a_link_works_until_its_time_is_over(ground: Ground) -> None:
    one, other = await invited(ground, minutes=1), await invited(ground, minutes=24 * 60)
    ground.clock.advance_ms(60_000)
    late = await accepted(ground, one["code"])
    assert (late.status, late.code) == (410, "invitation_expired")
    ground.clock.advance_ms(24 * 3600_000 - 60_001)
    assert (await accepted(ground, other["code"])).status == 200


@pytest.mark.parametrize("minutes", [0, -1, 24 * 60 + 1])
async def test_no_link_lives_longer_than_a_day(ground: Ground, minutes: int) -> None:
    body = {"room": "ward", "guest_name": "x", "minutes": minutes}
    answer = await ground.api.ask("POST", "/invitations", body, caller=ground.doctor)
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, "minutes")


async def test_a_revoked_link_opens_nothing_and_an_unknown_one_is_nothing(ground: Ground) -> None:
    made = await invited(ground)
    name = made["invitation"]["id"]
    answer = await ground.api.ask("DELETE", f"/invitations/{name}", caller=ground.doctor)
    assert (answer.status, answer.body["state"]) == (200, "ended")
    assert (await accepted(ground, made["code"])).code == "invitation_revoked"
    assert (await accepted(ground, "no-such-code-at-all")).code == "invitation_unknown"
    again = await ground.api.ask("DELETE", f"/invitations/{name}", caller=ground.doctor)
    assert (again.status, again.code) == (409, "state_refused")
    assert (await ground.kinds())[-2:] == ["invitation.created", "invitation.revoked"]


async def test_a_device_code_is_no_invitation(ground: Ground) -> None:
    made = await ground.api.ask(
        "POST", "/devices", {"name": "k", "kind": "kiosk"}, caller=ground.administrator
    )
    assert (await accepted(ground, made.body["code"])).code == "invitation_unknown"


async def test_nobody_invites_where_they_may_not_go_themselves(ground: Ground) -> None:
    body = {"room": "lab", "guest_name": "x"}
    assert (await ground.api.ask("POST", "/invitations", body, caller=ground.doctor)).status == 404
    assert (await ground.api.ask("POST", "/invitations", body, caller=ground.specialist)).status == 201
    nowhere = body | {"room": "nowhere"}
    assert (await ground.api.ask("POST", "/invitations", nowhere, caller=ground.doctor)).status == 404
    await add_licence(ground.store, ground.doctor, valid_until_ms=ground.now_ms - 1)
    answer = await ground.api.ask("POST", "/invitations", body | {"room": "ward"}, caller=ground.doctor)
    assert (answer.status, answer.code) == (403, "licence_expired")


async def test_invitations_are_their_institutions_business(ground: Ground) -> None:
    made = await invited(ground)
    name = made["invitation"]["id"]
    answer = await ground.api.ask("DELETE", f"/invitations/{name}", caller=ground.specialist)
    assert answer.status == 404
    assert (await ground.api.ask("DELETE", f"/invitations/{name}", caller=NOBODY)).status == 401
    assert (await ground.api.ask("GET", "/invitations", caller=ground.administrator)).status == 403
    colleague = await add_person(ground.store, ground.clinic, "colleague", Role.CLINIC_DOCTOR)
    mine = (await ground.api.ask("GET", "/invitations", caller=colleague)).body["invitations"]
    theirs = (await ground.api.ask("GET", "/invitations", caller=ground.specialist)).body["invitations"]
    assert ([line["id"] for line in mine], theirs) == ([name], [])
    elsewhere = await ground.api.ask("GET", "/invitations", query={"room": "lobby"}, caller=colleague)
    assert elsewhere.body["invitations"] == []
    assert "code" not in mine[0]


async def test_the_ledger_tells_of_the_guest_by_commitment_only(ground: Ground) -> None:
    made = await invited(ground)
    await accepted(ground, made["code"])
    created, used = (await acts_of(ground.store, ground.clinic))[-2:]
    assert (created["kind"], used["kind"]) == ("invitation.created", "invitation.accepted")
    assert "guest_name" in created["personal"]
    assert "王先生" not in str(created) + str(used)
    assert made["code"] not in str(created) + str(used)
    assert used["actor"] == made["invitation"]["id"]
