"""Acts of the media plane reach the ledger once, whatever the store does meanwhile."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recording.audit.act import Act, DeviceTime, MediaPosition
from recording.clock import SystemClock
from recording.errors import MisuseError
from signaling.store import spool as spool_module
from signaling.store.spool import NODE, SPOOLED, ActSpool
from signaling.store.spool_file import SpoolFile, act_line, act_of, leftover_spools
from signaling.store.store import StoreUnavailable, StoreUncertain, Unit
from signaling.store.tables import event
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S


class MoodyStore:
    """The real store, with refusals and lost answers on demand."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.is_away = False
        self.loses_next_answer = False

    async def read(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        self._mood()
        return await self.store.read(work)

    async def write(self, work: Callable[[Unit], Awaitable[Any]]) -> Any:
        self._mood()
        answer = await self.store.write(work)
        self._lose()
        return answer

    async def record(self, acts: Sequence[Act]) -> None:
        self._mood()
        await self.store.record(acts)
        self._lose()

    def _mood(self) -> None:
        if self.is_away:
            raise StoreUnavailable

    def _lose(self) -> None:
        if self.loses_next_answer:
            self.loses_next_answer = False
            raise StoreUncertain

    async def numbers(self) -> list[int]:
        """The numbers of the acts in the ledger, in its order."""

        async def work(connection: Any) -> list[int]:
            rows = await connection.execute(
                select(event.c.line).where(event.c.institution == "in_a").order_by(event.c.sequence)
            )
            return [json.loads(line)["after"]["number"] for (line,) in rows]

        return await self.store.read(work)

    async def lateness(self) -> int:
        async def work(connection: Any) -> int:
            rows = await connection.execute(
                select(event.c.sequence).where(event.c.institution == NODE, event.c.kind == SPOOLED)
            )
            return len(rows.all())

        return await self.store.read(work)


def act(number: int) -> Act:
    return Act(
        institution="in_a",
        kind="track.published",
        actor="pe_1",
        at_ms=1_000 + number,
        after={"number": number},
    )


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "RETRY_S", 0.01)


def _refuse(file: SpoolFile, acts: object) -> None:
    raise OSError(errno.ENOSPC, "no space")


class Scene:
    def __init__(self, store: MoodyStore, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.begin()

    def begin(self) -> None:
        self.spool = ActSpool(self.store, self.folder, SystemClock())
        self.task = asyncio.create_task(self.spool.run())

    async def kill(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    async def until_stored(self, count: int) -> list[int]:
        async with asyncio.timeout(HANG_S):
            while len(numbers := await self.store.numbers()) < count:
                await asyncio.sleep(0.01)
        return numbers

    async def until_on_disk(self, count: int) -> None:
        async with asyncio.timeout(HANG_S):
            while sum(len(file.read()) for file in leftover_spools(self.folder)) < count:
                await asyncio.sleep(0.01)


@pytest.fixture
async def scene(tmp_path: Path) -> Any:
    async with open_test_store(tmp_path) as store:
        made = Scene(MoodyStore(store), tmp_path / "spool")
        yield made
        await made.kill()


async def test_acts_are_stored_in_order(scene: Scene) -> None:
    for number in range(20):
        scene.spool.put(act(number))
    assert await scene.until_stored(20) == list(range(20))
    assert leftover_spools(scene.folder) == []


async def test_while_the_store_is_away_acts_lie_on_disk_and_follow_in_order(scene: Scene) -> None:
    scene.store.is_away = True
    for number in range(10):
        scene.spool.put(act(number))
    await scene.until_on_disk(10)
    scene.spool.put(act(10))
    await scene.until_on_disk(11)
    scene.store.is_away = False
    scene.spool.put(act(11))
    assert await scene.until_stored(12) == list(range(12))
    assert await scene.store.lateness() == 1
    assert scene.spool.stats()["acts_spooled"] == 11


async def test_what_a_server_left_behind_is_stored_by_the_next(scene: Scene) -> None:
    scene.store.is_away = True
    for number in range(5):
        scene.spool.put(act(number))
    await scene.until_on_disk(5)
    await scene.kill()
    scene.store.is_away = False
    scene.begin()
    scene.spool.put(act(5))
    assert await scene.until_stored(6) == list(range(6))
    assert leftover_spools(scene.folder) == []


async def test_a_crash_between_the_store_and_the_file_stores_nothing_twice(scene: Scene) -> None:
    await scene.kill()
    left = SpoolFile(scene.folder / "7.acts")
    left.append([act(number) for number in range(6)])
    mark = Act(institution=NODE, kind=SPOOLED, actor="system", at_ms=1, after={"spool": "7", "taken": 4})
    await scene.store.store.record([*(act(number) for number in range(4)), mark])
    scene.begin()
    assert await scene.until_stored(6) == list(range(6))


@pytest.mark.parametrize("is_disk_full", [False, True])
async def test_a_write_whose_end_nobody_saw_is_not_repeated(
    scene: Scene, is_disk_full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_disk_full:
        monkeypatch.setattr(SpoolFile, "append", _refuse)
    scene.store.loses_next_answer = True
    for number in range(3):
        scene.spool.put(act(number))
    await scene.until_stored(3)
    scene.spool.put(act(3))
    assert await scene.until_stored(4) == list(range(4))
    await scene.kill()
    await scene.spool.close()
    assert await scene.store.numbers() == list(range(4))


async def test_at_the_end_what_cannot_be_stored_is_put_on_disk(scene: Scene) -> None:
    await scene.kill()
    spool = ActSpool(scene.store, scene.folder, SystemClock())
    scene.store.is_away = True
    spool.put(act(1))
    await spool.close()
    assert [file.read() for file in leftover_spools(scene.folder)] == [[act(1)]]


async def test_the_queue_is_bounded_and_counts_what_it_drops(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "MAX_QUEUED", 2)
    await scene.kill()
    spool = ActSpool(scene.store, scene.folder, SystemClock())
    for number in range(3):
        spool.put(act(number))
    assert spool.stats() == {"acts_queued": 2, "acts_spooled": 0, "acts_dropped": 1}


async def test_a_disk_that_refuses_keeps_the_acts_in_memory(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = asyncio.Event()

    def refuse(file: SpoolFile, acts: object) -> None:
        refused.set()
        _refuse(file, acts)

    monkeypatch.setattr(SpoolFile, "append", refuse)
    scene.store.is_away = True
    scene.spool.put(act(0))
    await refused.wait()
    assert scene.spool.stats()["acts_queued"] == 1
    scene.store.is_away = False
    assert await scene.until_stored(1) == [0]


def test_a_line_holds_the_whole_act() -> None:
    full = Act(
        institution="in_a",
        kind="mark.added",
        actor="pe_1",
        at_ms=5,
        actor_role="specialist",
        device="dv_1",
        device_time=DeviceTime(4, 1, 2),
        subject={"room": "ward"},
        before={"is_muted": True},
        after={"is_muted": False},
        media=MediaPosition("R-1", 77),
    )
    assert act_of(act_line(full).rstrip(b"\n")) == full
    assert act_of(act_line(act(1))) == act(1)


def test_personal_fields_do_not_go_to_a_file() -> None:
    with pytest.raises(MisuseError):
        act_line(Act(institution="in_a", kind="x.y", actor="", at_ms=0, personal={"name": "somebody"}))


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path / "1.acts")
    file.append([act(1), act(2)])
    with file.path.open("ab") as end:
        end.write(act_line(act(3))[:-5])
    assert file.read() == [act(1), act(2)]
    file.remove()
    file.remove()
    assert leftover_spools(tmp_path) == []
