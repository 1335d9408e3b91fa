"""Frames over the room's unreliable channel: only to those who watch and listen, and mended by the socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.consult_world import WANG
from tests.support.ecg_world import EcgWorld, ecg_world, late, measured
from tests.support.waiting import wait_until


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[EcgWorld]:
    async with ecg_world(tmp_path) as world:
        yield world


async def test_who_listens_in_the_room_gets_each_frame_there_with_those_before_it(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    frames = measured(1).frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request(case=case)
        await gateway.name(ecg)
        async with world.viewer(ecg, WANG) as viewer, world.viewer(ecg) as other:
            await viewer.word("ecg")
            await other.word("ecg")
            await gateway.send(frames[:4])
            await wait_until(lambda: viewer.frames == frames[:4], what="the first frames")
            assert world.room.sent == []
            await viewer.say(type="lane", lost=0, of=0)
            lanes = world.desk.in_hand()[0].viewers
            await wait_until(
                lambda: any(each.lane.is_wanted(world.consult.clock.monotonic_ns()) for each in lanes),
                what="the lane to be wanted",
            )
            await gateway.send(frames[4:8])
            await wait_until(lambda: len(world.room.sent) == 4, what="four messages")
            assert world.room.sent[0] == (case, ecg, [frames[4], frames[3], frames[2]], [WANG.login])
            assert world.room.sent[3][2] == [frames[7], frames[6], frames[5]]
            # On a clean link nothing is repeated, and what fills holes is no news.
            await viewer.say(type="lane", lost=0, of=4)
            await wait_until(lambda: any(not each.lane.repeats for each in lanes), what="no repeats")
            await gateway.send([late(frames[8]), frames[9]])
            await wait_until(lambda: len(world.room.sent) == 5, what="one more")
            assert world.room.sent[4][2] == [frames[9]]
            # The socket brings everything all the same, to both.
            await wait_until(lambda: len(viewer.frames) == len(other.frames) == 10, what="all frames")
            assert world.desk.stats()["room_messages"] == 5


async def test_without_a_case_there_is_no_room(world: EcgWorld) -> None:
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        async with world.viewer(ecg) as viewer:
            await viewer.word("ecg")
            await viewer.say(type="lane", lost=0, of=0)
            await gateway.send(measured(1).frames())
            await wait_until(lambda: len(viewer.frames) == 25, what="all frames")
    assert world.room.sent == []
