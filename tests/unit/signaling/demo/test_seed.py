"""The demo's seed: once, in order, in the past, and sound."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import func, select

from signaling.auth.demo_people import DEMO_PEOPLE
from signaling.demo.seed import seed_demo
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from tests.support.stores import open_test_store

NOW_MS = 1_795_314_000_000


async def chains(store: SqlStore) -> dict[str, list[dict[str, Any]]]:
    async def work(connection: Any) -> dict[str, list[dict[str, Any]]]:
        rows = await connection.execute(
            select(t.institution.c.name, t.event.c.line)
            .join(t.institution, t.institution.c.id == t.event.c.institution)
            .order_by(t.event.c.institution, t.event.c.sequence)
        )
        told: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            told.setdefault(row.name, []).append(orjson.loads(row.line))
        return told

    return await store.read(work)


async def count(store: SqlStore) -> dict[str, int]:
    async def work(connection: Any) -> dict[str, int]:
        return {
            table.name: await connection.scalar(select(func.count()).select_from(table))
            for table in t.metadata.sorted_tables
        }

    return await store.read(work)


async def test_every_chain_is_in_order_and_ends_before_today(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS)
        told = await chains(store)
        assert set(told) == {"青山县人民医院", "青溪镇卫生院", "石桥卫生院", "青山县急救站"}
        for events in told.values():
            times = [event["at_ms"] for event in events]
            assert times == sorted(times)
            assert NOW_MS - 7 * 86_400_000 < times[0] < times[-1] < NOW_MS - 6 * 3_600_000
            assert len(events) > 40


async def test_what_happened_can_be_told(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS)
        told = await chains(store)
        kinds = Counter(event["kind"] for events in told.values() for event in events)
        assert kinds["opinion.signed"] == 10
        assert {"consent.granted", "consent.declined", "trace.searched", "device.enrolled"} <= set(kinds)
        assert any(event.get("device_time", {}).get("offset_ms") == -300 for event in told["青山县急救站"])
        counts = await count(store)
        assert (counts["person"], counts["account"], counts["patient"], counts["device"]) == (
            len(DEMO_PEOPLE),
            len(DEMO_PEOPLE),
            20,
            3,
        )
        assert counts["consent"] == kinds["consent.granted"] + kinds["consent.declined"]


async def test_seeding_again_changes_nothing_also_days_later(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS)
        before = await count(store)
        await seed_demo(store, "hash", NOW_MS)
        await seed_demo(store, "hash", NOW_MS + 9 * 86_400_000)
        assert await count(store) == before
