"""The kiosk's screens and the specialist's case pages can be read and reached by everybody: contrast and
names as WCAG 2.1 AA asks, and nothing lost at 200 %.

`make screens` checks every other screen in the same way; without these no consultation comes about.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.support.accessible_pages import faults
from tests.support.chromium import chromium
from tests.support.consult_people import PATIENT_CARD, ring, sign_in
from tests.support.namespaces import Network
from tests.support.server import REPOSITORY, Server, running
from tests.support.story_pages import DESKTOP, KIOSK, OPEN_MS, Face, open_face, scan, sign_in_as

pytestmark = pytest.mark.beside

HTTPS_PORT = 8493


@pytest.fixture(scope="module")
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo`."""
    assert (REPOSITORY / "clients/web/dist/kiosk.html").exists(), "the pages are not built: run `make setup`"
    server = Server(
        net,
        tmp_path_factory.mktemp("accessible") / "data",
        name="accessible-server",
        command="demo",
        http_port=8149,
        media_port=7952,
        settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT)},
    )
    with running(server) as started:
        yield started


async def test_the_kiosk(net: Network, demo: Server) -> None:
    async with chromium(net.clients) as started:
        kiosk = await open_face(started.browser, f"https://{net.server.address}:{HTTPS_PORT}/kiosk", KIOSK)
        page = kiosk.page
        await sign_in_as(kiosk, "周岚")
        await expect(page.locator(".k-home")).to_be_visible(timeout=OPEN_MS)
        await scan(kiosk, PATIENT_CARD)
        found = await _faults(kiosk, "home")
        await page.locator(".k-tile.crit").click()
        found += await _faults(kiosk, "emergency")
        await page.locator(".k-sheet-head button").click()
        await page.locator(".k-tile.act").click()
        for row in range(3):
            await page.locator(".k-ask .k-grid").nth(row).locator("button").first.click()
        found += await _faults(kiosk, "request")
        await page.locator(".k-acts .k-next").click()
        items = page.locator(".k-sheet-side .k-item")
        await expect(items).to_have_count(4, timeout=OPEN_MS)
        await items.first.locator("button").last.click()
        found += await _faults(kiosk, "consent")
        assert found == []


async def test_the_specialists_pages(net: Network, demo: Server) -> None:
    zhou, wang = await sign_in(demo, "zhoulan"), await sign_in(demo, "wangmin")
    past = (await wang.box("past"))[0]
    async with chromium(net.clients) as started:
        address = f"https://{net.server.address}:{HTTPS_PORT}/"
        desk = await open_face(started.browser, address, DESKTOP)
        page = desk.page
        await sign_in_as(desk, "王敏")
        await page.goto(f"{address}#/work")
        await expect(page.locator(".work-table").first).to_be_visible(timeout=OPEN_MS)
        found = await _faults(desk, "work list")
        await page.goto(f"{address}#/cases/{past}")
        await expect(page.locator(".opinion .tag.ok")).to_be_visible(timeout=OPEN_MS)
        found += await _faults(desk, "signed case")
        await ring(zhou)
        await expect(page.get_by_role("alertdialog")).to_be_visible(timeout=OPEN_MS)
        found += await _faults(desk, "incoming call")
        await page.locator(".call-go").click()
        await expect(page.locator(".case-acts .btn").last).to_be_visible(timeout=OPEN_MS)
        found += await _faults(desk, "case")
        assert found == []


async def _faults(face: Face, screen: str) -> list[str]:
    return [f"{screen}: {fault}" for fault in await faults(face.page)]
