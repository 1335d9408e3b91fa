"""The three pages of the consultation story and what a test does on each: kiosk, specialist, supervisor.

Buttons are found by their words: what a person reads is what the story presses.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page, Request, expect

from tests.support.chromium import watch
from tests.support.server import OUT
from tests.support.waiting import HANG_S

KIOSK, DESKTOP = (1280, 800), (1440, 900)
LANGUAGES = {"zh": "zh-CN", "en": "en"}
OPEN_MS = HANG_S * 1000
"""Browsers and service share the machine's processors: how long a page may take to show what it shall."""
# Peer connections are kept where a test can ask them what has really been decoded and played.
_KEEP_CONNECTIONS = """
    window.storyConnections = [];
    const Own = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Own {
        constructor(...given) { super(...given); window.storyConnections.push(this); }
    };
"""
_SEES_AND_HEARS = """async (patience_ms) => {
    for (const end_ms = Date.now() + patience_ms; Date.now() < end_ms;) {
        let pictures = 0, sound = 0;
        for (const connection of window.storyConnections) {
            if (connection.connectionState === "closed") continue;
            for (const entry of (await connection.getStats()).values()) {
                if (entry.type !== "inbound-rtp") continue;
                if (entry.kind === "video") pictures += entry.framesDecoded ?? 0;
                else sound += entry.totalAudioEnergy ?? 0;
            }
        }
        if (pictures > 0 && sound > 0) return Date.now();
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error("nothing was seen and heard");
}"""


@dataclass
class Face:
    """One page of the story; every address it asked for and what it wrote to the console are kept."""

    page: Page
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    async def press(self, name: str | re.Pattern[str]) -> None:
        """Presses the button that says this."""
        await self.page.get_by_role("button", name=name).first.click()

    async def look(self, name: str) -> None:
        """Saves a screenshot to tests/out."""
        OUT.mkdir(exist_ok=True)
        await self.page.screenshot(path=OUT / f"{name}.png")

    async def sees_and_hears_at_ms(self) -> float:
        """Waits until a picture was decoded and sound was played; returns when, in the page's wall clock."""
        return float(await self.page.evaluate(_SEES_AND_HEARS, OPEN_MS))

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request with the page's own session; its JSON."""
        return await self.page.evaluate(
            """async ([method, path, body]) => {
                const head = {"Content-Type": "application/json"};
                const text = body === null ? undefined : JSON.stringify(body);
                const answer = await fetch(`/api/v1${path}`, {method, headers: head, body: text});
                if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
                return answer.json();
            }""",
            [method, path, body],
        )


async def kill_page(face: Face, address: str) -> None:
    """The page's process dies as it stands; the browser opens another one, signed in as before."""
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    face.page.once("crash", lambda _: gone.set_result(None))
    session = await face.page.context.new_cdp_session(face.page)
    # Chromium's own means for it; a page that is gone answers no more.
    dying = asyncio.ensure_future(session.send("Page.crash"))
    await asyncio.wait_for(gone, OPEN_MS / 1000)
    dying.cancel()
    await face.page.close()
    face.page = await face.page.context.new_page()
    watch(face.page, face.requests, face.console)
    await face.page.goto(address)


async def open_face(browser: Browser, address: str, size: tuple[int, int], *, language: str = "zh") -> Face:
    """A page in a browser profile of its own, in Chinese or ("en") English."""
    context = await browser.new_context(
        ignore_https_errors=True, viewport={"width": size[0], "height": size[1]}, locale="zh-CN"
    )
    context.set_default_timeout(OPEN_MS)
    await context.add_init_script(_KEEP_CONNECTIONS)
    await context.add_init_script(f'localStorage.setItem("lianzhen.language", "{LANGUAGES[language]}")')
    face = Face(await context.new_page())
    watch(face.page, face.requests, face.console)
    await face.page.goto(address)
    return face


async def sign_in_as(face: Face, name: str) -> None:
    """Chooses a demo account by its name; returns when the service has let them in."""
    async with face.page.expect_response(lambda answer: _is_sign_in(answer.request), timeout=OPEN_MS):
        await face.press(re.compile(name))


