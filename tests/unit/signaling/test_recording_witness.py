"""Recordings' beginnings and seals reach the institutions' ledger once, with their manifests' hashes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from clinical.ids import InstitutionId
from media_server.ids import RoomName
from recording.event_chain import NewEvent
from recording.event_kinds import MANIFEST_SEALED, RECORDING_STARTED
from recording.ledger import NODE_STREAM, Ledger
from signaling import recording_witness
from signaling.recording_witness import RecordingWitness
from signaling.standing_rooms import StandingRoom, StandingRooms
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S

ROOMS = StandingRooms(
    [StandingRoom(RoomName("ward"), "病房", "Ward", "on_request", (InstitutionId("in_a"),))]
)
DIGEST = "ab" * 32


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    async with open_test_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "recorder.sqlite3")


def _started(recording: str, room: str, by: str = "zhoulan") -> NewEvent:
    return NewEvent(RECORDING_STARTED, by, 0, 1_000, {"recording": recording, "room": room})


def _sealed(recording: str) -> NewEvent:
    facts = {"recording": recording, "state": "sealed", "manifest_sha256": DIGEST}
    return NewEvent(MANIFEST_SEALED, "recorder", 5, 2_000, facts)


async def _lines(store: SqlStore, institution: str) -> list[dict[str, Any]]:
    async def work(connection: Any) -> list[dict[str, Any]]:
        rows = await connection.execute(
            select(t.event.c.line).where(t.event.c.institution == institution).order_by(t.event.c.sequence)
        )
        return [json.loads(line) for (line,) in rows]

    return await store.read(work)


async def _add_account(store: SqlStore) -> None:
    async def work(unit: Any) -> None:
        place = {
            "id": "in_a",
            "code": "a",
            "name": "a",
            "kind": "hospital",
            "state": "active",
            "created_at_ms": 0,
        }
        person = {"id": "pe_1", "institution": "in_a", "name": "周岚", "state": "active", "created_at_ms": 0}
        account = {"id": "ac_1", "institution": "in_a", "person": "pe_1", "login": "zhoulan"}
        for table, row in ((t.institution, place), (t.person, person), (t.account, account)):
            await unit.connection.execute(insert(table).values(row))

    await store.write(work)


async def test_a_recording_is_told_with_who_began_it_and_the_hash_of_its_manifest(
    store: SqlStore, ledger: Ledger
) -> None:
    await _add_account(store)
    ledger.append(NODE_STREAM, [_started("R-1", "ward"), _sealed("R-1")])
    witness = RecordingWitness(ledger=ledger, store=store, standing=ROOMS)
    assert await witness.tell_new(0) == 2
    assert await witness.tell_new(2) == 2
    began, sealed = await _lines(store, "in_a")
    assert (began["kind"], began["actor"], began["subject"]) == (
        "recording.started",
        "pe_1",
        {"recording": "R-1", "room": "ward"},
    )
    assert (sealed["kind"], sealed["at_ms"], sealed["after"]) == (
        "manifest.sealed",
        2_000,
        {"state": "sealed", "manifest_sha256": DIGEST, "recorder_sequence": 2},
    )


async def test_recordings_of_rooms_that_a_token_opened_are_the_nodes(store: SqlStore, ledger: Ledger) -> None:
    ledger.append(NODE_STREAM, [_started("R-2", "Zhang San", by="zhangsan")])
    await RecordingWitness(ledger=ledger, store=store, standing=ROOMS).tell_new(0)
    (began,) = await _lines(store, "node")
    assert began["actor"] == "system" and "Zhang" not in json.dumps(began)


async def test_after_a_restart_it_goes_on_where_the_ledger_ends(
    store: SqlStore, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_witness, "LOOK_INTERVAL_S", 0.01)
    ledger.append(NODE_STREAM, [_started("R-1", "ward"), NewEvent("recording.trouble", "recorder", 0, 0, {})])
    for number in range(2):
        task = asyncio.create_task(RecordingWitness(ledger=ledger, store=store, standing=ROOMS).run())
        async with asyncio.timeout(HANG_S):
            while len(await _lines(store, "in_a")) <= number:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if number == 0:
            ledger.append(NODE_STREAM, [_sealed("R-1")])
    assert [line["kind"] for line in await _lines(store, "in_a")] == ["recording.started", "manifest.sealed"]
