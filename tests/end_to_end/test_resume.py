"""A lost WebSocket resumes beside running media; a lost server is joined again from the start."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.best_of_three import attempts
from tests.support.chromium import HarnessPage, chromium
from tests.support.namespaces import Network
from tests.support.sdk_client import sdk_client
from tests.support.server import Server, running
from tests.support.tcp_proxy import tcp_proxy
from tests.support.waiting import wait_until

# A new transport would cost packets and a key frame; what a loaded machine draws late costs neither.
MAX_PICTURE_PAUSE_MS = 2_000


@pytest.mark.parametrize("single", [True, False], ids=["single connection", "two connections"])
async def test_a_cut_websocket_resumes_in_the_page_without_media_loss(
    net: Network, server: Server, room: str, numbered_file: Path, marked_file: Path, single: bool
) -> None:
    async with (
        tcp_proxy(net, server_port=server.http_port) as proxy,
        chromium(net.clients, video=numbered_file, sound=marked_file) as browser,
    ):
        ambulance = await browser.harness_page("ambulance")
        hospital = await browser.harness_page("hospital")
        sid = (await ambulance.join(proxy.signal_url, server.token("ambulance", room), single=single))["sid"]
        await hospital.join(server.signal_url, server.token("hospital", room), single=single)
        await asyncio.gather(ambulance.publish(), hospital.publish())
        await asyncio.gather(ambulance.wait_for_media("hospital"), hospital.wait_for_media("ambulance"))
        connections = await ambulance.call("connections")
        first_events = len(await ambulance.state("events"))
        # A machine that stands still makes a pause, too, and may lose packets: cut again, up to three times.
        for attempt in attempts("a cut WebSocket"):
            before = {page.identity: await _inbound(page) for page in (ambulance, hospital)}
            events_before = len(await ambulance.state("events"))
            for page in (ambulance, hospital):
                await page.call("resetPauses")
            assert proxy.cut() > 0
            await ambulance.wait_for_room_event("reconnected", after=events_before)

            # More of everything arrives after the resume, nothing was lost, and nothing was set up anew.
            for page, other in ((ambulance, "hospital"), (hospital, "ambulance")):
                decoded = before[page.identity]["decoded"]
                await page.wait_for_media(other, pictures=decoded + 20)
            after = {page.identity: await _inbound(page) for page in (ambulance, hospital)}
            lost = {who: after[who]["lost"] - before[who]["lost"] for who in after}
            pauses_ms = [
                round((await page.state("longestPauseMs"))[other])
                for page, other in ((ambulance, "hospital"), (hospital, "ambulance"))
            ]
            attempt.tell(
                not any(lost.values()) and max(pauses_ms) < MAX_PICTURE_PAUSE_MS,
                f"packets lost {lost}, longest time between pictures {pauses_ms} ms",
            )
        assert await ambulance.call("connections") == connections
        assert await ambulance.state("transportStates") == []
        assert (await ambulance.page.evaluate("state.room.localParticipant.sid")) == sid
        names = [event[1] for event in (await ambulance.state("events"))[first_events:]]
        assert "disconnected" not in names, names
        assert not [e for e in await hospital.state("events") if e[1] == "participantDisconnected"]

        # The room still works in both directions.
        await ambulance.call("sendData", "after the cut", True, "vitals")
        await wait_until(
            lambda: hospital.state("data"),
            what="data after",
            accept=lambda data: "after the cut" in str(data),
        )
        await hospital.call("setMicrophone", False)
        await wait_until(
            lambda: ambulance.call("people"),
            what="mute after the resume",
            accept=lambda people: any(track["muted"] for track in people["hospital"]["tracks"]),
        )


@pytest.mark.parametrize("single", [True, False], ids=["single connection", "two connections"])
async def test_a_cut_websocket_resumes_in_the_sdk(
    net: Network, server: Server, room: str, single: bool
) -> None:
    async with (
        tcp_proxy(net, server_port=server.http_port) as proxy,
        sdk_client(net.clients, "clinic") as clinic,
        sdk_client(net.clients, "kiosk") as kiosk,
    ):
        await clinic.run("join", url=proxy.signal_url, token=server.token("clinic", room), single=single)
        await kiosk.run("join", url=server.signal_url, token=server.token("kiosk", room), single=single)
        await asyncio.gather(clinic.run("publish"), kiosk.run("publish"))
        await asyncio.gather(clinic.wait_for_media("kiosk"), kiosk.wait_for_media("clinic"))

        assert proxy.cut() > 0
        await clinic.wait_for_event("reconnected")

        frames = [(await client.report())["people"] for client in (clinic, kiosk)]
        await clinic.wait_for_media("kiosk", frames=frames[0]["kiosk"]["frames"] + 20)
        await kiosk.wait_for_media("clinic", frames=frames[1]["clinic"]["frames"] + 20)
        await clinic.run("data", text="after the cut", reliable=True)
        await kiosk.wait_for_event("data", lambda event: event["text"] == "after the cut")
        assert not [event for event in kiosk.events if event["event"] == "participant_disconnected"]


@pytest.mark.parametrize("single", [True, False], ids=["single connection", "two connections"])
async def test_clients_rejoin_a_server_that_was_killed(
    net: Network, room: str, tmp_path: Path, numbered_file: Path, marked_file: Path, single: bool
) -> None:
    own_server = Server(net, tmp_path, name="reborn-server", http_port=8090, media_port=7892)
    with running(own_server):
        async with chromium(net.clients, video=numbered_file, sound=marked_file) as browser:
            pages = [await browser.harness_page(identity) for identity in ("ambulance", "hospital")]
            for page in pages:
                await page.join(own_server.signal_url, own_server.token(page.identity, room), single=single)
                await page.publish()
            ambulance, hospital = pages
            await asyncio.gather(ambulance.wait_for_media("hospital"), hospital.wait_for_media("ambulance"))

            await asyncio.to_thread(own_server.kill)
            await asyncio.to_thread(own_server.start)

            for page, other in ((ambulance, "hospital"), (hospital, "ambulance")):
                await page.wait_for_room_event("reconnected")
                # New tracks on a new connection: their counters start again.
                await page.wait_for_media(other, pictures=20)


async def _inbound(page: HarnessPage) -> dict[str, int]:
    inbound: list[dict[str, Any]] = (await page.stats())["inbound"]
    return {
        "packets": sum(entry["packets"] for entry in inbound),
        "lost": sum(entry["lost"] for entry in inbound),
        "decoded": sum(entry["decoded"] for entry in inbound),
    }
