"""The work list of a reading centre: what waits there, by urgency, and for whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy import update

from clinical.consultation import ConsultationState, Urgency
from clinical.ids import EcgId
from signaling.auth.rights import Caller
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import find_ecg, insert_ecg
from signaling.store import tables as t
from signaling.store.store import Unit
from tests.support.reported_ecg import ECG, ReportedEcg, reported_ecg
from tests.support.taken_case import COLLEAGUE, LI, STRANGER, WANG


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[ReportedEcg]:
    async with reported_ecg(tmp_path) as made:
        yield made


async def _work(world: ReportedEcg, caller: Caller) -> list[dict[str, Any]]:
    answer = await world.api.ask("GET", "/ecg/work-list", caller=caller)
    assert answer.status == 200, answer.body
    return list(answer.body["work"])


async def _another(world: ReportedEcg, name: str, **changes: Any) -> None:

    async def work(unit: Unit) -> None:
        ecg = await find_ecg(unit.connection, ECG)
        assert ecg is not None
        await insert_ecg(unit, replace(ecg, id=EcgId(name), serial="", **changes))

    await world.store.write(work)


async def test_an_ecg_waits_where_it_is_read_until_it_is_reviewed(world: ReportedEcg) -> None:
    (one,) = await _work(world, WANG)
    assert (one["ecg"], one["step"], one["urgency"]) == (ECG, "report", "urgent")
    assert (one["patient_name"], one["institution_name"]) == ("张建国", "柳河镇卫生院")
    for other in (LI, STRANGER):
        assert await _work(world, other) == []
    await world.write()
    await world.sign()
    assert await _work(world, WANG) == []
    (review,) = await _work(world, COLLEAGUE)
    assert (review["step"], review["reported_by_name"]) == ("review", "王敏")
    await world.ask(COLLEAGUE, "POST", "report/return", {"reason": "改"})
    assert [one["step"] for one in await _work(world, WANG)] == ["report"]
    await world.sign(revision=1)
    await world.review()
    assert await _work(world, COLLEAGUE) == []
    await world.ask(WANG, "POST", "report/amend", {"reason": "补"})
    assert [one["step"] for one in await _work(world, COLLEAGUE)] == ["report"]


async def test_emergencies_come_first_and_are_measured(world: ReportedEcg) -> None:
    await _another(world, "ec_routine", urgency=Urgency.ROUTINE, created_at_ms=1)
    await _another(world, "ec_emergency", urgency=Urgency.EMERGENCY)
    await _another(world, "ec_waiting", state=EcgState.WAITING)
    work = await _work(world, WANG)
    assert [one["ecg"] for one in work] == ["ec_emergency", ECG, "ec_routine"]
    assert not any(one["is_beyond_target"] for one in work)
    world.clock.advance_ms(10 * 60_000)
    assert [one["is_beyond_target"] for one in await _work(world, WANG)] == [True, False, False]


async def test_an_ecg_of_a_case_that_was_not_sent_yet_is_not_shown_to_who_would_be_asked(
    world: ReportedEcg,
) -> None:
    async def set_state(state: ConsultationState) -> None:
        async def work(unit: Unit) -> None:
            await unit.connection.execute(update(t.consultation).values(state=state.value))

        await world.store.write(work)

    await set_state(ConsultationState.DRAFTED)
    assert await _work(world, WANG) == []
    await set_state(ConsultationState.RINGING)
    assert [one["ecg"] for one in await _work(world, WANG)] == [ECG]
