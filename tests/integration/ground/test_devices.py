"""Devices over HTTP and a real store: a code, a key, a challenge, and the end of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signaling.auth.rights import NOBODY, Assurance
from signaling.auth.sessions import find_session
from tests.support.api import Answer
from tests.support.device_key import AnyDevice, Ed25519Device, P256Device, enrolment, signed_challenge
from tests.support.ground import DAY_MS, Ground, acts_of


async def created(ground: Ground, kind: str = "kiosk") -> dict[str, Any]:
    """A waiting device with its code."""
    answer = await ground.api.ask(
        "POST", "/devices", {"name": "诊室一体机", "kind": kind}, caller=ground.administrator
    )
    assert answer.status == 201, answer.body
    return dict(answer.body)


async def enrolled(ground: Ground, key: AnyDevice) -> str:
    """An enrolled device's id."""
    made = await created(ground)
    answer = await ground.api.ask("POST", "/devices/enrol", enrolment(key, made["code"], ground.now_ms))
    assert answer.status == 201, answer.body
    return str(answer.body["device"]["id"])


async def signed_in(ground: Ground, key: AnyDevice, name: str, *, ahead_ms: int = 0) -> Answer:
    """What a device gets that signs a fresh challenge; its clock is ahead by so much."""
    asked = await ground.api.ask("POST", "/devices/challenge", {"device": name})
    assert asked.status == 201
    there_ms = ground.now_ms + ahead_ms
    ground.clock.advance_ms(40)
    body = signed_challenge(
        key, name, asked.body["challenge"], received_at_ms=there_ms + 10, sent_at_ms=there_ms + 20
    )
    return await ground.api.ask("POST", "/devices/session", body)


@pytest.mark.parametrize("make", [Ed25519Device, P256Device])
async def test_a_device_enrols_by_code_and_key_and_signs_in_by_challenge(ground: Ground, make: Any) -> None:
    key = make()
    made = await created(ground)
    assert made["device"]["state"] == "waiting"
    typed = made["code"].lower().replace("-", " ")
    body = enrolment(key, made["code"], ground.now_ms) | {"code": typed}
    answer = await ground.api.ask("POST", "/devices/enrol", body, caller=NOBODY)
    assert answer.status == 201
    assert answer.body["device"]["state"] == "active"
    assert answer.body["device"]["key_algorithm"] == key.algorithm
    assert not answer.body["clock"]["is_off"]
    session = await signed_in(ground, key, made["device"]["id"])
    assert session.status == 201
    found = await ground.store.read(
        lambda connection: find_session(connection, session.body["token"], ground.now_ms)
    )
    assert found is not None
    assert found.caller.device == made["device"]["id"]
    assert found.caller.assurance is Assurance.PASSWORD
    kinds = await ground.kinds()
    assert kinds[-3:] == ["device.created", "device.enrolled", "session.opened"]


