"""The ECG and the picture stand on one clock: what is seen and what is drawn at once happened at once.

A picture that says when it was painted comes by the room; an ECG whose samples are known by their time comes
from a real gateway, whose box's clock is 80 ppm fast. Both go through an emulated link that loses 1 % each
way, into a specialist's real page. Wanted (issue 5): p95 at most 40 ms, never more than 80 ms. Measured at
every repaint, against the picture that is on screen then. `make bench-ecg-sync` measures ten minutes and
judges by these figures. With the other tests they are printed, and what is judged is that the two stand on
one clock at all: a wrong clock is off by more than a machine that others use as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from load_tests.netem.conditions import Loss
from load_tests.netem.link import reason_to_skip_link
from load_tests.netem.profiles import ROUND_TRIP_80_MS, with_loss
from tests.support.apart import Seen, events, longest_pause_ms, seen, told
from tests.support.drifting_device import DriftingDevice
from tests.support.first_in_line import first_in_line
from tests.support.painted_samples import first_by
from tests.support.story_pages import Face
from tests.support.time_code import PUBLISH_TIME_CODE, WATCH_BOTH, repaints
from tests.support.waiting import wait_until
from tests.support.watched_ecg import watched_ecg

IS_BENCH = bool(os.environ.get("LIANZHEN_FIGURES"))
MEASURED_S = float(os.environ.get("LIANZHEN_SYNC_S", 600)) if IS_BENCH else 20.0
SETTLING_S = 5.0
"""After the first moment of a picture was told: its clock is known by the quickest of the first reports."""
ATTEMPTS = 1 if IS_BENCH else 3
"""A machine that stands still makes a good page look bad, never a bad one good."""
DRIFT_PPM = 80
P95_MS, MOST_MS = 40.0, 80.0
SAMPLE_MS = 2.0
SHOWN_EVENTS = 12
LEAST_SHARE = 0.9 if IS_BENCH else 0.2
"""Of the repaints, in step with a picture: else the figures would be those of a page that runs free."""
ONE_CLOCK_MS = 100.0
"""Of the median: an offset that was not taken off, or taken off twice, is half the round trip and the wait of
the picture's buffers, some 150 ms; the drift of 80 ppm is not to be seen in so short a time.
"""

pytestmark = pytest.mark.alone


@pytest.fixture(autouse=True)
def _can_emulate() -> None:
    reason = reason_to_skip_link()
    if reason is not None:
        pytest.skip(reason)


async def test_the_ecg_is_drawn_up_to_the_moment_of_the_picture(tmp_path: Path) -> None:
    link = with_loss(ROUND_TRIP_80_MS, Loss(in_good=0.01))
    async with watched_ecg(link, tmp_path, name="ecg-sync", drift_ppm=DRIFT_PPM) as watched:
        kiosk = await watched.browser.harness_page("zhoulan")
        entry = await watched.clinic.done("POST", f"/consultations/{watched.case}/room")
        await kiosk.join(watched.server.signal_url, entry["token"])
        await kiosk.page.evaluate(PUBLISH_TIME_CODE, [640, 360, 25])
        specialist = await watched.specialist()
        await specialist.page.evaluate(WATCH_BOTH)

        async def paces() -> Any:
            return await specialist.page.evaluate("window.syncRows.slice(-20).map((row) => row[2])")

        await specialist.look("ecg-sync-entered")
        try:
            await wait_until(paces, what="the ECG follows the picture", accept=lambda seen: "picture" in seen)
        finally:
            await specialist.look("ecg-sync-begun")
        with first_in_line() if IS_BENCH else contextlib.nullcontext():
            await asyncio.sleep(SETTLING_S)  # paces: reports come by the second
            for attempt in range(ATTEMPTS):
                met = await _measured(specialist, watched.box)
                print(f"\n{met}")
                await specialist.look(f"ecg-sync-{attempt}")
                if met.is_good:
                    break
        by = await first_by(specialist.page)
        print(f"frames first by {by}; {await watched.ways()}")
    assert by["room"] > 0, by
    assert met.is_good, str(met)


@dataclass(frozen=True)
class Met:
    """What one stretch of time showed."""

    repaints: int
    errors_ms: list[float]
    """ECG less picture, at every repaint that was in step with a picture."""
    whole_ms: list[float]
    """The same where the samples had come that the picture's moment asked for: the error of the clocks."""
    unread: int
    late: str
    """When they were further apart than wanted, a line each, the worst; and the figures of each minute."""

    @property
    def is_good(self) -> bool:
        """Whether the figures are met, by a page that follows the picture."""
        if len(self.errors_ms) < max(LEAST_SHARE * self.repaints, MEASURED_S):
            return False
        if not IS_BENCH:
            return bool(self.whole_ms) and abs(statistics.median(self.whole_ms)) <= ONE_CLOCK_MS
        sizes = [abs(error) for error in self.errors_ms]
        return _p95(sizes) <= P95_MS and max(sizes) <= MOST_MS

    def __str__(self) -> str:
        if not self.errors_ms or not self.whole_ms:
            return f"{self.repaints} repaints, none in step with a picture, {self.unread} unreadable"
        share = 100 * len(self.whole_ms) / len(self.errors_ms)
        in_step = 100 * len(self.errors_ms) / self.repaints
        return (
            f"ECG less picture in {MEASURED_S:.0f} s, {self.repaints} repaints: {_figures(self.errors_ms)} "
            f"(wanted p95 {P95_MS:.0f}, most {MOST_MS:.0f}); {share:.1f} % with their samples at hand: "
            f"{_figures(self.whole_ms)}; {in_step:.1f} % in step with a picture, {self.unread} unreadable"
            f"{self.late}"
        )


