"""A critical value over HTTP and the real store: marked, called back, escalated, heard or taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from signaling.auth.rights import Caller, Role
from signaling.due_driver import LONGEST_SLEEP_S, RETRY_S, DueDriver
from signaling.ecg.critical_acts import CRITICAL_CALLS
from signaling.store import tables as t
from signaling.store.store import StoreUnavailable, Unit
from tests.support.api import SettledClock, person
from tests.support.reported_ecg import ECG, NURSE, ReportedEcg, reported_ecg
from tests.support.stores import open_test_store
from tests.support.taken_case import CASE, CLINIC, COLLEAGUE, HOSPITAL, LI, STRANGER, WANG

QIAN = person(Role.SUPERVISOR, institution=CLINIC, name="pe_qian")


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[ReportedEcg]:
    async with reported_ecg(tmp_path) as made:
        yield made


async def _calling(world: ReportedEcg, caller: Caller) -> list[Any]:
    answer = await world.api.ask("GET", "/ecg/critical-values", caller=caller)
    assert answer.status == 200, answer.body
    return list(answer.body["critical_values"])


async def test_marking_calls_who_treats_the_patient_at_once(world: ReportedEcg) -> None:
    answer = await world.ask(WANG, "POST", "critical")
    assert (answer.status, answer.body["state"], answer.body["stage"]) == (201, "calling", 1)
    called = [one["person"] for one in answer.body["called"]]
    assert called == [LI.person, NURSE.person]
    assert (answer.body["phone"], answer.body["marked_by_name"]) == ("", "王敏")
    assert answer.body["patient_name"] == "张建国"
    for institution in (CLINIC, HOSPITAL):
        (act,) = await world.acts(institution, "criticalvalue.marked")
        assert (act["after"]["called"], act["subject"]["ecg"]) == (called, ECG)
        assert act["subject"]["case"] == CASE
    assert world.woken
    assert [one["is_called"] for one in await _calling(world, LI)] == [True]
    assert [one["is_called"] for one in await _calling(world, COLLEAGUE)] == [False]
    assert await _calling(world, STRANGER) == []


async def test_it_escalates_until_somebody_has_heard_it(world: ReportedEcg) -> None:
    await world.ask(WANG, "POST", "critical")
    await world.after(30_000)
    (two,) = await _calling(world, WANG)
    assert (two["stage"], two["phone"]) == (2, "")
    await world.after(30_000)
    (three,) = await _calling(world, WANG)
    assert (three["stage"], three["phone"], three["unheard_ms"]) == (3, "13900000000", 60_000)
    await world.after(60_000)
    (four,) = await _calling(world, WANG)
    assert (four["stage"], [one["person"] for one in four["called"]][-1]) == (4, QIAN.person)
    await world.after(120_000)
    (again,) = await _calling(world, QIAN)
    assert (again["rounds"], again["is_called"]) == (1, True)
    kinds = [act["after"]["stage"] for act in await world.acts(CLINIC, "criticalvalue.escalated")]
    assert kinds == [2, 3, 4, 4]
    heard = await world.ask(NURSE, "POST", "critical/acknowledge", {})
    assert (heard.status, heard.body["state"], heard.body["unheard_ms"]) == (200, "acknowledged", 240_000)
    assert heard.body["heard"]["name"] == "Dr pe_nurse"
    (act,) = await world.acts(HOSPITAL, "criticalvalue.acknowledged")
    assert act["after"] == {"by": "person", "after_ms": 240_000}
    await world.after(600_000)
    assert await _calling(world, WANG) == []
    assert len(await world.acts(CLINIC, "criticalvalue.escalated")) == 4
    shown = (await world.show())["critical"]
    assert (shown["state"], shown["phone"], shown["next_step_at_ms"]) == ("acknowledged", "", None)


async def test_who_called_writes_down_who_heard_it_by_phone(world: ReportedEcg) -> None:
    await world.ask(WANG, "POST", "critical")
    heard = await world.ask(COLLEAGUE, "POST", "critical/acknowledge", {"heard_by": "护士站 小陈"})
    assert (heard.body["heard"]["name"], heard.body["heard"]["written_by_name"]) == ("护士站 小陈", "赵强")
    assert heard.body["heard"]["person"] == ""
    (act,) = await world.acts(CLINIC, "criticalvalue.acknowledged")
    assert (act["after"]["by"], "小陈" in str(act)) == ("phone", False)


async def test_it_is_taken_back_by_who_marked_it_with_a_reason(world: ReportedEcg) -> None:
    await world.ask(WANG, "POST", "critical")
    other = await world.ask(COLLEAGUE, "POST", "critical/withdraw", {"reason": "伪差"})
    assert (other.status, other.code) == (409, "critical_value_not_marker")
    nothing = await world.ask(WANG, "POST", "critical/withdraw", {})
    assert (nothing.status, nothing.code) == (400, "critical_value_reason_missing")
    answer = await world.ask(WANG, "POST", "critical/withdraw", {"reason": "伪差"})
    assert (answer.body["state"], answer.body["reason"]) == ("withdrawn", "伪差")
    (act,) = await world.acts(CLINIC, "criticalvalue.withdrawn")
    assert (act["after"]["called"], "伪差" in str(act)) == ([LI.person, NURSE.person], False)
    assert (await world.ask(WANG, "POST", "critical")).status == 201
    assert (await world.show())["critical"]["state"] == "calling"


async def test_acts_that_are_not_possible_are_refused(world: ReportedEcg) -> None:
    assert (await world.ask(NURSE, "POST", "critical/acknowledge", {})).code == "critical_value_ended"
    assert (await world.ask(WANG, "POST", "critical/withdraw", {"reason": "x"})).code == (
        "critical_value_ended"
    )
    assert (await world.ask(LI, "POST", "critical")).code == "not_permitted"
    await world.ask(WANG, "POST", "critical")
    assert (await world.ask(WANG, "POST", "critical")).code == "critical_value_calling"
    # Readers write down what they were told; they do not hear it for the treating side.
    assert (await world.ask(COLLEAGUE, "POST", "critical/acknowledge", {})).code == "not_permitted"
    assert (await world.ask(NURSE, "POST", "critical/acknowledge", {"heard_by": "x"})).code == "not_permitted"
    assert (await world.ask(NURSE, "POST", "critical/acknowledge", {})).status == 200
    assert (await world.ask(NURSE, "POST", "critical/acknowledge", {})).code == "critical_value_ended"


async def test_who_marked_it_cannot_hear_it(tmp_path: Path) -> None:
    async with reported_ecg(tmp_path, has_case=False, institution=HOSPITAL, person=COLLEAGUE.person) as world:
        marked = await world.ask(WANG, "POST", "critical")
        assert [one["person"] for one in marked.body["called"]] == [COLLEAGUE.person]
        assert (await world.ask(WANG, "POST", "critical/acknowledge", {})).code == "critical_value_own"
        assert (await world.ask(COLLEAGUE, "POST", "critical/acknowledge", {})).status == 200


async def test_with_nobody_to_call_the_duty_phone_is_shown(tmp_path: Path) -> None:
    async with reported_ecg(tmp_path, has_case=False, institution=HOSPITAL, person=WANG.person) as world:
        await world.change(t.person_role, role="auditor")

        async def enter(unit: Unit) -> None:
            row = {"institution": HOSPITAL, "specialty": "cardiology", "phone": "0571-1200"}
            await unit.connection.execute(t.duty_phone.insert().values(**row))

        await world.store.write(enter)
        marked = await world.ask(WANG, "POST", "critical")
        assert (marked.body["called"], marked.body["stage"], marked.body["phone"]) == ([], 3, "0571-1200")


async def test_a_signed_report_that_says_so_marks_it(world: ReportedEcg) -> None:
    await world.write(critical_value=True)
    shown = (await world.sign()).body
    assert shown["critical"]["state"] == "calling"
    assert len(await world.acts(CLINIC, "criticalvalue.marked")) == 1
    await world.ask(NURSE, "POST", "critical/acknowledge", {})
    # The second signature says the same of what was heard already.
    assert (await world.review()).body["critical"]["state"] == "acknowledged"
    assert len(await world.acts(CLINIC, "criticalvalue.marked")) == 1


async def test_what_was_taken_back_is_marked_again_by_a_later_signature(world: ReportedEcg) -> None:
    await world.ask(WANG, "POST", "critical")
    await world.ask(WANG, "POST", "critical/withdraw", {"reason": "先看完"})
    await world.write(critical_value=True)
    assert (await world.sign()).body["critical"]["state"] == "calling"


# ---- the driver ----------------------------------------------------------------------------


async def test_it_goes_on_after_a_restart_and_catches_up(tmp_path: Path) -> None:
    async with reported_ecg(tmp_path) as world:
        await world.ask(WANG, "POST", "critical")
        clock = SettledClock(wall=world.clock.wall)
    # The service is killed here: nothing of the call was in memory only.
    clock.advance_ms(130_000)
    async with open_test_store(tmp_path, clock=clock) as store:
        driver = DueDriver(store, clock, CRITICAL_CALLS)
        assert await driver.turn() == LONGEST_SLEEP_S
        assert driver.stats() == {"steps": 1, "put_off": 0, "failed": 0}
    async with reported_ecg(tmp_path, is_new=False, clock=clock) as again:
        (one,) = await _calling(again, WANG)
        assert (one["stage"], one["phone"]) == (4, "13900000000")


async def test_it_sleeps_until_the_next_step_is_due(world: ReportedEcg) -> None:
    assert await world.driver.turn() == LONGEST_SLEEP_S
    await world.ask(WANG, "POST", "critical")
    world.clock.advance_ms(28_000)
    assert await world.driver.turn() == 2.0


async def test_a_broken_row_is_counted_and_not_tried_in_a_circle(world: ReportedEcg) -> None:
    await world.ask(WANG, "POST", "critical")
    await world.change(t.ecg_critical, call='{"ecg": "ec_1"}')
    world.clock.advance_ms(60_000)
    assert await world.driver.turn() == RETRY_S
    assert world.driver.stats() == {"steps": 0, "put_off": 0, "failed": 1}


async def test_what_is_gone_or_not_due_changes_nothing(world: ReportedEcg) -> None:
    await world.ask(WANG, "POST", "critical")

    async def early(unit: Unit) -> None:
        await unit.connection.execute(update(t.ecg_critical).values(due_ms=0))

    await world.store.write(early)
    assert await world.driver.turn() == RETRY_S
    assert world.driver.stats() == {"steps": 0, "put_off": 0, "failed": 0}
    await world.change(t.ecg_critical, due_ms=0, call=_GONE)
    await world.driver.turn()
    assert world.driver.stats()["failed"] == 1


_GONE = (
    '{"ecg":"ec_gone","marked_by":"pe_wang","marked_at_ms":0,"treating":[],"second_line":[],'
    '"supervisors":[],"phone":"","state":"calling","stage":1,"rounds":0,"heard":null,"reason":""}'
)


async def test_a_store_that_is_away_puts_it_off(world: ReportedEcg) -> None:
    class Away:
        async def read(self, work: object) -> object:
            task.cancel()
            raise StoreUnavailable

    driver = DueDriver(Away(), world.clock, CRITICAL_CALLS)  # type: ignore[arg-type]
    task = asyncio.create_task(driver.run())
    driver.wake()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert driver.stats()["put_off"] == 1