def _is_sign_in(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/api/v1/session")


# ---- the kiosk ---------------------------------------------------------------------------------------------


async def scan_card(kiosk: Face, card: str) -> None:
    """A scanner types the card's number and Enter, faster than anybody could."""
    await expect(kiosk.page.get_by_text("请刷健康卡")).to_be_visible(timeout=OPEN_MS)
    await scan(kiosk, card)
    await expect(kiosk.page.get_by_text(re.compile("身份已核对"))).to_be_visible(timeout=OPEN_MS)


async def scan(kiosk: Face, card: str) -> None:
    """What a scanner does, in whatever language the page is."""
    # All keys in one turn of the page: between two calls of this process may lie longer than a scanner takes.
    await kiosk.page.evaluate(
        """(card) => {
            for (const key of [...card, "Enter"])
                window.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
        }""",
        card,
    )


async def ask_for_help(kiosk: Face) -> None:
    """Four taps: chest pain, some hours, urgent, on."""
    await kiosk.press(re.compile("^请求会诊"))
    await kiosk.press("胸闷胸痛")
    await kiosk.press("几小时")
    await kiosk.press(re.compile("急，现在就呼叫"))
    await expect(kiosk.page.get_by_text("都选齐了")).to_be_visible(timeout=OPEN_MS)
    await kiosk.press("下一步，知情同意")


async def answer_sheet(kiosk: Face, *, refused: str) -> None:
    """Every purpose is answered, one of them with no, and the patient signs with a finger."""
    page = kiosk.page
    await expect(page.get_by_role("heading", name="知情同意").first).to_be_visible(timeout=OPEN_MS)
    for purpose in ("会诊", "录音录像", "提供给第三方", "教学"):
        item = page.get_by_role("group", name=purpose, exact=True)
        await item.get_by_role("button", name="不同意" if purpose == refused else "同意", exact=True).click()
    pad = await page.get_by_role("img", name="请用手指在这里签名").bounding_box()
    assert pad is not None
    left, top = pad["x"] + pad["width"] * 0.2, pad["y"] + pad["height"] * 0.5
    await page.mouse.move(left, top)
    await page.mouse.down()
    for step in range(1, 12):
        await page.mouse.move(left + step * 14, top + (10 if step % 2 else -10))
    await page.mouse.up()
    await expect(page.get_by_role("button", name="确认，去呼叫")).to_be_enabled(timeout=OPEN_MS)


async def meet(kiosk: Face, specialist: Face, *, card: str) -> None:
    """From the patient's card to a call in which both see and hear."""
    await scan_card(kiosk, card)
    await ask_for_help(kiosk)
    await answer_sheet(kiosk, refused="教学")
    await kiosk.press("确认，去呼叫")
    ringing = specialist.page.get_by_role("alertdialog")
    accept = ringing.get_by_role("button", name=re.compile("^接受"))
    await expect(accept).to_be_enabled(timeout=OPEN_MS)
    await accept.click()
    await asyncio.gather(kiosk.sees_and_hears_at_ms(), specialist.sees_and_hears_at_ms())


# ---- the specialist ----------------------------------------------------------------------------------------


async def write_and_sign(specialist: Face, *, findings: str, advice: str, password: str) -> None:
    """Fills the opinion, checks the patient, signs with the password."""
    await write_opinion(specialist, findings=findings, advice=advice)
    await specialist.look("story-6-opinion-1440x900")
    await sign_opinion(specialist, password=password)


async def write_opinion(specialist: Face, *, findings: str, advice: str) -> None:
    """Fills the opinion and checks the patient."""
    page = specialist.page
    await specialist.press("写意见")
    await page.locator("#opinion-findings").fill(findings)
    await page.get_by_label("第 1 条建议", exact=True).fill(advice)
    await page.get_by_role("radio", name="没有", exact=True).check()
    # The report of an ECG asks the same: of the opinion's gates it is the one that is meant.
    await page.get_by_role("list", name="签发前要齐的").get_by_text("已核对").first.click()


async def sign_opinion(specialist: Face, *, password: str) -> None:
    """Signs what was written."""
    page = specialist.page
    await page.get_by_role("button", name=re.compile("^签发")).click()
    dialog = page.locator("dialog")
    await dialog.get_by_label("登录密码").fill(password)
    await dialog.get_by_role("button", name=re.compile("^签发")).click()
    await expect(page.get_by_text("已签发").first).to_be_visible(timeout=OPEN_MS)
