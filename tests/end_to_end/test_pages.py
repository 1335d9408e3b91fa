"""The real pages in browsers: sign in, meet, mute, record, see the red dot, play back, read the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.support.chromium import LIBRARY_FAULT, Chromium, chromium, foreign_hosts, watch
from tests.support.namespaces import Network
from tests.support.server import OUT, REPOSITORY, Server, running
from tests.support.waiting import HANG_S, wait_until

DESKTOP, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)
HTTPS_PORT = 8443
ROOM = "门诊讨论室"
FIRST, SECOND = "周岚", "陈志远"


@pytest.fixture(scope="module")
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo`, as `make run` starts it."""
    assert (REPOSITORY / "clients/web/dist/index.html").exists(), "the pages are not built: run `make setup`"
    server = Server(
        net,
        tmp_path_factory.mktemp("demo") / "data",
        name="demo-server",
        command="demo",
        http_port=8099,
        media_port=7902,
        settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT)},
    )
    with running(server) as started:
        yield started


class Person:
    """One person before the pages, in a browser profile of their own."""

    def __init__(self, name: str, context: BrowserContext, page: Page) -> None:
        self.name, self.context, self.page = name, context, page
        self.requests: list[str] = []
        self.console: list[str] = []
        watch(page, self.requests, self.console)

    async def sign_in(self, address: str) -> None:
        """Chooses the demo account of this name."""
        # To the rooms by their address, wherever this person's role begins.
        await self.page.goto(f"{address}#/rooms")
        await self.page.get_by_role("button", name=re.compile(self.name)).click()
        await expect(self.page.get_by_role("heading", name="选房间")).to_be_visible()

    async def enter(self, room: str) -> None:
        """Chooses a room and goes in with camera and microphone."""
        await self.page.get_by_role("radio", name=re.compile(re.escape(room))).check()
        await self.page.get_by_role("button", name=f"进入 {room}").click()
        await expect(self.page.get_by_role("toolbar").first).to_be_visible()

    async def moving_pictures(self) -> int:
        """How many videos on the page are showing new pictures right now."""
        return int(
            await self.page.evaluate(
                """async () => {
                    const shown = (video) => video.videoWidth > 0;
                    const videos = [...document.querySelectorAll("video")].filter(shown);
                    const frames = () => videos.map((one) => one.getVideoPlaybackQuality().totalVideoFrames);
                    const before = frames();
                    await new Promise((resolve) => setTimeout(resolve, 500));
                    return frames().filter((count, index) => count > before[index]).length;
                }"""
            )
        )

    async def look(self, name: str) -> None:
        """Saves a screenshot to tests/out."""
        OUT.mkdir(exist_ok=True)
        await self.page.screenshot(path=OUT / f"{name}.png")


async def _person(browser: Chromium, name: str, size: tuple[int, int]) -> Person:
    context = await browser.browser.new_context(
        ignore_https_errors=True, viewport={"width": size[0], "height": size[1]}, locale="zh-CN"
    )
    context.set_default_timeout(HANG_S * 1000)
    return Person(name, context, await context.new_page())


