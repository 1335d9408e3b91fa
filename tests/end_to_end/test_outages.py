"""How soon media is back after 5, 30 and 120 s without any network, in the same seat, without a login.

Run by `make bench-outage` alone: it takes six minutes and its figures are seconds of wall time.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from load_tests.netem.link import reason_to_skip_link
from load_tests.netem.profiles import CUT, ROUND_TRIP_80_MS
from tests.support.best_of_three import judged_where_fit
from tests.support.chromium import HarnessPage, chromium
from tests.support.media_path import keep_media_path
from tests.support.namespaces import Network, emulated_network
from tests.support.sdk_client import SdkClient, sdk_client
from tests.support.server import Server, running

BACK_WITHIN_S = {5: 1.0, 30: 2.0, 120: 3.0}
"""By length of the outage in seconds (reliability §3.2)."""
OUTAGES_S = [int(text) for text in os.environ.get("LIANZHEN_OUTAGES", "5 30 120").split()]

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not os.environ.get("LIANZHEN_FIGURES"), reason="a figure: make bench-outage"),
]


async def _frames(client: SdkClient, identity: str) -> int:
    people = (await client.report())["people"]
    return int(people[identity]["frames"]) if identity in people else 0


async def _back(page: HarnessPage, specialist: SdkClient) -> tuple[float, float]:
    """Waits until pictures come again; returns how long that took up and down."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def up() -> float:
        before = await _frames(specialist, page.identity)
        while await _frames(specialist, page.identity) < before + 2:
            await asyncio.sleep(0.02)
        return loop.time() - began

    async def down() -> float:
        before = sum(entry["decoded"] for entry in (await page.stats())["inbound"])
        while sum(entry["decoded"] for entry in (await page.stats())["inbound"]) < before + 2:
            await asyncio.sleep(0.02)
        return loop.time() - began

    async with asyncio.timeout(60):
        return await asyncio.gather(up(), down())


@pytest.mark.parametrize("outage_s", OUTAGES_S)
async def test_a_page_without_network_is_back_in_its_seat_as_soon_as_there_is_one(
    net: Network, tmp_path: Path, room: str, numbered_file: Path, marked_file: Path, outage_s: int
) -> None:
    reason = reason_to_skip_link()
    if reason is not None:
        pytest.skip(reason)
    with emulated_network(ROUND_TRIP_80_MS) as (own_net, link):
        server = Server(own_net, tmp_path, name="outage-server")
        with running(server):
            async with (
                chromium(own_net.clients, video=numbered_file, sound=marked_file) as browser,
                sdk_client(own_net.server, "specialist") as specialist,  # keeps its network
            ):
                page = await browser.harness_page("ambulance")
                await page.join(server.signal_url, server.token("ambulance", room))
                await specialist.run("join", url=server.signal_url, token=server.token("specialist", room))
                await asyncio.gather(page.publish(), specialist.run("publish"))
                await asyncio.gather(
                    page.wait_for_media("specialist", pictures=30),
                    specialist.wait_for_media("ambulance", frames=30),
                )
                await keep_media_path(page)
                connections = await page.call("connections")
                sid = await page.page.evaluate("state.room.localParticipant.sid")
                await asyncio.sleep(2)  # the outage begins in a call that has settled
                link.set(CUT)
                await asyncio.sleep(outage_s)  # the outage itself
                link.set(ROUND_TRIP_80_MS)
                limit_s = BACK_WITHIN_S[outage_s]
                with judged_where_fit(f"{outage_s} s without network (limit {limit_s:.0f} s)") as figure:
                    up_s, down_s = await _back(page, specialist)
                    figure.tell(
                        max(up_s, down_s) <= limit_s, f"back after {up_s:.2f} s up, {down_s:.2f} s down"
                    )
                await page.wait_for_room_event("reconnected")
                assert await page.page.evaluate("state.room.localParticipant.sid") == sid
                assert [one["number"] for one in await page.call("connections")] == [
                    one["number"] for one in connections
                ]
                assert await page.state("transportStates") == []
