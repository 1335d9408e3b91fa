"""`make screens`: a picture of every screen in both languages, into the folder screens/, to be looked at
beside the mock-ups. It is no part of `make test`.

What it asserts: each screen comes up, axe-core finds nothing serious on it, and nothing of it is lost at
twice the size. Cases come to their state by the API or by the page, and pages are found by their address or
place, so that one walk serves both languages.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.chromium import chromium
from tests.support.consult_people import (
    DEMO_PASSWORD,
    PATIENT_CARD,
    Colleague,
    answer_consents,
    patient_of,
    sign_in,
)
from tests.support.namespaces import Network
from tests.support.screen_album import Album
from tests.support.server import REPOSITORY, Server, running
from tests.support.story_pages import DESKTOP, KIOSK, OPEN_MS, Face, scan, sign_in_as

FOLDER: Final = REPOSITORY / "screens"
HTTPS_PORT: Final = 8483
RUNG_OUT_S: Final = 150
"""A call that nobody answers ends after 120 s."""
DESKS: Final = {
    "王敏": ("work", "rooms", "recordings"),
    "钱慧": ("trace/reviews", "ledger"),
    "孙莉": (
        "admin/people",
        "admin/roster",
        "admin/institutions",
        "admin/devices",
        "admin/settings",
        "admin/webhooks",
        "admin/rights",
    ),
}
WORDS: Final[dict[str, dict[str, Any]]] = {
    "zh": {
        "note": "血压 152/94 mmHg，活动后加重，伴出汗。高血压 10 年。",
        "reason": "咳嗽伴气短 3 天",
        "purpose": "明确诊断，决定是否转诊",
        "summary": "男，68 岁。慢阻肺 6 年。体温 37.8 ℃，血氧 93%。",
        "chat": ("请让患者平卧，再量一次血压。", "已平卧。血压 148/92 mmHg。"),
        "findings": "胸闷 2 小时，生命体征平稳。疑似下壁缺血，建议结合临床。",
        "advice": ["即查肌钙蛋白", "阿司匹林 300 mg 嚼服", "30 分钟后复查心电图", "准备转县医院胸痛中心"],
    },
    "en": {
        "note": "BP 152/94 mmHg, worse on effort, sweating. Hypertension for 10 years.",
        "reason": "Cough and short breath, 3 days",
        "purpose": "Diagnosis; decide whether to refer",
        "summary": "Male, 68. COPD for 6 years. Temperature 37.8 °C, SpO2 93%.",
        "chat": ("Please lay the patient flat and take the BP again.", "Lying flat. BP 148/92 mmHg."),
        "findings": "Chest tightness for 2 hours, vital signs stable. Suspected inferior ischaemia.",
        "advice": [
            "Troponin now",
            "Aspirin 300 mg, chewed",
            "Repeat the ECG after 30 minutes",
            "Prepare transfer to the county chest pain centre",
        ],
    },
}
pytestmark = [
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not os.environ.get("LIANZHEN_SCREENS"), reason="makes pictures: make screens"),
]


@pytest.fixture(scope="module")
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo`."""
    server = Server(
        net,
        tmp_path_factory.mktemp("screens") / "data",
        name="screens-server",
        command="demo",
        http_port=8139,
        media_port=7942,
        settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT)},
    )
    with running(server) as started:
        yield started


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_pictures_of_every_screen(
    net: Network, demo: Server, numbered_file: Path, marked_file: Path, language: str
) -> None:
    album = Album(FOLDER, f"https://{net.server.address}:{HTTPS_PORT}", language)
    people = dict(
        zip(
            ("zhou", "wang", "li", "chen"),
            await asyncio.gather(
                *(sign_in(demo, login) for login in ("zhoulan", "wangmin", "lijianping", "chenzhiyuan"))
            ),
            strict=True,
        )
    )
    async with chromium(net.clients, video=numbered_file, sound=marked_file) as started:
        browser = started.browser
        unanswered = await _ring_at_nobody(people["li"], album.language)
        await _desks(album, browser)
        await _kiosk(album, browser)
        await _consultation(album, browser, people["zhou"], people["wang"])
        await _trace(album, browser)
        await people["li"].wait_for_case(
            unanswered, lambda one: one["state"] == "timed_out", what="nobody answered", timeout_s=RUNG_OUT_S
        )
        await _no_answer(album, browser, people["li"], people["chen"], unanswered)
    print(f"\n{album.told()}")
    assert album.faults == {}


