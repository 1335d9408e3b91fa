"""The ECG's drawing, measured in the pixels of a real Chromium.

What is measured is the drawing itself (clients/web/src/ui/ecg/ecg_canvas.ts), built alone and fed with
frames; the pane around it is looked at elsewhere. Nothing here knows how the page computes a place: it knows
millimetres, and that the cart's own pulse is 1 mV for 200 ms.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest
from playwright.async_api import Page, Route, async_playwright

from media_server.ecg.frame import Frame, encode_frame
from tests.support.chromium import CHROMIUM
from tests.support.server import REPOSITORY
from tests.support.waiting import HANG_S

WEB: Final = REPOSITORY / "clients/web"
VECTOR: Final = json.loads((REPOSITORY / "tests/vectors/ecg/philips_pulse.json").read_text())
RATE_HZ: Final = 500
PULSE_START: Final = 350
SAMPLES: Final = np.array(VECTOR["samples_by_lead"], dtype=np.int32).T
START_US: Final = 1_700_000_000_000_000
FRAME: Final = 20
"""40 ms."""
PX_PER_MM: Final = 6
RATIO: Final = 2
"""Pixels of the glass for one of the page: 12 a millimetre."""
GLASS: Final = PX_PER_MM * RATIO
ROWS: Final = 6
COLUMNS_MM: Final = (7, 7 + 128 + 3)
"""6×2 on 1600 pixels: the gutter, two columns of whole millimetres, and 3 mm between them."""
AXIS_PX: Final = 18
IS_BENCH: Final = bool(os.environ.get("LIANZHEN_FIGURES"))
MEASURED_S: Final = 20 if IS_BENCH else 3
LEAST_PICTURES_A_SECOND: Final = 55
MOST_OF_A_CORE: Final = 0.30
GAP: Final = (600, 1350)
"""Samples that are missing, 1.5 s."""
ECG: Final = {
    "id": "ec_1",
    "state": "recording",
    "is_diagnostic": True,
    "descriptor": {
        "rate_hz": RATE_HZ,
        "resolution_nv": VECTOR["resolution_nv"],
        "leads": VECTOR["leads"],
        "band_low_mhz": 50,
        "band_high_hz": 150,
        "notch_hz": 0,
        "model": "",
    },
    "epochs": [{"epoch": 0, "first": 0, "end": 0, "first_taken_us": START_US}],
}
pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(300)]

Pixels = npt.NDArray[np.float64]


def _frames(seconds: float, *, without: tuple[int, int] | None = None) -> list[bytes]:
    """The cart's second over and over, as frames; ``without`` leaves samples out."""
    whole = np.tile(SAMPLES, (int(seconds) + 1, 1))[: int(seconds * RATE_HZ)]
    return [
        encode_frame(Frame(1, 0, first, START_US + first * 2000, whole[first : first + FRAME]))
        for first in range(0, len(whole), FRAME)
        if without is None or not without[0] <= first < without[1]
    ]


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the page that only draws."""
    assert shutil.which("node"), "node is missing: run `make setup`"
    folder = tmp_path_factory.mktemp("drawing")
    vite = WEB / "node_modules/.bin/vite"
    command = [
        str(vite),
        "build",
        "--config",
        "mock/ecg_bench.config.ts",
        "--outDir",
        str(folder),
        "--emptyOutDir",
    ]
    subprocess.run(command, cwd=WEB, check=True, capture_output=True, timeout=240)
    return folder


@pytest.fixture
async def page(drawing: Path, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """The page that draws, 1600×900; by default two pixels of the glass for each of its own."""
    ratio = getattr(request, "param", RATIO)
    types = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}

    async def answer(route: Route) -> None:
        name = route.request.url.removeprefix("http://localhost/")
        file = drawing / name
        if file.is_file():
            await route.fulfill(path=file, content_type=types[file.suffix])
        else:
            await route.fulfill(status=404, body="")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=HANG_S * 1000
        )
        try:
            context = await browser.new_context(
                viewport={"width": 1600, "height": 900}, device_scale_factor=ratio
            )
            context.set_default_timeout(HANG_S * 1000)
            opened = await context.new_page()
            await opened.route("**/*", answer)
            await opened.goto("http://localhost/ecg_bench.html")
            await opened.wait_for_selector("html[data-ready=yes]")
            yield opened
        finally:
            await browser.close()


async def _drawn(page: Page) -> None:
    """Until what was asked for stands there, names and holes too."""
    await page.evaluate("pictures(600)")


async def _alpha(page: Page, layer: str, x: float, y: float, width: float, height: float) -> Pixels:
    box = [round(each) for each in (x, y, width, height)]
    found = await page.evaluate(_ALPHA_IN_BASE64, [layer, box])
    return np.frombuffer(base64.b64decode(found), np.uint8).astype(np.float64).reshape(box[3], box[2])


# A million numbers, one by one, take this process a quarter of a minute.
_ALPHA_IN_BASE64: Final = """async ([layer, box]) => {
    const blob = new Blob([Uint8Array.from(alphaOf(layer, ...box))]);
    const url = await new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(blob);
    });
    return url.slice(url.indexOf(",") + 1);
}"""


async def _draw_page(page: Page, frames: list[bytes], end: int) -> None:
    await page.evaluate(
        "([ecg, frames, end, px]) => drawPage(ecg, frames, 0, end, '6x2', px)",
        [ECG, _text(b"".join(frames)), end, PX_PER_MM],
    )
    await _drawn(page)


def _centre(pixels: Pixels, axis: int) -> float:
    """Where the ink stands along an axis, in pixels of the glass, weighted by its opacity."""
    weights = pixels.sum(axis=axis)
    return float((np.arange(len(weights)) + 0.5) @ weights / weights.sum())


def _edges(band: Pixels) -> list[float]:
    """Where steep lines cross a narrow band of rows, from left to right."""
    weights = band.sum(axis=0)
    inked = np.flatnonzero(weights > 0)
    runs = np.split(inked, np.flatnonzero(np.diff(inked) > 1) + 1)
    return [float((run + 0.5) @ weights[run] / weights[run].sum()) for run in runs]


def _nearest(edges: list[float], place: float) -> float:
    return min(edges, key=lambda edge: abs(edge - place))


async def test_a_millivolt_is_ten_millimetres_and_a_second_twenty_five(page: Page) -> None:
    """1 mV within 2 %, 1 s within 1 %, in every row: the pulse's height, and from one pulse to the next."""
    await _draw_page(page, _frames(3), 1500)
    row_px = (900 - AXIS_PX) / ROWS * RATIO
    heights: list[float] = []
    lengths: list[float] = []
    for row, column_mm in itertools.product(range(ROWS), COLUMNS_MM):
        left = column_mm * GLASS
        pulse = left + PULSE_START / RATE_HZ * 25 * GLASS
        baseline = row_px * (row + 0.5)
        top, height = baseline - 12 * GLASS, 14 * GLASS
        inside = await _alpha(page, "trace", pulse + GLASS, top, 3 * GLASS, height)
        behind = await _alpha(page, "trace", pulse + 6 * GLASS, top, GLASS / 2, height)
        heights.append((_centre(behind, 1) - _centre(inside, 1)) / GLASS)
        # Half way up; of what crosses there the pulses' edges are next to their places.
        edges = _edges(await _alpha(page, "trace", left, baseline - 5 * GLASS - 4, 3 * 25 * GLASS, 8))
        rises = [_nearest(edges, pulse - left + second * 25 * GLASS) for second in range(3)]
        lengths += [(rises[1] - rises[0]) / GLASS, (rises[2] - rises[1]) / GLASS]
    print(
        f"\n1 mV is {min(heights):.3f} to {max(heights):.3f} mm, 1 s is {min(lengths):.3f} to "
        f"{max(lengths):.3f} mm, in {len(heights)} leads"
    )
    assert all(abs(height / 10 - 1) <= 0.02 for height in heights)
    assert all(abs(length / 25 - 1) <= 0.01 for length in lengths)


