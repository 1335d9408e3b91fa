"""The demo's seed: once, in order, in the past, and sound."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select

from clinical.ids import InstitutionId
from recording.keys import load_or_create_signer
from recording.signing import Signer
from signaling.auth.demo_people import DEMO_PEOPLE
from signaling.consult.archive_reading import ledger_sights, read_archive
from signaling.consult.opinion_verdict import faults_of
from signaling.demo.seed import seed_demo
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from tests.support.stores import open_test_store

NOW_MS = 1_795_314_000_000


def signer_in(folder: Path) -> Signer:
    """The key that the store in this folder signs with."""
    return load_or_create_signer(folder)


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
        await seed_demo(store, "hash", NOW_MS, signer_in(tmp_path))
        told = await chains(store)
        assert set(told) == {"青山县人民医院", "青溪镇卫生院", "石桥卫生院", "青山县急救站"}
        for events in told.values():
            times = [event["at_ms"] for event in events]
            assert times == sorted(times)
            assert NOW_MS - 7 * 86_400_000 < times[0] < times[-1] < NOW_MS - 6 * 3_600_000
            assert len(events) > 40


async def test_what_happened_can_be_told(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS, signer_in(tmp_path))
        told = await chains(store)
        kinds = Counter(event["kind"] for events in told.values() for event in events)
        # Both sides keep the trail of a case.
        assert kinds["opinion.signed"] == kinds["opinion.acknowledged"] == 2 * 10
        assert {"consent.granted", "consent.declined", "trace.searched", "device.enrolled"} <= set(kinds)
        assert any(event.get("device_time", {}).get("offset_ms") == -300 for event in told["青山县急救站"])
        counts = await count(store)
        assert (counts["person"], counts["account"], counts["patient"], counts["device"]) == (
            len(DEMO_PEOPLE),
            len(DEMO_PEOPLE),
            20,
            3,
        )
        answers = {
            event["subject"]["consent"]
            for events in told.values()
            for event in events
            if event["kind"] in ("consent.granted", "consent.declined")
        }
        assert counts["consent"] == len(answers)


async def test_seeding_again_changes_nothing_also_days_later(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS, signer_in(tmp_path))
        before = await count(store)
        await seed_demo(store, "hash", NOW_MS, signer_in(tmp_path))
        await seed_demo(store, "hash", NOW_MS + 9 * 86_400_000, signer_in(tmp_path))
        assert await count(store) == before


async def test_its_cases_lie_in_the_store_as_the_pages_would_have_written_them(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS, signer_in(tmp_path))
        rows = await store.read(lambda connection: connection.execute(select(t.consultation)))
        cases = rows.all()
        assert Counter(case.state for case in cases) == {"closed": 10, "cancelled": 1, "invited": 1}
        waiting = next(case for case in cases if case.state == "invited")
        assert (waiting.kind, waiting.ring_due_ms) == ("offline", None)
        adoptions = await store.read(lambda connection: connection.execute(select(t.opinion.c.adoption)))
        assert Counter(adoptions.scalars()) == {"full": 9, "part": 1}


async def test_what_its_experts_signed_is_found_unaltered(tmp_path: Path) -> None:
    signer = signer_in(tmp_path)
    public_key = Ed25519PublicKey.from_public_bytes(signer.public_key)
    async with open_test_store(tmp_path) as store:
        await seed_demo(store, "hash", NOW_MS, signer)

        async def faults(connection: Any) -> list[Any]:
            found: list[Any] = []
            query = select(t.consultation).where(t.consultation.c.state == "closed")
            for case in (await connection.execute(query)).all():
                archive = await read_archive(connection, case.id, InstitutionId(case.institution))
                found += faults_of(archive, public_key, await ledger_sights(connection, archive))
            return found

        assert await store.read(faults) == []
