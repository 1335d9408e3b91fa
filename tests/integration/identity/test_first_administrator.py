"""The first administrator of a service: by a one-time link, never by a default password."""

from __future__ import annotations

from signaling.auth.demo_people import DEMO_PEOPLE, holds_demo, seed_people
from signaling.auth.first_administrator import code_at_start, page_of
from tests.support.identity import IdentityApi

PLACE = {"code": "H1", "name": "青山县人民医院", "kind": "hospital"}


async def test_a_fresh_service_is_founded_with_the_link_of_its_start(api: IdentityApi) -> None:
    code = await code_at_start(api.store)
    assert code is not None and page_of(code.code) == f"/#/first?code={code.code}"
    browser = api.browser()
    looked = await browser.ask("POST", "/first-administrator/look", {"code": code.code})
    assert looked.body == {"needs_institution": True, "institution_name": ""}
    first = {"code": code.code, "name": "孙莉", "login": "sunli", "password": "a good long one"}
    answer = await browser.ask("POST", "/first-administrator", first)
    assert (answer.code, answer.body["detail"]) == ("institution_missing", "请填写机构的代码、名称和类别")
    answer = await browser.ask("POST", "/first-administrator", {**first, "institution": PLACE})
    assert (answer.status, answer.body) == (201, {"login": "sunli"})
    account = (await browser.sign_in("sunli", "a good long one")).body["account"]
    assert (account["institution_name"], account["roles"]) == ("青山县人民医院", ["administrator"])
    assert await code_at_start(api.store) is None


async def test_each_start_ends_the_link_of_the_one_before(api: IdentityApi) -> None:
    first, second = await code_at_start(api.store), await code_at_start(api.store)
    assert first is not None and second is not None
    look = "/first-administrator/look"
    assert (await api.browser().ask("POST", look, {"code": first.code})).code == "code_spent"
    assert (await api.browser().ask("POST", look, {"code": second.code})).status == 200
    api.clock.advance_ms(24 * 3600 * 1000)
    assert (await api.browser().ask("POST", look, {"code": second.code})).code == "code_spent"
    assert (await api.browser().ask("POST", look, {"code": "guessed"})).code == "code_spent"


async def test_a_link_lasts_until_an_administrator_can_sign_in(api: IdentityApi) -> None:
    place = await api.institution()
    assert await code_at_start(api.store) is not None
    assert place.id


async def test_the_demos_people_are_seeded_once_and_never_beside_real_ones(api: IdentityApi) -> None:
    password_hash = await api.worker.hash("lianzhen-demo")
    assert not await api.store.read(holds_demo)
    assert await seed_people(api.store, password_hash)
    assert not await seed_people(api.store, password_hash)
    assert await api.store.read(holds_demo)
    for person in DEMO_PEOPLE:
        account = (await api.browser().sign_in(person.login, "lianzhen-demo")).body["account"]
        assert (account["name"], account["assurance"]) == (person.name, "two_factors")


async def test_a_folder_of_real_institutions_gets_no_public_password(api: IdentityApi) -> None:
    await api.institution()
    assert not await seed_people(api.store, await api.worker.hash("lianzhen-demo"))
    assert (await api.browser().sign_in("zhoulan", "lianzhen-demo")).code == "password_wrong"
