"""Second factors over HTTP: enrolled, given, used once, never bought with a stolen password."""

from __future__ import annotations

import asyncio

import pyotp

from clinical.ids import PersonId
from signaling.auth.rights import Role
from signaling.auth.short_lived import LIFE_MS
from signaling.store import tables as t
from tests.support.api import Answer
from tests.support.authenticator import Authenticator
from tests.support.identity import Browser, IdentityApi

STEP_MS = 30_000


def code_of(api: IdentityApi, secret: str, *, steps: int = 0) -> str:
    """The app's code now, or some steps away."""
    return pyotp.TOTP(secret).at(api.clock.wall_ns() // 1_000_000_000 + 30 * steps)


async def with_totp(api: IdentityApi, login: str = "zhoulan") -> tuple[Browser, str]:
    """An account with an app, and a browser that is signed in with both factors."""
    place = await api.institution()
    await api.person(place.id, login, Role.CLINIC_DOCTOR)
    browser = await api.signed_in(login)
    offer = await browser.ask("POST", "/session/totp")
    assert offer.status == 201, offer.body
    secret = str(offer.body["secret"])
    answer = await browser.ask("POST", "/session/totp/confirm", {"code": code_of(api, secret)})
    assert answer.status == 200, answer.body
    return browser, secret


async def give(browser: Browser, code: str) -> Answer:
    """Gives a code."""
    return await browser.ask("POST", "/session/second-factor", {"code": code})


async def test_an_app_is_enrolled_and_then_asked_for(api: IdentityApi) -> None:
    browser, secret = await with_totp(api)
    account = (await browser.ask("GET", "/session")).body["account"]
    assert (account["assurance"], account["second_factor"]) == ("two_factors", "totp")
    assert (await browser.ask("GET", "/people")).status == 200

    other = await api.signed_in("zhoulan")
    account = (await other.ask("GET", "/session")).body["account"]
    assert (account["assurance"], account["second_factor"]) == ("password", "totp")
    assert (await other.ask("GET", "/people")).code == "second_factor_needed"
    api.clock.advance_ms(STEP_MS)
    before = other.cookie
    assert (await give(other, code_of(api, secret))).body["account"]["assurance"] == "two_factors"
    assert other.cookie != before, "what proved more has a fresh secret"
    assert (await other.ask("GET", "/people")).status == 200
    assert (await give(other, code_of(api, secret))).code == "already_signed_in"


async def test_the_secret_is_sealed_in_the_store(api: IdentityApi) -> None:
    _, secret = await with_totp(api)
    rows = await api.store.read(lambda c: c.execute(t.account.select()))
    (row,) = rows.all()
    assert row.totp_secret and secret.encode() not in row.totp_secret


async def test_wrong_codes_lock_the_account_as_wrong_passwords_do(api: IdentityApi) -> None:
    _, secret = await with_totp(api)
    other = await api.signed_in("zhoulan")
    api.clock.advance_ms(STEP_MS)
    wrong = "000000" if code_of(api, secret) != "000000" else "000001"
    for tries_left in (4, 3, 2, 1, 0):
        # A right password in between gives no tries back.
        assert (await api.browser().sign_in("zhoulan")).status == 200
        answer = await give(other, wrong)
        assert (answer.status, answer.code, answer.body["tries_left"]) == (401, "code_wrong", tries_left)
    assert (await give(other, code_of(api, secret))).code == "account_locked"
    assert (await api.browser().sign_in("zhoulan")).code == "account_locked"


async def test_whoever_owes_a_factor_can_neither_enrol_another_nor_change_the_password(
    api: IdentityApi,
) -> None:
    await with_totp(api)
    thief = await api.signed_in("zhoulan")
    assert (await thief.ask("POST", "/session/totp")).code == "second_factor_needed"
    options = await thief.ask("POST", "/session/passkeys/options", {"purpose": "add"})
    assert options.code in ("second_factor_needed", "passkey_needs_name")
    body = {"password": "correct horse battery", "new_password": "the thief's own words"}
    assert (await thief.ask("POST", "/session/password", body)).code == "second_factor_needed"


async def test_an_offer_must_be_confirmed_soon_and_by_its_own_session(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser, other = await api.signed_in("zhoulan"), await api.signed_in("zhoulan")
    secret = str((await browser.ask("POST", "/session/totp")).body["secret"])
    body = {"code": code_of(api, secret)}
    assert (await other.ask("POST", "/session/totp/confirm", body)).code == "challenge_gone"
    wrong = {"code": "000000" if body["code"] != "000000" else "000001"}
    assert (await browser.ask("POST", "/session/totp/confirm", wrong)).code == "code_wrong"
    api.clock.advance_ms(LIFE_MS)
    body = {"code": code_of(api, secret)}
    assert (await browser.ask("POST", "/session/totp/confirm", body)).code == "challenge_gone"


async def test_enrolling_ends_the_other_sessions_and_is_told(api: IdentityApi) -> None:
    place = await api.institution()
    row = await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    other, browser = await api.signed_in("zhoulan"), await api.signed_in("zhoulan")
    secret = str((await browser.ask("POST", "/session/totp")).body["secret"])
    await browser.ask("POST", "/session/totp/confirm", {"code": code_of(api, secret)})
    assert (await other.ask("GET", "/session")).code == "signed_out"
    assert (await browser.ask("POST", "/session/totp")).code == "totp_enrolled"
    told = (await api.acts(place.id))[-1]
    assert (told["kind"], told["actor"]) == ("account.factor_added", PersonId(row.id))
    assert (told["before"]["assurance"], told["after"]) == (1, {"assurance": 2, "factor": "totp"})


# ---- passkeys -------------------------------------------------------------------------------------------


def key_for(browser: Browser) -> Authenticator:
    """A security key at that browser."""
    return Authenticator(browser.url, "localhost")


async def with_passkey(api: IdentityApi) -> tuple[Browser, Authenticator]:
    """An account with a passkey, and a browser that is signed in with both factors."""
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = api.browser(host="localhost")
    assert (await browser.sign_in("zhoulan")).status == 200
    key = key_for(browser)
    answer = await add_passkey(browser, key)
    assert answer.status == 201, answer.body
    assert answer.body["account"]["assurance"] == "two_factors"
    return browser, key


async def add_passkey(browser: Browser, key: Authenticator, name: str = "钥匙") -> Answer:
    """Enrols a key as a page does."""
    options = await browser.ask("POST", "/session/passkeys/options", {"purpose": "add"})
    assert options.status == 200, options.body
    credential = key.create(options.body["options"])
    return await browser.ask("POST", "/session/passkeys", {"name": name, "credential": credential})


async def test_a_passkey_is_enrolled_and_then_asked_for(api: IdentityApi) -> None:
    _, key = await with_passkey(api)
    other = api.browser(host="localhost")
    account = (await other.sign_in("zhoulan")).body["account"]
    assert (account["assurance"], account["second_factor"]) == ("password", "passkey")
    options = (await other.ask("POST", "/session/passkeys/options", {"purpose": "give"})).body["options"]
    proof = key.get(options)
    answer = await other.ask("POST", "/session/second-factor", {"passkey": proof})
    assert (answer.status, answer.body["account"]["assurance"]) == (200, "two_factors")


async def test_an_answer_is_worth_nothing_the_second_time(api: IdentityApi) -> None:
    _, key = await with_passkey(api)
    first, second = api.browser(host="localhost"), api.browser(host="localhost")
    await first.sign_in("zhoulan")
    await second.sign_in("zhoulan")
    options = (await first.ask("POST", "/session/passkeys/options", {"purpose": "give"})).body["options"]
    proof = key.get(options)
    assert (await second.ask("POST", "/session/second-factor", {"passkey": proof})).code == "challenge_gone"
    assert (await second.ask("POST", "/session/passkeys/options", {"purpose": "give"})).status == 200
    refused = await second.ask("POST", "/session/second-factor", {"passkey": proof})
    assert (refused.status, refused.code, refused.body["tries_left"]) == (401, "passkey_wrong", 4)


async def test_a_key_is_somebodys_once_and_the_last_one_stays(api: IdentityApi) -> None:
    browser, key = await with_passkey(api)
    assert (await add_passkey(browser, key)).code == "passkey_known"
    (kept,) = (await browser.ask("GET", "/session/passkeys")).body["passkeys"]
    assert kept["name"] == "钥匙"
    assert (await browser.ask("DELETE", f"/session/passkeys/{kept['id']}")).code == "last_second_factor"
    assert (await add_passkey(browser, key_for(browser), "备用")).status == 201
    assert (await browser.ask("DELETE", f"/session/passkeys/{kept['id']}")).status == 204
    assert (await browser.ask("DELETE", f"/session/passkeys/{kept['id']}")).code == "not_found"
    assert (await browser.ask("DELETE", "/session/passkeys/*")).code == "not_found"
    names = [one["name"] for one in (await browser.ask("GET", "/session/passkeys")).body["passkeys"]]
    assert names == ["备用"]


async def test_at_most_ten_keys_hang_on_one_account(api: IdentityApi) -> None:
    browser, _ = await with_passkey(api)
    for _ in range(9):
        assert (await add_passkey(browser, key_for(browser))).status == 201
    options = await browser.ask("POST", "/session/passkeys/options", {"purpose": "add"})
    assert (options.code, options.body["limit"]) == ("too_many_passkeys", 10)


async def test_a_bare_address_gets_a_sentence_instead_of_a_passkey(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    answer = await browser.ask("POST", "/session/passkeys/options", {"purpose": "add"})
    assert (answer.status, answer.code) == (409, "passkey_needs_name")


async def test_a_proof_is_one_of_two(api: IdentityApi) -> None:
    browser, secret = await with_totp(api)
    for body in ({}, {"code": code_of(api, secret), "passkey": {}}):
        assert (await browser.ask("POST", "/session/second-factor", body)).status == 400
    account = await api.signed_in("zhoulan")
    options = await account.ask("POST", "/session/passkeys/options", {"purpose": "give"})
    assert options.code == "passkey_needs_name"


async def test_a_factor_that_the_account_has_not_is_told_so(api: IdentityApi) -> None:
    await with_passkey(api)
    other = api.browser(host="localhost")
    await other.sign_in("zhoulan")
    assert (await give(other, "123456")).code == "second_factor_unknown"


async def test_two_offers_enrol_one_app(api: IdentityApi) -> None:
    place = await api.institution(second_factor="optional")
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browsers = [await api.signed_in("zhoulan") for _ in range(2)]
    secrets = [str((await one.ask("POST", "/session/totp")).body["secret"]) for one in browsers]
    bodies = [{"code": code_of(api, secret)} for secret in secrets]
    answers = await asyncio.gather(
        *(one.ask("POST", "/session/totp/confirm", body) for one, body in zip(browsers, bodies, strict=True))
    )
    # Enrolling ends the other session: whoever comes second is signed out, or finds the app enrolled.
    assert sorted(answer.status for answer in answers) in ([200, 401], [200, 409])


async def test_a_credential_of_another_page_is_not_enrolled(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = api.browser(host="localhost")
    await browser.sign_in("zhoulan")
    answer = await add_passkey(browser, Authenticator("https://evil.example", "evil.example"))
    assert (answer.status, answer.code) == (401, "passkey_wrong")
    assert (await browser.ask("GET", "/session/passkeys")).body["passkeys"] == []


async def test_a_proof_by_a_key_that_is_not_enrolled_counts_as_wrong(api: IdentityApi) -> None:
    await with_passkey(api)
    other = api.browser(host="localhost")
    await other.sign_in("zhoulan")
    options = (await other.ask("POST", "/session/passkeys/options", {"purpose": "give"})).body["options"]
    proof = key_for(other).get(options)
    answer = await other.ask("POST", "/session/second-factor", {"passkey": proof})
    assert (answer.code, answer.body["tries_left"]) == ("passkey_wrong", 4)


async def test_a_page_without_passkeys_asks_for_none(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = api.browser(host="localhost")
    await browser.sign_in("zhoulan")
    options = await browser.ask("POST", "/session/passkeys/options", {"purpose": "give"})
    assert options.code in ("second_factor_needed", "second_factor_unknown")