async def test_two_people_meet_record_and_play_back(
    net: Network, demo: Server, numbered_file: Path, marked_file: Path
) -> None:
    address = f"https://{net.server.address}:{HTTPS_PORT}/"
    async with chromium(net.clients, video=numbered_file, sound=marked_file) as browser:
        first = await _person(browser, FIRST, DESKTOP)
        second = await _person(browser, SECOND, TABLET)
        await first.page.goto(address)
        await expect(first.page.get_by_role("heading", name="登录")).to_be_visible()
        await first.look("1-sign-in-1440x900")
        await first.sign_in(address)
        await first.look("2-rooms-1440x900")
        await second.sign_in(address)
        await second.look("2-rooms-1024x768")

        await first.enter(ROOM)
        await expect(first.page.get_by_text("等对方进入")).to_be_visible()
        await first.look("3-alone-1440x900")
        await second.enter(ROOM)
        for person, other in ((first, SECOND), (second, FIRST)):
            await expect(person.page.get_by_text(other).first).to_be_visible()
            await wait_until(person.moving_pictures, what=f"{person.name} sees two", accept=lambda n: n >= 2)
        await first.look("4-together-1440x900")
        await second.look("4-together-1024x768")

        # Mute is seen by the other, and taken back.
        await second.page.get_by_role("button", name="静音", exact=True).first.click()
        await expect(first.page.get_by_text("已静音").first).to_be_attached()
        await first.look("5-muted-1440x900")
        await second.page.get_by_role("button", name="开麦", exact=True).first.click()
        await expect(first.page.get_by_text("已静音")).to_have_count(0)

        # Recording is started by one and shown to both.
        await first.page.get_by_role("button", name="开始录制").first.click()
        for person in (first, second):
            await expect(person.page.get_by_text("录制中", exact=True).first).to_be_visible()
        await first.look("6-recording-1440x900")
        await second.look("6-recording-1024x768")

        third = await _person(browser, "李建平", PHONE)
        await third.sign_in(address)
        await third.look("7-rooms-recording-390x844")
        await third.enter(ROOM)
        await wait_until(third.moving_pictures, what="the phone sees somebody", accept=lambda n: n >= 2)
        await expect(third.page.get_by_text("录制中", exact=True).first).to_be_visible()
        await third.look("8-room-390x844")

        await first.page.get_by_role("button", name="停止录制").first.click()
        for person in (first, second):
            await expect(person.page.get_by_text("录制中", exact=True)).to_have_count(0)
        await third.page.get_by_role("button", name="离开").first.click()
        await first.page.get_by_role("button", name="离开").first.click()

        await _play_back(first, address)
        await third.page.goto(f"{address}#/recordings")
        await expect(third.page.get_by_text("我参加过的").first).to_be_visible()
        await third.look("10-recordings-390x844")

        own = {net.server.address}
        for person in (first, second, third):
            assert foreign_hosts(person.requests, own) == set()
            # The question who is signed in is answered by 401 before anybody is, and browsers report it.
            errors = [line for line in person.console if line.startswith(("error", "pageerror"))]
            explained = ("401 (Unauthorized)", LIBRARY_FAULT)
            assert [line for line in errors if not any(one in line for one in explained)] == []


async def _play_back(person: Person, address: str) -> None:
    await person.page.goto(f"{address}#/recordings")
    await expect(person.page.get_by_text("我参加过的").first).to_be_visible()
    await person.page.get_by_role("navigation", name="我参加过的").get_by_role("link").first.click()
    await expect(person.page.locator(".verdict").first).to_be_visible()
    await expect(person.page.get_by_text("未改动").first).to_be_visible()
    await expect(person.page.get_by_text("无遗漏").first).to_be_visible()
    await person.page.get_by_role("button", name="放", exact=True).first.click()
    await wait_until(person.moving_pictures, what="the recording plays", accept=lambda n: n >= 2)
    await person.look("9-playback-1440x900")


async def test_a_wrong_password_is_told_with_the_tries_left(net: Network, demo: Server) -> None:
    async with chromium(net.clients) as browser:
        person = await _person(browser, FIRST, DESKTOP)
        await person.page.goto(demo.http_url)
        await person.page.get_by_label("工号或手机号").fill("zhoulan")
        await person.page.get_by_label("密码").fill("wrong")
        await person.page.get_by_role("button", name="登录", exact=True).click()
        await expect(person.page.locator("p[role=alert]")).to_contain_text("密码不对")
        await person.look("1-wrong-password-1440x900")


async def test_the_pages_speak_english_too(net: Network, demo: Server) -> None:
    async with chromium(net.clients) as browser:
        person = await _person(browser, FIRST, DESKTOP)
        await person.page.goto(demo.http_url)
        await person.page.get_by_text("English").first.click()
        await expect(person.page.get_by_role("button", name="Sign in")).to_be_visible()
        await person.look("1-sign-in-english-1440x900")
