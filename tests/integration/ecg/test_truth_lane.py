"""The truth lane over real sockets, store and files: whatever happens to the link or the service, what is
stored in the end is what was measured, by SHA-256 of every sample.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from clients.gateway import uplink_words as words
from media_server.ecg.frame import decode_frame, read_envelope
from signaling.auth.rights import Role
from signaling.ecg.inventory import MAX_DECLARED, MAX_SHOWN
from tests.support.api import person
from tests.support.consult_world import CLINIC, HOSPITAL, LI, STRANGER, WANG
from tests.support.ecg_world import (
    DESCRIPTOR,
    FRAME_SAMPLES,
    OTHER_GATEWAY,
    RATE_HZ,
    START_US,
    EcgWorld,
    Recording,
    ecg_world,
    gateway_caller,
    late,
    measured,
    missing,
    sha256_of_recordings,
    sha256_of_samples,
)
from tests.support.waiting import wait_until

FRAMES_A_SECOND = RATE_HZ // FRAME_SAMPLES


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[EcgWorld]:
    async with ecg_world(tmp_path) as world:
        yield world


async def test_an_ecg_from_start_to_complete(world: EcgWorld) -> None:
    recording = measured(3)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        assert (await gateway.word("start"))["ecg"] == ecg
        assert (await world.show(ecg))["state"] == "waiting"
        assert (await gateway.name(ecg))["epochs"] == {}
        await gateway.send(recording.frames())
        await gateway.stored_until(0, recording.end)
        shown = await world.becomes(ecg, state="recording")
        assert shown["is_diagnostic"] and shown["source"] == "replay" and not shown["is_complete"]
        assert shown["duration_ms"] == 3_000 and shown["missing_ms"] == 0
        stopped = await world.ask(LI, "POST", f"/ecgs/{ecg}/stop")
        assert stopped.status == 200 and stopped.body["state"] == "ended", stopped.body
        assert (await gateway.word("stop"))["ecg"] == ecg
        assert not (await world.show(ecg))["is_complete"]
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
    assert await world.kinds(ecg) == ["ecg.requested", "ecg.started", "ecg.ended", "ecg.completed"]
    assert (await world.ask(LI, "POST", f"/ecgs/{ecg}/stop")).code == "state_refused"


async def test_a_drop_leaves_a_gap_and_then_nothing_missing(world: EcgWorld) -> None:
    recording = measured(8)
    frames = recording.frames()
    before, after = frames[: 2 * FRAMES_A_SECOND], frames[6 * FRAMES_A_SECOND :]
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(before)
        await gateway.stored_until(0, 2 * RATE_HZ)
    async with world.viewer(ecg) as viewer, world.gateway() as gateway:
        await viewer.word("ecg")
        await gateway.greet(ecg)
        have = await gateway.name(ecg)
        assert have["epochs"] == {"0": [[0, 2 * RATE_HZ]]}
        await gateway.send(after)
        shown = await world.becomes(ecg, gap_count=1)
        assert shown["missing_ms"] == 4_000
        # What is acknowledged is what is whole, however far the live end is.
        told = {word["until"] for word in gateway.words if word["type"] == "stored"}
        assert told <= {2 * RATE_HZ}
        await gateway.send(missing(have | {"epochs": {"0": [[0, 1_000], [3_000, 4_000]]}}, recording))
        await gateway.stored_until(0, recording.end)
        await gateway.ended(ecg, recording)
        done = await world.becomes(ecg, is_complete=True)
        assert (done["missing_ms"], done["gap_count"], done["late_ms"]) == (0, 1, 4_000)
        await viewer.word("state", is_complete=True)
        await wait_until(
            lambda: sha256_of_samples(viewer.frames) == sha256_of_recordings(recording),
            what="all at the viewer",
        )
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
    assert [kind for kind in await world.kinds(ecg) if kind in ("ecg.gap", "ecg.backfilled")] == [
        "ecg.gap",
        "ecg.backfilled",
    ]


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_restart_of_the_service_loses_nothing(world: EcgWorld, is_killed: bool) -> None:
    recording = measured(6)
    frames = recording.frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(frames[: 3 * FRAMES_A_SECOND])
        await world.restart(is_killed=is_killed)
    async with world.gateway() as gateway:
        await gateway.greet(ecg)
        have = await gateway.name(ecg)
        await gateway.send(missing(have, recording), a_message=8)
        await gateway.stored_until(0, recording.end)
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, state="ended", is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
    assert "ecg.started" in await world.kinds(ecg)


async def test_a_gateway_that_begins_to_count_anew(world: EcgWorld) -> None:
    first, second = measured(2), measured(2, seed=2, epoch=1, first=70)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(first.frames()[:10])
        await gateway.stored_until(0, 10 * FRAME_SAMPLES)
    async with world.gateway() as gateway:
        await gateway.greet(ecg)
        have = await gateway.name(ecg, epoch=1, first=70)
        await gateway.send(second.frames())
        await gateway.send(missing(have, first), a_message=5)
        await gateway.stored_until(0, first.end)
        await gateway.stored_until(1, second.end)
        await gateway.ended(ecg, first, second)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(first, second)


@pytest.mark.parametrize("seed", range(3))
async def test_duplicates_disorder_and_drops_change_nothing(world: EcgWorld, seed: int) -> None:
    """Each connection sends what it likes of what is missing, twice and in any order, and breaks off."""
    chance = random.Random(seed)
    recording = measured(4, seed=seed)
    ecg = ""
    for _ in range(4):
        async with world.gateway() as gateway:
            await gateway.greet(*[ecg] if ecg else [])
            ecg = ecg or await world.request()
            have = await gateway.name(ecg)
            some = [frame for frame in missing(have, recording) if chance.random() < 0.5]
            some += chance.sample(some, len(some) // 3)
            chance.shuffle(some)
            await gateway.send(some, a_message=chance.randint(1, 6))
    async with world.gateway() as gateway:
        await gateway.greet(ecg)
        have = await gateway.name(ecg)
        await gateway.send(missing(have, recording), a_message=16)
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)


async def test_what_is_no_frame_is_refused_and_nothing_stored_is_lost(world: EcgWorld) -> None:
    recording = measured(2)
    frames = recording.frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(frames[:10])
        altered = bytearray(frames[10])
        altered[40] ^= 1
        foreign = frames[10][:4] + b"\x09\x00" + frames[10][6:]
        for content, code in (
            (bytes(altered), "frame_altered"),
            (frames[10][:50], "frame_truncated"),
            (b"RIFF" + frames[10], "frame_foreign"),
            (foreign, "frame_altered"),
            (b"", "message_malformed"),
        ):
            await gateway.socket.send_bytes(content)
            await gateway.word("refused", code=code)
        for text in (
            "",
            "[]",
            '{"type":"unknown"}',
            '{"type":"stream","ecg":"x","descriptor":{"rate_hz":NaN}}',
        ):
            await gateway.socket.send_str(text)
        await gateway.word("refused", code="message_malformed", count=4)
        await gateway.say(type="stream", ecg=ecg, stream=1, epoch=0, descriptor={"rate_hz": 5_000_000})
        await gateway.word("refused", code="descriptor_malformed")
        await gateway.send(frames[10:])
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
    assert world.desk.stats()["refused"] >= 9


async def test_a_second_device_and_strangers_are_refused(world: EcgWorld) -> None:
    recording = measured(2)
    async with world.gateway() as gateway, world.gateway(gateway_caller(OTHER_GATEWAY)) as other:
        await gateway.greet()
        await other.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(recording.frames()[:20])
        await other.say(type="stream", ecg=ecg, stream=1, epoch=0, descriptor=DESCRIPTOR)
        await other.word("refused", code="second_device", ecg=ecg)
        await other.send(measured(1, seed=9).frames())
        await other.word("refused", code="stream_unknown")
        for nobody in (gateway_caller("dv_kiosk"), gateway_caller("dv_elsewhere", HOSPITAL)):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                async with world.gateway(nobody):
                    pass
        await gateway.send(recording.frames()[20:])
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)


async def test_the_same_device_twice_is_its_newest_connection(world: EcgWorld) -> None:
    recording = measured(2)
    async with world.gateway() as old:
        await old.greet()
        ecg = await world.request()
        await old.name(ecg)
        await old.send(recording.frames()[:20])
        await old.stored_until(0, 20 * FRAME_SAMPLES)
        async with world.gateway() as new:
            await new.greet(ecg)
            await new.name(ecg)
            await wait_until(lambda: old.socket.close_code == 4409, what="the old connection to be ended")
            await new.send(recording.frames()[20:])
            await new.stored_until(0, recording.end)
            await new.ended(ecg, recording)
            await world.becomes(ecg, is_complete=True)


async def test_who_comes_late_gets_the_last_minute_at_once_and_then_what_comes(world: EcgWorld) -> None:
    recording = measured(70)
    frames = recording.frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(frames[:-50], a_message=25)
        await gateway.stored_until(0, recording.end - 50 * FRAME_SAMPLES)
        async with world.viewer(ecg) as viewer:
            told = await viewer.word("ecg")
            assert told["have"] == {"0": [[0, recording.end - 50 * FRAME_SAMPLES]]}
            await wait_until(lambda: len(viewer.frames) == 60 * FRAMES_A_SECOND, what="a minute of frames")
            minute = frames[-50 - 60 * FRAMES_A_SECOND : -50]
            # The newest come first.
            assert viewer.frames != minute and viewer.frames[-1] not in minute[-60:]
            assert sorted(viewer.frames, key=minute.index) == minute
            await gateway.send(frames[-50:])
            await wait_until(lambda: viewer.frames[-50:] == frames[-50:], what="the live frames")
            await viewer.word("have", have={"0": [[0, recording.end]]})


async def test_vital_signs_are_told_kept_and_read_again(world: EcgWorld) -> None:
    value = {
        "t_us": 1_000, "code": "MDC_ECG_HEART_RATE", "value": 72, "unit": "/min",
        "validity": "valid", "source": "counted",
    }  # fmt: skip
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        async with world.viewer(ecg) as viewer:
            await viewer.word("ecg")
            await gateway.say(type="vitals", ecg=ecg, values=[value, value | {"t_us": 2_000}])
            await gateway.say(type="vitals", ecg=ecg, values=[value | {"value": float("nan")}])
            assert (await viewer.word("vitals"))["values"][0] == value
            await gateway.word("refused", code="message_malformed", ecg=ecg)
    kept = await world.ask(LI, "GET", f"/ecgs/{ecg}/vitals", query={"from_us": 1_500})
    assert kept.body["vitals"] == [value | {"t_us": 2_000}]


async def test_pages_point_together_and_what_is_kept_is_in_the_ledger(world: EcgWorld) -> None:
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        async with world.viewer(ecg) as one, world.viewer(ecg) as two:
            await one.word("ecg")
            await two.word("ecg")
            await one.say(type="point", show="pointer", lead="V3", epoch=0, sample=1_600, is_kept=False)
            pointed = await two.word("pointed")
            assert (pointed["by"], pointed["lead"], pointed["sample"]) == (LI.person, "V3", 1_600)
            points = [{"sample": 10, "mv": 0.1}, {"sample": 90, "mv": 1.25}]
            await one.say(type="point", show="caliper", lead="II", epoch=0, points=points, is_kept=True)
            await one.say(type="point", show="caliper", lead="<b>", epoch=0, points=points, is_kept=True)
            await two.word("pointed", show="caliper")

            async def kept() -> list[dict[str, object]]:
                acts = await world.consult.acts(CLINIC)
                return [act["after"] for act in acts if act["kind"] == "annotation.caliper"]

            (words,) = await wait_until(kept, what="the caliper in the ledger")
            assert words["second_uv"] == 1_250 and words["lead"] == "II"
            assert not [word for word in one.words if word["type"] == "pointed"]


async def test_a_caliper_goes_with_the_page_that_died(world: EcgWorld) -> None:
    ecg, colleague = await world.brought(), person(Role.SPECIALIST, institution=CLINIC, name="pe_reader")
    points = [{"sample": 10, "mv": 0.1}, {"sample": 90, "mv": 1.25}]
    async with world.viewer(ecg, colleague) as stays:
        await stays.word("ecg")
        async with world.viewer(ecg) as dies:
            await dies.word("ecg")
            await dies.say(type="point", show="caliper", lead="II", epoch=0, points=points, is_kept=False)
            await stays.word("pointed", by=LI.person, show="caliper")
            # Whoever comes later sees it as well, and nobody their own.
            async with world.viewer(ecg, colleague) as late_page, world.viewer(ecg) as own:
                await late_page.word("pointed", by=LI.person, show="caliper")
                await own.word("ecg")
        (lane,) = world.desk.watched()
        await wait_until(lambda: len(lane.viewers) == 1, what="the pages to be gone")
        world.consult.clock.advance_ms(10_001)
        world.desk.tick(is_second=True)
        await stays.word("pointed", by=LI.person, show="nothing")
        assert not [word for word in own.words if word["type"] == "pointed"]
    assert "annotation.caliper" not in await world.kinds(ecg)


async def test_of_a_case_both_sides_see_it_and_keep_its_trail(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    recording = measured(1)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request(case=case)
        await gateway.name(ecg)
        await gateway.send(recording.frames())
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert "stop" not in (await world.show(ecg, WANG))["allowed"]
    assert (await world.ask(STRANGER, "GET", f"/ecgs/{ecg}")).status == 404
    listed = await world.ask(WANG, "GET", "/ecgs", query={"case": case})
    assert [one["id"] for one in listed.body["ecgs"]] == [ecg]
    assert (await world.ask(STRANGER, "GET", "/ecgs", query={"case": case})).body["ecgs"] == []
    assert await world.kinds(ecg, CLINIC) == await world.kinds(ecg, HOSPITAL)
    # A gateway that says all at once has started, ended and completed in one.
    assert (await world.kinds(ecg))[-3:] == ["ecg.started", "ecg.ended", "ecg.completed"]


async def test_who_asks_for_an_ecg_hears_why_there_is_none(world: EcgWorld) -> None:
    body = {"patient": "pt_zhang", "urgency": "routine"}

    async def code(**more: object) -> str:
        return (await world.ask(LI, "POST", "/ecgs", body | more)).code

    assert await code() == "ecg_gateway_away"
    assert await code(device="dv_gateway") == "ecg_gateway_away"
    assert await code(device="dv_kiosk") == "ecg_gateway_unknown"
    async with world.gateway() as gateway:
        await gateway.greet()
        shown = await world.ask(LI, "GET", "/ecg/gateways")
        assert [(one["device"], one["is_connected"]) for one in shown.body["gateways"]] == [
            ("dv_gateway", True),
            ("dv_other_gateway", False),
        ]
        assert await code(case="ca_absent") == "ecg_case_unfit"
        ecg = (await world.ask(LI, "POST", "/ecgs", body)).body
        assert (await gateway.word("start"))["ecg"] == ecg["id"]
        assert ecg["allowed"] == ["stop"]
        assert await code(device="dv_gateway") == "ecg_gateway_busy"
        async with world.gateway(gateway_caller(OTHER_GATEWAY)) as other:
            await other.greet()
            assert await code() == "ecg_gateway_unclear"
        # Nothing ever came: it is complete once its gateway has said that there is nothing.
        stopped = await world.ask(LI, "POST", f"/ecgs/{ecg['id']}/stop")
        assert not stopped.body["is_complete"] and stopped.body["duration_ms"] == 0
        await gateway.ended(ecg["id"])
        shown = await world.becomes(ecg["id"], state="ended", is_complete=True)
        assert shown["duration_ms"] == 0


async def test_what_was_stopped_while_its_gateway_was_away_is_stopped_when_it_is_back(
    world: EcgWorld,
) -> None:
    recording = measured(1)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.word("start", ecg=ecg)
    await world.gateway_gone()
    stopped = await world.ask(LI, "POST", f"/ecgs/{ecg}/stop")
    # What its gateway may have of it is not known.
    assert (stopped.body["state"], stopped.body["is_complete"]) == ("ended", False)
    async with world.gateway() as gateway:
        await gateway.greet(ecg)
        await gateway.word("stop", ecg=ecg)
        assert not [word for word in gateway.words if word["type"] == "start"]
        await gateway.name(ecg)
        await gateway.send(recording.frames())
        await gateway.stored_until(0, recording.end)
        assert not (await world.show(ecg))["is_complete"]
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)


async def test_a_stopped_ecg_that_its_gateway_has_nothing_of_is_complete(world: EcgWorld) -> None:
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.word("start", ecg=ecg)
    await world.gateway_gone()
    await world.ask(LI, "POST", f"/ecgs/{ecg}/stop")
    async with world.gateway() as gateway:
        await gateway.greet()
        shown = await world.becomes(ecg, is_complete=True)
        assert (shown["state"], shown["duration_ms"]) == ("ended", 0)


async def test_more_than_a_gateway_has_said_has_it_stop_and_say_again(world: EcgWorld) -> None:
    recording = measured(1)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.ended(ecg)
        await world.becomes(ecg, is_complete=True)
        await gateway.send(recording.frames())
        await gateway.word("stop", ecg=ecg)
        await world.becomes(ecg, is_complete=False)
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)


async def test_an_ecg_of_a_box_that_loses_something_all_the_time_becomes_complete(world: EcgWorld) -> None:
    frames = measured(100).frames()[::2]
    taken = [(each.first_sample, each.end_sample) for each in map(read_envelope, frames)]
    assert len(taken) > MAX_DECLARED
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(frames[:-1], a_message=10)
        await gateway.say(**words.ended(ecg, {0: taken}))
        shown = await world.becomes(ecg, missing_ms=40)
        assert not shown["is_complete"]
        await gateway.send(frames[-1:])
        shown = await world.becomes(ecg, is_complete=True)
        assert not [word for word in gateway.words if word["type"] == "refused"]
    async with world.viewer(ecg) as viewer:
        told = await viewer.word("ecg")
        assert len(told["have"]["0"]) == MAX_SHOWN + 1
    assert await world.stored_sha256(ecg) == sha256_of_samples(frames)


async def test_samples_that_are_kept_never_change(world: EcgWorld) -> None:
    """A frame cut otherwise than before, with other numbers where it overlaps: what was kept first stays."""
    first, other = measured(1), measured(1, seed=2)
    frames = first.frames()
    (bridge,) = Recording(other.samples[10:30], first=10).frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send([frames[0], bridge, *frames[1:]])
        await gateway.ended(ecg, first)
        await world.becomes(ecg, is_complete=True)
    stored = [decode_frame(each)[0] for each in await world.stored_frames(ecg)]
    samples = np.concatenate([each.samples for each in stored])
    assert [each.first_sample for each in stored[:4]] == [0, 20, 30, 40]
    kept = np.concatenate([first.samples[:20], other.samples[20:30], first.samples[30:]])
    assert np.array_equal(samples, kept)


async def test_late_frames_are_told_from_live_ones(world: EcgWorld) -> None:
    recording = measured(1)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        frames = recording.frames()
        await gateway.send([*frames[:20], *map(late, frames[20:])])
        await gateway.stored_until(0, recording.end)
        assert (await world.show(ecg))["late_ms"] == 200
        told = await world.ask(LI, "GET", f"/ecgs/{ecg}/stretches")
        (epoch,) = told.body["epochs"]
        assert (epoch["epoch"], epoch["first_taken_us"]) == (0, START_US)
        assert (epoch["stored"], epoch["late"]) == ([[0, 500]], [[400, 500]])
