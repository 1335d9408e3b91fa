"""Live frames by datagram: shown ahead of the truth lane, once, and good for nothing but being shown."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from media_server.ecg.datagram import DatagramSealer
from tests.support.consult_world import WANG
from tests.support.ecg_world import (
    DATAGRAM_PORT,
    OTHER_GATEWAY,
    EcgWorld,
    GatewayLine,
    Recording,
    ecg_world,
    gateway_caller,
    late,
    measured,
    sha256_of_recordings,
)
from tests.support.waiting import wait_until

RECORDING = measured(12)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[EcgWorld]:
    async with ecg_world(tmp_path) as world:
        yield world


@dataclass
class Box:
    """A gateway whose datagrams a test sends, drops and bends."""

    world: EcgWorld
    line: GatewayLine
    ecg: str
    sealer: DatagramSealer
    recording: Recording = field(default_factory=lambda: RECORDING)

    def sealed(self, *frames: bytes) -> bytes:
        """A datagram of these, the newest first."""
        return self.sealer.seal(frames)

    def throw(self, *frames: bytes) -> bool:
        """Sends them as one datagram; whether it was taken for one."""
        return self.world.desk.datagrams.receive(self.sealed(*frames))

    def stat(self, name: str) -> int:
        """A counter."""
        return self.world.desk.stats()[name]


async def _box(world: EcgWorld, line: GatewayLine, **more: Any) -> Box:
    """A gateway of a running ECG that has brought its first ten frames."""
    await line.greet()
    offer = await line.word("datagrams")
    assert (offer["port"], set(offer)) == (DATAGRAM_PORT, {"type", "port", "key_id", "key", "most"})
    ecg = await world.request(**more)
    await line.name(ecg)
    await line.send(RECORDING.frames()[:10])
    await line.stored_until(0, 200)
    return Box(world, line, ecg, DatagramSealer(offer["key_id"], base64.b64decode(offer["key"])))


async def _seen(viewer: Any, frames: Sequence[bytes]) -> None:
    await wait_until(lambda: viewer.frames == list(frames), what=f"{len(frames)} frames")


async def test_a_frame_is_shown_ahead_of_the_truth_lane_and_not_again(world: EcgWorld) -> None:
    frames = RECORDING.frames()
    async with world.gateway() as line:
        box = await _box(world, line)
        async with world.viewer(box.ecg) as viewer:
            await viewer.word("ecg")
            await _seen(viewer, frames[:10])
            assert box.throw(frames[10])
            assert box.throw(frames[12], frames[11], frames[10])
            await _seen(viewer, frames[:13])
            # Nothing is stored, acknowledged or counted by it.
            show = await world.show(box.ecg)
            assert [one["end"] for one in show["epochs"]] == [200]
            assert await world.stored_frames(box.ecg) == frames[:10]
            # The truth lane brings them, one of them late, and one more.
            await line.send([frames[10], late(frames[11]), frames[12], frames[13]])
            await line.stored_until(0, 280)
            await _seen(viewer, frames[:14])
            assert await world.stored_frames(box.ecg) == [*frames[:11], late(frames[11]), *frames[12:14]]
            assert (box.stat("frames_ahead"), box.stat("frames_after")) == (3, 3)
            assert (box.stat("frames_ahead_known"), box.stat("frames_corrected")) == (1, 0)
            # What comes after its frame of the truth lane is no news.
            assert box.throw(frames[13])
            assert box.stat("frames_ahead_known") == 2


async def test_in_the_room_it_goes_once_with_those_before_it(world: EcgWorld) -> None:
    frames = RECORDING.frames()
    case = await world.consult.accepted()
    async with world.gateway() as line:
        box = await _box(world, line, case=case)
        async with world.viewer(box.ecg, WANG) as viewer:
            await viewer.word("ecg")
            (watching,) = world.desk.in_hand()[0].viewers
            await viewer.say(type="lane", lost=0, of=0)
            await wait_until(
                lambda: watching.lane.is_wanted(world.consult.clock.monotonic_ns()), what="the lane wanted"
            )
            box.throw(frames[10])
            box.throw(frames[11])
            assert [sent[2] for sent in world.room.sent] == [[frames[10]], [frames[11], frames[10]]]
            await line.send(frames[10:13])
            await line.stored_until(0, 260)
            assert [sent[2] for sent in world.room.sent][2:] == [[frames[12], frames[11], frames[10]]]


async def test_whoever_comes_gets_what_is_ahead_and_its_end_is_the_truths(world: EcgWorld) -> None:
    frames = RECORDING.frames()
    async with world.gateway() as line:
        box = await _box(world, line)
        box.throw(frames[11], frames[10])
        async with world.viewer(box.ecg) as viewer:
            word = await viewer.word("ecg")
            assert word["have"] == {"0": [[0, 200]]}
            await wait_until(lambda: set(viewer.frames) == set(frames[:12]), what="what is ahead as well")


async def test_the_truth_is_what_stands_in_the_end(world: EcgWorld) -> None:
    frames, others = RECORDING.frames(), measured(12, seed=2).frames()
    case = await world.consult.accepted()
    async with world.gateway() as line:
        box = await _box(world, line, case=case)
        async with world.viewer(box.ecg) as viewer:
            await viewer.word("ecg")
            await _seen(viewer, frames[:10])
            box.throw(others[10])
            box.throw(frames[11])
            await line.send(frames[10:13])
            await _seen(viewer, [*frames[:10], others[10], frames[11], frames[12], frames[10]])
            assert box.stat("frames_corrected") == 1
            assert others[10] not in world.desk.in_hand()[0].recent


async def test_a_torn_truth_is_a_gap_whatever_was_shown(world: EcgWorld) -> None:
    frames = RECORDING.frames()
    async with world.gateway() as line:
        box = await _box(world, line)
        for frame in frames[10:60]:
            box.throw(frame)
        await line.send(frames[60:65])
        await wait_until(lambda: box.stat("frames") == 15, what="what follows the hole")
        show = await world.becomes(box.ecg, gap_count=1)
        assert show["missing_ms"] == 2_000
        await line.send([late(frame) for frame in frames[10:60]])
        await line.send(frames[65:])
        await line.ended(box.ecg, RECORDING)
        await world.becomes(box.ecg, is_complete=True, missing_ms=0, late_ms=2_000)
        assert await world.stored_sha256(box.ecg) == sha256_of_recordings(RECORDING)


async def test_what_cannot_be_is_not_shown(world: EcgWorld) -> None:
    frames = RECORDING.frames()
    beyond = measured(0.04, first=200 + 10 * 500 + 1).frames()
    odd = Recording(RECORDING.samples[:20], first=220, stream=9).frames()
    async with world.gateway() as line:
        box = await _box(world, line)
        async with world.viewer(box.ecg) as viewer:
            await viewer.word("ecg")
            await _seen(viewer, frames[:10])
            for refused in (beyond[0], odd[0], late(frames[10]), measured(1, epoch=1).frames()[0], b"junk"):
                assert box.throw(refused)
            assert box.stat("frames_ahead_refused") == 5
            # None of it was held against the gateway.
            assert not [word for word in line.words if word["type"] == "refused"]
            box.throw(frames[10])
            await _seen(viewer, frames[:11])


async def test_a_key_lives_as_long_as_its_connection(world: EcgWorld) -> None:
    frames = RECORDING.frames()
    async with world.gateway() as first:
        box = await _box(world, first)
        assert box.stat("datagram_keys") == 1
        async with world.gateway() as second:
            await second.greet(box.ecg)
            await second.word("datagrams")
            assert not box.throw(frames[10]), "another connection of the same gateway is there"
            assert box.stat("datagram_keys") == 1
        await world.gateway_gone()
        await wait_until(lambda: box.stat("datagram_keys") == 0, what="no key")


async def test_a_gateway_shows_nothing_of_anothers(world: EcgWorld) -> None:
    frames = RECORDING.frames()
    async with world.gateway() as line, world.gateway(gateway_caller(OTHER_GATEWAY)) as other:
        box = await _box(world, line)
        await other.greet()
        offer = await other.word("datagrams")
        sealed = DatagramSealer(offer["key_id"], base64.b64decode(offer["key"])).seal([frames[10]])
        assert world.desk.datagrams.receive(sealed)
        assert (box.stat("frames_ahead"), box.stat("frames_ahead_refused")) == (0, 1)


async def test_the_gateway_is_told_what_came_and_whether_anybody_watches(world: EcgWorld) -> None:
    frames = RECORDING.frames()
    async with world.gateway() as line:
        box = await _box(world, line)
        assert not [word for word in line.words if word["type"] == "heard"]
        async with world.viewer(box.ecg) as viewer:
            await viewer.word("ecg")
            first = await line.word("heard", is_watched=True)
            assert (first["number"], first["came"], first["behind_ms"]) == (0, 0, 0)
            box.throw(frames[10])
            box.sealed(frames[11])
            box.throw(frames[12])
            told = await line.word("heard", number=3)
            assert (told["came"], told["behind_ms"]) == (2, 120)
        await line.word("heard", is_watched=False)


async def test_what_is_shown_is_not_lost_until_nothing_comes_either_way(world: EcgWorld) -> None:
    frames, clock = RECORDING.frames(), world.consult.clock
    async with world.gateway() as line:
        box = await _box(world, line)
        await world.becomes(box.ecg, state="recording")
        async with world.viewer(box.ecg) as viewer:
            await viewer.word("ecg")
            clock.advance_ms(1_900)
            box.throw(frames[10])
            clock.advance_ms(1_900)
            world.desk.tick(is_second=False)
            assert not world.desk.in_hand()[0].is_lost
            clock.advance_ms(200)
            world.desk.tick(is_second=False)
            lost = await viewer.word("lost")
            lane = world.desk.in_hand()[0]
            assert lost["since_us"] == lane.frame_us + 1_900_000
            box.throw(frames[11])
            await viewer.word("found")
