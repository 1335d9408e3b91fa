"""The samples that a real page holds of an ECG that it has watched, read out of the page itself."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.async_api import Page

from media_server.ecg.frame import Samples

LIVE_ECG = """() => {
    const pane = document.querySelector(".ecg-pane[data-lane]");
    if (!pane) return null;
    const key = Object.keys(pane).find((name) => name.startsWith("__reactFiber$"));
    let fiber = pane[key];
    while (fiber && !fiber.memoizedProps?.live?.watch) fiber = fiber.return;
    return fiber?.memoizedProps.live ?? null;
}"""
"""A function of the page that returns its LiveEcg (clients/web/src/io/ecg_ports.ts): React keeps what a
component was given beside its element, so from the pane upwards to who holds it."""
_READ_LINK = f"({LIVE_ECG})()?.link() ?? ''"
_READ_HELD = (
    f"({LIVE_ECG})()"
    + """?.watch.epochs.all.map((samples) => {
    const { start, end, shape: { epoch, leads } } = samples;
    const rows = new Int32Array((end - start) * leads);
    for (let lead = 0; lead < leads; lead += 1)
        samples.read(lead, start, end).forEach((value, at) => (rows[at * leads + lead] = value));
    let text = "";
    for (const byte of new Uint8Array(rows.buffer)) text += String.fromCharCode(byte);
    return { epoch, start, leads, isWhole: samples.has(start, end), rows: btoa(text) };
}) ?? []"""
)


@dataclass(frozen=True, eq=False)
class Held:
    """Of one epoch."""

    start: int
    is_whole: bool
    samples: Samples

    @property
    def end(self) -> int:
        """The number after the last sample."""
        return self.start + len(self.samples)


async def held_samples(page: Page) -> dict[int, Held]:
    """What the page's live ECG holds, by epoch; nothing before it has opened one."""
    told: list[dict[str, Any]] = await page.evaluate(_READ_HELD)
    return {
        one["epoch"]: Held(
            one["start"],
            one["isWhole"],
            np.frombuffer(base64.b64decode(one["rows"]), "<i4").reshape(-1, one["leads"]),
        )
        for one in told
    }


async def link_of(page: Page) -> str:
    """Of the page's live ECG: "opening", "open" or "lost"; "" before it has opened one."""
    return str(await page.evaluate(_READ_LINK))
