"""The consultation of domain.md §5.1 with its ECG, in real pages over an emulated line: the line is cut, the
hole is seen and then filled, and the opinion can be signed only when nothing is missing.

The kiosk and its ECG box are on the right of the link, service and specialist on its left.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from load_tests.netem.link import Link, reason_to_skip_link
from load_tests.netem.profiles import CUT, PRESETS
from signaling.demo.ecg_box import FOLDER, RECORDING
from tests.support.chromium import chromium
from tests.support.consult_people import DEMO_PASSWORD, PATIENT_CARD
from tests.support.namespaces import Network, emulated_network
from tests.support.server import LIANZHEN, OUT, Server, running
from tests.support.story_pages import (
    DESKTOP,
    KIOSK,
    OPEN_MS,
    Face,
    meet,
    open_face,
    sign_in_as,
    sign_opinion,
    write_opinion,
)
from tests.support.waiting import HANG_S, wait_until

HTTPS_PORT = 8493
LINE = PRESETS["township_line"]
"""20 Mbit/s with 2 % loss."""
RECORDED_S = 8.0
CUT_S = 6.0
FINDINGS = "胸闷 2 小时，生命体征平稳。疑似下壁缺血。"
ADVICE = "阿司匹林 300 mg 嚼服，30 分钟后复查心电图"
STORY = (
    "session.started",
    "ecg.started",
    "ecg.ended",
    "ecg.completed",
    "opinion.signed",
    "opinion.acknowledged",
    "session.ended",
)


@dataclass
class Line:
    """The service, and the line to the township."""

    net: Network
    link: Link
    server: Server

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"https://{self.net.server.address}:{HTTPS_PORT}"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The demo, with its ECG box beside the kiosk."""
    reason = reason_to_skip_link()
    if reason is not None:
        pytest.skip(reason)
    with emulated_network(LINE) as (net, link):
        server = Server(
            net,
            tmp_path_factory.mktemp("ecg-story") / "data",
            name="ecg-story-server",
            command="demo",
            http_port=8151,
            media_port=7961,
            settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT), "LIANZHEN_DEMO_ECG_BOX": "false"},
        )
        with running(server) as started, _box(net, started):
            yield Line(net, link, started)


@dataclass
class _Box:
    process: subprocess.Popen[bytes]

    def __enter__(self) -> _Box:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(HANG_S)


def _box(net: Network, server: Server) -> _Box:
    """The box that the demo has enrolled, on the township's side of the line."""
    folder = server.data_dir / FOLDER
    identity = folder / "gateway.json"
    deadline_s = time.monotonic() + HANG_S
    while not identity.exists():
        assert time.monotonic() < deadline_s, server.stderr[-9:]
        time.sleep(0.05)
    told = json.loads(identity.read_text()) | {"server": server.http_url}
    identity.write_text(json.dumps(told))
    OUT.mkdir(exist_ok=True)
    with (OUT / "ecg-story-box.log").open("ab") as log:
        command = net.clients.command(
            str(LIANZHEN), "gateway", "run", "--data", str(folder), "--source", f"loop:{RECORDING}"
        )
        return _Box(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))


async def test_the_line_is_cut_and_nothing_of_the_ecg_is_lost(
    line: Line, numbered_file: Path, marked_file: Path
) -> None:
    devices = {"video": numbered_file, "sound": marked_file}
    async with (
        chromium(line.net.server, **devices) as county,  # type: ignore[arg-type]
        chromium(line.net.clients, **devices) as township,  # type: ignore[arg-type]
    ):
        specialist = await open_face(county.browser, f"{line.url}/", DESKTOP)
        await sign_in_as(specialist, "王敏")
        await specialist.page.get_by_role("link", name="工作台").click(timeout=OPEN_MS)
        kiosk = await open_face(township.browser, f"{line.url}/kiosk", KIOSK)
        await sign_in_as(kiosk, "周岚")
        await meet(kiosk, specialist, card=PATIENT_CARD)
        case = str((await specialist.ask("GET", "/consultations?box=mine"))["consultations"][0]["id"])

        await kiosk.press("开始心电")
        ecg = str((await _ecg_of(specialist, case))["id"])
        await wait_until(lambda: _has_ms(specialist, ecg, RECORDED_S * 1000), what="the ECG is recorded")
        await expect(specialist.page.get_by_text(re.compile("^实时 ")).first).to_be_visible(timeout=OPEN_MS)
        await specialist.look("ecg-story-1-live-1440x900")
        await kiosk.look("ecg-story-1-kiosk-1280x800")

        await write_opinion(specialist, findings=FINDINGS, advice=ADVICE)
        await _expect_locked(specialist.page)
        await specialist.look("ecg-story-2-locked-1440x900")

        line.link.set(CUT)
        await expect(specialist.page.get_by_text(re.compile("停止更新|心电盒断开")).first).to_be_visible(
            timeout=OPEN_MS
        )
        await asyncio.sleep(CUT_S)  # the hole has to have a length
        await specialist.look("ecg-story-3-cut-1440x900")
        await kiosk.look("ecg-story-3-kiosk-cut-1280x800")
        line.link.set(LINE)
        await wait_until(lambda: _is_filled(specialist, ecg), what="the hole is filled")
        await specialist.look("ecg-story-4-filled-1440x900")

        await kiosk.press("停止心电")
        await kiosk.page.get_by_role("dialog").get_by_role("button", name="停止心电").click()
        await wait_until(lambda: _is_complete(specialist, ecg), what="the ECG is complete")
        await expect(specialist.page.get_by_text("心电补齐后可签发")).to_have_count(0, timeout=OPEN_MS)
        await sign_opinion(specialist, password=DEMO_PASSWORD)
        await specialist.look("ecg-story-5-signed-1440x900")

        await kiosk.press("看意见")
        await expect(kiosk.page.get_by_text(FINDINGS)).to_be_visible(timeout=OPEN_MS)
        await kiosk.press("采纳")
        await kiosk.press("已阅，采纳")
        await expect(kiosk.page.get_by_text("已答复：采纳")).to_be_visible(timeout=OPEN_MS)
        told = await specialist.ask("GET", f"/consultations/{case}/timeline")
        kinds = [event["kind"] for event in told["events"]]
        places = [kinds.index(kind) for kind in STORY]
        assert places == sorted(places), kinds
        assert (await _view(specialist, ecg))["missing_ms"] == 0


async def _ecg_of(face: Face, case: str) -> dict[str, object]:
    async def found() -> list[dict[str, object]]:
        return list((await face.ask("GET", f"/ecgs?case={case}"))["ecgs"])

    return (await wait_until(found, what="the case has an ECG"))[0]


async def _view(face: Face, ecg: str) -> dict[str, float]:
    return dict(await face.ask("GET", f"/ecgs/{ecg}"))


async def _has_ms(face: Face, ecg: str, wanted: float) -> bool:
    return (await _view(face, ecg))["duration_ms"] >= wanted


async def _is_filled(face: Face, ecg: str) -> bool:
    view = await _view(face, ecg)
    return view["late_ms"] > 0 and view["missing_ms"] == 0


async def _is_complete(face: Face, ecg: str) -> bool:
    return bool((await _view(face, ecg))["is_complete"])


async def _expect_locked(page: Page) -> None:
    """The signature says what unlocks it."""
    await expect(page.get_by_text("心电补齐后可签发").first).to_be_visible(timeout=OPEN_MS)
