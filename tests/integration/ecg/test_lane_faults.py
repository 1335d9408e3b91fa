"""The truth lane while disk, store, gateway or a viewer fails: frames go on, and nothing is lost."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clinical.ids import EcgId
from recording.ecg.frame_log import FrameLog
from recording.errors import MisuseError
from signaling.auth.rights import Caller
from signaling.auth.room_entry import admission_of
from signaling.auth.sign_in import LIFE_MS
from signaling.consult.case_chain import chain_act
from signaling.consult.cases import find_case
from signaling.ecg import lanes
from signaling.ecg.ecgs import Ecg
from signaling.ecg.gateways import SILENCE_NS
from signaling.ecg.lane import LOST_NS
from signaling.ecg.outbox import LIVE_NS, Outbox
from signaling.ecg.viewers import Viewer
from signaling.store import tables as t
from signaling.store.store import StoreUnavailable, Unit
from tests.support.consult_world import LI, WANG
from tests.support.ecg_world import (
    FRAME_SAMPLES,
    EcgWorld,
    ecg_world,
    measured,
    missing,
    sha256_of_recordings,
    split_frames,
)
from tests.support.waiting import wait_until

NS_PER_MS = 1_000_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[EcgWorld]:
    async with ecg_world(tmp_path) as world:
        yield world


async def test_a_full_disk_sends_the_gateway_away_and_takes_it_back(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = measured(3)
    frames = recording.frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(frames[:20])
        await gateway.stored_until(0, 20 * FRAME_SAMPLES)

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "full")

        with monkeypatch.context() as patched:
            patched.setattr(FrameLog, "append", full)
            await gateway.send(frames[20:40])
            await wait_until(lambda: gateway.socket.close_code == 1013, what="to be told to come back")
        told = [word["until"] for word in gateway.words if word["type"] == "stored"]
        assert max(told) == 20 * FRAME_SAMPLES
    async with world.gateway() as gateway:
        await gateway.greet(ecg)
        have = await gateway.name(ecg)
        assert have["epochs"] == {"0": [[0, 20 * FRAME_SAMPLES]]}
        await gateway.send(missing(have, recording))
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
    # In how many writes the refused frames came to the disk, the disk's thread decides.
    assert world.desk.stats()["disk_failures"] >= 1


async def test_after_a_power_cut_what_was_not_synced_is_asked_for_again(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All was acknowledged, and the gateway has let it go from its list of what is to be sent. The row does
    not say complete before what it counts is on the platter.
    """
    recording = measured(3)

    def no_answer(*_: object) -> None:
        raise OSError(errno.EIO, "no answer")

    monkeypatch.setattr(FrameLog, "sync", no_answer)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(recording.frames())
        await gateway.ended(ecg, recording)
        await gateway.stored_until(0, recording.end)
        await wait_until(lambda: world.desk.stats()["disk_failures"], what="it not to be synced")
        shown = await world.becomes(ecg, state="ended")
        assert not shown["is_complete"]
        await world.restart(is_killed=True)
    (log,) = world.desk.disk.folder(EcgId(ecg)).glob("*.e1")
    kept = split_frames(log.read_bytes())[:50]
    log.write_bytes(b"".join(kept))
    monkeypatch.undo()
    async with world.gateway() as gateway:
        await gateway.greet()
        # It keeps everything for a day, and sends what is missing once it hears that.
        await gateway.word("stop", ecg=ecg)
        have = await gateway.name(ecg)
        assert have["epochs"] == {"0": [[0, 50 * FRAME_SAMPLES]]}
        await gateway.send(missing(have, recording))
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
    # What is whole and safe is asked for no more.
    async with world.gateway() as gateway:
        await gateway.greet()
        other = await world.request()
        await gateway.word("start", ecg=other)
        assert not [word for word in gateway.words if word["type"] == "stop"]


async def test_while_the_store_is_away_frames_are_taken_and_the_rows_follow(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = measured(2)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)

        async def away(*_: object) -> None:
            raise StoreUnavailable

        with monkeypatch.context() as patched:
            patched.setattr(world.consult.store, "write", away)
            await gateway.send(recording.frames())
            await gateway.stored_until(0, recording.end)
            await gateway.ended(ecg, recording)
            await wait_until(lambda: world.desk.stats()["put_off"], what="the row to be put off")
        await world.becomes(ecg, is_complete=True)
    assert await world.kinds(ecg) == ["ecg.requested", "ecg.started", "ecg.ended", "ecg.completed"]


