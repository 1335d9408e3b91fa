"""Self-tests of kiosks: noted as events, read back from the ledger, one's own institution's only."""

from __future__ import annotations

from clinical.ids import DeviceId
from signaling.auth.acts import act_of
from signaling.auth.rights import Assurance, Caller, Role
from signaling.store.store import Unit
from tests.support.ground import Ground, acts_of

GOOD = {"camera": "ok", "microphone": "ok", "speaker": "ok", "network": "ok", "clock": "ok"}


async def test_nobody_has_tested_yet(ground: Ground) -> None:
    answer = await ground.api.ask("GET", "/devices/selftest", caller=ground.doctor)
    assert (answer.status, answer.body) == (
        200,
        {"selftest": None, "server_now_ms": ground.now_ms},
    )


async def test_a_test_that_passed_is_an_event_and_can_be_read_back(ground: Ground) -> None:
    done = GOOD | {"clock_offset_ms": 42}
    made = await ground.api.ask("POST", "/devices/selftest", done, caller=ground.doctor)
    assert made.status == 201
    event = (await acts_of(ground.store, ground.clinic))[-1]
    assert (event["kind"], event["actor"], event["after"]) == (
        "device.selftest.ok",
        ground.doctor.person,
        done,
    )
    last = await ground.api.ask("GET", "/devices/selftest", caller=ground.doctor)
    assert last.body == made.body
    assert last.body["server_now_ms"] == ground.now_ms
    assert last.body["selftest"] == done | {"is_ok": True, "at_ms": ground.now_ms, "device": ""}


async def test_one_part_that_failed_fails_the_whole_and_the_last_one_counts(ground: Ground) -> None:
    await ground.api.ask("POST", "/devices/selftest", GOOD, caller=ground.doctor)
    ground.clock.advance_ms(1000)
    await ground.api.ask(
        "POST",
        "/devices/selftest",
        GOOD | {"microphone": "failed", "clock": "missing"},
        caller=ground.administrator,
    )
    assert (await ground.kinds())[-1] == "device.selftest.failed"
    last = await ground.api.ask("GET", "/devices/selftest", caller=ground.doctor)
    assert last.body["selftest"]["is_ok"] is False
    assert last.body["selftest"]["microphone"] == "failed"
    assert last.body["selftest"]["clock_offset_ms"] is None


async def test_a_device_that_tests_other_things_has_passed_all_the_same(ground: Ground) -> None:
    async def work(unit: Unit) -> None:
        unit.record(act_of(ground.doctor, "device.selftest.ok", unit.now_ms, subject={}, after={"checks": 6}))

    await ground.store.write(work)
    last = await ground.api.ask("GET", "/devices/selftest", caller=ground.doctor)
    assert last.body["selftest"]["is_ok"] is True
    assert last.body["selftest"]["camera"] == "missing"


async def test_other_institutions_know_nothing_of_it(ground: Ground) -> None:
    await ground.api.ask("POST", "/devices/selftest", GOOD, caller=ground.doctor)
    other = await ground.api.ask("GET", "/devices/selftest", caller=ground.specialist)
    assert other.body["selftest"] is None


async def test_words_that_are_no_result_are_refused(ground: Ground) -> None:
    answer = await ground.api.ask(
        "POST", "/devices/selftest", GOOD | {"camera": "fine"}, caller=ground.doctor
    )
    assert answer.status == 400
    assert "device.selftest.ok" not in await ground.kinds()


async def test_who_is_not_signed_in_tests_nothing(ground: Ground) -> None:
    assert (await ground.api.ask("POST", "/devices/selftest", GOOD)).status == 401


async def test_a_device_reads_its_own_last_test_and_not_its_neighbours(ground: Ground) -> None:
    mine, other = (
        Caller(
            institution=ground.clinic,
            device=DeviceId(name),
            roles=frozenset({Role.DEVICE}),
            assurance=Assurance.PASSWORD,
        )
        for name in ("dv_mine", "dv_other")
    )
    await ground.api.ask("POST", "/devices/selftest", GOOD, caller=mine)
    ground.clock.advance_ms(1000)
    await ground.api.ask("POST", "/devices/selftest", GOOD | {"speaker": "failed"}, caller=other)
    event = (await acts_of(ground.store, ground.clinic))[-1]
    assert event["subject"] == {"device": "dv_other"}
    last = await ground.api.ask("GET", "/devices/selftest", caller=mine)
    assert (last.body["selftest"]["device"], last.body["selftest"]["is_ok"]) == ("dv_mine", True)
    seen_by_people = await ground.api.ask("GET", "/devices/selftest", caller=ground.doctor)
    assert seen_by_people.body["selftest"]["device"] == "dv_other"
