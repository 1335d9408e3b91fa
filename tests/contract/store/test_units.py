"""A unit of work and its acts are stored together or not at all, whoever else is in the same commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.chain import ChainedAct
from recording.errors import MisuseError
from signaling.store.sql_store import MAX_ACTS, SqlStore
from signaling.store.store import StoreUnavailable, Unit
from signaling.store.tables import institution, person, personal_field
from tests.support.ledgers import act, checked_ledger


async def add_institution(unit: Unit, name: str, *, acts: int = 1) -> str:
    await unit.connection.execute(
        insert(institution).values(
            id=name, code=name, name=name, kind="hospital", state="active", created_at_ms=unit.now_ms
        )
    )
    for number in range(acts):
        unit.record(act(kind="institution.created", subject={"room": f"{name}-{number}"}))
    return name


async def institutions(store: SqlStore) -> list[str]:
    async def read(connection: AsyncConnection) -> list[str]:
        return list((await connection.execute(select(institution.c.id).order_by("id"))).scalars())

    return await store.read(read)


async def test_a_unit_and_its_acts_are_stored_together(store: SqlStore) -> None:
    assert await store.write(lambda unit: add_institution(unit, "in_1", acts=3)) == "in_1"
    assert await institutions(store) == ["in_1"]
    lines = (await checked_ledger(store)).lines
    assert [line["subject"]["room"] for line in lines] == ["in_1-0", "in_1-1", "in_1-2"]


async def test_what_a_unit_raises_undoes_it_and_its_acts(store: SqlStore) -> None:
    async def work(unit: Unit) -> None:
        await add_institution(unit, "in_1")
        raise KeyError("its own")

    with pytest.raises(KeyError, match="its own"):
        await store.write(work)
    assert await institutions(store) == []
    assert (await checked_ledger(store)).lines == []


async def test_an_act_that_no_chain_takes_undoes_its_unit(store: SqlStore) -> None:
    async def work(unit: Unit) -> None:
        await add_institution(unit, "in_1")
        unit.record(act(after={"share": 0.5}))  # type: ignore[dict-item]

    with pytest.raises(MisuseError):
        await store.write(work)
    assert await institutions(store) == []
    assert (await checked_ledger(store)).lines == []


async def test_a_unit_that_fails_takes_nobody_with_it(store: SqlStore) -> None:
    await store.write(lambda unit: add_institution(unit, "in_07"))
    commits_before = store.stats()["commits"]
    names = [f"in_{number % 15:02}" for number in range(20)]
    answers = await asyncio.gather(
        *(store.write(lambda unit, name=name: add_institution(unit, name)) for name in names),  # type: ignore[misc]
        store.record([act(), act(kind="not a kind")]),
        store.record([act("no institution\0")]),
        store.record([act(), act()]),
        return_exceptions=True,
    )
    failed = [number for number, answer in enumerate(answers) if isinstance(answer, BaseException)]
    assert failed == [7, 15, 16, 17, 18, 19, 20, 21]
    assert all(isinstance(answers[number], IntegrityError) for number in failed[:-2])
    assert all(isinstance(answers[number], MisuseError) for number in failed[-2:])
    assert len(await institutions(store)) == 15
    assert len((await checked_ledger(store)).lines) == 15 + 2
    assert store.stats()["commits"] < commits_before + len(names)


async def test_acts_are_stored_in_the_order_in_which_they_came(store: SqlStore) -> None:
    followed: list[int] = []

    def follow(acts: Sequence[ChainedAct]) -> None:
        followed.extend(chained.act.at_ms for chained in acts)

    store.follow(follow)

    async def unit_of(number: int) -> None:
        async def work(unit: Unit) -> None:
            unit.record(act(at_ms=number))

        await store.write(work)

    calls = [unit_of(n) if n % 3 == 0 else store.record([act(at_ms=n)]) for n in range(300)]
    await asyncio.gather(*calls)
    lines = (await checked_ledger(store)).lines
    assert [line["at_ms"] for line in lines] == list(range(300))
    assert followed == list(range(300))


async def test_followers_hear_of_acts_before_their_caller_goes_on(store: SqlStore) -> None:
    heard: list[int] = []
    store.follow(lambda acts: heard.extend(chained.sequence for chained in acts))
    await store.record([act(), act()])
    assert heard == [1, 2]


async def test_a_unit_finds_what_the_unit_before_it_did(store: SqlStore) -> None:
    """Which makes a single use single: units run one after another, not beside each other."""

    async def use_once(unit: Unit) -> bool:
        count = await unit.connection.execute(select(func.count()).select_from(institution))
        if count.scalar_one():
            return False
        await add_institution(unit, "in_1")
        return True

    assert sum(await asyncio.gather(*(store.write(use_once) for _ in range(100)))) == 1


async def test_each_institution_has_a_chain_of_its_own(store: SqlStore) -> None:
    await store.record([act(f"in_{number % 3}", at_ms=number) for number in range(30)])
    for number in range(3):
        lines = (await checked_ledger(store, f"in_{number}")).lines
        assert [line["at_ms"] for line in lines] == list(range(number, 30, 3))


async def test_personal_fields_lie_beside_the_chain(store: SqlStore) -> None:
    await store.record([act(subject={"patient": "pt_1"}, personal={"name": "王秀英", "reason": "胸痛"})])

    async def read(connection: AsyncConnection) -> list[tuple[str, str, str, int]]:
        rows = await connection.execute(select(personal_field).order_by(personal_field.c.name))
        return [(row.name, row.value, row.patient, len(row.salt)) for row in rows]

    assert await store.read(read) == [("name", "王秀英", "pt_1", 16), ("reason", "胸痛", "pt_1", 16)]
    (line,) = (await checked_ledger(store)).lines
    assert set(line["personal"]) == {"name", "reason"}
    assert "王秀英" not in str(line)


async def test_a_read_is_of_one_moment(store: SqlStore) -> None:
    async def work(connection: AsyncConnection) -> tuple[int, int]:
        count = select(func.count()).select_from(institution)
        before = (await connection.execute(count)).scalar_one()
        await store.write(lambda unit: add_institution(unit, "in_1"))
        return before, (await connection.execute(count)).scalar_one()

    assert await store.read(work) == (0, 0)
    assert await institutions(store) == ["in_1"]


async def test_a_read_cannot_write(store: SqlStore) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(institution).values(id="x"))

    with pytest.raises((DBAPIError, StoreUnavailable)):
        await store.read(work)
    assert await institutions(store) == []


async def test_a_row_needs_what_it_refers_to(store: SqlStore) -> None:
    async def work(unit: Unit) -> None:
        await unit.connection.execute(
            insert(person).values(
                id="pe_1", institution="in_0", name="甲", state="active", created_at_ms=unit.now_ms
            )
        )

    with pytest.raises(IntegrityError):
        await store.write(work)


async def test_too_many_acts_at_once_are_refused(store: SqlStore) -> None:
    with pytest.raises(MisuseError):
        await store.record([act()] * (MAX_ACTS + 1))
    await store.record([act()] * MAX_ACTS)
    assert len((await checked_ledger(store)).lines) == MAX_ACTS


async def test_a_unit_that_is_over_takes_no_act(store: SqlStore) -> None:
    async def work(unit: Unit) -> Unit:
        return unit

    unit = await store.write(work)
    with pytest.raises(MisuseError):
        unit.record(act())


async def test_a_closed_store_is_unavailable(store: SqlStore) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.record([act()])
    with pytest.raises(StoreUnavailable):
        await institutions(store)
    await store.close()
