"""Debian's Chromium inside the clients' namespace, with fake devices and pages that run livekit-client."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Route, async_playwright

from tests.support.namespaces import Namespace
from tests.support.server import REPOSITORY
from tests.support.waiting import HANG_S, wait_until

CHROMIUM = "/usr/bin/chromium"
_PAGE_FOLDER = Path(__file__).parent / "page"
_SDK_BUNDLE = REPOSITORY / "clients/web/node_modules/livekit-client/dist/livekit-client.umd.js"
# Never resolved: every request to it is answered from files here. "localhost" makes the page a secure one.
HARNESS_ORIGIN = "http://localhost"

_FLAGS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks,MediaRouter,OptimizationHints",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
)


@dataclass
class HarnessPage:
    """One participant in a page of tests/support/page, under its identity."""

    identity: str
    page: Page
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    async def call(self, function: str, *arguments: Any) -> Any:
        """Calls a function of harness.js with JSON arguments."""
        return await self.page.evaluate(f"(all) => {function}(...all)", list(arguments))

    async def state(self, name: str) -> Any:
        """One field of harness.js's ``state``."""
        return await self.page.evaluate(f"state.{name}")

    async def stats(self) -> dict[str, Any]:
        """The numbers of harness.js's ``stats``."""
        return dict(await self.call("stats"))

    async def join(self, url: str, token: str, **options: Any) -> dict[str, Any]:
        """Joins with options single, simulcast, codec, maxBps, numbers."""
        return dict(await self.call("join", url, token, options))

    async def publish(self, **options: Any) -> None:
        """Switches on the fake camera and microphone (options video, sound, width, height, frameRate)."""
        await self.call("publish", options)

    async def wait_for_media(
        self,
        identity: str,
        *,
        pictures: int = 5,
        sound_packets: int = 20,
        is_audible: bool = False,
        timeout_s: float = HANG_S,
    ) -> None:
        """Waits for so many decoded pictures and packets of sound from ``identity``.

        ``is_audible`` asks besides that the page plays sound that is not silence; a page on a machine without
        sound may be slow with that, whatever has arrived.
        """

        async def read() -> list[dict[str, Any]]:
            return [e for e in (await self.stats())["inbound"] if e["from"] in (identity, None)]

        def is_enough(inbound: list[dict[str, Any]]) -> bool:
            theirs = [entry for entry in inbound if entry["from"] == identity]
            sound = [entry for entry in theirs if entry["kind"] == "audio"]
            return (
                sum(entry["decoded"] for entry in theirs) >= pictures
                and sum(entry["packets"] for entry in sound) >= sound_packets
                and (not is_audible or any(entry["energy"] > 0 for entry in sound))
            )

        await wait_until(
            read, what=f"page {self.identity} decodes {identity}", accept=is_enough, timeout_s=timeout_s
        )

    async def wait_for_room_event(self, name: str, *, after: int = 0, timeout_s: float = HANG_S) -> list[Any]:
        """The first room event of this name after so many events."""

        async def find() -> list[Any]:
            return [event for event in (await self.state("events"))[after:] if event[1] == name]

        return list((await wait_until(find, what=f"{name} at {self.identity}", timeout_s=timeout_s))[0])


@dataclass
class Chromium:
    """One browser process with a fresh profile."""

    browser: Browser
    folder: Path

    async def harness_page(self, identity: str) -> HarnessPage:
        """A page that has loaded harness.js; nothing has joined yet."""
        assert _SDK_BUNDLE.exists(), f"{_SDK_BUNDLE} is missing: run `make setup`"
        context = await self.browser.new_context()
        context.set_default_timeout(HANG_S * 1000)
        page = await context.new_page()
        harness = HarnessPage(identity, page)
        watch(page, harness.requests, harness.console)
        await page.route(f"{HARNESS_ORIGIN}/**", _answer_from_files)
        await page.goto(f"{HARNESS_ORIGIN}/")
        await page.wait_for_function("typeof join === 'function'")
        return harness


LIBRARY_FAULT = "reading 'streamState'"
"""livekit-client 2.23 reads a track's state after telling of it, when its hearers may have let it go
(Room.handleStreamStateUpdate): nothing of ours, and nobody sees it."""


def watch(page: Page, requests: list[str], console: list[str]) -> None:
    """Collects the addresses a page asks for (WebSockets too) and what it writes to the console."""
    page.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda websocket: requests.append(websocket.url))
    page.on("console", lambda message: console.append(f"{message.type}: {message.text[:500]}"))
    page.on("pageerror", lambda error: console.append(f"pageerror: {str(error)[:500]}"))


def foreign_hosts(requests: list[str], own: set[str]) -> set[str]:
    """Hosts among the requested addresses that are not ours (data: and blob: have none)."""
    return {host for url in requests if (host := urlsplit(url).hostname) is not None and host not in own}


@contextlib.asynccontextmanager
async def chromium(
    namespace: Namespace, *, video: Path | None = None, sound: Path | None = None, flags: tuple[str, ...] = ()
) -> AsyncIterator[Chromium]:
    """Chromium inside the namespace for the time of the block, with files as its devices if given."""
    assert shutil.which(CHROMIUM), f"{CHROMIUM} is missing: run `make setup`"
    with tempfile.TemporaryDirectory(prefix="lianzhen-chromium-") as name:
        folder = Path(name)
        arguments = [*_FLAGS, *flags]
        if video is not None:
            arguments.append(f"--use-file-for-fake-video-capture={video}")
        if sound is not None:
            arguments.append(f"--use-file-for-fake-audio-capture={sound}")
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=namespace.wrapper_script(CHROMIUM, folder),
                args=arguments,
                timeout=HANG_S * 1000,
            )
            try:
                yield Chromium(browser, folder)
            finally:
                await browser.close()


async def _answer_from_files(route: Route) -> None:
    path = urlsplit(route.request.url).path
    files = {
        "/": (_PAGE_FOLDER / "index.html", "text/html"),
        "/harness.js": (_PAGE_FOLDER / "harness.js", "text/javascript"),
        "/livekit-client.umd.js": (_SDK_BUNDLE, "text/javascript"),
    }
    if path in files:
        file, content_type = files[path]
        await route.fulfill(path=file, content_type=content_type)
    else:
        await route.fulfill(status=404, body="")
