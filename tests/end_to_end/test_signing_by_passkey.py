"""A specialist enrols a security key in the account's menu and signs an opinion with it, in real Chromium
over its own virtual authenticator; the treating side's page says that the opinion is unaltered.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.support.chromium import chromium
from tests.support.consult_people import answer_consents, draft, sign_in
from tests.support.namespaces import Network
from tests.support.server import REPOSITORY, Server, running
from tests.support.story_pages import DESKTOP, KIOSK, OPEN_MS, Face, open_face, sign_in_as

pytestmark = pytest.mark.beside

HTTP_PORT = 8149
FINDINGS, ADVICE = "窦性心律，未见急性缺血改变。", "一周后门诊复查"
SECURITY_KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo`."""
    assert (REPOSITORY / "clients/web/dist/kiosk.html").exists(), "the pages are not built: run `make setup`"
    server = Server(
        net,
        tmp_path_factory.mktemp("passkey") / "data",
        name="passkey-server",
        command="demo",
        http_port=HTTP_PORT,
        media_port=7952,
        settings={"LIANZHEN_HTTPS_PORT": "8493"},
    )
    with running(server) as started:
        yield started
        assert started.stop() == 0


async def test_an_opinion_is_signed_with_a_security_key(net: Network, demo: Server) -> None:
    zhou, wang = await asyncio.gather(sign_in(demo, "zhoulan"), sign_in(demo, "wangmin"))
    case = await draft(zhou, kind="offline")
    await answer_consents(zhou, case)
    await zhou.done("POST", f"/consultations/{case}/invite")
    await wang.done("POST", f"/consultations/{case}/accept")
    # Browsers bind keys to names, and trust no certificate that nobody has signed: "localhost" is a name, and
    # a page of it is a secure one.
    address = f"http://localhost:{HTTP_PORT}"
    resolver = f"--host-resolver-rules=MAP localhost {net.server.address}"
    async with chromium(net.clients, flags=(resolver,)) as started:
        desk = await open_face(started.browser, f"{address}/#/work", DESKTOP)
        await _plug_in_a_key(desk)
        await sign_in_as(desk, "王敏")
        await _enrol(desk)
        await desk.page.goto(f"{address}/#/cases/{case}")
        await _write_and_sign(desk)
        signed = await desk.ask("GET", f"/consultations/{case}/opinion")
        assert (signed["state"], signed["factor"]) == ("signed", "passkey")
        await expect(desk.page.get_by_text("未改动")).to_be_visible(timeout=OPEN_MS)
        await desk.look("passkey-signed-1440x900")

        kiosk = await open_face(started.browser, f"{address}/kiosk", KIOSK)
        await sign_in_as(kiosk, "周岚")
        await kiosk.press(re.compile("^县医院回复"))
        await kiosk.page.locator(".k-line").filter(has_text="待阅").first.click()
        await expect(kiosk.page.get_by_text(FINDINGS)).to_be_visible(timeout=OPEN_MS)
        await expect(kiosk.page.get_by_text("未改动")).to_be_visible(timeout=OPEN_MS)
        await kiosk.look("passkey-kiosk-reply-1280x800")


async def _plug_in_a_key(face: Face) -> None:
    session = await face.page.context.new_cdp_session(face.page)
    await session.send("WebAuthn.enable")
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": SECURITY_KEY})


async def _enrol(face: Face) -> None:
    """In the menu of the account; the account has no other second factor."""
    page = face.page
    await face.press(re.compile("王敏"))
    await page.get_by_role("button", name="密码和第二验证").click()
    dialog = page.locator("dialog")
    await dialog.locator(".setting").filter(has_text="密钥").get_by_role("button", name="加上").click()
    await dialog.get_by_role("button", name="登记这把密钥").click()
    await expect(dialog.get_by_text("我的密钥")).to_be_visible(timeout=OPEN_MS)
    await page.keyboard.press("Escape")


async def _write_and_sign(face: Face) -> None:
    page = face.page
    await page.get_by_role("group", name="右边看什么").get_by_text("意见").click(timeout=OPEN_MS)
    await page.locator("#opinion-findings").fill(FINDINGS)
    await page.get_by_label("第 1 条建议", exact=True).fill(ADVICE)
    await page.get_by_role("radio", name="没有", exact=True).check()
    await page.get_by_text("已核对").click()
    await page.get_by_role("button", name=re.compile("^签发")).click()
    await page.locator("dialog").get_by_role("button", name="用安全密钥签发").click()
    await expect(page.get_by_text("已签发").first).to_be_visible(timeout=OPEN_MS)
