"""Two pages behind a bad line: how much of the sound must be made up, and whether the picture moves.

The figures of issue 6, on a line that is bad on the way up and down again: ``make bench-bad-lines``.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from load_tests.netem.conditions import Conditions, Loss
from load_tests.netem.profiles import Profile, both_ways
from tests.support.best_of_three import judged_where_fit
from tests.support.chromium import HarnessPage, chromium
from tests.support.namespaces import emulated_network, reason_to_skip
from tests.support.server import Server, running

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not os.environ.get("LIANZHEN_FIGURES"), reason="a figure: make bench-bad-lines"),
]

MEASURED_S = float(os.environ.get("LIANZHEN_BAD_LINE_S", "60"))
SETTLED_S = 10.0
"""From the first picture on, on a good line: estimates and jitter buffers have found their way."""
LOSS_20_PERCENT = both_ways(Conditions(delay_ms=22.5, loss=Loss(in_good=0.2)))
LOSS_10_PERCENT_LATE = both_ways(
    Conditions(delay_ms=100, jitter_ms=50, is_reordering=True, loss=Loss(in_good=0.1))
)
"""A round trip of 200 ± 100 ms."""
GOOD = both_ways(Conditions(delay_ms=22.5))


@pytest.mark.parametrize(
    ("name", "line", "most_concealed", "least_fps"),
    [
        ("20 % loss", LOSS_20_PERCENT, 0.03, 10.0),
        ("10 % loss, 200 ± 100 ms", LOSS_10_PERCENT_LATE, 0.02, 0.0),
    ],
    ids=["loss_20_percent", "loss_10_percent_late"],
)
async def test_voice_and_picture_over_a_bad_line(
    name: str,
    line: Profile,
    most_concealed: float,
    least_fps: float,
    tmp_path: Path,
    numbered_file: Path,
    marked_file: Path,
) -> None:
    reason = reason_to_skip()
    if reason is not None:
        pytest.skip(reason)
    with emulated_network(GOOD, seed=7) as (net, wire), running(Server(net, tmp_path)) as server:
        async with chromium(net.clients, video=numbered_file, sound=marked_file) as browser:
            pages = [await browser.harness_page(who) for who in ("township", "hospital")]
            for page in pages:
                await page.join(server.signal_url, server.token(page.identity, "bad-line"))
                await page.publish()
            township, hospital = pages
            await township.wait_for_media("hospital")
            await hospital.wait_for_media("township")
            await asyncio.sleep(SETTLED_S)  # the course begins in a call that has settled
            wire.set(line)
            with judged_where_fit(f"a bad line, {name}") as attempt:
                before = await _received(hospital)
                await asyncio.sleep(MEASURED_S)  # what is measured
                after = await _received(hospital)
                concealed = _part(before, after, "concealed", "samples")
                fps = (after["decoded"] - before["decoded"]) / MEASURED_S
                told = (
                    f"{concealed:.1%} of the sound made up, {fps:.1f} pictures/s, "
                    f"{after['freezes'] - before['freezes']} freezes"
                )
                attempt.tell(concealed <= most_concealed and fps >= least_fps, told)


async def _received(page: HarnessPage) -> dict[str, Any]:
    """Sums of what the page has decoded of the other one."""
    inbound = (await page.stats())["inbound"]
    names = ("samples", "concealed", "decoded", "freezes")
    return {name: sum(entry[name] for entry in inbound) for name in names}


def _part(before: dict[str, Any], after: dict[str, Any], name: str, of: str) -> float:
    whole = after[of] - before[of]
    return float((after[name] - before[name]) / whole) if whole else 1.0
