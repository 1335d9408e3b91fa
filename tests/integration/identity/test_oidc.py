"""Signing in through an identity provider that runs on loopback: oidc-provider-mock, over real HTTP."""

from __future__ import annotations

import html
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest

from signaling.auth.accounts import account_by_person
from signaling.auth.institutions import SYSTEM, InstitutionRow
from signaling.auth.oidc import OidcClientId
from signaling.auth.people_accounts import write_link
from signaling.auth.rights import Role
from signaling.auth.short_lived import LIFE_MS
from signaling.store import tables as t
from signaling.store.store import Unit
from tests.support.api import Answer
from tests.support.identity import Browser, IdentityApi, identity_api

SUBJECT = "hospital-4711"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
async def api(tmp_path: Path, issuer: str) -> AsyncIterator[IdentityApi]:
    client = OidcClientId(issuer, "lianzhen", "a-secret-of-the-provider")
    async with identity_api(tmp_path, oidc=client) as api:
        # The provider's clock is the machine's: its tokens must be of now.
        api.clock.wall = time.time_ns()
        yield api


@pytest.fixture
async def place(api: IdentityApi) -> InstitutionRow:
    return await api.institution()


async def depart(browser: Browser, path: str = "/session/oidc") -> tuple[str, str]:
    """Where the browser goes, and the cookie it keeps for the way."""
    answer = await browser.ask("POST", path)
    assert answer.status == 200, answer.body
    cookie = re.search(r"lianzhen_oidc=([^;]+)", answer.headers["Set-Cookie"])
    assert cookie and "HttpOnly" in answer.headers["Set-Cookie"] and "Lax" in answer.headers["Set-Cookie"]
    return str(answer.body["url"]), cookie.group(1)


async def at_the_provider(api: IdentityApi, url: str, subject: str = SUBJECT) -> str:
    """Signs in there, as its page does; returns where the browser is sent back to."""
    async with api.session.post(url, data={"sub": subject}, allow_redirects=False) as response:
        assert response.status == 302, html.unescape(await response.text())[:500]
        return response.headers["Location"]


async def come_back(browser: Browser, address: str, cookie: str) -> Answer:
    """Follows the way back."""
    parts = urlsplit(address)
    assert parts.path == "/api/v1/session/oidc/return"
    async with browser.session.get(
        f"{browser.url}{parts.path}?{parts.query}",
        headers={"Cookie": f"lianzhen_oidc={cookie}"},
        allow_redirects=False,
    ) as response:
        secret = response.cookies.get("lianzhen_session")
        if secret is not None:
            browser.cookie = secret.value
        return Answer(response.status, await response.text(), response.headers)


async def signed_in_by_provider(api: IdentityApi, subject: str = SUBJECT) -> tuple[Browser, Answer]:
    browser = api.browser()
    url, cookie = await depart(browser)
    return browser, await come_back(browser, await at_the_provider(api, url, subject), cookie)


async def linked(api: IdentityApi, place: InstitutionRow, *, suspended: bool = False) -> None:
    """A doctor whose account an administrator has linked."""
    row = await api.person(place.id, "wangmin", Role.SPECIALIST)

    async def work(unit: Unit) -> None:
        account = await account_by_person(unit.connection, row.id)
        assert account is not None
        await write_link(unit, SYSTEM, account, api.oidc_issuer, SUBJECT)
        if suspended:
            await unit.connection.execute(
                t.person.update().where(t.person.c.id == row.id).values(state="ended")
            )

    await api.store.write(work)


async def test_a_linked_account_is_signed_in_and_owes_its_second_factor(
    api: IdentityApi, place: InstitutionRow
) -> None:
    await linked(api, place)
    browser, answer = await signed_in_by_provider(api)
    assert (answer.status, answer.headers["Location"]) == (303, "/#/")
    account = (await browser.ask("GET", "/session")).body["account"]
    assert (account["account"], account["assurance"], account["second_factor"]) == (
        "wangmin",
        "password",
        "needed",
    )
    opened = [act for act in await api.acts(place.id) if act["kind"] == "session.opened"]
    assert [act["after"]["by"] for act in opened] == ["oidc"]


async def test_a_stranger_of_the_provider_is_nobody_here(api: IdentityApi, place: InstitutionRow) -> None:
    await linked(api, place)
    browser, answer = await signed_in_by_provider(api, "hospital-4712")
    assert answer.headers["Location"] == "/#/signin?refused=oidc_unlinked"
    assert browser.cookie == ""


