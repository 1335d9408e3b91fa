"""The queue of what is to be written: bounded, in order, and what was taken back never runs."""

from __future__ import annotations

import asyncio

import pytest

from signaling.store.waiting import MAX_BATCH, MAX_BATCH_ACTS, MAX_WAITING, Entry, Stage, Waiting
from tests.support.ledgers import act


def entry(acts: int = 1) -> Entry:
    return Entry(None, [act()] * acts, asyncio.get_running_loop().create_future())


async def test_what_came_first_is_taken_first() -> None:
    waiting, entries = Waiting(), [entry() for _ in range(3)]
    assert all(waiting.add(each) for each in entries)
    assert waiting.arrived.is_set()
    assert waiting.take() == entries
    assert {each.stage for each in entries} == {Stage.RUNNING}
    assert not waiting.arrived.is_set()
    assert waiting.take() == []


async def test_a_full_queue_takes_only_what_is_urgent() -> None:
    waiting, first = Waiting(), entry()
    for _ in range(MAX_WAITING):
        assert waiting.add(entry())
    assert not waiting.add(entry())
    assert waiting.add(first, is_urgent=True)
    assert waiting.take()[0] is first


async def test_a_batch_ends_with_its_callers_or_their_acts() -> None:
    waiting = Waiting()
    for _ in range(MAX_BATCH + 1):
        waiting.add(entry())
    assert len(waiting.take()) == MAX_BATCH
    assert waiting.arrived.is_set()
    assert len(waiting.take()) == 1
    for _ in range(3):
        waiting.add(entry(MAX_BATCH_ACTS - 1))
    assert len(waiting.take()) == 2


async def test_who_has_left_is_not_taken() -> None:
    waiting, gone, late, stays = Waiting(), entry(), entry(), entry()
    for each in (gone, late, stays):
        waiting.add(each)
    gone.answer.cancel()
    assert late.withdraw()
    assert waiting.take() == [stays]


async def test_what_is_given_back_goes_first_unless_it_was_withdrawn() -> None:
    waiting, entries = Waiting(), [entry() for _ in range(4)]
    for each in entries[:3]:
        waiting.add(each)
    waiting.take()
    waiting.add(entries[3])
    entries[1].withdraw()
    waiting.give_back(entries[1:3])
    assert waiting.take() == [entries[2], entries[3]]


@pytest.mark.parametrize(
    ("stage", "promised"),
    [(Stage.WAITING, True), (Stage.RUNNING, True), (Stage.WITHDRAWN, True), (Stage.COMMITTING, False)],
)
async def test_nothing_is_promised_once_it_commits(stage: Stage, promised: bool) -> None:
    one = entry()
    one.stage = stage
    assert one.withdraw() is promised
    assert one.stage is (Stage.WITHDRAWN if promised else Stage.COMMITTING)