async def _ring_at_nobody(li: Colleague, language: str) -> str:
    words = WORDS[language]
    directory = (await li.done("GET", "/directory"))["specialties"]
    place = next(entry for entry in directory if entry["code"] == "respiratory")
    wanted = {
        "patient": await patient_of(li, "DEMO-0006-1958"),
        "institution": place["institution"],
        "kind": "live",
        "urgency": "urgent",
        "specialty": "respiratory",
        "wanted_title": "chief",
        **{field: words[field] for field in ("reason", "purpose", "summary")},
    }
    case = str((await li.done("POST", "/consultations", wanted))["id"])
    await answer_consents(li, case)
    await li.done("POST", f"/consultations/{case}/invite")
    return case


async def _desks(album: Album, browser: Browser) -> None:
    async with album.page(browser, "/", DESKTOP) as door:
        await expect(door.page.locator("button").first).to_be_visible(timeout=OPEN_MS)
        await album.desk(door, "sign-in")
    for who, areas in DESKS.items():
        async with album.page(browser, "/", DESKTOP, who) as face:
            for area in areas:
                await face.page.goto(f"{album.address}/#/{area}")
                await album.desk(face, area.replace("/", "-"))


async def _kiosk(album: Album, browser: Browser) -> None:
    """K1 and what is reached from it without a case."""
    async with album.page(browser, "/kiosk", KIOSK) as kiosk:
        page = kiosk.page
        await expect(page.locator("button").first).to_be_visible(timeout=OPEN_MS)
        await album.kiosk(kiosk, "0-sign-in")
        await sign_in_as(kiosk, "周岚")
        await expect(page.locator(".k-home")).to_be_visible(timeout=OPEN_MS)
        await album.kiosk(kiosk, "1-home")
        await page.locator(".k-tile.crit").click()
        await album.kiosk(kiosk, "1-emergency")
        await page.locator(".k-sheet-head button").click()
        await page.locator(".k-home-left .k-tile").nth(1).click()
        await album.kiosk(kiosk, "1-ecg")
        await _back(page)
        await page.locator(".k-patient .k-btn").first.click()
        await album.kiosk(kiosk, "1-patient")
        await page.locator(".k-search input").fill("桂")
        await page.locator(".k-search button[type=submit]").click()
        await expect(page.locator(".k-line").first).to_be_visible(timeout=OPEN_MS)
        await album.kiosk(kiosk, "1-patient-found")
        await page.locator(".k-search > .k-row.end button").click()
        await album.kiosk(kiosk, "1-patient-new")
        await _back(page)
        await _back(page)
        await page.locator(".k-foot button").last.click()
        await album.kiosk(kiosk, "6-selftest")
        await page.locator(".k-acts .k-next").click()
        await expect(page.locator(".k-acts .k-next[aria-disabled=false]")).to_be_visible(timeout=OPEN_MS)
        await album.kiosk(kiosk, "6-selftest-done")
        await _back(page)


