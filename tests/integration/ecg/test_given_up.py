"""An ECG whose gateway does not return: who reads it declares the rest lost, and what is missing stays so."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from clinical.ids import InstitutionId
from media_server.ecg.spans import Span
from recording.exchange.reading import read_recording
from recording.verdict import Verdict
from recording.verify import verify_folder
from signaling.auth.rights import Role
from signaling.consult.archive_reading import read_archive
from signaling.ecg.given_up import GIVE_UP_AFTER_MS
from tests.support.api import person
from tests.support.consult_world import CLINIC, HE, HOSPITAL, LI, QIAN, STRANGER, WANG
from tests.support.ecg_world import (
    RATE_HZ,
    SIGNING_KEY,
    EcgWorld,
    ecg_world,
    late,
    measured,
    missing,
    sha256_of_recordings,
)
from tests.support.waiting import wait_until

READER = person(Role.SPECIALIST, institution=CLINIC, name="pe_reader")
REASON = {"reason": "  网关在事故中损坏  "}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[EcgWorld]:
    async with ecg_world(tmp_path) as served:
        yield served


async def broken_off(world: EcgWorld, case: str = "") -> str:
    """Seconds 0 to 2 and 5 to 6 have come, then the gateway was gone."""
    frames = measured(6).frames()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request(case=case or None)
        await gateway.name(ecg)
        await gateway.send([*frames[:50], *frames[125:]])
        await world.becomes(ecg, gap_count=1)
    await world.gateway_gone()
    return ecg


async def exported(world: EcgWorld, ecg: str, kind: str) -> dict[str, bytes]:
    url, headers = f"{world.api.url}/ecgs/{ecg}/export", world.api.header(WANG)
    async with world.api.session.get(url, params={"format": kind}, headers=headers) as answer:
        content = await answer.read()
    if kind != "wfdb":
        return {"a": content}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_the_rest_of_an_ecg_is_declared_lost_and_its_case_can_be_signed(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    ecg = await broken_off(world, case)
    path = f"/ecgs/{ecg}/give-up"
    assert (await world.ask(WANG, "POST", f"/ecgs/{ecg}/stop")).status == 403
    early = await world.ask(WANG, "POST", path, REASON)
    assert (early.status, early.code) == (409, "ecg_gateway_recent")
    waiting = await world.show(ecg, WANG)
    assert (waiting["state"], "give_up" in waiting["allowed"]) == ("recording", True)
    assert (await world.consult.show(case, WANG))["is_ecg_complete"] is False
    world.consult.clock.advance_ms(GIVE_UP_AFTER_MS)
    assert waiting["give_up_from_ms"] <= world.consult.clock.wall_ns() // 1_000_000
    # Whose it is to read, or who is the host, whatever their institution.
    assert "give_up" in (await world.show(ecg, LI))["allowed"]
    assert "give_up" not in (await world.show(ecg, HE))["allowed"]
    for caller, status in ((HE, 403), (QIAN, 403), (STRANGER, 404)):
        assert (await world.ask(caller, "POST", path, REASON)).status == status
    assert (await world.ask(WANG, "POST", path, {"reason": " \n "})).status == 400

    async with world.viewer(ecg, WANG) as viewer:
        await viewer.word("ecg")
        answer = await world.ask(WANG, "POST", path, REASON)
        assert answer.status == 200, answer.body
        told = await viewer.word("state", state="ended")
    for shown in (answer.body, await world.show(ecg, LI), told):
        assert (shown["state"], shown["is_complete"], shown["missing_ms"]) == ("ended", False, 3_000)
        (gone,) = shown["missing"]
        assert (gone["first"], gone["end"], shown["is_end_known"]) == (2 * RATE_HZ, 5 * RATE_HZ, False)
        assert gone["from_us"] == shown["epochs"][0]["first_taken_us"] + 2_000_000
        given_up = shown["given_up"]
        assert (given_up["by_name"], given_up["reason"]) == ("Dr pe_wang", "网关在事故中损坏")
        assert (given_up["missing_ms"], shown["give_up_from_ms"]) == (3_000, 0)
        assert "give_up" not in shown["allowed"]
    assert (await world.consult.show(case, WANG))["is_ecg_complete"] is True
    assert (await world.ask(WANG, "POST", path, REASON)).code == "ecg_not_missing"
    # What both sides file of the case says so.
    for institution in (CLINIC, HOSPITAL):
        reading = partial(read_archive, case_id=case, reader=InstitutionId(institution))
        filed = await world.consult.store.read(reading)
        (loss,) = filed.losses
        assert (loss.serial, loss.missing_ms, loss.is_end_known, loss.is_come) == (
            answer.body["serial"],
            3_000,
            False,
            False,
        )
        assert (filed.person_name(loss.by), loss.reason) == ("Dr pe_wang", "网关在事故中损坏")
    for kind in ("wfdb", "edf", "dicom"):
        found = read_recording(await exported(world, ecg, kind))
        assert found.missing == (Span(2 * RATE_HZ, 5 * RATE_HZ),)
        (note,) = [each for each in found.annotations if "declared lost" in each.text]
        assert "missing 3000 ms; more may follow" in note.text
    for institution in (CLINIC, HOSPITAL):
        # It is sealed as soon as nobody needs it.
        kinds = [kind for kind in await world.kinds(ecg, institution) if kind != "ecg.sealed"]
        assert kinds[-5:-3] == ["ecg.ended", "ecg.given_up"]
        (act,) = [each for each in await world.consult.acts(institution) if each["kind"] == "ecg.given_up"]
        assert (act["after"]["missing_ms"], act["after"]["is_end_known"]) == (3_000, False)
        assert "损坏" not in str(act["after"])


async def test_a_gateway_that_returns_after_all_is_heard(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    ecg = await broken_off(world, case)
    world.consult.clock.advance_ms(GIVE_UP_AFTER_MS)
    assert (await world.ask(WANG, "POST", f"/ecgs/{ecg}/give-up", REASON)).status == 200
    # The device is free for the next patient.
    recording = measured(7)
    async with world.gateway() as gateway:
        await gateway.greet()
        await gateway.word("stop", ecg=ecg)
        have = await gateway.name(ecg)
        assert have["epochs"] == {"0": [[0, 1_000], [2_500, 3_000]]}
        other = await world.request()
        await gateway.send([late(frame) for frame in missing(have, recording)])
        assert (await world.consult.show(case, WANG))["is_ecg_complete"] is True
        await gateway.ended(ecg, recording)
        shown = await world.becomes(ecg, is_complete=True)
        assert other != ecg
    assert (shown["missing"], shown["missing_ms"], shown["late_ms"]) == ([], 0, 4_000)
    assert shown["given_up"]["missing_ms"] == 3_000
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
    (act,) = [each for each in await world.consult.acts(CLINIC) if each["kind"] == "ecg.completed"]
    assert act["after"]["was_given_up"] is True


async def test_an_ecg_that_its_gateway_still_sends_is_not_given_up(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request(case=case)
        await gateway.name(ecg)
        world.consult.clock.advance_ms(2 * GIVE_UP_AFTER_MS)
        assert (await world.ask(WANG, "POST", f"/ecgs/{ecg}/give-up", REASON)).code == "ecg_gateway_recent"
    await world.gateway_gone()
    # From now on it is away; a restart of the service counts as if it had been heard then.
    world.consult.clock.advance_ms(GIVE_UP_AFTER_MS - 1_000)
    await world.restart(is_killed=True)
    world.consult.clock.advance_ms(2_000)
    assert (await world.ask(WANG, "POST", f"/ecgs/{ecg}/give-up", REASON)).code == "ecg_gateway_recent"
    world.consult.clock.advance_ms(GIVE_UP_AFTER_MS)
    assert (await world.ask(WANG, "POST", f"/ecgs/{ecg}/give-up", REASON)).status == 200


async def test_after_a_kill_what_is_on_disk_is_counted_before_the_rest_is_given_up(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request(case=case)
        await gateway.name(ecg)
        frames = measured(4).frames()
        await gateway.send(frames[:25])
        await world.becomes(ecg, state="recording")
        await gateway.send(frames[25:])
        await gateway.stored_until(0, 4 * RATE_HZ)
        await world.restart(is_killed=True)
    world.consult.clock.advance_ms(GIVE_UP_AFTER_MS)
    answer = await world.ask(WANG, "POST", f"/ecgs/{ecg}/give-up", REASON)
    assert answer.status == 200, answer.body
    assert (answer.body["duration_ms"], answer.body["missing"]) == (4_000, [])
    done = await world.ask(LI, "GET", "/ecgs", query={"box": "past"})
    assert [one["id"] for one in done.body["ecgs"]] == [ecg]


async def test_without_a_case_who_reads_it_at_home_gives_it_up(world: EcgWorld) -> None:
    ecg = await broken_off(world)
    world.consult.clock.advance_ms(GIVE_UP_AFTER_MS)
    for caller, status in ((LI, 403), (WANG, 404), (READER, 200)):
        assert (await world.ask(caller, "POST", f"/ecgs/{ecg}/give-up", REASON)).status == status


async def verified(world: EcgWorld, ecg: str) -> Verdict:
    return await asyncio.to_thread(verify_folder, world.folder / "ecg" / ecg, SIGNING_KEY.public_key())


async def sealed(world: EcgWorld, ecg: str, times: int) -> None:
    """Returns when it has been let go and sealed."""

    async def seals() -> Any:
        world.let_go()
        return (await world.kinds(ecg)).count("ecg.sealed")

    await wait_until(seals, what="the seal", accept=lambda count: count == times)


async def test_what_is_here_is_sealed_with_the_loss_and_again_with_what_comes(world: EcgWorld) -> None:
    case = await world.consult.accepted()
    ecg = await broken_off(world, case)
    world.consult.clock.advance_ms(GIVE_UP_AFTER_MS)
    assert (await world.ask(WANG, "POST", f"/ecgs/{ecg}/give-up", REASON)).status == 200
    await world.rows_written()
    await sealed(world, ecg, 1)
    verdict = await verified(world, ecg)
    assert verdict.is_sound
    assert [(gap.from_ms, gap.to_ms, gap.cause) for gap in verdict.completeness.known_gaps] == [
        (2_000, 5_000, "declared_lost"),
        (6_000, 6_000, "end_unknown"),
    ]
    for kind in ("fhir", "dicom_strip"):
        (content,) = (await exported(world, ecg, kind)).values()
        assert b"missing 3000 ms; more may follow; 3000 ms missing of this part" in content
    # Reading it leaves the seal as it is; what its gateway brings after all is taken.
    assert (await verified(world, ecg)).is_sound
    recording = measured(7)
    async with world.gateway() as gateway:
        await gateway.greet()
        have = await gateway.name(ecg)
        value = {"t_us": 1_000, "code": "MDC_RESP_RATE", "value": 16, "unit": "/min"}
        value |= {"validity": "valid", "source": "device"}
        await gateway.say(type="vitals", ecg=ecg, values=[value])
        await gateway.send([late(frame) for frame in missing(have, recording)])
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
        await world.rows_written()
        # The gateway is still connected, for weeks it may be.
        await sealed(world, ecg, 2)
    verdict = await verified(world, ecg)
    assert verdict.is_sound and verdict.completeness.known_gaps == ()
    names = {path.name for path in (world.folder / "ecg" / ecg).iterdir()}
    assert {"manifest.json", "manifest-0001.json", "manifest-0001.sig", "vitals.jsonl"} <= names
    assert await world.stored_sha256(ecg) == sha256_of_recordings(recording)
