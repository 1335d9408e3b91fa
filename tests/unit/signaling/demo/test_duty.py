"""The demo's hospital always has somebody on duty, and nothing is entered twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from recording.keys import load_or_create_signer
from signaling.demo.duty import PHONES, carry_on_duty, roster_text
from signaling.demo.seed import seed_demo
from signaling.roster.directory import Entry, read_directory
from signaling.roster.roster_csv import read_csv
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from tests.support.stores import open_test_store

NOW_MS = 1_795_314_000_000
DAY_MS = 86_400_000


async def _directory(store: SqlStore, at_ms: int) -> dict[str, Entry]:
    return {entry.code: entry for entry in await store.read(lambda c: read_directory(c, at_ms))}


async def _counts(store: SqlStore) -> list[Any]:
    async def work(connection: Any) -> list[Any]:
        tables = (t.duty_shift, t.duty_phone, t.slot, t.event)
        return [await connection.scalar(select(func.count()).select_from(table)) for table in tables]

    return await store.read(work)


def test_the_roster_is_read_as_it_is_written() -> None:
    sheet = read_csv(roster_text(NOW_MS, 3))
    assert (len(sheet.lines), len(sheet.faults)) == (9, 0)


async def test_somebody_is_on_duty_in_the_story_now_and_weeks_later(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS, load_or_create_signer(tmp_path))
        for at_ms in (NOW_MS - 4 * DAY_MS, NOW_MS, NOW_MS + 13 * DAY_MS, NOW_MS + 40 * DAY_MS):
            if at_ms >= NOW_MS:
                await carry_on_duty(store, at_ms)
            cardiology = (await _directory(store, at_ms))["cardiology"]
            assert [(one.name, one.line) for one in cardiology.on_duty] == [("王敏", 1), ("赵启明", 2)]
            assert cardiology.duty_phone == PHONES["cardiology"]


async def test_what_is_there_is_not_entered_again(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS, load_or_create_signer(tmp_path))
        await carry_on_duty(store, NOW_MS)
        before = await _counts(store)
        assert before[2] == 15
        await carry_on_duty(store, NOW_MS + 1_000)
        assert await _counts(store) == before


async def test_a_folder_with_another_cast_is_left_alone(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await carry_on_duty(store, NOW_MS)
        assert await _counts(store) == [0, 0, 0, 0]
