"""10,000 datagrams from strangers before, during and after handshakes: no call ends and no join fails."""

from __future__ import annotations

import asyncio
import re
import socket
from collections import Counter
from pathlib import Path

from tests.support.chromium import HarnessPage, chromium
from tests.support.hostile_datagrams import hostile_datagrams, send_all
from tests.support.namespaces import Network
from tests.support.sdk_client import sdk_client
from tests.support.server import Server, running

BEFORE, DURING, AFTER = 2_000, 4_000, 4_000
# reliability.md §2 row 3 allows a flood ten megabytes.
MAX_GROWTH_BYTES = 10_000_000


async def test_strangers_can_neither_end_a_call_nor_spoil_a_join(
    net: Network, tmp_path: Path, room: str, numbered_file: Path, marked_file: Path
) -> None:
    # Its own server: what others left behind must not hide growth.
    own_server = Server(net, tmp_path, name="attacked-server", http_port=8091, media_port=7893)
    target = (net.server.address, own_server.media_port)
    strangers = [
        net.clients.open_socket(socket.SOCK_DGRAM, (address, 0))
        for address in (
            *net.spare_client_addresses,
            net.clients.address,
        )  # also from the clients' own address
    ]
    sent: Counter[str] = Counter()

    async def attack(count: int, seed: int, ufrags: list[str]) -> None:
        datagrams = hostile_datagrams(count, seed=seed, known_ufrags=ufrags)
        sent.update(await asyncio.to_thread(send_all, strangers, target, datagrams))

    with running(own_server):
        async with (
            chromium(net.clients, video=numbered_file, sound=marked_file) as browser,
            sdk_client(net.clients, "clinic") as clinic,
            sdk_client(net.clients, "kiosk") as kiosk,
        ):
            url = own_server.signal_url
            await attack(BEFORE, 1, [])
            ambulance = await browser.harness_page("ambulance")
            await ambulance.join(url, own_server.token("ambulance", room))
            await ambulance.publish()
            ufrags = await _server_ufrags(ambulance)

            during = asyncio.create_task(attack(DURING, 2, ufrags))
            hospital = await browser.harness_page("hospital")
            await hospital.join(url, own_server.token("hospital", room), single=False)
            await clinic.run("join", url=url, token=own_server.token("clinic", room))
            await kiosk.run("join", url=url, token=own_server.token("kiosk", room), single=False)
            await asyncio.gather(hospital.publish(), clinic.run("publish"))
            await asyncio.gather(
                ambulance.wait_for_media("hospital"),
                hospital.wait_for_media("ambulance"),
                clinic.wait_for_media("hospital"),
                kiosk.wait_for_media("clinic"),
            )
            await during

            connections = [await page.call("connections") for page in (ambulance, hospital)]
            ufrags = [*await _server_ufrags(ambulance), *await _server_ufrags(hospital)]
            resident_before = own_server.resident_bytes()
            await attack(AFTER, 3, ufrags)
            growth = own_server.resident_bytes() - resident_before

            # Everyone still decodes more of everyone than before the last wave.
            seen = (await clinic.report())["people"]["hospital"]["frames"]
            watched = (await kiosk.report())["people"]["clinic"]["frames"]
            await asyncio.gather(
                clinic.wait_for_media("hospital", frames=seen + 15),
                kiosk.wait_for_media("clinic", frames=watched + 15),
            )
            for page, other in ((ambulance, "hospital"), (hospital, "ambulance")):
                decoded = sum(e["decoded"] for e in (await page.stats())["inbound"] if e["from"] == other)
                await page.wait_for_media(other, pictures=decoded + 15)
            assert [await page.call("connections") for page in (ambulance, hospital)] == connections
            for page in (ambulance, hospital):
                assert await page.state("transportStates") == []
                events = await page.state("events")
                bad = [
                    event
                    for event in events
                    if event[1] in ("reconnecting", "signalReconnecting", "disconnected")
                ]
                assert not bad, (page.identity, bad, page.console)
            for client in (clinic, kiosk):
                assert not [e for e in client.events if e["event"] in ("reconnecting", "disconnected")]
            print(
                f"hostile datagrams: {sent.total()} sent {dict(sent)}; resident memory grew by "
                f"{growth / 1e6:.1f} MB during {AFTER} of them"
            )
            assert sent.total() >= 0.99 * (BEFORE + DURING + AFTER)
            assert growth <= MAX_GROWTH_BYTES
    for stranger in strangers:
        stranger.close()


async def _server_ufrags(page: HarnessPage) -> list[str]:
    """The server's user fragments: an eavesdropper of checks would know them, their password not."""
    sdp = await page.page.evaluate(
        "peerConnections().map((pc) => pc.remoteDescription?.sdp ?? '').join('\\n')"
    )
    return re.findall(r"a=ice-ufrag:(\S+)", sdp)