async def _consultation(album: Album, browser: Browser, zhou: Colleague, wang: Colleague) -> None:
    """One case from the card to the replay, at the kiosk and at the specialist's desk."""
    async with (
        album.page(browser, "/kiosk", KIOSK, "周岚") as kiosk,
        album.page(browser, "/", DESKTOP, "王敏") as desk,
    ):
        await desk.page.goto(f"{album.address}/#/work")
        await _request(album, kiosk)
        await _consent(album, kiosk)
        await _ringing(album, kiosk, desk)
        case = (await wang.done("GET", "/consultations?box=mine"))["consultations"][0]["id"]
        await wang.wait_for_state(case, "active")
        await _room(album, kiosk, desk, zhou, case)
        await _third(album, browser, kiosk, desk, zhou, case)
        await _opinion(album, kiosk, desk, case)
        await _reply(album, kiosk)
        recording = (await wang.done("GET", f"/consultations/{case}/timeline"))["recording"]
        await desk.page.goto(f"{album.address}/#/cases/{case}")
        await expect(desk.page.locator(".case-page")).to_be_visible(timeout=OPEN_MS)
        await album.desk(desk, "s2-over")
        await desk.page.goto(f"{album.address}/#/recordings/{recording}")
        await expect(desk.page.locator(".verdict").first).to_be_visible(timeout=OPEN_MS)
        await expect(desk.page.locator(".player .vid-hatch")).to_have_count(0, timeout=OPEN_MS)
        await album.desk(desk, "replay")


async def _request(album: Album, kiosk: Face) -> None:
    """K2."""
    page = kiosk.page
    await expect(page.locator(".k-home")).to_be_visible(timeout=OPEN_MS)
    await scan(kiosk, PATIENT_CARD)
    await expect(page.locator(".k-patient .k-btn.strong")).to_be_visible(timeout=OPEN_MS)
    await album.kiosk(kiosk, "1-home-known")
    await page.locator(".k-tile.act").click()
    await album.kiosk(kiosk, "2-request-empty")
    choices = page.locator(".k-ask .k-grid")
    for row, place in ((0, 0), (1, 1), (2, 0)):
        await choices.nth(row).locator("button").nth(place).click()
    await page.locator(".k-told-place button").click()
    await album.kiosk(kiosk, "2-request-place")
    await page.locator(".k-sheet-head button").click()
    await page.locator(".k-acts > .k-btn").first.click()
    await page.locator(".k-sheet textarea").fill(WORDS[album.language]["note"])
    await album.kiosk(kiosk, "2-request-note")
    await page.locator(".k-sheet .k-btn.act").click()
    await album.kiosk(kiosk, "2-request")
    await page.locator(".k-acts .k-next").click()


async def _consent(album: Album, kiosk: Face) -> None:
    """K3."""
    page = kiosk.page
    items = page.locator(".k-sheet-side .k-item")
    await expect(items).to_have_count(4, timeout=OPEN_MS)
    await album.kiosk(kiosk, "3-consent-empty")
    await page.locator(".k-acts > .k-btn").first.click()
    await page.locator(".k-sheet .k-choice").nth(1).click()
    await album.kiosk(kiosk, "3-consent-giver")
    await page.locator(".k-sheet .k-choice").first.click()
    await page.locator(".k-sheet-head button").click()
    for row in range(4):
        await items.nth(row).locator("button").nth(1 if row == 3 else 0).click()
    await _stroke(page, page.locator(".k-pad"))
    await album.kiosk(kiosk, "3-consent")
    await page.locator(".k-acts .k-next").click()


async def _ringing(album: Album, kiosk: Face, desk: Face) -> None:
    """K4 and S1."""
    await expect(desk.page.get_by_role("alertdialog")).to_be_visible(timeout=OPEN_MS)
    await album.desk(desk, "s1-incoming")
    await album.kiosk(kiosk, "4-ringing")
    await kiosk.page.locator(".k-acts > .k-btn").first.click()
    await album.kiosk(kiosk, "4-ringing-cancel")
    await kiosk.page.locator(".k-sheet-head button").click()
    await desk.page.keyboard.press("d")
    await album.desk(desk, "s1-decline", smaller=False)
    await desk.page.locator(".call form .pair button").first.click()
    await desk.page.locator(".call-go").click()
    await kiosk.sees_and_hears_at_ms()
    await desk.sees_and_hears_at_ms()


