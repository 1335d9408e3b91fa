"""One consultation whose pages are killed in every state it comes to, and a ring whose service is killed in
the middle. Nothing is lost, nothing is stuck: each is led on to its end.

The service is the product; only its wall clock is put forward by the test (tests/support/steered_service.py),
so that the driver's 30, 60 and 120 s need no two minutes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from clinical.escalation import DUTY_PHONE_AFTER_MS, SECOND_LINE_AFTER_MS, TIME_OUT_AFTER_MS
from tests.support.chromium import chromium
from tests.support.consult_people import DEMO_PASSWORD, Colleague, draft, ring, sign_in
from tests.support.namespaces import Network
from tests.support.server import REPOSITORY, Server, running
from tests.support.steered_service import Steering
from tests.support.story_pages import (
    DESKTOP,
    KIOSK,
    OPEN_MS,
    Face,
    answer_sheet,
    kill_page,
    open_face,
    sign_in_as,
)

pytestmark = pytest.mark.beside

HTTPS_PORT = 8483
BOOKED_IN_MS = 600_000
A_LITTLE_LATER_MS = 1_000
FINDINGS = "胸闷 2 小时，生命体征平稳。"


@pytest.fixture(scope="module")
def steering(tmp_path_factory: pytest.TempPathFactory) -> Steering:
    """The service's clock."""
    return Steering(tmp_path_factory.mktemp("clock") / "ahead_ms")


