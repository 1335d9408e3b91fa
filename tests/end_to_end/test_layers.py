"""A subscriber chooses a simulcast layer, or none for a while; the numbers go on across switches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import FILE_FRAMES
from tests.support.best_of_three import attempts
from tests.support.chromium import HarnessPage, chromium
from tests.support.namespaces import Network
from tests.support.numbered_video import judge_order
from tests.support.sdk_client import sdk_client
from tests.support.server import Server
from tests.support.waiting import wait_until

LOW, HIGH = 0, 2
MAX_GAP = 8  # half a second of pictures


async def _width_of(page: HarnessPage, sender: str) -> int | None:
    inbound: list[dict[str, Any]] = (await page.stats())["inbound"]
    return next(
        (entry["width"] for entry in inbound if entry["from"] == sender and entry["kind"] == "video"), None
    )


async def test_a_subscriber_switches_between_layers(
    net: Network, server: Server, room: str, numbered_file: Path
) -> None:
    async with chromium(net.clients, video=numbered_file) as browser:
        # A page publishes: the Python SDK makes both layers of 640x360 equally large.
        ambulance = await browser.harness_page("ambulance")
        hospital = await browser.harness_page("hospital")
        await ambulance.join(server.signal_url, server.token("ambulance", room))
        await hospital.join(server.signal_url, server.token("hospital", room), numbers=True)
        await ambulance.publish()
        await hospital.wait_for_media("ambulance")

        # A machine that stands still makes a gap, too: switched again, up to three times.
        for attempt in attempts("three layer switches"):
            seen_before = len((await hospital.state("numbers"))["ambulance"])
            for quality, width in ((HIGH, 640), (LOW, 320), (HIGH, 640)):
                await hospital.call("setQuality", "ambulance", quality)
                await wait_until(
                    lambda: _width_of(hospital, "ambulance"),
                    what=f"{width} pixels wide",
                    accept=lambda seen, width=width: seen == width,
                )
            stats = await hospital.stats()
            numbers = (await hospital.state("numbers"))["ambulance"]
            order = judge_order(numbers[seen_before:], modulus=FILE_FRAMES)
            freezes = stats["inbound"][0]["freezes"]
            assert order.reordered == 0
            attempt.tell(order.longest_gap <= MAX_GAP, f"{order}, freezes {freezes}")


async def test_a_subscriber_pauses_a_picture_and_takes_it_up_again(
    net: Network, server: Server, room: str, numbered_file: Path, marked_file: Path
) -> None:
    async with (
        chromium(net.clients, video=numbered_file, sound=marked_file) as browser,
        sdk_client(net.clients, "clinic") as clinic,
    ):
        hospital = await browser.harness_page("hospital")
        await hospital.join(server.signal_url, server.token("hospital", room))
        await clinic.run("join", url=server.signal_url, token=server.token("clinic", room))
        await clinic.run("publish")
        await hospital.wait_for_media("clinic")

        async def video_packets() -> int:
            return sum(e["packets"] for e in (await hospital.stats())["inbound"] if e["kind"] == "video")

        await hospital.call("setWanted", "clinic", False)
        seen: list[int] = []

        async def stands_still() -> bool:
            seen.append(await video_packets())
            return len(seen) > 10 and len(set(seen[-10:])) == 1

        await wait_until(stands_still, what="no more pictures while paused")
        await hospital.call("setWanted", "clinic", True)
        decoded = sum(e["decoded"] for e in (await hospital.stats())["inbound"] if e["kind"] == "video")
        await hospital.wait_for_media("clinic", pictures=decoded + 15)
