"""The desks of administrator and supervisor in a browser, against the real demo: a new person comes in with a
second factor, a device is enrolled, and the supervisor finds both in the trace and has the ledger checked.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, expect

from signaling.roster.hospital_time import write_time
from tests.support.chromium import Chromium, chromium
from tests.support.namespaces import Network
from tests.support.server import REPOSITORY, Server, running
from tests.support.waiting import HANG_S

pytestmark = pytest.mark.beside

ADMINISTRATOR, SUPERVISOR, AUDITOR = "sunli", "qianhui", "hejing"
DEMO_PASSWORD = "lianzhen-demo"
NEW_NAME, NEW_LOGIN, NEW_PASSWORD = "罗一", "luoyi", "床前明月光疑是地上霜"
HTTPS_PORT = 8453
SHIFT_MS = 8 * 3_600_000
VERIFY_MS = 2 * HANG_S * 1000
"""Browsers, service and check share the machine's cores."""


@pytest.fixture(scope="module", autouse=True)
def demo(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`lianzhen demo` with its seeded story."""
    assert (REPOSITORY / "clients/web/dist/index.html").exists(), "the pages are not built: run `make setup`"
    server = Server(
        net,
        tmp_path_factory.mktemp("admin") / "data",
        name="admin-server",
        command="demo",
        http_port=8109,
        media_port=7912,
        settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT)},
    )
    with running(server) as started:
        yield started


@pytest.fixture
async def browser(net: Network) -> AsyncIterator[Chromium]:
    """A fresh browser."""
    async with chromium(net.clients) as started:
        yield started


def _address(net: Network) -> str:
    return f"https://{net.server.address}:{HTTPS_PORT}"


async def _page(browser: Chromium, address: str) -> Page:
    # Over https, where browsers make keys; the demo's certificate is its own.
    context = await browser.browser.new_context(locale="zh-CN", ignore_https_errors=True)
    context.set_default_timeout(HANG_S * 1000)
    page = await context.new_page()
    await page.goto(address)
    return page


async def _sign_in(page: Page, login: str, password: str = DEMO_PASSWORD) -> None:
    await page.get_by_label("工号或手机号").fill(login)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录", exact=True).click()


async def _add_person(page: Page) -> str:
    """Adds a specialist with a licence and an account; returns the link for the password."""
    await page.get_by_role("button", name="加一个人").click()
    drawer = page.locator("dialog")
    await drawer.get_by_label("姓名").fill(NEW_NAME)
    await drawer.get_by_text("专科医生").click()
    await drawer.get_by_role("button", name="加一个人").click()
    await drawer.get_by_role("button", name="加一张执业证").click()
    await drawer.get_by_label("证号").fill("E2E-LUOYI-1")
    soon = dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=20)
    await drawer.get_by_label("有效期到").fill(soon.isoformat())
    await drawer.get_by_role("button", name="保存").click()
    await expect(drawer.get_by_text(re.compile(r"还有 \d+ 天到期"))).to_be_visible()
    await drawer.get_by_label("登录名").fill(NEW_LOGIN)
    await drawer.get_by_role("button", name="开账号").click()
    return await drawer.locator(".once-link code").inner_text()


async def test_a_new_person_activates_and_gives_a_second_factor_at_the_next_sign_in(
    net: Network, browser: Chromium
) -> None:
    """The code leaves the address bar, works once, and the second factor is asked for from then on."""
    address = _address(net)
    administrator = await _page(browser, address)
    await _sign_in(administrator, ADMINISTRATOR)
    await expect(administrator.get_by_role("heading", name="人员")).to_be_visible()
    link = await _add_person(administrator)

    person = await _page(browser, link)
    await expect(person.get_by_label("登录名")).to_have_value(NEW_LOGIN)
    assert "code=" not in person.url
    await person.get_by_label("新密码", exact=True).fill(NEW_PASSWORD)
    await person.get_by_label("再写一遍新密码").fill(NEW_PASSWORD)
    await person.get_by_role("button", name="设好密码").click()
    await person.get_by_role("link", name="去登录").click()
    await _sign_in(person, NEW_LOGIN, NEW_PASSWORD)
    await person.get_by_role("button", name=re.compile(NEW_NAME)).click()
    await person.get_by_role("button", name="密码和第二验证").click()
    await person.get_by_role("button", name="加上").first.click()
    secret = (await person.locator("dialog .secret").inner_text()).replace(" ", "")
    await person.locator("dialog .code-in").fill(pyotp.TOTP(secret).now())
    await person.get_by_role("button", name="确认").click()
    await expect(person.locator("dialog").get_by_text("已设")).to_be_visible()

    again = await _page(browser, link)
    await expect(again.get_by_role("alert").first).to_be_visible()
    await again.goto(address)
    await _sign_in(again, NEW_LOGIN, NEW_PASSWORD)
    await expect(again.get_by_role("heading", name="第二步验证")).to_be_visible()


async def test_a_device_is_enrolled_by_its_code_and_knows_itself_after_a_reload(
    net: Network, browser: Chromium
) -> None:
    """The key stays in the browser; the administrator sees the device in touch."""
    address = _address(net)
    administrator = await _page(browser, address)
    await _sign_in(administrator, ADMINISTRATOR)
    await administrator.get_by_role("link", name="设备").click()
    await administrator.get_by_role("button", name="加一台").click()
    drawer = administrator.locator("dialog")
    await drawer.get_by_label("名称").fill("急诊大厅一体机")
    await drawer.get_by_role("button", name="加一台").click()
    code = await drawer.locator(".once-code").inner_text()

    kiosk = await _page(browser, f"{address}/#/enrol")
    await kiosk.locator(".code-in").fill(code.lower())
    await kiosk.get_by_role("button", name="登记", exact=True).click()
    await expect(kiosk.get_by_role("heading", name="登记好了")).to_be_visible()
    await kiosk.reload()
    await expect(kiosk.get_by_role("heading", name="这台设备已经登记")).to_be_visible()

    await administrator.reload()
    row = administrator.get_by_role("row", name=re.compile("急诊大厅一体机"))
    await expect(row.get_by_text("正常联系")).to_be_visible()


async def test_the_roster_takes_a_spreadsheet_shows_it_and_gives_a_calendar(
    net: Network, browser: Chromium, tmp_path: Path
) -> None:
    """A shift of today comes in as CSV, stands in the week, and goes out with it as iCalendar."""
    now_ms = time.time_ns() // 1_000_000
    shift = f"呼吸内科,二线,赵启明,{write_time(now_ms)},{write_time(now_ms + SHIFT_MS)}"
    sheet = tmp_path / "roster.csv"
    sheet.write_text(f"专科,线,姓名,开始,结束\r\n{shift}\r\n", encoding="utf-8")
    page = await _page(browser, _address(net))
    await _sign_in(page, ADMINISTRATOR)
    await page.get_by_role("link", name="值班表").click()
    await page.get_by_role("button", name="导入导出").click()
    drawer = page.locator("dialog")
    await drawer.get_by_label("选文件").set_input_files(sheet)
    await expect(drawer.get_by_text("导入了 1 个班，0 个原来就有。")).to_be_visible()
    await drawer.get_by_label("选文件").set_input_files(sheet)
    await expect(drawer.get_by_text("导入了 0 个班，1 个原来就有。")).to_be_visible()

    async with page.expect_download() as given:
        await drawer.get_by_role("button", name="日历 ics").click()
    calendar = Path(await (await given.value).path()).read_text(encoding="utf-8")
    assert calendar.startswith("BEGIN:VCALENDAR")
    assert "赵启明" in calendar and "呼吸内科" in calendar
    await drawer.get_by_role("button", name="关上").click()
    begins = write_time(now_ms).partition(" ")[2]
    line = page.get_by_role("row", name=re.compile(f"^备班.*赵启明 {begins}"))
    # He is on call for the heart as well, and the page says so.
    await expect(line.get_by_text("同一人另有一班")).to_be_visible()


async def test_the_supervisor_needs_a_purpose_reads_an_event_and_has_the_ledger_checked(
    net: Network, browser: Chromium
) -> None:
    """Every event of the demo's story has words; the two verdicts are sound."""
    page = await _page(browser, _address(net))
    await _sign_in(page, SUPERVISOR)
    await expect(page.get_by_role("button", name="选了目的才能查")).to_be_disabled()
    await page.get_by_text("投诉核查").click()
    await page.get_by_role("button", name="查", exact=True).click()
    await expect(page.locator(".ev").first).to_be_visible()
    for option in await page.locator("select").first.locator("option").all_inner_texts():
        assert "做了“" not in option, option

    await page.locator(".ev").nth(1).click()
    drawer = page.locator("dialog")
    await expect(drawer.get_by_text("和前一条接得上")).to_be_visible()
    await drawer.get_by_role("button", name="看原文").click()
    await expect(drawer.locator("pre")).to_contain_text('"previous"')
    await drawer.get_by_role("button", name="关上").click()

    await page.get_by_role("link", name="存证").click()
    await page.get_by_role("button", name="现在核对").click()
    await expect(page.get_by_text("未改动", exact=True)).to_be_visible(timeout=VERIFY_MS)
    await expect(page.get_by_text("无遗漏", exact=True)).to_be_visible()


async def test_the_auditor_reads_and_changes_nothing(net: Network, browser: Chromium) -> None:
    """Settings, webhooks and rights are there without their buttons; people are not."""
    page = await _page(browser, f"{_address(net)}/#/admin/people")
    await _sign_in(page, AUDITOR)
    await expect(page.get_by_role("heading", name="设置")).to_be_visible()
    await expect(page.get_by_text("你只能看，不能改。")).to_be_visible()
    await expect(page.get_by_role("link", name="人员")).to_have_count(0)
    await expect(page.locator("select")).to_have_count(0)