async def test_a_suspended_person_is_not_let_in_by_another_door(
    api: IdentityApi, place: InstitutionRow
) -> None:
    await linked(api, place, suspended=True)
    _, answer = await signed_in_by_provider(api)
    assert answer.headers["Location"] == "/#/signin?refused=account_suspended"


async def test_a_signed_in_person_links_their_own_account(api: IdentityApi) -> None:
    place = await api.institution("H3", "第三医院", second_factor="optional")
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    url, cookie = await depart(browser, "/session/oidc/link")
    answer = await come_back(browser, await at_the_provider(api, url), cookie)
    assert answer.headers["Location"] == "/#/account?linked=1"
    assert "account.linked" in await api.kinds(place.id)
    other, answer = await signed_in_by_provider(api)
    assert answer.headers["Location"] == "/#/"
    assert (await other.ask("GET", "/session")).body["account"]["account"] == "zhoulan"


async def test_a_link_needs_two_factors_and_a_session_that_is_still_there(
    api: IdentityApi, place: InstitutionRow
) -> None:
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    assert (await browser.ask("POST", "/session/oidc/link")).code == "second_factor_needed"
    relaxed = await api.institution("H3", "第三医院", second_factor="optional")
    await api.person(relaxed.id, "wangmin", Role.SPECIALIST)
    browser = await api.signed_in("wangmin")
    url, cookie = await depart(browser, "/session/oidc/link")
    back = await at_the_provider(api, url)
    await browser.ask("DELETE", "/session")
    assert (await come_back(browser, back, cookie)).headers["Location"] == "/#/signin?refused=signed_out"


async def test_a_way_back_is_one_browsers_and_once(api: IdentityApi, place: InstitutionRow) -> None:
    await linked(api, place)
    browser = api.browser()
    for case in ("another browser", "again", "late"):
        url, cookie = await depart(browser)
        back = await at_the_provider(api, url)
        if case == "another browser":
            answer = await come_back(browser, back, "a-cookie-of-another-browser")
        elif case == "again":
            assert (await come_back(browser, back, cookie)).headers["Location"] == "/#/"
            answer = await come_back(browser, back, cookie)
        else:
            api.clock.advance_ms(LIFE_MS)
            answer = await come_back(browser, back, cookie)
        assert answer.headers["Location"] == "/#/signin?refused=oidc_refused", case


@pytest.mark.parametrize(
    "query",
    ["", "state=x&code=y", "error=access_denied&state=x", "code=y", "state=x&code=y&iss=https://evil"],
)
async def test_a_way_back_that_nobody_left_on_is_refused_on_a_page(api: IdentityApi, query: str) -> None:
    answer = await come_back(api.browser(), f"/api/v1/session/oidc/return?{query}", "x")
    assert (answer.status, answer.headers["Location"]) == (303, "/#/signin?refused=oidc_refused")


async def test_a_code_of_another_departure_proves_nothing(api: IdentityApi, place: InstitutionRow) -> None:
    await linked(api, place)
    browser, thief = api.browser(), api.browser()
    code = parse_qs(urlsplit(await at_the_provider(api, (await depart(browser))[0])).query)["code"][0]
    url, cookie = await depart(thief)
    state = parse_qs(urlsplit(url).query)["state"][0]
    injected = f"/api/v1/session/oidc/return?state={state}&code={code}"
    answer = await come_back(thief, injected, cookie)
    assert answer.headers["Location"] == "/#/signin?refused=oidc_refused"
    assert thief.cookie == ""


async def test_without_a_provider_nothing_is_offered(tmp_path: Path) -> None:
    async with identity_api(tmp_path) as api:
        browser = api.browser()
        assert (await browser.ask("GET", "/session/oidc")).body == {"is_offered": False, "issuer_host": ""}
        assert (await browser.ask("POST", "/session/oidc")).code == "oidc_not_offered"
        answer = await come_back(browser, "/api/v1/session/oidc/return?state=x&code=y", "x")
        assert answer.headers["Location"] == "/#/signin?refused=oidc_not_offered"


async def test_a_provider_that_is_away_gets_a_sentence(tmp_path: Path) -> None:
    nobody = OidcClientId("http://localhost:9", "lianzhen", "a-secret-of-the-provider")
    async with identity_api(tmp_path, oidc=nobody) as api:
        answer = await api.browser().ask("POST", "/session/oidc")
        assert (answer.status, answer.code) == (503, "oidc_unreachable")
        assert answer.body["detail"] == "现在连不上医院的统一登录，请用登录名和密码登录"