async def _measured(page: Face, box: DriftingDevice) -> Met:
    await page.page.evaluate("window.syncRows.length = 0; window.syncUnread = 0")
    await asyncio.sleep(MEASURED_S)  # samples: so long is measured
    rows = repaints(await page.page.evaluate("window.syncRows"))
    in_step = [seen(row, box.taken_ms) for row in rows if row.pace == "picture"]
    return Met(
        repaints=len(rows),
        errors_ms=[row.error_ms for row in in_step],
        whole_ms=[row.error_ms for row in in_step if row.lacks_ms <= SAMPLE_MS],
        unread=int(await page.page.evaluate("window.syncUnread")),
        late=_late(in_step),
    )


def _late(rows: list[Seen]) -> str:
    if not rows:
        return ""
    began_ms = rows[0].now_ms
    usual = (
        statistics.median(row.ecg_old_ms for row in rows),
        statistics.median(row.picture_old_ms for row in rows),
    )
    lines = [f"at most repaints the sample is {usual[0]:.0f} ms old, the picture {usual[1]:.0f}"]
    for minute in range(int((rows[-1].now_ms - began_ms) // 60_000) + 1):
        some = [row for row in rows if (row.now_ms - began_ms) // 60_000 == minute]
        if some:
            apart = _figures([row.error_ms for row in some])
            lines.append(f"minute {minute + 1}: {apart}; longest pause {longest_pause_ms(some):.0f} ms")
    found = sorted(events(rows, MOST_MS), key=lambda event: max(abs(row.error_ms) for row in event))
    lines.append(f"{len(found)} times apart by more than {MOST_MS:.0f} ms; the worst:")
    lines += [told(event, began_ms, usual) for event in found[: -SHOWN_EVENTS - 1 : -1]]
    return "".join(f"\n  {line}" for line in lines)


def _figures(errors: list[float]) -> str:
    sizes = [abs(error) for error in errors]
    return (
        f"p95 {_p95(sizes):.1f} ms, most {max(sizes):.1f} ms, median {statistics.median(errors):+.1f} ms, "
        f"from {min(errors):+.1f} to {max(errors):+.1f} ms"
    )


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]