async def test_there_is_no_trace_in_a_gap_of_the_record(page: Page) -> None:
    """Not one pixel of a line, all over its height, and the hatch over all of it."""
    await _draw_page(page, _frames(4, without=GAP), 2000)
    start, end = ((7 + sample / RATE_HZ * 25) * GLASS for sample in GAP)
    gap = await _alpha(page, "trace", start + 2, 0, end - start - 4, 900 * RATIO)
    beside = await _alpha(page, "trace", end + 2, 0, 25 * GLASS, 900 * RATIO)
    hatch = await _alpha(page, "marks", start + 4, 0, end - start - 8, (900 - AXIS_PX) * RATIO - 4)
    print(f"\ntrace pixels in a gap: {np.count_nonzero(gap)} of {gap.size}")
    assert np.count_nonzero(gap) == 0
    assert np.count_nonzero(beside) > 0
    assert hatch.min() == 255


async def test_there_is_no_trace_in_a_gap_that_comes_live(page: Page) -> None:
    """The same while it is swept over, and when the page before is still seen behind the bar."""
    frames = [_text(each) for each in _frames(4, without=GAP)]
    await page.evaluate(
        "([ecg, frames, px]) => drawLive(ecg, frames, frames.length, '12x1', px)", [ECG, frames, PX_PER_MM]
    )
    await _drawn(page)
    start, end = ((7 + sample / RATE_HZ * 25) * GLASS for sample in GAP)
    gap = await _alpha(page, "trace", start + 2, 0, end - start - 4, 900 * RATIO)
    before = await _alpha(page, "trace", 7 * GLASS, 0, start - 7 * GLASS, 900 * RATIO)
    assert np.count_nonzero(gap) == 0
    assert np.count_nonzero(before) > 0


