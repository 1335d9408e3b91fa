"""What moves rings: it survives a restart in the middle of a ring, a store that is away, and a broken row."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import update

from signaling.consult.ringing import RINGS
from signaling.due_driver import LONGEST_SLEEP_S, RETRY_S, DueDriver
from signaling.store import tables as t
from signaling.store.store import StoreUnavailable, Unit
from tests.support.api import SettledClock
from tests.support.consult_world import CHEN, WANG, ConsultWorld, consult_world
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S


async def test_a_ring_goes_on_after_a_restart_and_catches_up(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        await w.on_duty(CHEN, line=2)
        case = await w.ringing()
        clock = SettledClock(wall=w.clock.wall)
    # The service is killed here: nothing of the ring was in memory only.
    clock.advance_ms(45_000)
    changed: list[Any] = []
    async with open_test_store(tmp_path, clock=clock) as store:
        rings = DueDriver(store, clock, RINGS, changed=changed.append)
        wait_s = await rings.turn()
        (after,) = changed
        assert (after.id, after.state.value, len(after.ring.called)) == (case, "ringing", 2)
        assert wait_s == LONGEST_SLEEP_S
        clock.advance_ms(15_000)
        assert await rings.turn() == LONGEST_SLEEP_S
        clock.advance_ms(600_000)
        await rings.turn()
        assert [each.state.value for each in changed] == ["ringing", "ringing", "timed_out"]
        assert rings.stats() == {"steps": 3, "put_off": 0, "failed": 0}
        await rings.turn()
        assert len(changed) == 3


async def test_it_sleeps_until_the_next_step_is_due(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        assert await w.rings.turn() == LONGEST_SLEEP_S
        await w.on_duty(WANG)
        await w.on_duty(CHEN, line=2)
        await w.ringing()
        w.clock.advance_ms(28_000)
        assert await w.rings.turn() == 2.0


async def test_a_broken_row_keeps_no_other_ring_from_going_on(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        await w.on_duty(WANG)
        await w.on_duty(CHEN, line=2)
        broken, whole = await w.ringing(), await w.ringing()
        await _set(w, broken, ring='{"started_at_ms": 1}')
        w.clock.advance_ms(30_000)
        assert await w.rings.turn() == RETRY_S
        assert (await w.show(whole))["ring"]["stage"] == 2
        assert w.rings.counts.failed == 1


async def test_what_is_due_without_a_ring_is_forgotten(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        await _set(w, case, ring_due_ms=1)
        await w.rings.turn()
        assert (await w.show(case))["state"] == "accepted"
        assert await w.rings.turn() == LONGEST_SLEEP_S


async def test_a_store_that_is_away_is_asked_again(tmp_path: Path) -> None:
    class Away:
        def __init__(self) -> None:
            self.asked = asyncio.Event()

        async def read(self, _: Any) -> Any:
            self.asked.set()
            raise StoreUnavailable

    away = Away()
    rings = DueDriver(away, SettledClock(), RINGS)  # type: ignore[arg-type]
    task = asyncio.create_task(rings.run())
    for _ in range(2):
        await asyncio.wait_for(away.asked.wait(), HANG_S)
        away.asked.clear()
        rings.wake()
    task.cancel()
    assert rings.counts.put_off >= 1


async def _set(w: ConsultWorld, case: str, **values: Any) -> None:
    async def work(unit: Unit) -> None:
        await unit.connection.execute(
            update(t.consultation).where(t.consultation.c.id == case).values(**values)
        )

    await w.store.write(work)
