"""Transport-wide feedback works: Chromium raises its bitrate to what the link carries."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.chromium import HarnessPage, chromium
from tests.support.namespaces import Network
from tests.support.server import Server
from tests.support.waiting import PATIENCE

WANTED_BPS = 1_500_000
WITHIN_S = 10.0


async def test_720p_reaches_a_megabit_and_a_half_within_ten_seconds(
    net: Network, server: Server, room: str, hard_file: Path
) -> None:
    async with chromium(net.clients, video=hard_file) as browser:
        page = await browser.harness_page("ambulance")
        await page.join(server.signal_url, server.token("ambulance", room), maxBps=4_000_000)
        began = asyncio.get_running_loop().time()
        await page.publish(sound=False, width=1280, height=720, frameRate=30)
        reached_s, best_bps = None, 0.0
        before_bytes, before_ms = await _sent(page)
        while (elapsed_s := asyncio.get_running_loop().time() - began) < WITHIN_S * PATIENCE:
            await asyncio.sleep(0.5)  # the sampling interval of the measurement
            now_bytes, now_ms = await _sent(page)
            bps = (now_bytes - before_bytes) * 8000 / (now_ms - before_ms)
            before_bytes, before_ms = now_bytes, now_ms
            best_bps = max(best_bps, bps)
            if bps >= WANTED_BPS and reached_s is None:
                reached_s = elapsed_s
        stats = await page.stats()
        video = [entry for entry in stats["outbound"] if entry["kind"] == "video"]
        print(
            f"upstream: {WANTED_BPS / 1e6} Mbit/s after {reached_s} s, "
            f"best half second {best_bps / 1e6:.2f} Mbit/s, "
            f"estimate {(stats['availableBps'] or 0) / 1e6:.2f} Mbit/s, layers "
            f"{[(v['rid'], v['width'], v['height'], v['fps'], v['limited']) for v in video]}"
        )
        assert reached_s is not None, (best_bps, video)


async def _sent(page: HarnessPage) -> tuple[int, float]:
    stats = await page.stats()
    return sum(entry["bytes"] for entry in stats["outbound"] if entry["kind"] == "video"), stats["at"]
