"""The consultation of domain.md §5.1 without its ECG, in three real pages: from the card to the signed
opinion.

A township doctor at the kiosk asks for help, the cardiologist's screen rings, they see and hear each other, a
signed opinion is filed on both sides, and the supervisor finds every step of it in order.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.chromium import LIBRARY_FAULT, chromium, foreign_hosts
from tests.support.consult_people import DEMO_PASSWORD, PATIENT_CARD
from tests.support.namespaces import Network
from tests.support.server import REPOSITORY, Server, running
from tests.support.story_pages import (
    DESKTOP,
    KIOSK,
    OPEN_MS,
    Face,
    answer_sheet,
    ask_for_help,
    open_face,
    scan_card,
    sign_in_as,
    write_and_sign,
)
from tests.support.waiting import HANG_S

HTTPS_PORT = 8473
FINDINGS = "胸闷 2 小时，生命体征平稳。疑似下壁缺血。"
ADVICE = "阿司匹林 300 mg 嚼服，30 分钟后复查心电图"
MESSAGE = "请让患者平卧"
# Wanted are 1 s and 2 s, which the run prints. Timing decides no test: beyond these something is broken.
RING_BOUND_S, MEET_BOUND_S = HANG_S, HANG_S

STORY = (
    "request.created",
    "invitation.drafted",
    "consent.granted",
    "consent.declined",
    "invitation.sent",
    "ring.started",
    "ring.ended",
    "invitation.accepted",
    "presence.proved",
    "participant.joined",
    "session.started",
    "recording.started",
    "message.added",
    "attachment.added",
    "opinion.drafted",
    "opinion.signed",
    "opinion.acknowledged",
    "session.ended",
)
"""In both sides' ledgers, in this order, with others between them."""
EXPLAINED = (
    # The question who is signed in, before anybody is.
    "401 (Unauthorized)",
    # The question for an opinion of which nothing is written yet.
    "404 (Not Found)",
    # A report of the ladder that a busy machine had no time for; nobody waits for it.
    "503 (Service Unavailable)",
    LIBRARY_FAULT,
)
"""What browsers report as errors of a page, and why it is none."""


