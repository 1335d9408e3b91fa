"""Signing in with a password: lock-out, idle time, absolute life, suspension (GB/T 22239 8.1.4.1)."""

from __future__ import annotations

import pytest

from signaling.auth.rights import Role
from signaling.auth.sign_in import IDLE_MS, LIFE_MS, LOCK_MS, TOUCH_MS
from signaling.store import tables as t
from tests.support.identity import PASSWORD, IdentityApi


async def test_a_session_says_who_is_signed_in_and_what_is_owed(api: IdentityApi) -> None:
    place = await api.institution()
    row = await api.person(place.id, "wangmin", Role.SPECIALIST, Role.DUTY_EXPERT, specialty="心内科")
    browser = api.browser()
    assert (await browser.ask("GET", "/session")).code == "signed_out"
    answer = await browser.sign_in("WangMin")
    assert answer.status == 200
    account = answer.body["account"]
    assert account == {
        "account": "wangmin",
        "identity": "wangmin",
        "name": "医生wangmin",
        "place": "青山县人民医院 心内科",
        "role": "specialist",
        "may_record": False,
        "person": row.id,
        "institution": place.id,
        "institution_name": "青山县人民医院",
        "roles": ["specialist", "duty_expert"],
        "assurance": "password",
        "second_factor": "needed",
        "second_factors": [],
        "idle_after_s": 900,
        "ends_at_ms": api.clock.wall_ns() // 1_000_000 + LIFE_MS,
    }
    assert "HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Strict" in answer.headers["Set-Cookie"]
    assert (await browser.ask("GET", "/session")).body == answer.body
    assert (await browser.ask("GET", "/people")).code == "second_factor_needed"


async def test_a_password_alone_is_enough_where_the_institution_asks_no_more(api: IdentityApi) -> None:
    place = await api.institution(second_factor="optional")
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    account = (await browser.ask("GET", "/session")).body["account"]
    assert (account["assurance"], account["second_factor"], account["may_record"]) == (
        "two_factors",
        "none",
        True,
    )
    assert (await browser.ask("GET", "/people")).status == 200


@pytest.mark.parametrize("login", ["zhoulan", "nobody-at-all"])
async def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour_also_a_name_that_is_none(
    api: IdentityApi, login: str
) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    for tries_left in (4, 3, 2, 1, 0):
        answer = await api.browser().sign_in(login, "wrong password")
        assert (answer.status, answer.code, answer.body["tries_left"]) == (401, "password_wrong", tries_left)
    answer = await api.browser().sign_in(login)
    assert (answer.status, answer.code, answer.body["minutes"]) == (423, "account_locked", 15)
    assert answer.headers["Retry-After"] == "900"
    api.clock.advance_ms(LOCK_MS - 1)
    assert (await api.browser().sign_in(login)).code == "account_locked"
    api.clock.advance_ms(1)
    answer = await api.browser().sign_in(login, "wrong again")
    assert (answer.code, answer.body["tries_left"]) == ("password_wrong", 4)


async def test_what_locks_an_account_stands_in_the_ledger_without_a_name(api: IdentityApi) -> None:
    place = await api.institution()
    row = await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    for _ in range(5):
        await api.browser().sign_in("zhoulan", "wrong password")
    acts = [act for act in await api.acts(place.id) if act["kind"].startswith(("session", "account.locked"))]
    assert [act["kind"] for act in acts] == ["session.refused"] * 5 + ["account.locked"]
    assert all(act["subject"] == {"person": row.id} and act["actor"] == "system" for act in acts)


async def test_a_right_password_does_not_forget_the_wrong_ones_before_the_second_factor(
    api: IdentityApi,
) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    for _ in range(4):
        await api.browser().sign_in("zhoulan", "wrong password")
    assert (await api.browser().sign_in("zhoulan")).status == 200
    assert (await api.browser().sign_in("zhoulan", "wrong password")).body["tries_left"] == 0


async def test_a_session_ends_when_nobody_touches_it(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    for _ in range(3):
        api.clock.advance_ms(IDLE_MS - 1)
        assert (await browser.ask("GET", "/session")).status == 200
    api.clock.advance_ms(IDLE_MS)
    assert (await browser.ask("GET", "/session")).code == "signed_out"


async def test_nothing_prolongs_a_session_beyond_a_shift(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    for _ in range(LIFE_MS // (IDLE_MS - TOUCH_MS)):
        api.clock.advance_ms(IDLE_MS - TOUCH_MS)
        last = await browser.ask("GET", "/session")
    api.clock.advance_ms(IDLE_MS - TOUCH_MS)
    assert last.status == 200
    assert (await browser.ask("GET", "/session")).code == "signed_out"


async def test_signing_out_takes_the_session_away_not_only_the_cookie(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    stolen = browser.cookie
    assert (await browser.ask("DELETE", "/session")).status == 204
    assert (await browser.ask("DELETE", "/session")).status == 204
    browser.cookie = stolen
    assert (await browser.ask("GET", "/session")).code == "signed_out"
    assert (await api.kinds(place.id))[-2:] == ["session.opened", "session.closed"]


async def test_a_page_of_another_site_changes_nothing(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    for origin in ("https://evil.example", None, "null"):
        browser.origin = origin
        assert (await browser.ask("DELETE", "/session")).code == "origin_refused"
        assert (await browser.ask("GET", "/session")).status == 200
    stranger = api.browser()
    stranger.origin = "https://evil.example"
    assert (await stranger.sign_in("zhoulan")).code == "origin_refused"


async def test_only_hashes_of_secrets_lie_in_the_store(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    rows = await api.store.read(lambda c: c.execute(t.session.select()))
    accounts = await api.store.read(lambda c: c.execute(t.account.select()))
    text = repr([tuple(row) for row in rows]) + repr([tuple(row) for row in accounts])
    assert browser.cookie not in text and PASSWORD not in text and "$argon2id$" in text


async def test_the_eleventh_browser_of_one_account_takes_the_place_of_the_longest_unused(
    api: IdentityApi,
) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browsers = []
    for _ in range(11):
        api.clock.advance_ms(1)
        browsers.append(await api.signed_in("zhoulan"))
    assert (await browsers[0].ask("GET", "/session")).code == "signed_out"
    assert (await browsers[1].ask("GET", "/session")).status == 200


async def test_changing_the_password_ends_the_other_sessions(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    here, elsewhere = await api.signed_in("zhoulan"), await api.signed_in("zhoulan")

    async def change(password: str, new_password: str) -> str:
        body = {"password": password, "new_password": new_password}
        return (await here.ask("POST", "/session/password", body)).code

    assert await change("wrong password", "a new good one") == "password_wrong"
    assert await change(PASSWORD, "too short") == "password_short"
    assert await change(PASSWORD, "password2026") == "password_common"
    assert await change(PASSWORD, PASSWORD) == "password_unchanged"
    assert await change(PASSWORD, "a new good one") == ""
    assert (await here.ask("GET", "/session")).status == 200
    assert (await elsewhere.ask("GET", "/session")).code == "signed_out"
    assert (await api.browser().sign_in("zhoulan")).code == "password_wrong"
    assert (await api.browser().sign_in("zhoulan", "a new good one")).status == 200


async def test_there_are_no_demo_accounts_outside_the_demo(api: IdentityApi) -> None:
    assert (await api.browser().ask("GET", "/demo")).status == 404