async def test_a_code_enrols_once_even_when_two_devices_bring_it_at_the_same_moment(ground: Ground) -> None:
    made = await created(ground)
    bodies = [enrolment(Ed25519Device(), made["code"], ground.now_ms) for _ in range(8)]
    answers = await asyncio.gather(*(ground.api.ask("POST", "/devices/enrol", body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [201] + [403] * 7
    assert {answer.code for answer in answers if answer.status == 403} == {"device_code_wrong"}
    assert (await ground.kinds()).count("device.enrolled") == 1


async def test_a_code_lives_for_a_quarter_of_an_hour_and_another_can_be_had(ground: Ground) -> None:
    made = await created(ground)
    name, key = made["device"]["id"], Ed25519Device()
    ground.clock.advance_ms(15 * 60_000)
    late = await ground.api.ask("POST", "/devices/enrol", enrolment(key, made["code"], ground.now_ms))
    assert (late.status, late.code) == (403, "device_code_wrong")
    again = await ground.api.ask("POST", f"/devices/{name}/code", caller=ground.administrator)
    assert again.status == 201
    third = await ground.api.ask("POST", f"/devices/{name}/code", caller=ground.administrator)
    dead = await ground.api.ask("POST", "/devices/enrol", enrolment(key, again.body["code"], ground.now_ms))
    assert dead.code == "device_code_wrong"
    good = await ground.api.ask("POST", "/devices/enrol", enrolment(key, third.body["code"], ground.now_ms))
    assert good.status == 201
    over = await ground.api.ask("POST", f"/devices/{name}/code", caller=ground.administrator)
    assert (over.status, over.code) == (409, "device_state")


async def test_a_proof_by_another_key_or_over_other_words_enrols_nobody(ground: Ground) -> None:
    made = await created(ground)
    mine, other = Ed25519Device(), Ed25519Device()
    good = enrolment(mine, made["code"], ground.now_ms)
    stolen = good | {"public_key": other.public_key}
    later = good | {"device_time_ms": ground.now_ms + 1}
    unreadable = good | {"public_key": "A" * 43}
    wrong_kind = good | {"algorithm": "ecdsa-p256"}
    codes = [
        (await ground.api.ask("POST", "/devices/enrol", body)).code
        for body in (stolen, later, unreadable, wrong_kind)
    ]
    assert codes == ["device_proof_wrong", "device_proof_wrong", "device_proof_wrong", "device_key_unusable"]
    assert (await ground.kinds())[-1] == "device.created"


async def test_one_key_is_in_one_device(ground: Ground) -> None:
    key = Ed25519Device()
    await enrolled(ground, key)
    made = await created(ground)
    answer = await ground.api.ask("POST", "/devices/enrol", enrolment(key, made["code"], ground.now_ms))
    assert (answer.status, answer.code) == (409, "device_key_known")


async def test_guessing_codes_ends_after_ten_tries_and_does_not_stop_other_things(ground: Ground) -> None:
    made = await created(ground)
    key = Ed25519Device()
    guesses = [
        enrolment(key, f"2222-22{i:02}".replace("0", "A").replace("1", "B"), ground.now_ms) for i in range(12)
    ]
    codes = [(await ground.api.ask("POST", "/devices/enrol", body)).code for body in guesses]
    assert codes == ["device_code_wrong"] * 10 + ["too_many"] * 2
    assert (await ground.api.ask("GET", "/devices", caller=ground.administrator)).status == 200
    ground.clock.advance_ms(90_000)
    good = await ground.api.ask("POST", "/devices/enrol", enrolment(key, made["code"], ground.now_ms))
    assert good.status == 201


async def test_a_clock_a_day_off_stops_the_enrolment_with_a_sentence_and_an_act_and_spends_nothing(
    ground: Ground,
) -> None:
    made = await created(ground)
    key = Ed25519Device()
    yesterday = enrolment(key, made["code"], ground.now_ms - DAY_MS)
    answer = await ground.api.ask("POST", "/devices/enrol", yesterday)
    assert (answer.status, answer.code) == (409, "device_clock_off")
    assert "24 小时 0 分钟" in answer.body["detail"]
    act = (await acts_of(ground.store, ground.clinic))[-1]
    assert (act["kind"], act["device_time"]["offset_ms"]) == ("clock.refused", DAY_MS)
    answer = await ground.api.ask("POST", "/devices/enrol", enrolment(key, made["code"], ground.now_ms))
    assert answer.status == 201


async def test_a_wrong_code_from_a_wrong_clock_notes_nothing(ground: Ground) -> None:
    before = await ground.kinds()
    body = enrolment(Ed25519Device(), "2222-2222", ground.now_ms - DAY_MS)
    assert (await ground.api.ask("POST", "/devices/enrol", body)).code == "device_code_wrong"
    assert await ground.kinds() == before


async def test_a_clock_a_day_off_signs_in_with_a_sentence_and_is_noted_once(ground: Ground) -> None:
    key = P256Device()
    name = await enrolled(ground, key)
    for _ in range(2):
        answer = await signed_in(ground, key, name, ahead_ms=DAY_MS)
        assert answer.status == 201
        clock = answer.body["clock"]
        assert (clock["offset_ms"], clock["error_ms"], clock["is_off"]) == (5 - DAY_MS, 15, True)
        assert "24 小时 0 分钟" in clock["sentence"]
        assert answer.body["device"]["clock_offset_ms"] == 5 - DAY_MS
    answer = await signed_in(ground, key, name)
    assert (answer.body["clock"]["offset_ms"], answer.body["clock"]["sentence"]) == (5, "")
    assert (await ground.kinds()).count("clock.off") == 1


async def test_a_challenge_is_signed_once_by_its_own_device_and_within_a_minute(ground: Ground) -> None:
    mine, other = Ed25519Device(), Ed25519Device()
    name, other_name = await enrolled(ground, mine), await enrolled(ground, other)
    asked = (await ground.api.ask("POST", "/devices/challenge", {"device": name})).body["challenge"]

    def signed(key: AnyDevice, device: str, challenge: str = asked) -> dict[str, Any]:
        now = ground.now_ms
        return signed_challenge(key, device, challenge, received_at_ms=now, sent_at_ms=now)

    good = signed(mine, name)
    tries = [signed(other, name), signed(other, other_name), good | {"signature": "A" * 86}]
    tries.append(good | {"sent_at_ms": ground.now_ms + 1})
    tries.append(signed(mine, name, asked[:-2] + ("AA" if asked[-2:] != "AA" else "BA")))
    tries.append(signed(mine, "dv_unknown"))
    for body in tries:
        answer = await ground.api.ask("POST", "/devices/session", body)
        assert (answer.status, answer.code) == (401, "device_proof_wrong")
    assert (await ground.api.ask("POST", "/devices/session", good)).status == 201
    assert (await ground.api.ask("POST", "/devices/session", good)).code == "device_proof_wrong"
    asked = (await ground.api.ask("POST", "/devices/challenge", {"device": name})).body["challenge"]
    ground.clock.advance_ms(60_001)
    late = signed(mine, name, asked)
    assert (await ground.api.ask("POST", "/devices/session", late)).code == "device_proof_wrong"


async def test_a_revoked_device_has_no_session_and_gets_none(ground: Ground) -> None:
    key = Ed25519Device()
    name = await enrolled(ground, key)
    token = (await signed_in(ground, key, name)).body["token"]
    answer = await ground.api.ask("DELETE", f"/devices/{name}", caller=ground.administrator)
    assert (answer.status, answer.body["state"]) == (200, "ended")
    found = await ground.store.read(lambda connection: find_session(connection, token, ground.now_ms))
    assert found is None
    assert (await signed_in(ground, key, name)).code == "device_proof_wrong"
    assert (await ground.kinds())[-1] == "device.revoked"
    again = await ground.api.ask("DELETE", f"/devices/{name}", caller=ground.administrator)
    assert again.status == 409


async def test_a_revoked_device_takes_its_code_with_it(ground: Ground) -> None:
    made = await created(ground)
    await ground.api.ask("DELETE", f"/devices/{made['device']['id']}", caller=ground.administrator)
    body = enrolment(Ed25519Device(), made["code"], ground.now_ms)
    assert (await ground.api.ask("POST", "/devices/enrol", body)).code == "device_code_wrong"


async def test_devices_are_their_administrators_business(ground: Ground) -> None:
    name = (await created(ground))["device"]["id"]
    for caller, status in ((ground.doctor, 403), (ground.specialist, 403), (NOBODY, 401)):
        assert (await ground.api.ask("GET", f"/devices/{name}", caller=caller)).status == status
        assert (await ground.api.ask("DELETE", f"/devices/{name}", caller=caller)).status == status
        assert (await ground.api.ask("GET", "/devices", caller=caller)).status == status
    body = {"name": "x", "kind": "toaster"}
    wrong = await ground.api.ask("POST", "/devices", body, caller=ground.administrator)
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (400, "kind")


async def test_devices_are_listed_page_by_page_newest_first(ground: Ground) -> None:
    names = []
    for _ in range(5):
        names.append((await created(ground))["device"]["id"])
        ground.clock.advance_ms(1)
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = (await ground.api.ask("GET", "/devices", query=query, caller=ground.administrator)).body
        seen += [line["id"] for line in page["devices"]]
        if page["next"] is None:
            break
        query = {"limit": "2", "cursor": page["next"]}
    assert seen == names[::-1]
    bad = await ground.api.ask("GET", "/devices", query={"cursor": "x"}, caller=ground.administrator)
    assert bad.status == 400