@pytest.mark.alone
@pytest.mark.parametrize("page", [1], indirect=True)
async def test_twelve_leads_are_drawn_as_they_come(page: Page) -> None:
    """12 leads of 500 Hz on 1600×900, printed: issue 5 asks for 55 pictures a second with 30 % of a core.

    Beside the other tests only that the drawing keeps up is asserted: how fast and how dear it is, a machine
    that others use as well does not say. `make bench-ecg-drawing` judges by the better half of its seconds.
    """
    frames = [_text(each) for each in _frames(40)]
    await page.evaluate("([ecg, frames]) => drawLive(ecg, frames, 375, '12x1', 4)", [ECG, frames])
    await _drawn(page)
    first = await page.evaluate("shown().end")
    rates: list[float] = []
    loads: list[float] = []
    for _ in range(MEASURED_S):
        began, used = time.monotonic(), _browser_seconds()
        times = await page.evaluate("pictures(1000)")
        rates.append(1000 * (len(times) - 1) / (times[-1] - times[0]))
        loads.append((_browser_seconds() - used) / (time.monotonic() - began))
    rate = statistics.median(sorted(rates)[MEASURED_S // 2 :])
    load = statistics.median(sorted(loads)[: (MEASURED_S + 1) // 2])
    print(
        f"\n12 × 500 Hz at 1600×900: {rate:.1f} pictures a second (worst {min(rates):.1f}), "
        f"{100 * load:.0f} % of a core (worst {100 * max(loads):.0f} %), all of Chromium"
    )
    # Seconds of pictures are at least as many of samples, less what a standstill may hold back.
    assert await page.evaluate("shown().end") - first >= 0.7 * MEASURED_S * RATE_HZ
    if IS_BENCH:
        assert rate >= LEAST_PICTURES_A_SECOND
        assert load <= MOST_OF_A_CORE


def _browser_seconds() -> float:
    """Processor time of all of this test's Chromium processes, seconds."""
    ticks = os.sysconf("SC_CLK_TCK")
    mine = {os.getpid()}
    used = 0.0
    stats: dict[int, tuple[int, str, float]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            name, rest = (folder / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        fields = rest.split()
        stats[int(folder.name)] = (int(fields[1]), name, (int(fields[11]) + int(fields[12])) / ticks)
    # A child may have a lower number than its parent: until no more are found.
    while more := {pid for pid, (parent, _, _) in stats.items() if parent in mine} - mine:
        mine |= more
    for pid in mine:
        if pid in stats and "chrom" in stats[pid][1]:
            used += stats[pid][2]
    return used


def test_the_pulse_is_the_carts_own() -> None:
    """Nothing below was made to fit: 200 steps of 5 µV for 100 samples in every lead."""
    steps: Any = SAMPLES[PULSE_START : PULSE_START + 100]
    assert (steps == 200).all()
    assert (SAMPLES[PULSE_START - 1] == 0).all() and (SAMPLES[PULSE_START + 100] == 0).all()
