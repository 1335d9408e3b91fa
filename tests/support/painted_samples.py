"""When a page painted each sample of a live ECG, as the page itself notes it at every repaint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.async_api import Page

from tests.support.held_samples import LIVE_ECG

# A row for each repaint: the wall clock behind everything that it draws, up to which sample the ECG is drawn,
# how it is followed, and the holes before that; then up to which sample the page has it, and since when.
WATCH_PAINTED = (
    """() => {
    window.paintedRows = [];
    const liveEcg = """
    + LIVE_ECG
    + """;
    const look = () => {
        requestAnimationFrame(look);
        setTimeout(() => {
            const layer = document.querySelector('[data-layer="trace"]');
            const { until, pace } = layer?.dataset ?? {};
            const samples = liveEcg()?.watch.running;
            if (until === undefined || !samples) return;
            const end = Number(until);
            const holes = samples.gaps(samples.start, end, Infinity)
                .filter((hole) => !hole.isOpen && hole.start < end).map((hole) => [hole.start, hole.end]);
            const origin = performance.timeOrigin, { newest } = samples;
            const came = newest === null ? [] : [newest.end, origin + newest.arrived_ms];
            window.paintedRows.push([origin + performance.now(), end, pace, holes, ...came]);
        });
    };
    requestAnimationFrame(look);
}"""
)
_FIRST_BY = f"({LIVE_ECG})()?.watch.firstBy ?? {{ room: 0, socket: 0 }}"


@dataclass(frozen=True)
class Painted:
    """What a stretch of time showed."""

    ages_ms: list[float]
    """Of each sample, when it was first on screen."""
    repaints: int
    longest_repaint_ms: float
    in_picture: float
    """Share of the repaints in step with a picture."""
    halted: float
    """Share of the repaints at which the line stood still: that is what an eye would see."""
    behind_ms: list[float]
    """Of each repaint: by how much the line moved less than time did since the one before."""
    came_ms: list[float]
    """How old the newest sample that the page has was when it came: of each that a repaint found."""
    kept_ms: list[float]
    """How long it then was until the line was there: of each that a repaint reached."""


def painted(rows: Sequence[Sequence[Any]], taken_ms: Callable[[int], float]) -> Painted:
    """Returns how old samples were when they were painted; what was on screen with the first row, and what is
    still missing with the last, does not count.
    """
    ages: list[float] = []
    drawn = int(rows[0][1])
    waiting: set[int] = set()
    for wall_ms, until, _, holes, *_ in rows[1:]:
        missing = {
            sample for start, end in holes for sample in range(max(start, rows[0][1]), min(end, until))
        }
        fresh = (waiting | set(range(drawn, until))) - missing
        waiting = missing & (waiting | set(range(drawn, until)))
        drawn = max(drawn, until)
        ages += [wall_ms - taken_ms(sample) for sample in fresh]
    times = [row[0] for row in rows]
    passed_ms = np.diff([[row[0], taken_ms(row[1])] for row in rows], axis=0)
    return Painted(
        ages,
        len(rows),
        float(np.diff(times).max()),
        sum(row[2] == "picture" for row in rows) / len(rows),
        float(np.mean(passed_ms[:, 1] == 0)),
        (passed_ms[:, 0] - passed_ms[:, 1]).tolist(),
        *_on_the_way(rows, taken_ms),
    )


def _on_the_way(
    rows: Sequence[Sequence[Any]], taken_ms: Callable[[int], float]
) -> tuple[list[float], list[float]]:
    arrived = {int(row[4]): float(row[5]) for row in rows if len(row) > 4}
    kept_ms = []
    waiting = sorted(end for end in arrived if end > rows[0][1])
    for wall_ms, until, *_ in rows:
        while waiting and waiting[0] <= until:
            kept_ms.append(wall_ms - arrived[waiting.pop(0)])
    return [came_ms - taken_ms(end) for end, came_ms in arrived.items()], kept_ms


async def first_by(page: Page) -> dict[str, int]:
    """How many frames the page's live ECG was first brought by each way: "room" and "socket"."""
    told: dict[str, int] = await page.evaluate(_FIRST_BY)
    return told