@pytest.fixture(scope="module")
def demo(net: Network, steering: Steering, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo` with that clock."""
    assert (REPOSITORY / "clients/web/dist/kiosk.html").exists(), "the pages are not built: run `make setup`"
    server = Server(
        net,
        tmp_path_factory.mktemp("kills") / "data",
        name="kills-server",
        command="demo",
        program=steering.program,
        http_port=8139,
        media_port=7942,
        settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT)},
    )
    with running(server) as started:
        yield started
        assert started.stop() == 0


async def test_a_page_killed_in_any_state_finds_the_case_again_and_leads_it_on(
    net: Network, demo: Server, steering: Steering, numbered_file: Path, marked_file: Path
) -> None:
    zhou, wang, zhao = await asyncio.gather(*(sign_in(demo, n) for n in ("zhoulan", "wangmin", "zhaoqiming")))
    case = await draft(zhou, wanted_at_ms=steering.now_ms() + BOOKED_IN_MS)
    address = f"https://{net.server.address}:{HTTPS_PORT}"
    async with chromium(net.clients, video=numbered_file, sound=marked_file) as started:
        kiosk = await open_face(started.browser, f"{address}/kiosk", KIOSK)
        await sign_in_as(kiosk, "周岚")
        desk = await open_face(started.browser, f"{address}/", DESKTOP)
        await sign_in_as(desk, "王敏")

        async def killed(state: str, *faces: Face) -> None:
            """Pages die while the case is in a state; new ones are opened, and it is in that state still."""
            await zhou.wait_for_state(case, state)
            for face in faces:
                await kill_page(face, f"{address}/kiosk" if face is kiosk else f"{address}/#/work")
            assert (await zhou.case(case))["state"] == state

        await killed("drafted", kiosk)
        await kiosk.press("回到会诊")
        await answer_sheet(kiosk, refused="教学")
        await kiosk.press("确认，去呼叫")

        await killed("invited", kiosk, desk)
        await kiosk.press("回到会诊")
        await expect(kiosk.page.get_by_text(re.compile("已约")).first).to_be_visible(timeout=OPEN_MS)
        await expect(desk.page.get_by_role("region", name="预约").get_by_role("row")).to_have_count(
            2, timeout=OPEN_MS
        )
        steering.put_forward(BOOKED_IN_MS)

        await killed("ringing", kiosk, desk)
        await expect(desk.page.get_by_role("alertdialog")).to_be_visible(timeout=OPEN_MS)
        await kiosk.press("回到会诊")
        await expect(kiosk.page.get_by_text("正在响铃").first).to_be_visible(timeout=OPEN_MS)
        for expert in (wang, zhao):
            await expert.done("POST", f"/consultations/{case}/decline", {"reason": "in_surgery"})

        await killed("declined", kiosk, desk)
        await kiosk.press("回到会诊")
        await expect(kiosk.page.get_by_text("没有接通：都不能接")).to_be_visible(timeout=OPEN_MS)
        await kiosk.press("重拨")
        await zhou.wait_for_state(case, "ringing")
        steering.put_forward(TIME_OUT_AFTER_MS)

        await killed("timed_out", kiosk, desk)
        await kiosk.press("回到会诊")
        await expect(kiosk.page.get_by_text("无人接听，请按急救流程")).to_be_visible(timeout=OPEN_MS)
        await kiosk.press("重拨")
        await zhou.wait_for_state(case, "ringing")
        await wang.done("POST", f"/consultations/{case}/accept")

        await killed("accepted", kiosk, desk)
        await _meet(kiosk, desk)
        await killed("active", kiosk, desk)
        await _meet(kiosk, desk)
        await _sign(wang, case)

        await killed("signed", kiosk, desk)
        await kiosk.press(re.compile("^县医院回复"))
        await kiosk.page.locator(".k-line").filter(has_text="待阅").first.click()
        await expect(kiosk.page.get_by_text(FINDINGS)).to_be_visible(timeout=OPEN_MS)
        await kiosk.press("采纳")
        await kiosk.press("已阅，采纳")

        await killed("closed", kiosk, desk)
        await kiosk.press(re.compile("^县医院回复"))
        await expect(kiosk.page.locator(".k-line").first).to_be_visible(timeout=OPEN_MS)
    assert case in await zhou.box("past")
    assert case in await wang.box("past")


@pytest.fixture
def _standing_clock(steering: Steering) -> Iterator[None]:
    """Only the test puts the clock forward: a service that takes half a minute to start misses no step."""
    with steering.held():
        yield


@pytest.mark.usefixtures("_standing_clock")
async def test_a_ring_goes_on_through_the_whole_chain_though_the_service_is_killed(
    demo: Server, steering: Steering
) -> None:
    zhou, wang, zhao = await asyncio.gather(*(sign_in(demo, n) for n in ("zhoulan", "wangmin", "zhaoqiming")))
    case = await ring(zhou)
    first, second = wang.account["person"], zhao.account["person"]
    assert await _rung(zhou, case) == [first]
    started_ms = (await zhou.case(case))["ring"]["started_at_ms"]

    steering.put_forward(SECOND_LINE_AFTER_MS)
    await zhou.wait_for_case(
        case, lambda shown: len(shown["ring"]["called"]) == 2, what="the second line is called"
    )
    assert case in await zhao.box("incoming")

    await asyncio.to_thread(demo.kill)
    # While nobody is there to move it, the next step falls due.
    steering.put_forward(DUTY_PHONE_AFTER_MS - SECOND_LINE_AFTER_MS)
    await asyncio.to_thread(demo.start)
    shown = await zhou.wait_for_case(
        case, lambda shown: shown["ring"]["stage"] == 3, what="the phone is shown"
    )
    assert shown["ring"]["started_at_ms"] == started_ms
    assert shown["ring"]["next"] == "procedure" and shown["ring"]["duty_phone"]
    assert await _rung(zhou, case) == [first, second]

    await asyncio.to_thread(demo.kill)
    steering.put_forward(TIME_OUT_AFTER_MS - DUTY_PHONE_AFTER_MS + A_LITTLE_LATER_MS)
    await asyncio.to_thread(demo.start)
    await zhou.wait_for_state(case, "timed_out")
    for colleague in (zhou, wang):
        events = (await colleague.done("GET", f"/consultations/{case}/timeline"))["events"]
        told = [(e["kind"], e["facts"]) for e in events if e["kind"] in _OF_A_RING]
        assert [kind for kind, _ in told] == list(_OF_A_RING)
        started, second_line, phone, ended, _ = (facts for _, facts in told)
        assert (started["called"], started["shows_phone"]) == ([first], False)
        assert (second_line["called"], second_line["shows_phone"]) == ([second], False)
        assert (phone["called"], phone["shows_phone"]) == ([], True)
        assert ended["outcome"] == "timed_out" and ended["after_ms"] >= TIME_OUT_AFTER_MS
        at_ms = [e["at_ms"] - started_ms for e in events if e["kind"] == "ring.escalated"]
        assert at_ms[0] >= SECOND_LINE_AFTER_MS and at_ms[1] >= DUTY_PHONE_AFTER_MS
    # Nobody took it and it is not lost: it can be called again.
    assert "recall" in (await zhou.case(case))["allowed"]
    await zhou.done("POST", f"/consultations/{case}/cancel", {"reason": "mistake"})


_OF_A_RING = ("ring.started", "ring.escalated", "ring.escalated", "ring.ended", "invitation.timeout")


async def _rung(zhou: Colleague, case: str) -> list[Any]:
    return [one["person"] for one in (await zhou.case(case))["ring"]["called"]]


async def _meet(kiosk: Face, desk: Face) -> None:
    """Both go back to the case by what their pages offer, and see and hear each other."""
    await kiosk.press("回到会诊")
    await desk.press("进入")
    await asyncio.gather(kiosk.sees_and_hears_at_ms(), desk.sees_and_hears_at_ms())


async def _sign(expert: Colleague, case: str) -> None:
    written = {"findings": FINDINGS, "advice": ["30 分钟后复查"], "critical_value": False}
    await expert.done("PUT", f"/consultations/{case}/opinion", written)
    await expert.done("POST", f"/consultations/{case}/opinion/sign", {"password": DEMO_PASSWORD})
