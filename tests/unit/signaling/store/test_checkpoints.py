"""The checkpointer: what is unsigned stays so until it is stored, and lags and lateness are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.chain import ChainHead, chain
from recording.audit.checkpoint import parse_note
from recording.keys import load_or_create_signer
from signaling.store import checkpoints
from signaling.store.checkpoints import LATE_MS, Checkpointer
from signaling.store.note_files import NoteFiles
from signaling.store.sql_store import SqlStore
from signaling.store.store import StoreUnavailable, Unit
from tests.support.ledgers import act, checked_ledger
from tests.support.stores import open_test_store

NS_PER_MS = 1_000_000


class SetClock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now_ms = 5_000

    def monotonic_ns(self) -> int:
        return self.now_ms * NS_PER_MS

    def wall_ns(self) -> int:
        return self.now_ms * NS_PER_MS


class Desk:
    """A checkpointer over a store that can be made unavailable."""

    def __init__(self, store: SqlStore, folder: Path) -> None:
        self.store, self.clock, self.is_away = store, SetClock(), False
        self.ends: list[ChainHead] = []
        store.follow(lambda chained: self.ends.extend(each.head for each in chained))
        self.checkpointer = Checkpointer(
            read=self.read,
            write_first=self.write,
            signer=load_or_create_signer(folder),
            clock=self.clock,
            files=NoteFiles(folder / "notes"),
        )

    async def read(self, work: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
        if self.is_away:
            raise StoreUnavailable
        return await self.store.read(work)

    async def write(self, work: Callable[[Unit], Awaitable[Any]]) -> Any:
        if self.is_away:
            raise StoreUnavailable
        return await self.store.write(work)

    async def grow(self, acts: int = 1) -> None:
        """Acts are stored and the checkpointer hears of the chain's end."""
        await self.store.record([act() for _ in range(acts)])
        self.checkpointer.receive_heads({"in_a": self.ends[-1]})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_test_store(tmp_path) as store:
        yield Desk(store, tmp_path)


async def test_nothing_that_grew_is_nothing_to_do(desk: Desk) -> None:
    await desk.checkpointer.turn()
    assert (desk.checkpointer.lag_ms(), desk.checkpointer.counts.signed) == (0, 0)


async def test_the_lag_is_that_of_the_oldest_unsigned_act(desk: Desk) -> None:
    await desk.grow()
    desk.clock.now_ms += 300
    await desk.grow()
    assert desk.checkpointer.lag_ms() == 300
    await desk.checkpointer.turn()
    assert desk.checkpointer.lag_ms() == 0
    counts = desk.checkpointer.counts
    assert (counts.signed, counts.worst_lag_ms, counts.late) == (1, 300, 0)


async def test_what_could_not_be_stored_stays_unsigned_and_counts_as_late(desk: Desk) -> None:
    await desk.grow()
    desk.is_away = True
    with pytest.raises(StoreUnavailable):
        await desk.checkpointer.turn()
    desk.clock.now_ms += LATE_MS + 1
    desk.is_away = False
    await desk.grow(2)
    await desk.checkpointer.turn()
    assert (desk.checkpointer.counts.signed, desk.checkpointer.counts.late) == (1, 1)
    assert (await checked_ledger(desk.store)).checkpoint_sizes == [3]


async def test_each_checkpoint_names_the_one_before(desk: Desk, tmp_path: Path) -> None:
    for acts in (1, 2, 3):
        await desk.grow(acts)
        await desk.checkpointer.turn()
    assert (await checked_ledger(desk.store)).checkpoint_sizes == [1, 3, 6]
    noted = parse_note((tmp_path / "notes" / "in_a.note").read_bytes()).checkpoint
    assert (noted.size, noted.previous_size) == (6, 3)


async def test_a_head_that_is_signed_already_is_not_signed_again(desk: Desk) -> None:
    await desk.grow()
    await desk.checkpointer.turn()
    desk.checkpointer.receive_heads({"in_a": desk.ends[-1]})
    assert desk.checkpointer.lag_ms() == 0
    await desk.checkpointer.turn()
    assert desk.checkpointer.counts.signed == 1


async def test_an_older_head_does_not_take_the_place_of_a_newer(desk: Desk) -> None:
    await desk.grow(2)
    desk.checkpointer.receive_heads({"in_a": desk.ends[0]})
    await desk.checkpointer.turn()
    assert (await checked_ledger(desk.store)).checkpoint_sizes == [2]


async def test_who_finds_that_another_signed_first_follows_it(desk: Desk, tmp_path: Path) -> None:
    other = Desk(desk.store, tmp_path)
    other.clock.now_ms += 7
    await desk.grow()
    other.checkpointer.receive_heads({"in_a": desk.ends[-1]})
    await desk.checkpointer.turn()
    await other.checkpointer.turn()
    assert (other.checkpointer.counts.signed, other.checkpointer.lag_ms()) == (0, 0)
    await desk.grow()
    other.checkpointer.receive_heads({"in_a": desk.ends[-1]})
    await other.checkpointer.turn()
    assert (await checked_ledger(desk.store)).checkpoint_sizes == [1, 2]


async def test_a_scan_finds_what_nobody_signed(desk: Desk) -> None:
    await desk.store.record([act(), act("in_b"), act("in_b")])
    await desk.checkpointer.scan()
    await desk.checkpointer.turn()
    assert (await checked_ledger(desk.store, "in_b")).checkpoint_sizes == [2]
    await desk.checkpointer.scan()
    assert desk.checkpointer.lag_ms() == 0


async def test_a_chain_that_grew_while_it_was_signed_is_still_unsigned(desk: Desk) -> None:
    await desk.grow()
    last = chain(desk.ends[-1], act(), new_salt=bytes).head

    async def write_and_grow(work: Callable[[Unit], Awaitable[Any]]) -> Any:
        stored = await desk.store.write(work)
        desk.checkpointer.receive_heads({"in_a": last})
        return stored

    desk.checkpointer.write_first = write_and_grow
    await desk.checkpointer.turn()
    desk.clock.now_ms += 40
    assert desk.checkpointer.lag_ms() == 40


def test_the_promise_leaves_room_for_a_signature_and_a_commit() -> None:
    assert checkpoints.CHECKPOINT_EVERY_S * 1000 <= LATE_MS / 2
