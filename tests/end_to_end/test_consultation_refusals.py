"""What a consultation refuses, and what it survives: against the real demo, over HTTP and in real rooms."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.best_of_three import best_of_three
from tests.support.consult_people import (
    Colleague,
    accepted,
    answer_consents,
    both_see_and_hear,
    draft,
    finish,
    ring,
    seat,
    sign_in,
)
from tests.support.namespaces import Network
from tests.support.recordings import last_packet_s, manifest
from tests.support.server import REPOSITORY, Server, running

WITHDRAWAL_S = 1.0
"""No media of a patient who has taken the consent back is later than this (issue: 1 s)."""


@pytest.fixture(scope="module")
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo`, which must end by itself."""
    assert (REPOSITORY / "clients/web/dist/index.html").exists(), "the pages are not built: run `make setup`"
    server = Server(
        net,
        tmp_path_factory.mktemp("refusals") / "data",
        name="refusals-server",
        command="demo",
        http_port=8119,
        media_port=7922,
        settings={"LIANZHEN_HTTPS_PORT": "8463"},
    )
    with running(server) as started:
        yield started
        assert started.stop() == 0


@pytest.fixture
async def zhou(demo: Server) -> Colleague:
    """The doctor at the township's kiosk."""
    return await sign_in(demo, "zhoulan")


@pytest.fixture
async def wang(demo: Server) -> Colleague:
    """The cardiologist."""
    return await sign_in(demo, "wangmin")


async def test_declining_to_be_recorded_never_denies_care(zhou: Colleague, wang: Colleague) -> None:
    case = await accepted(zhou, wang, declined=("recording", "teaching"))
    async with seat(zhou, case) as kiosk, seat(wang, case) as desk:
        await both_see_and_hear(kiosk, desk)
        shown = await zhou.wait_for_state(case, "active")
        await asyncio.sleep(2)  # samples: as long again as a recording takes to begin where it is allowed
        assert (await zhou.case(case))["is_recording"] is False
        assert {each["purpose"]: each["state"] for each in shown["consents"]}["recording"] == "declined"
        await finish(zhou, wang, case)
    timeline = await zhou.done("GET", f"/consultations/{case}/timeline")
    kinds = [event["kind"] for event in timeline["events"]]
    assert "recording.started" not in kinds and timeline["recording"] == ""
    assert kinds.index("session.started") < kinds.index("opinion.signed") < kinds.index("session.ended")


async def test_another_institution_does_not_learn_that_there_is_a_case(
    demo: Server, zhou: Colleague, wang: Colleague
) -> None:
    case = await accepted(zhou, wang)
    stranger = await sign_in(demo, "lijianping")
    asked: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("POST", "/accept", None),
        ("POST", "/cancel", {"reason": "mistake"}),
        ("POST", "/room", None),
        ("GET", "/opinion", None),
        ("GET", "/timeline", None),
    ]
    for method, path, body in asked:
        answer = await stranger.ask(method, f"/consultations/{case}{path}", body)
        none = await stranger.ask(method, f"/consultations/ca_there_is_none{path}", body)
        # Taking cases is no clinic doctor's at all, whether there is one or not.
        assert (answer.status, answer.code) == (none.status, none.code), path
        assert answer.status == (403 if path == "/accept" else 404), (path, answer)
    assert case not in await stranger.box("work") + await stranger.box("past")
    await zhou.done("POST", f"/consultations/{case}/cancel", {"reason": "mistake"})


