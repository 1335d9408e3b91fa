"""Patients, consents and the trace on both databases: what they ask of SQL holds on each."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select

from clinical.ids import InstitutionId, PatientId
from recording.audit.act import Act
from recording.signing import Ed25519Signer
from signaling.care.patients import CardNumberTaken, create_patient, erase_patient, search_patients
from signaling.demo.seed import seed_demo
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from signaling.trace.reading import actors_meant, find_event, find_page, kinds_of
from signaling.trace.search import Wanted

NOW_MS = 1_795_314_000_000
SIGNER = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


async def add_institution(unit: Unit) -> None:
    values = {"code": "in_a", "name": "院", "kind": "hospital", "state": "active", "created_at_ms": 0}
    await unit.connection.execute(insert(t.institution).values(id="in_a", **values))


def act(number: int, **more: Any) -> Act:
    return Act(institution="in_a", kind="annotation.added", actor="pe_1", at_ms=NOW_MS + number // 40, **more)


async def test_pages_of_a_search_meet_without_gap_or_double(store: SqlStore) -> None:
    kinds = ("annotation.added", "opinion.signed")
    await store.record([act(number, subject={"patient": "pt_1"}) for number in range(130)])
    for filters in (
        {},
        {"patients": ("pt_1", "pt_2")},
        {"actors": ("pe_1", "pe_2"), "kinds": kinds},
        {"kinds": kinds},
    ):
        seen: list[int] = []
        place = None
        while True:
            wanted = Wanted("in_a", after=place, **filters)  # type: ignore[arg-type]
            events, place = await store.read(lambda connection, w=wanted: find_page(connection, w))
            seen += [event.sequence for event in events]
            if place is None:
                break
        assert seen == list(range(130, 0, -1)), filters


async def test_patients_are_found_and_erased(store: SqlStore) -> None:
    await store.write(add_institution)

    async def create(unit: Unit, name: str = "张建国", card: str = "QS1") -> PatientId:
        made = await create_patient(
            unit, InstitutionId("in_a"), name=name, card_number=card, sex="male", birth_year=1965
        )
        unit.record(act(1, subject={"patient": made.id}, personal={"note": name}))
        return made.id

    first = await store.write(create)
    try:
        await store.write(lambda unit: create(unit, "李四"))
    except CardNumberTaken:
        pass
    else:
        raise AssertionError("one card number for two")
    await store.write(lambda unit: create(unit, "100%_Smith", ""))
    for text, expected in (
        ("建国", 1),
        ("QS1", 1),
        (first, 1),
        ("%", 1),
        ("smith", 1),
        ("_", 1),
        ("李四", 0),
    ):
        found = await store.read(lambda connection, w=text: search_patients(connection, "in_a", w))
        assert len(found) == expected, text
    assert await store.write(lambda unit: erase_patient(unit, first)) == 1
    assert await store.read(lambda connection: search_patients(connection, "in_a", "建国")) == []
    event = await store.read(lambda connection: find_event(connection, "in_a", 1))
    assert event is not None and event.is_chained
    assert [value.value for value in event.personal] == [None]


async def test_who_acted_and_which_kinds_there_are(store: SqlStore) -> None:
    await store.write(add_institution)

    async def people(unit: Unit) -> None:
        for name in ("pe_1", "pe_2"):
            values = {"institution": "in_a", "name": "王敏", "state": "active", "created_at_ms": 0}
            await unit.connection.execute(insert(t.person).values(id=name, **values))

    await store.write(people)
    await store.record([act(1), act(2)])
    assert await store.read(lambda connection: actors_meant(connection, "in_a", "敏")) == ["pe_1"]
    assert await store.read(lambda connection: kinds_of(connection, "in_a")) == ["annotation.added"]


async def test_the_demo_is_seeded_once(store: SqlStore) -> None:
    async def size(connection: Any) -> list[Any]:
        query = select(t.chain.c.institution, t.chain.c.size).order_by(t.chain.c.institution)
        return [tuple(row) for row in await connection.execute(query)]

    await seed_demo(store, "hash", NOW_MS, SIGNER)
    first = await store.read(size)
    await seed_demo(store, "hash", NOW_MS, SIGNER)
    assert await store.read(size) == first
    assert len(first) == 4 and min(count for _, count in first) > 40