async def _room(album: Album, kiosk: Face, desk: Face, zhou: Colleague, case: str) -> None:
    """S2 and the kiosk's call: talk, a still, what is drawn upon it, and the dialogs."""
    page, words = desk.page, WORDS[album.language]
    await album.kiosk(kiosk, "5-call")
    await kiosk.page.locator(".k-acts > .k-btn").nth(2).click()
    await album.kiosk(kiosk, "5-call-consents")
    await kiosk.page.locator(".k-sheet-head button").click()
    asked, answered = words["chat"]
    field = page.locator(".chat-form textarea")
    await field.fill(asked)
    await field.press("Enter")
    await zhou.done("POST", f"/consultations/{case}/messages", {"text": answered})
    await page.locator(".case-acts .btn").nth(2).click()
    await expect(page.locator(".attachment").nth(1)).to_be_visible(timeout=OPEN_MS)
    await album.desk(desk, "s2-room")
    await page.locator(".attachment").last.click()
    await expect(page.locator(".viewer-picture img")).to_be_visible(timeout=OPEN_MS)
    await album.desk(desk, "s2-still")
    await page.locator(".viewer .row .btn").first.click()
    await _stroke(page, page.locator(".draw"))
    await album.desk(desk, "s2-annotate")
    await page.locator(".viewer .row .btn").nth(1).click()
    await page.locator(".case-main-head .seg button").first.click()
    acts = page.locator(".case-acts .btn")
    await _dialog(album, desk, acts.nth(4), "s2-devices")
    await _dialog(album, desk, page.locator(".rec-button"), "s2-recording")
    await _dialog(album, desk, page.locator(".top .btn.square"), "s2-keys")
    await _dialog(album, desk, page.locator(".parties > .row.tight .btn").last, "s2-transfer")


async def _dialog(album: Album, desk: Face, button: Locator, name: str) -> None:
    await button.click()
    dialog = desk.page.locator("dialog")
    await expect(dialog).to_be_visible(timeout=OPEN_MS)
    await album.desk(desk, name, smaller=False)
    await desk.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def _third(album: Album, browser: Browser, kiosk: Face, desk: Face, zhou: Colleague, case: str) -> None:
    """A third party: in the waiting room, then at the table; the specialist leads."""
    wang_person = (await zhou.case(case))["invited"]["person"]
    async with album.page(browser, "/", DESKTOP, "赵启明") as third:
        # Signed in, the page goes to the work list by itself; an address given before that would be lost.
        await third.page.wait_for_url(re.compile("#/work$"), timeout=OPEN_MS)
        await third.page.goto(f"{album.address}/#/cases/{case}")
        await zhou.wait_for_case(
            case,
            lambda one: any(party["state"] == "waiting" for party in one["parties"]),
            what="a third waits",
            timeout_s=OPEN_MS / 1000,
        )
        await album.desk(third, "s2-outside", smaller=False)
        await expect(kiosk.page.locator(".k-strip")).to_be_visible(timeout=OPEN_MS)
        await album.kiosk(kiosk, "5-call-waiting")
        await zhou.done("POST", f"/consultations/{case}/host", {"person": wang_person})
        admit = desk.page.locator(".party .btn.act")
        await expect(admit).to_be_visible(timeout=OPEN_MS)
        await album.desk(desk, "s2-waiting")
        await admit.click()
        await third.sees_and_hears_at_ms()
        await album.desk(desk, "s2-three")
        await _dialog(album, desk, desk.page.locator(".parties > .row.tight .btn").first, "s2-ask-in")
        await album.kiosk(kiosk, "5-call-three")


async def _opinion(album: Album, kiosk: Face, desk: Face, case: str) -> None:
    """S2 with the opinion: empty, ready, signed."""
    page, words = desk.page, WORDS[album.language]
    await page.locator(".case-acts .btn").last.click()
    await expect(page.locator("#opinion-findings")).to_be_visible(timeout=OPEN_MS)
    await album.desk(desk, "s2-opinion-empty")
    await page.locator("#opinion-findings").fill(words["findings"])
    for place, line in enumerate(words["advice"]):
        if place > 0:
            await page.locator(".advice-add").click()
        await page.locator(".advice-row input").nth(place).fill(line)
    await page.locator(".gates input[type=checkbox]").check()
    await page.locator(".gates input[type=radio]").first.check()
    await album.desk(desk, "s2-opinion")
    await page.locator(".opinion-form > .btn.act").click()
    await page.locator("dialog input").fill(DEMO_PASSWORD)
    await album.desk(desk, "s2-sign", smaller=False)
    await page.locator("dialog .btn.act").click()
    await expect(page.locator(".opinion .tag.ok")).to_be_visible(timeout=OPEN_MS)
    await album.desk(desk, "s2-signed")
    await album.kiosk(kiosk, "5-call-signed")