async def test_of_two_devices_exactly_one_takes_the_case(demo: Server, zhou: Colleague) -> None:
    first, second = await asyncio.gather(sign_in(demo, "wangmin"), sign_in(demo, "wangmin"))
    case = await ring(zhou)
    answers = await asyncio.gather(
        *(one.ask("POST", f"/consultations/{case}/accept") for one in (first, second))
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert next(answer.code for answer in answers if answer.status == 409) == "consultation_taken"
    await zhou.done("POST", f"/consultations/{case}/cancel", {"reason": "mistake"})


async def test_an_expired_licence_cannot_take_a_case_and_is_told_why(demo: Server, zhou: Colleague) -> None:
    administrator = await sign_in(demo, "sunli")
    chen = await sign_in(demo, "chenzhiyuan")
    person = chen.account["person"]
    (licence,) = (await administrator.done("GET", f"/people/{person}"))["licences"]
    await administrator.done("DELETE", f"/people/{person}/licences/{licence['id']}")
    case = await draft(zhou, specialty="respiratory", wanted_title="chief", kind="offline")
    await answer_consents(zhou, case)
    await zhou.done("POST", f"/consultations/{case}/invite")
    refused = await chen.ask("POST", f"/consultations/{case}/accept")
    assert (refused.status, refused.code) == (403, "licence_expired")
    assert refused.body["detail"]
    await zhou.done("POST", f"/consultations/{case}/cancel", {"reason": "mistake"})


async def test_a_withdrawn_consent_ends_the_recording_within_a_second(
    demo: Server, zhou: Colleague, wang: Colleague
) -> None:
    async def late_s(attempt: int) -> float:
        return await _media_after_a_withdrawal_s(demo, zhou, wang)

    await best_of_three("last media after a withdrawal", WITHDRAWAL_S, late_s)


async def _media_after_a_withdrawal_s(demo: Server, zhou: Colleague, wang: Colleague) -> float:
    """A case of its own; how much later than the request the last media on disk is, at least 0."""
    case = await accepted(zhou, wang)
    async with seat(zhou, case) as kiosk, seat(wang, case) as desk:
        await both_see_and_hear(kiosk, desk)
        await zhou.wait_for_case(case, lambda shown: shown["is_recording"], what="it is recorded")
        await asyncio.sleep(2)  # of media
        recording = (await zhou.done("GET", f"/consultations/{case}/timeline"))["recording"]
        patient = (await zhou.case(case))["patient"]["id"]
        given = (await zhou.done("GET", f"/consents?patient={patient}&case={case}"))["consents"]
        consent = next(each["id"] for each in given if each["purpose"] == "recording")
        taken_back_ms = time.time() * 1000
        body = {"how": "voice", "given_by": "patient"}
        assert (await zhou.done("POST", f"/consents/{consent}/withdraw", body))["recording_stopped"] is True
        # The conversation goes on.
        heard = (await desk.report())["people"]["zhoulan"]["sound_frames"]
        await desk.wait_for_media("zhoulan", sound_frames=heard + 200)
        assert (await zhou.case(case))["is_recording"] is False
        await finish(zhou, wang, case)
    folder = demo.recording_folder(recording)
    facts = manifest(folder)
    ends_ms = [
        facts["started_at_ms"] + segment["from_ms"] + last_packet_s(folder / segment["file"]) * 1000
        for track in facts["tracks"]
        for segment in track["segments"]
    ]
    late_ms = max(ends_ms) - taken_back_ms
    print(f"last media fragment {late_ms:+.0f} ms after the withdrawal, of {len(ends_ms)} segments")
    assert (await asyncio.to_thread(demo.run_command, "verify", str(folder))).returncode == 0
    return max(0.0, late_ms / 1000)


async def test_a_host_who_leaves_ends_nothing(zhou: Colleague, wang: Colleague) -> None:
    case = await accepted(zhou, wang)
    async with seat(wang, case) as desk:
        async with seat(zhou, case) as kiosk:
            await both_see_and_hear(kiosk, desk)
            assert (await wang.wait_for_state(case, "active"))["host"] == zhou.account["person"]
            await wang.wait_for_case(case, lambda shown: shown["is_recording"], what="it is recorded")
            await kiosk.run("leave")
        shown = await wang.case(case)
        assert (shown["state"], shown["is_recording"]) == ("active", True)
        async with seat(zhou, case) as again:
            await both_see_and_hear(again, desk)
            await finish(zhou, wang, case)


@pytest.mark.parametrize("killed", ["kiosk", "desk"])
async def test_who_is_killed_in_the_room_comes_back_to_it(
    demo: Server, zhou: Colleague, wang: Colleague, killed: str
) -> None:
    case = await accepted(zhou, wang)
    person, other = (zhou, wang) if killed == "kiosk" else (wang, zhou)
    async with seat(other, case) as stays:
        async with seat(person, case) as goes:
            await both_see_and_hear(goes, stays)
            await zhou.wait_for_state(case, "active")
            goes.kill()
        assert (await other.case(case))["state"] == "active"
        # Another browser, signed in anew: nothing of the killed one is left.
        back = await sign_in(demo, person.login)
        assert case in await back.box("mine")
        async with seat(back, case) as again:
            await both_see_and_hear(again, stays)
        await finish(*((back, wang) if killed == "kiosk" else (zhou, back)), case)


async def test_who_closes_the_tab_before_the_room_finds_the_case_again(demo: Server, zhou: Colleague) -> None:
    """Drafted, sent and not wanted yet, ringing, accepted, signed: each is led on by a session made anew."""
    case = await draft(zhou)
    back = await sign_in(demo, "zhoulan")
    assert (await back.case(case))["state"] == "drafted" and case in await back.box("mine")
    await answer_consents(back, case)
    await back.done("POST", f"/consultations/{case}/invite")

    back, wang = await asyncio.gather(sign_in(demo, "zhoulan"), sign_in(demo, "wangmin"))
    assert (await back.case(case))["state"] == "ringing" and case in await wang.box("incoming")
    await wang.done("POST", f"/consultations/{case}/accept")

    back, wang = await asyncio.gather(sign_in(demo, "zhoulan"), sign_in(demo, "wangmin"))
    for one in (back, wang):
        assert (await one.case(case))["state"] == "accepted" and case in await one.box("mine")
    async with seat(back, case) as kiosk, seat(wang, case) as desk:
        await both_see_and_hear(kiosk, desk)
        await wang.wait_for_state(case, "active")
    back, wang = await asyncio.gather(sign_in(demo, "zhoulan"), sign_in(demo, "wangmin"))
    # Everybody has gone: the case still is active, and is led to its end.
    assert (await wang.case(case))["state"] == "active"
    await finish(back, wang, case)
    assert case in await back.box("past")
    assert case in await wang.box("past")
