"""How long until the pages can be used, on a processor four times slower: from the navigation in a fresh
profile until the first screen is there and has answered a press (issue 4: at most 2 s on loopback).

The page itself presses and looks: nothing between this process and the browser is measured. In an ordinary
run each page is played once and its figure printed; `make bench-first-use` decides by the figure: the best of
three rounds counts, and rounds in which the machine stood still are played again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.support.chromium import chromium
from tests.support.consult_people import DEMO_PASSWORD
from tests.support.namespaces import Network
from tests.support.server import REPOSITORY, Server, running
from tests.support.standstill import Standstill
from tests.support.story_pages import DESKTOP, KIOSK, OPEN_MS
from tests.support.waiting import PATIENCE

HTTPS_PORT = 8474
SLOWER = 4
WANTED_MS = 2_000
DECIDES = bool(os.environ.get("LIANZHEN_FIGURES"))
pytestmark = pytest.mark.alone if DECIDES else pytest.mark.beside
LIMIT_MS = WANTED_MS if DECIDES else 60_000
ROUNDS, MORE_ROUNDS = (3, 6) if DECIDES else (1, 0)
STOOD_STILL_S = 0.2
"""A pause of the machine beyond this lies within what is measured, and is not the page's."""

# Looks as soon as there is a document; presses once `ready` holds, and is done when `answered` holds.
_WATCH = """
    window.firstUse = new Promise((resolve) => {
        let seen_ms = null;
        const all = (selector) => [...document.querySelectorAll(selector)];
        const isThere = (one) => !one.disabled && one.getBoundingClientRect().width > 0;
        const look = () => {
            if (seen_ms === null && (%(ready)s)) {
                seen_ms = performance.now();
                (%(press)s).click();
            }
            if (seen_ms !== null && (%(answered)s)) resolve([seen_ms, performance.now()]);
            else setTimeout(look, 10);
        };
        look();
    });
"""
_LOOP = """() => {
    const from = performance.now();
    for (let n = 0; n < 2e7; n++);
    return performance.now() - from;
}"""


@dataclass(frozen=True)
class FirstScreen:
    """A page's first screen: what stands there when it can be used, what is pressed, and what follows."""

    name: str
    path: str
    size: tuple[int, int]
    ready: str
    press: str
    answered: str
    account: str = ""
    """Who has a session already, "" where the page begins with signing in."""

    @property
    def watch(self) -> str:
        """The script that presses and looks."""
        return _WATCH % {"ready": self.ready, "press": self.press, "answered": self.answered}


SCREENS = (
    FirstScreen(
        "kiosk, three large buttons",
        "/kiosk",
        KIOSK,
        ready='all(".k-tile").filter(isThere).length === 3',
        press='all(".k-tile.crit")[0]',
        answered='all("dialog[open]").length === 1',
        account="zhoulan",
    ),
    FirstScreen(
        "kiosk, signing in",
        "/kiosk",
        KIOSK,
        ready='all("form input").filter(isThere).length === 2',
        press='all("form button[type=submit]")[0]',
        answered='all("form [role=alert]").length > 0',
    ),
    FirstScreen(
        "specialist, signing in",
        "/",
        DESKTOP,
        ready='all("form input").filter(isThere).length === 2',
        press='all("form button[type=submit]")[0]',
        answered='all("form [role=alert]").length > 0',
    ),
    FirstScreen(
        "specialist, work list",
        "/#/work",
        DESKTOP,
        ready='all(".work-table button").filter(isThere).length > 0',
        press='all(".work-table button").filter(isThere).at(-1)',
        answered='location.hash.startsWith("#/cases/")',
        account="wangmin",
    ),
)


@pytest.fixture(scope="module")
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo`, as `make run` starts it."""
    assert (REPOSITORY / "clients/web/dist/kiosk.html").exists(), "the pages are not built: run `make setup`"
    server = Server(
        net,
        tmp_path_factory.mktemp("first-use") / "data",
        name="first-use-server",
        command="demo",
        http_port=8130,
        media_port=7933,
        settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT)},
    )
    with running(server) as started:
        yield started


@pytest.mark.parametrize(
    "screen", SCREENS, ids=lambda screen: screen.name.replace(", ", "-").replace(" ", "-")
)
async def test_the_first_screen_can_be_used_within_two_seconds(
    net: Network, demo: Server, tmp_path: Path, screen: FirstScreen
) -> None:
    address = f"https://{net.server.address}:{HTTPS_PORT}"
    standstill = Standstill(tmp_path)
    taken: list[float] = []
    slowed: list[float] = []
    try:
        async with chromium(net.clients) as started:
            for _ in range(ROUNDS + MORE_ROUNDS):
                began_s = time.monotonic()
                seen_ms, answered_ms, slower = await _first_use(started.browser, address, screen)
                stood_s = standstill.longest_s(began_s, time.monotonic())
                print(
                    f"\n{screen.name}: there after {seen_ms:.0f} ms, "
                    f"answered a press after {answered_ms:.0f} ms (wanted {WANTED_MS}; "
                    f"processor {slower:.1f} times slower, longest pause {stood_s:.2f} s)"
                )
                taken.append(answered_ms)
                slowed.append(slower)
                if len(taken) >= ROUNDS and (min(taken) <= LIMIT_MS or stood_s < STOOD_STILL_S):
                    break
    finally:
        standstill.end()
    # A loaded machine disturbs the comparison of single rounds.
    assert max(slowed) > SLOWER / 2 or not DECIDES, "the browser did not slow its processor down"
    assert min(taken) <= LIMIT_MS * PATIENCE


async def _sign_in(context: BrowserContext, address: str, account: str) -> None:
    """Gives the profile a session; nothing of the pages is loaded by it."""
    page = await context.new_page()
    await page.goto(f"{address}/healthz")
    status = await page.evaluate(
        """async ([account, password]) => {
            const head = {"Content-Type": "application/json"};
            const body = JSON.stringify({account, password});
            return (await fetch("/api/v1/session", {method: "POST", headers: head, body})).status;
        }""",
        [account, DEMO_PASSWORD],
    )
    assert status == 200
    await page.close()


async def _first_use(browser: Browser, address: str, screen: FirstScreen) -> tuple[float, float, float]:
    """When the screen was there and when it had answered, in ms since the navigation; and how much slower the
    processor was."""
    width, height = screen.size
    context = await browser.new_context(
        ignore_https_errors=True, viewport={"width": width, "height": height}, locale="zh-CN"
    )
    context.set_default_timeout(OPEN_MS)
    try:
        if screen.account:
            await _sign_in(context, address, screen.account)
        page = await context.new_page()
        await page.add_init_script(screen.watch)
        developer = await context.new_cdp_session(page)
        await developer.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await page.goto(f"{address}{screen.path}", wait_until="commit")
        seen_ms, answered_ms = await page.evaluate(
            """(patience_ms) => Promise.race([
                window.firstUse,
                new Promise((_, refuse) => setTimeout(() => refuse(new Error("never usable")), patience_ms)),
            ])""",
            OPEN_MS,
        )
        slow_ms = min([await page.evaluate(_LOOP) for _ in range(3)])
        await developer.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        fast_ms = min([await page.evaluate(_LOOP) for _ in range(3)])
        return float(seen_ms), float(answered_ms), slow_ms / fast_ms
    finally:
        await context.close()
