"""livekit-client in two Chromium pages and the LiveKit Python SDK, unmodified, in one room."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import HarnessPage, chromium
from tests.support.namespaces import Network
from tests.support.sdk_client import SdkClient, sdk_client
from tests.support.server import Server
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("first_single", "second_single", "sdk_single"),
    [(True, True, True), (False, False, False), (True, False, False)],
    ids=["single connection", "two connections", "mixed"],
)
async def test_everyone_sees_hears_and_reaches_everyone(
    net: Network,
    server: Server,
    room: str,
    numbered_file: Path,
    marked_file: Path,
    first_single: bool,
    second_single: bool,
    sdk_single: bool,
) -> None:
    async with (
        chromium(net.clients, video=numbered_file, sound=marked_file) as browser,
        sdk_client(net.clients, "clinic") as clinic,
    ):
        ambulance = await browser.harness_page("ambulance")
        hospital = await browser.harness_page("hospital")
        own_attributes = {"canUpdateOwnMetadata": True}
        await ambulance.join(
            server.signal_url, server.token("ambulance", room, **own_attributes), single=first_single
        )
        await hospital.join(
            server.signal_url, server.token("hospital", room, **own_attributes), single=second_single
        )
        await clinic.run(
            "join",
            url=server.signal_url,
            token=server.token("clinic", room, **own_attributes),
            single=sdk_single,
        )
        await asyncio.gather(ambulance.publish(), hospital.publish(), clinic.run("publish"))

        await asyncio.gather(
            ambulance.wait_for_media("hospital", is_audible=True),
            ambulance.wait_for_media("clinic", is_audible=True),
            hospital.wait_for_media("ambulance", is_audible=True),
            hospital.wait_for_media("clinic", is_audible=True),
            clinic.wait_for_media("ambulance"),
            clinic.wait_for_media("hospital"),
        )
        await _check_simulcast_is_on(ambulance)
        await _check_data(ambulance, hospital, clinic)
        await _check_attributes(ambulance, clinic)
        await _check_mute(ambulance, hospital, clinic)
        await _check_leave(ambulance, hospital, clinic)
        for page in (ambulance, hospital):
            # livekit-client writes its wishes into our answers, and drops them where browsers refuse that.
            assert [line for line in page.console if "unmodified sdp" in line] == [], page.identity


async def _check_simulcast_is_on(page: HarnessPage) -> None:
    video = [entry for entry in (await page.stats())["outbound"] if entry["kind"] == "video"]
    assert len(video) >= 2, video
    assert all(entry["rid"] for entry in video), video


async def _check_data(ambulance: HarnessPage, hospital: HarnessPage, clinic: SdkClient) -> None:
    for is_reliable in (True, False):
        kind = "reliable" if is_reliable else "lossy"
        await ambulance.call("sendData", f"{kind} from the ambulance", is_reliable, "vitals")
        await clinic.run("data", text=f"{kind} from the clinic", reliable=is_reliable, topic="vitals")

        async def at_page(page: HarnessPage, sender: str, kind: str = kind) -> list[Any]:
            return [
                packet
                for packet in await page.state("data")
                if packet["text"] == f"{kind} from the {sender}" and packet["from"] == sender
            ]

        for page, sender in ((hospital, "ambulance"), (hospital, "clinic"), (ambulance, "clinic")):
            packets = await wait_until(
                lambda page=page, sender=sender: at_page(page, sender), what=f"{kind} data at {page.identity}"
            )
            assert [packet["topic"] for packet in packets] == ["vitals"]
        told = await clinic.wait_for_event(
            "data", lambda event, kind=kind: event["text"] == f"{kind} from the ambulance"
        )
        assert (told["from"], told["topic"], told["reliable"]) == ("ambulance", "vitals", is_reliable)


async def _check_attributes(ambulance: HarnessPage, clinic: SdkClient) -> None:
    await clinic.run("attributes", attributes={"place": "county"})
    await wait_until(
        lambda: ambulance.call("people"),
        what="the clinic's attributes at the ambulance",
        accept=lambda people: people["clinic"]["attributes"].get("place") == "county",
    )
    await ambulance.call("setAttributes", {"crew": "2"})
    await wait_until(
        clinic.report,
        what="the ambulance's attributes at the clinic",
        accept=lambda report: report["participants"]["ambulance"]["attributes"].get("crew") == "2",
    )


async def _check_mute(ambulance: HarnessPage, hospital: HarnessPage, clinic: SdkClient) -> None:
    def microphone_is(muted: bool, identity: str) -> Any:
        return lambda people: (
            [track["muted"] for track in people[identity]["tracks"] if track["source"] == "microphone"]
            == [muted]
        )

    await ambulance.call("setMicrophone", False)
    await wait_until(
        lambda: hospital.call("people"), what="mute at the hospital", accept=microphone_is(True, "ambulance")
    )
    await clinic.wait_for_event("track_muted", lambda event: "ambulance" in event["about"])
    await ambulance.call("setMicrophone", True)
    await wait_until(
        lambda: hospital.call("people"),
        what="unmute at the hospital",
        accept=microphone_is(False, "ambulance"),
    )
    await clinic.run("mute", name="microphone", muted=True)
    await wait_until(
        lambda: ambulance.call("people"), what="the clinic's mute", accept=microphone_is(True, "clinic")
    )


async def _check_leave(ambulance: HarnessPage, hospital: HarnessPage, clinic: SdkClient) -> None:
    await ambulance.call("leave")
    await clinic.wait_for_event("participant_disconnected", lambda event: event["about"] == ["ambulance"])
    await wait_until(
        lambda: hospital.call("people"),
        what="the ambulance is gone at the hospital",
        accept=lambda people: set(people) == {"clinic"},
    )
    await clinic.run("leave")
    await wait_until(
        lambda: hospital.call("people"),
        what="the clinic is gone at the hospital",
        accept=lambda people: not people,
    )
