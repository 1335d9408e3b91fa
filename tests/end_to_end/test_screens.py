"""`make screens`: a picture of every screen in both languages, into the folder screens/, to be looked at
beside the mock-ups. It asserts nothing but that each screen comes up; it is no part of `make test`.

Cases come to their state by the API, and pages are found by their address or place, so that one walk serves
both languages.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.support.chromium import chromium
from tests.support.consult_people import DEMO_PASSWORD, Colleague, answer_consents, draft, sign_in
from tests.support.namespaces import Network
from tests.support.server import REPOSITORY, Server, running
from tests.support.story_pages import DESKTOP, KIOSK, OPEN_MS, Face, open_face, sign_in_as

FOLDER = REPOSITORY / "screens"
HTTPS_PORT = 8483
SETTLED_MS = 1_500
"""What a page still loads after it has come up, and its animations."""
DESKS = {
    "王敏": ("work", "rooms", "recordings"),
    "钱慧": ("trace", "trace/reviews", "ledger"),
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
pytestmark = [
    pytest.mark.timeout(900),
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
    album = _Album(f"https://{net.server.address}:{HTTPS_PORT}", language)
    zhou, wang = await sign_in(demo, "zhoulan"), await sign_in(demo, "wangmin")
    async with chromium(net.clients, video=numbered_file, sound=marked_file) as started:
        await _desks(album, started.browser)
        await _kiosk(album, started.browser)
        await _case(album, started.browser, zhou, wang)
    print(f"{len(album.taken)} pictures in {album.folder}")


class _Album:
    """Where pictures go."""

    def __init__(self, address: str, language: str) -> None:
        self.address, self.language = address, language
        self.folder = FOLDER / language
        self.folder.mkdir(parents=True, exist_ok=True)
        self.taken: list[str] = []

    async def open(self, browser: Browser, path: str, size: tuple[int, int], who: str = "") -> Face:
        """A page in this language; signed in where somebody is named."""
        face = await open_face(browser, f"{self.address}{path}", size, language=self.language)
        if who:
            await sign_in_as(face, who)
        return face

    async def take(self, face: Face, name: str) -> None:
        """One picture."""
        await face.page.wait_for_timeout(SETTLED_MS)
        await face.page.screenshot(path=self.folder / f"{name}.png")
        self.taken.append(name)


async def _desks(album: _Album, browser: Browser) -> None:
    door = await album.open(browser, "/", DESKTOP)
    await expect(door.page.locator("button").first).to_be_visible(timeout=OPEN_MS)
    await album.take(door, "sign-in")
    await door.page.context.close()
    for who, areas in DESKS.items():
        face = await album.open(browser, "/", DESKTOP, who)
        for area in areas:
            await face.page.goto(f"{album.address}/#/{area}")
            await album.take(face, area.replace("/", "-"))
        await face.page.context.close()


async def _kiosk(album: _Album, browser: Browser) -> None:
    kiosk = await album.open(browser, "/kiosk", KIOSK)
    page = kiosk.page
    await expect(page.locator("button").first).to_be_visible(timeout=OPEN_MS)
    await album.take(kiosk, "kiosk-0-sign-in")
    await page.get_by_role("button", name=re.compile("周岚")).first.click()
    await expect(page.locator(".k-home")).to_be_visible(timeout=OPEN_MS)
    await album.take(kiosk, "kiosk-1-home")
    await page.locator(".k-tile.crit").click()
    await album.take(kiosk, "kiosk-emergency")
    await page.locator(".k-sheet-head button").click()
    await page.locator(".k-home-left .k-tile").nth(1).click()
    await album.take(kiosk, "kiosk-ecg")
    await page.locator(".k-bar button").first.click()
    await page.locator(".k-patient .k-btn").first.click()
    await album.take(kiosk, "kiosk-2-patient")
    await page.locator(".k-bar button").first.click()
    await page.locator(".k-patient .k-btn.strong").click()
    await album.take(kiosk, "kiosk-replies")
    await page.locator(".k-bar button").first.click()
    await page.locator(".k-foot button").last.click()
    await album.take(kiosk, "kiosk-selftest")
    await page.context.close()


async def _case(album: _Album, browser: Browser, zhou: Colleague, wang: Colleague) -> None:
    case = await draft(zhou, reason="胸闷 2 小时")
    await answer_consents(zhou, case)
    specialist = await album.open(browser, "/", DESKTOP, "王敏")
    await specialist.page.goto(f"{album.address}/#/work")
    await zhou.done("POST", f"/consultations/{case}/invite")
    await expect(specialist.page.get_by_role("alertdialog")).to_be_visible(timeout=OPEN_MS)
    await album.take(specialist, "incoming")
    kiosk = await album.open(browser, "/kiosk", KIOSK, "周岚")
    await kiosk.page.locator(".k-strip .k-btn.act").first.click(timeout=OPEN_MS)
    await album.take(kiosk, "kiosk-3-ringing")
    await specialist.page.locator(".call-go").click()
    await kiosk.sees_and_hears_at_ms()
    await specialist.sees_and_hears_at_ms()
    await album.take(specialist, "room")
    await album.take(kiosk, "kiosk-4-call")
    await specialist.page.keyboard.press("o")
    await album.take(specialist, "room-opinion")
    await wang.wait_for_state(case, "active")
    written = {
        "findings": "胸闷 2 小时，生命体征平稳。",
        "advice": ["30 分钟后复查"],
        "critical_value": False,
    }
    await wang.done("PUT", f"/consultations/{case}/opinion", written)
    await wang.done("POST", f"/consultations/{case}/opinion/sign", {"password": DEMO_PASSWORD})
    await album.take(specialist, "room-signed")
    await kiosk.page.locator(".k-strip .k-btn.act").first.click(timeout=OPEN_MS)
    await album.take(kiosk, "kiosk-5-reply")
    decided = {"adoption": "full", "items": [{"adopted": True}]}
    await zhou.done("POST", f"/consultations/{case}/acknowledge", decided)
    recording = (await wang.done("GET", f"/consultations/{case}/timeline"))["recording"]
    await specialist.page.goto(f"{album.address}/#/recordings/{recording}")
    await expect(specialist.page.locator(".verdict").first).to_be_visible(timeout=OPEN_MS)
    await album.take(specialist, "replay")