@pytest.fixture(scope="module")
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo`, as `make run` starts it."""
    assert (REPOSITORY / "clients/web/dist/kiosk.html").exists(), "the pages are not built: run `make setup`"
    server = Server(
        net,
        tmp_path_factory.mktemp("story") / "data",
        name="story-server",
        command="demo",
        http_port=8129,
        media_port=7932,
        settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT)},
    )
    with running(server) as started:
        yield started


async def test_from_the_card_to_the_signed_opinion(
    net: Network, demo: Server, numbered_file: Path, marked_file: Path
) -> None:
    address = f"https://{net.server.address}:{HTTPS_PORT}"
    async with chromium(net.clients, video=numbered_file, sound=marked_file) as started:
        browser = started.browser
        specialist = await open_face(browser, f"{address}/", DESKTOP)
        await sign_in_as(specialist, "王敏")
        await specialist.page.get_by_role("link", name="工作台").click(timeout=OPEN_MS)
        await expect(specialist.page.get_by_role("heading", name="排队")).to_be_visible(timeout=OPEN_MS)
        kiosk = await open_face(browser, f"{address}/kiosk", KIOSK)
        await sign_in_as(kiosk, "周岚")

        # K1 to K3: card, request, consent.
        await scan_card(kiosk, PATIENT_CARD)
        await kiosk.look("story-1-kiosk-home-1280x800")
        await ask_for_help(kiosk)
        await answer_sheet(kiosk, refused="教学")
        await kiosk.look("story-2-kiosk-consent-1280x800")

        # K4 and S1: the press rings on the specialist's screen.
        card = specialist.page.get_by_role("alertdialog")
        ringing = asyncio.create_task(_seen(card))
        pressed_s = time.monotonic()
        await kiosk.press("确认，去呼叫")
        ring_s = await ringing - pressed_s
        await expect(kiosk.page.get_by_text("正在响铃").first).to_be_visible(timeout=OPEN_MS)
        await specialist.look("story-3-incoming-1440x900")
        await kiosk.look("story-3-kiosk-ringing-1280x800")

        # S2: the answer, and both see and hear.
        accept = card.get_by_role("button", name=re.compile("^接受"))
        await expect(accept).to_be_enabled(timeout=OPEN_MS)
        answered_ms = time.time() * 1000
        await accept.click()
        met_ms = max(await asyncio.gather(kiosk.sees_and_hears_at_ms(), specialist.sees_and_hears_at_ms()))
        meet_s = (met_ms - answered_ms) / 1000
        print(
            f"\npress → ring {ring_s:.2f} s (wanted 1), answer → both see and hear {meet_s:.2f} s (wanted 2)"
        )
        assert ring_s <= RING_BOUND_S
        assert meet_s <= MEET_BOUND_S

        for face in (kiosk, specialist):
            await expect(face.page.get_by_text("录制中").first).to_be_visible(timeout=OPEN_MS)
        await kiosk.look("story-4-kiosk-call-1280x800")
        await specialist.look("story-4-room-1440x900")

        case = str((await specialist.ask("GET", "/consultations?box=mine"))["consultations"][0]["id"])
        await _talk(specialist)
        await _still(specialist)
        await specialist.look("story-5-room-1440x900")
        await write_and_sign(specialist, findings=FINDINGS, advice=ADVICE, password=DEMO_PASSWORD)
        await specialist.look("story-7-signed-1440x900")

        # K5: read and decided by the treating side.
        await kiosk.press("看意见")
        await expect(kiosk.page.get_by_text(FINDINGS)).to_be_visible(timeout=OPEN_MS)
        await kiosk.look("story-8-kiosk-reply-1280x800")
        await kiosk.press("采纳")
        await kiosk.press("已阅，采纳")
        await expect(kiosk.page.get_by_text("已答复：采纳")).to_be_visible(timeout=OPEN_MS)

        told = await kiosk.ask("GET", f"/consultations/{case}/timeline")
        _in_order([event["kind"] for event in told["events"]], STORY)
        supervisor = await open_face(browser, f"{address}/", DESKTOP)
        await sign_in_as(supervisor, "钱慧")
        await _trace(supervisor, case)
        _asked_nobody_else((specialist, kiosk, supervisor), net)
    recording = str(told["recording"])
    assert recording
    assert demo.stop() == 0
    _verify(demo, recording)


async def _seen(card: object) -> float:
    await card.wait_for(state="visible", timeout=OPEN_MS)  # type: ignore[attr-defined]
    return time.monotonic()


async def _talk(specialist: Face) -> None:
    await specialist.page.get_by_role("group", name="右边看什么").get_by_text("对话").click()
    field = specialist.page.get_by_placeholder("写给对方，Enter 发出")
    await field.fill(MESSAGE)
    await field.press("Enter")
    await expect(specialist.page.get_by_role("log").get_by_text(MESSAGE)).to_be_visible(timeout=OPEN_MS)


async def _still(specialist: Face) -> None:
    await specialist.press("请拍照")
    await expect(specialist.page.get_by_text("静图到了，在资料里。").first).to_be_attached(timeout=OPEN_MS)


async def _trace(supervisor: Face, case: str) -> None:
    """The supervisor's page shows the case's events; her institution's ledger has all of them, in order."""
    told = await supervisor.ask("GET", f"/consultations/{case}/timeline")
    _in_order([event["kind"] for event in told["events"]], STORY)
    page = supervisor.page
    await page.get_by_text("投诉核查").first.click()
    await page.locator("select").first.select_option("opinion.signed")
    await page.get_by_role("button", name="查", exact=True).click()
    found = page.locator(".ev").filter(has_text="签发了意见")
    await expect(found.first).to_be_visible(timeout=OPEN_MS)
    await supervisor.look("story-9-trace-1440x900")


def _in_order(kinds: Sequence[str], wanted: Sequence[str]) -> None:
    """Every wanted kind is there, each after the one before it."""
    missing = [kind for kind in wanted if kind not in kinds]
    assert missing == [], f"missing {missing} of {list(kinds)}"
    place = 0
    for kind in wanted:
        assert kind in kinds[place:], f"{kind} comes too early in {list(kinds)}"
        place = kinds.index(kind, place) + 1


def _asked_nobody_else(faces: Sequence[Face], net: Network) -> None:
    """No page asked a foreign host for anything, and none wrote an error that is not explained here."""
    for face in faces:
        assert foreign_hosts(face.requests, {net.server.address}) == set()
        errors = [line for line in face.console if line.startswith(("error", "pageerror"))]
        assert [line for line in errors if not any(one in line for one in EXPLAINED)] == []


def _verify(demo: Server, recording: str) -> None:
    """Both checks of an operator, on what the service has left."""
    recorded = demo.run_command("verify", str(demo.recording_folder(recording)))
    print(recorded.stdout)
    assert recorded.returncode == 0, (recorded.stdout, recorded.stderr)
    audited = demo.run_command("audit", "verify", str(demo.data_dir))
    print(audited.stdout)
    assert audited.returncode == 0, (audited.stdout, audited.stderr)