async def test_more_than_there_can_be_is_refused_at_the_door(world: EcgWorld) -> None:
    recording = measured(1)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(recording.frames())
        await world.becomes(ecg, state="recording")
        await gateway.say(type="ended", ecg=ecg, epochs={"0": [0, 2**53 - 1]})
        await gateway.word("refused", code="message_malformed", ecg=ecg)
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert world.desk.stats()["failed"] == 0


async def test_the_fault_of_one_ecg_ends_no_other(world: EcgWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = measured(1)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)

        async def faulty(*_: object) -> None:
            raise MisuseError("a number is whole and within 2^53")

        with monkeypatch.context() as patched:
            patched.setattr(lanes, "settle", faulty)
            await gateway.send(recording.frames())
            await wait_until(lambda: world.desk.stats()["failed"], what="the row to be left as it is")
        assert (await world.show(ecg))["state"] == "waiting"
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, state="ended", is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)


async def test_a_gateway_that_says_nothing_is_let_go(world: EcgWorld) -> None:
    async with world.gateway() as gateway:
        await gateway.greet()
        assert world.desk.gateway_of("dv_gateway") is not None
        world.consult.clock.advance_ms(SILENCE_NS // NS_PER_MS)
        world.desk.tick(is_second=True)
        assert not gateway.socket.closed
        world.consult.clock.advance_ms(1)
        await wait_until(lambda: gateway.socket.close_code == 1001, what="the silent one to be let go")
        await wait_until(lambda: world.desk.gateway_of("dv_gateway") is None, what="it to be away")


async def test_viewers_hear_that_the_gateway_is_gone_and_back(world: EcgWorld) -> None:
    recording = measured(1)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(recording.frames()[:10])
        await world.becomes(ecg, state="recording")
        async with world.viewer(ecg) as viewer:
            await viewer.word("ecg")
            came_us = world.consult.clock.wall_ns() // 1_000
            world.consult.clock.advance_ms(LOST_NS // NS_PER_MS + 1)
            assert (await viewer.word("lost"))["since_us"] == came_us
            async with world.viewer(ecg) as late:
                await late.word("lost")
            await gateway.send(recording.frames()[10:])
            await viewer.word("found")


async def test_a_viewer_that_does_not_read_is_cut(world: EcgWorld) -> None:
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        async with world.viewer(ecg) as viewer:
            await viewer.word("ecg")
            (watching,) = world.desk.watched()[0].viewers
            # As if the network had taken nothing of it for long.
            watching.outbox.push(b"x" * 2_000_000)
            await wait_until(lambda: viewer.socket.close_code == 4408, what="the slow one to be cut")
        await wait_until(lambda: world.desk.stats()["slow_viewers"] == 1, what="it to be counted")


async def test_a_viewer_behind_is_not_sent_what_is_old(world: EcgWorld) -> None:
    frames = measured(1).frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        async with world.viewer(ecg) as viewer:
            await viewer.word("ecg")
            (watching,) = world.desk.watched()[0].viewers
            now_ns = world.consult.clock.monotonic_ns()
            # As if the network had taken nothing between the two: nothing is sent before this task waits.
            watching.outbox.push_live(frames[0], now_ns)
            watching.outbox.push_live(frames[1], now_ns + LIVE_NS + 1)
            await wait_until(lambda: viewer.frames == frames[1:2], what="the newer one")
        await wait_until(lambda: world.desk.stats()["frames_left_out"] == 1, what="it to be counted")


async def test_who_is_put_out_of_a_case_sees_its_ecg_no_more(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request(case=case)
        async with world.viewer(ecg, WANG) as viewer:
            await viewer.word("ecg")
            assert world.desk.end_bound(lambda binding: binding.person == "pe_nobody") == 0
            assert world.desk.end_bound(lambda binding: binding.person == WANG.person) == 1
            await wait_until(lambda: viewer.socket.close_code == 4403, what="to be put out")


@pytest.mark.parametrize("is_before", [True, False])
async def test_who_is_put_out_while_the_ecg_opens_sees_no_more_of_it(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch, is_before: bool
) -> None:
    """Whether the act comes before the page is among the viewers or after: the seat's end is heard."""
    name, watch = await world.consult.accepted(), world.desk.watching.watch

    async def put_out(unit: Unit) -> None:
        case = await find_case(unit.connection, name)
        assert case is not None
        seat = {"person": WANG.person, "admission": admission_of(name, WANG.person)}
        chain_act(unit, LI, case, "participant.removed", subject=seat)

    async def watch_slowly(viewer: Viewer, ecg: Ecg) -> None:
        if is_before:
            await world.consult.store.write(put_out)
            await watch(viewer, ecg)
        else:
            await watch(viewer, ecg)
            await world.consult.store.write(put_out)

    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request(case=name)
        async with world.viewer(ecg, LI) as stays:
            await stays.word("ecg")
            monkeypatch.setattr(world.desk.watching, "watch", watch_slowly)
            async with world.viewer(ecg, WANG) as viewer:
                await wait_until(lambda: viewer.socket.close_code == 4403, what="to be put out")
            assert not stays.socket.closed


async def test_who_was_put_out_and_reads_slowly_points_no_more(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def takes_nothing(*_: object) -> None:
        await asyncio.Event().wait()

    point = {"type": "point", "lead": "II", "epoch": 0, "sample": 100, "is_kept": True}
    ecg = await world.brought()
    monkeypatch.setattr(Outbox, "run", takes_nothing)
    async with world.viewer(ecg) as viewer:
        await wait_until(world.desk.watched, what="it to be watched")
        assert world.desk.end_bound(lambda binding: binding.person == LI.person) == 1
        await viewer.say(**point)
        await wait_until(lambda: viewer.socket.closed, what="the socket to be closed")
    assert "annotation.caliper" not in await world.kinds(ecg)
    assert world.desk.stats()["points"] + world.desk.stats()["points_left_out"] == 0


async def test_a_page_sees_the_ecg_no_more_when_the_clock_has_ended_its_session(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    now_ms = world.consult.clock.wall // NS_PER_MS
    for caller, ends_at_ms in ((LI, now_ms + 2 * LIFE_MS), (WANG, now_ms + LIFE_MS)):
        await _sign_in(world, caller, ends_at_ms)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request(case=case)
        async with world.viewer(ecg, WANG) as ended, world.viewer(ecg, LI) as goes_on:
            await ended.word("ecg")
            await goes_on.word("ecg")
            world.consult.clock.advance_ms(LIFE_MS - 1)
            await world.live.check()
            viewers = world.desk.watched()[0].viewers
            assert [viewer.outbox.close_code for viewer in viewers] == [0, 0]
            world.consult.clock.advance_ms(1)
            await world.live.check()
            await wait_until(lambda: ended.socket.close_code == 4401, what="the page to be sent away")
            assert not goes_on.socket.closed
    await world.live.check()


async def _sign_in(world: EcgWorld, caller: Caller, ends_at_ms: int) -> None:
    """As if somebody had a session until then, in use to its end."""
    account = {"id": f"ac_{caller.person}", "institution": caller.institution, "login": caller.login}
    await world.consult.put(t.account, account | {"person": caller.person})
    await world.consult.put(
        t.session,
        {
            "id": caller.session,
            "digest": caller.session,
            "institution": caller.institution,
            "account": account["id"],
            "assurance": 2,
            "opened_at_ms": 0,
            "seen_at_ms": ends_at_ms,
            "ends_at_ms": ends_at_ms,
        },
    )


async def test_what_nobody_needs_is_closed_and_opened_again(world: EcgWorld) -> None:
    recording = measured(1)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(recording.frames())
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    await world.gateway_gone()
    await world.rows_written()
    world.let_go()
    assert world.desk.stats()["lanes"] == 0
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
    assert world.desk.stats()["lanes"] == 1


async def test_what_is_opened_while_it_is_being_closed_is_there_whole(world: EcgWorld) -> None:
    recording = measured(2)
    frames = recording.frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(frames[:20])
        await gateway.stored_until(0, 20 * FRAME_SAMPLES)
        await world.becomes(ecg, state="recording")
    await world.gateway_gone()
    await world.rows_written()
    async with world.desk.disk._turn:
        world.let_go()
        assert world.desk.stats()["lanes"] == 0
        # Its log is still open: the disk has not come to it.
        opening = asyncio.create_task(world.desk.lanes.open(EcgId(ecg)))
        await asyncio.wait([opening], timeout=0.2)
        assert not opening.done()
    assert await opening is not None
    async with world.gateway() as gateway:
        await gateway.greet(ecg)
        have = await gateway.name(ecg)
        await gateway.send(missing(have, recording))
        await gateway.stored_until(0, recording.end)
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)


async def test_what_becomes_idle_while_the_service_ends_does_not_keep_it_from_ending(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = {await world.brought(), await world.brought()}
    await world.rows_written()
    sealed: set[str] = set()

    async def seal(ecg: Ecg) -> None:
        world.let_go()
        sealed.add(ecg.id)

    monkeypatch.setattr(world.desk.lanes, "seal", seal)
    await world.desk.close()
    assert sealed == brought
    assert world.desk.stats()["disk_failures"] == 0
    # Nor is anything opened any more that nobody would close.
    with pytest.raises(StoreUnavailable):
        await world.desk.lanes.open(EcgId("ec_another"))