async def _reply(album: Album, kiosk: Face) -> None:
    """K5."""
    page = kiosk.page
    await page.locator(".k-strip .k-btn.act").first.click(timeout=OPEN_MS)
    await expect(page.locator(".k-advice li")).to_have_count(4, timeout=OPEN_MS)
    await album.kiosk(kiosk, "7-reply-unread")
    await page.locator(".k-radio").nth(1).click()
    rows = page.locator(".k-advice li")
    for row in range(3):
        await rows.nth(row).locator(".k-pair button").first.click()
    await rows.nth(3).locator(".k-pair button").last.click()
    await album.kiosk(kiosk, "7-reply-why")
    await page.locator(".k-sheet .k-choice").nth(1).click()
    await album.kiosk(kiosk, "7-reply")
    await page.locator(".k-acts .k-next").click()
    await expect(page.locator(".k-radio")).to_have_count(0, timeout=OPEN_MS)
    await album.kiosk(kiosk, "7-reply-done")
    await _back(page)
    await expect(page.locator(".k-line").first).to_be_visible(timeout=OPEN_MS)
    await album.kiosk(kiosk, "7-replies")


async def _trace(album: Album, browser: Browser) -> None:
    """The supervisor's search, one event of it, and the ledger's check."""
    async with album.page(browser, "/", DESKTOP, "钱慧") as face:
        page = face.page
        await page.goto(f"{album.address}/#/trace")
        await expect(page.locator(".trace-form .pick").first).to_be_visible(timeout=OPEN_MS)
        await album.desk(face, "trace-empty")
        await page.locator(".trace-form .pick").nth(1).click()
        await page.locator(".trace-form button[type=submit]").click()
        await expect(page.locator(".ev").first).to_be_visible(timeout=OPEN_MS)
        await album.desk(face, "trace")
        await page.locator(".ev").nth(1).click()
        await album.desk(face, "trace-event")


async def _no_answer(album: Album, browser: Browser, li: Colleague, chen: Colleague, unanswered: str) -> None:
    """K4 where nobody answered, and where everybody said no."""
    async with album.page(browser, "/kiosk", KIOSK, "李建平") as kiosk:
        await kiosk.page.locator(".k-strip .k-btn.act").first.click(timeout=OPEN_MS)
        await expect(kiosk.page.locator(".k-noanswer")).to_be_visible(timeout=OPEN_MS)
        await album.kiosk(kiosk, "4-timed-out")
        await li.done("POST", f"/consultations/{unanswered}/recall")
        await chen.done(
            "POST", f"/consultations/{unanswered}/decline", {"reason": "with_patient", "note": ""}
        )
        await expect(kiosk.page.locator(".k-noanswer")).to_be_visible(timeout=OPEN_MS)
        await album.kiosk(kiosk, "4-declined")
    await li.done("POST", f"/consultations/{unanswered}/cancel", {"reason": "mistake", "note": ""})


async def _back(page: Page) -> None:
    await page.locator(".k-bar button").first.click()


async def _stroke(page: Page, sheet: Locator) -> None:
    """A finger draws a line upon the sheet."""
    box = await sheet.bounding_box()
    assert box is not None
    left, middle = box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5
    await page.mouse.move(left, middle)
    await page.mouse.down()
    for step in range(1, 16):
        await page.mouse.move(left + step * box["width"] * 0.03, middle + (step % 4 - 1.5) * 12)
    await page.mouse.up()
