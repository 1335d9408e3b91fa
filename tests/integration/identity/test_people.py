"""Institutions, people, roles, licences and accounts: wrong input gets a sentence and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from signaling.auth.institutions import InstitutionRow
from signaling.auth.rights import Role
from tests.support.identity import PASSWORD, Browser, IdentityApi

YEAR_MS = 365 * 24 * 3600 * 1000


@pytest.fixture
async def place(api: IdentityApi) -> InstitutionRow:
    return await api.institution(second_factor="optional")


@pytest.fixture
async def admin(api: IdentityApi, place: InstitutionRow) -> AsyncIterator[Browser]:
    await api.person(place.id, "sunli", Role.ADMINISTRATOR)
    yield await api.signed_in("sunli")


async def a_person(browser: Browser, name: str = "周岚", **more: object) -> str:
    answer = await browser.ask("POST", "/people", {"name": name, **more})
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


async def test_somebody_new_gets_roles_a_licence_and_an_account_that_they_activate(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    person = await a_person(admin, title="主治医师", specialty="全科", roles=["clinic_doctor"])
    until_ms = api.clock.wall_ns() // 1_000_000 + YEAR_MS
    licence = {"number": "110440300001", "kind": "physician", "valid_until_ms": until_ms}
    assert (await admin.ask("POST", f"/people/{person}/licences", licence)).body["state"] == "active"
    given = await admin.ask("POST", f"/people/{person}/account", {"login": "ZhouLan"})
    assert (given.status, given.body["login"]) == (201, "zhoulan")
    code = given.body["code"]
    assert given.body["page"] == f"/#/activate?code={code}"
    seen = (await admin.ask("GET", f"/people/{person}")).body
    assert (seen["account"]["state"], seen["roles"]) == ("waiting", ["clinic_doctor"])

    new = api.browser()
    assert (await new.sign_in("zhoulan", "")).status == 400
    assert (await new.sign_in("zhoulan", "anything at all")).code == "password_wrong"
    looked = await new.ask("POST", "/session/activation/look", {"code": code.upper().replace("-", " ")})
    assert looked.body == {"login": "zhoulan"}
    activation = {"code": code, "password": "zhoulan123"}
    assert (await new.ask("POST", "/session/activation", activation)).code == "password_is_login"
    activation["password"] = "a good long one"
    assert (await new.ask("POST", "/session/activation", activation)).body == {"login": "zhoulan"}
    assert (await new.ask("POST", "/session/activation", activation)).code == "code_spent"
    assert (await new.ask("POST", "/session/activation/look", {"code": code})).code == "code_spent"
    assert (await new.sign_in("zhoulan", "a good long one")).status == 200
    assert [kind for kind in await api.kinds(place.id) if kind.startswith(("person", "role", "lic", "acc"))][
        3:
    ] == ["person.created", "role.granted", "licence.added", "account.created", "account.activated"]


async def test_a_code_ends_after_three_days_or_with_the_next_one(api: IdentityApi, admin: Browser) -> None:
    person = await a_person(admin)
    first = (await admin.ask("POST", f"/people/{person}/account", {"login": "zhoulan"})).body["code"]
    second = (await admin.ask("POST", f"/people/{person}/account/reset")).body
    look = "/session/activation/look"
    assert (await api.browser().ask("POST", look, {"code": first})).code == "code_spent"
    assert (await api.browser().ask("POST", look, {"code": second["code"]})).status == 200
    api.clock.advance_ms(72 * 3600 * 1000)
    assert (await api.browser().ask("POST", look, {"code": second["code"]})).code == "code_spent"


async def test_a_licence_number_is_somebodys_once_in_the_whole_service(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    elsewhere = await api.institution("C1", "石桥卫生院", second_factor="optional")
    await api.person(elsewhere.id, "other", Role.ADMINISTRATOR)
    other = await api.signed_in("other")
    now_ms = api.clock.wall_ns() // 1_000_000
    licence = {"number": "110440300001", "kind": "physician", "valid_until_ms": now_ms + YEAR_MS}
    here, there = await a_person(admin), await a_person(other, "李建平")
    assert (await admin.ask("POST", f"/people/{here}/licences", licence)).status == 201
    for browser, person in ((admin, here), (other, there)):
        answer = await browser.ask("POST", f"/people/{person}/licences", licence)
        assert (answer.status, answer.code) == (409, "licence_taken")
        assert answer.body["detail"] == "这个执业证号已经登记过，请核对"
    assert (await other.ask("GET", f"/people/{there}")).body["licences"] == []
    over = {**licence, "number": "2", "valid_until_ms": now_ms}
    assert (await other.ask("POST", f"/people/{there}/licences", over)).code == "licence_over"


async def test_a_licence_expires_by_itself_and_is_ended_by_hand(api: IdentityApi, admin: Browser) -> None:
    now_ms, person = api.clock.wall_ns() // 1_000_000, await a_person(admin)
    ids = []
    for number, days in (("1", 1), ("2", 300)):
        body = {"number": number, "kind": "nurse", "valid_until_ms": now_ms + days * 24 * 3600 * 1000}
        ids.append((await admin.ask("POST", f"/people/{person}/licences", body)).body["id"])
    assert (await admin.ask("DELETE", f"/people/{person}/licences/{ids[1]}")).status == 204
    assert (await admin.ask("DELETE", f"/people/{person}/licences/{ids[1]}")).code == "licence_ended"
    assert (await admin.ask("DELETE", f"/people/{person}/licences/li_none")).code == "not_found"
    api.clock.advance_ms(24 * 3600 * 1000)
    admin = await api.signed_in("sunli")
    states = {
        one["number"]: one["state"] for one in (await admin.ask("GET", f"/people/{person}")).body["licences"]
    }
    assert states == {"1": "expired", "2": "ended"}


async def test_administrator_and_auditor_are_never_one_person(api: IdentityApi, admin: Browser) -> None:
    both = {"name": "何静", "roles": ["administrator", "auditor"]}
    answer = await admin.ask("POST", "/people", both)
    assert (answer.status, answer.body["detail"]) == (409, "管理员和审计员不能是同一个人")
    assert [one["name"] for one in (await admin.ask("GET", "/people")).body["people"]] == ["医生sunli"]
    person = await a_person(admin, "何静", roles=["auditor"])
    path = f"/people/{person}/roles"
    assert (await admin.ask("PUT", path, {"roles": both["roles"]})).code == "roles_conflict"
    assert (await admin.ask("PUT", path, {"roles": ["device"]})).code == "role_not_for_people"
    assert (await admin.ask("GET", f"/people/{person}")).body["roles"] == ["auditor"]
    assert (await admin.ask("PUT", path, {"roles": ["supervisor", "specialist"]})).body["roles"] == [
        "specialist",
        "supervisor",
    ]


async def test_nobody_raises_locks_out_or_suspends_themselves(api: IdentityApi, admin: Browser) -> None:
    own = (await admin.ask("GET", "/session")).body["account"]["person"]
    for method, path, body in (
        ("PUT", f"/people/{own}/roles", {"roles": []}),
        ("POST", f"/people/{own}/suspend", {}),
        ("POST", f"/people/{own}/account/reset", None),
    ):
        answer = await admin.ask(method, path, body)
        assert (answer.status, answer.code) == (403, "not_permitted")
    assert (await admin.ask("GET", "/people")).status == 200


async def test_an_administrator_who_cannot_sign_in_yet_does_not_count(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    waiting = await a_person(admin, "等待", roles=["administrator"])
    await admin.ask("POST", f"/people/{waiting}/account", {"login": "waiting"})
    able = await api.person(place.id, "qianhui", Role.ADMINISTRATOR)
    other = await api.signed_in("qianhui")
    first = (await admin.ask("GET", "/session")).body["account"]["person"]
    assert (await other.ask("POST", f"/people/{first}/suspend", {})).status == 200
    assert (await other.ask("PUT", f"/people/{waiting}/roles", {"roles": []})).status == 200
    assert able.id not in (first, waiting)


async def test_a_suspended_person_is_out_at_once_and_in_again_when_resumed(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    row = await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    done = await admin.ask("POST", f"/people/{row.id}/suspend", {"reason": "离职"})
    assert done.body["state"] == "ended"
    assert (await browser.ask("GET", "/session")).code == "signed_out"
    refused = await api.browser().sign_in("zhoulan")
    assert (refused.status, refused.body["detail"]) == (403, "这个账号已停用，请找本单位的管理员")
    assert (await api.browser().sign_in("zhoulan", "wrong one here")).code == "password_wrong"
    assert (await admin.ask("POST", f"/people/{row.id}/suspend", {})).code == "state_refused"
    assert (await admin.ask("PATCH", f"/people/{row.id}", {"title": "x"})).code == "state_refused"
    assert (await admin.ask("POST", f"/people/{row.id}/resume")).body["state"] == "active"
    assert (await admin.ask("POST", f"/people/{row.id}/resume")).code == "state_refused"
    assert (await api.browser().sign_in("zhoulan")).status == 200
    told = [act for act in await api.acts(place.id) if act["kind"] == "person.suspended"]
    assert [act["after"] for act in told] == [{"sessions_closed": 1}]
    assert "离职" not in str(told)


async def test_what_was_taken_away_is_refused_with_the_next_request(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    row = await api.person(place.id, "qianhui", Role.ADMINISTRATOR)
    other = await api.signed_in("qianhui")
    assert (await other.ask("POST", "/people", {"name": "甲"})).status == 201
    assert (await admin.ask("PUT", f"/people/{row.id}/roles", {"roles": ["specialist"]})).status == 200
    assert (await other.ask("POST", "/people", {"name": "乙"})).code == "not_permitted"


async def test_a_reset_takes_password_and_factors_away(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    row = await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    code = (await admin.ask("POST", f"/people/{row.id}/account/reset")).body["code"]
    assert (await browser.ask("GET", "/session")).code == "signed_out"
    assert (await api.browser().sign_in("zhoulan")).code == "password_wrong"
    activation = {"code": code, "password": "a good long one"}
    assert (await api.browser().ask("POST", "/session/activation", activation)).status == 200
    assert (await api.browser().sign_in("zhoulan", "a good long one")).status == 200


async def test_another_institutions_people_are_as_if_they_were_not_there(
    api: IdentityApi, admin: Browser
) -> None:
    elsewhere = await api.institution("C1", "石桥卫生院")
    row = await api.person(elsewhere.id, "zhoulan", Role.CLINIC_DOCTOR)
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("PUT", "/roles", {"roles": ["auditor"]}),
        ("POST", "/licences", {"number": "1", "kind": "nurse", "valid_until_ms": 9_999_999_999_999}),
        ("DELETE", "/licences/li_1", None),
        ("POST", "/account", {"login": "x"}),
        ("POST", "/account/reset", None),
        ("PUT", "/account/oidc", {"subject": "x"}),
        ("POST", "/suspend", {}),
        ("POST", "/resume", None),
    ):
        theirs = await admin.ask(method, f"/people/{row.id}{path}", body)
        nobodys = await admin.ask(method, f"/people/pe_{'0' * 32}{path}", body)
        assert (theirs.status, theirs.body) == (404, nobodys.body)
    assert [one["name"] for one in (await admin.ask("GET", "/people")).body["people"]] == ["医生sunli"]


async def test_logins_are_one_persons_and_one_each(api: IdentityApi, admin: Browser) -> None:
    first, second = await a_person(admin, "甲"), await a_person(admin, "乙")
    path = f"/people/{first}/account"
    assert (await admin.ask("POST", path, {"login": "周岚"})).code == "login_form"
    assert (await admin.ask("POST", f"{path}/reset")).code == "account_missing"
    assert (await admin.ask("PUT", f"{path}/oidc", {"subject": "x"})).code == "account_missing"
    assert (await admin.ask("POST", path, {"login": "zhoulan"})).status == 201
    assert (await admin.ask("POST", path, {"login": "zhoulan2"})).code == "account_exists"
    assert (await admin.ask("POST", f"/people/{second}/account", {"login": "ZHOULAN"})).code == "login_taken"


async def test_people_are_listed_page_by_page_by_role_state_and_name(
    api: IdentityApi, admin: Browser
) -> None:
    for number in range(5):
        await a_person(admin, f"医师{number}%", roles=["specialist"] if number % 2 else ["supervisor"])

    async def names(**query: object) -> list[str]:
        found, after = [], ""
        while True:
            parts = "&".join(f"{name}={value}" for name, value in {**query, "after": after}.items())
            page = (await admin.ask("GET", f"/people?limit=2&{parts}")).body
            found += [one["name"] for one in page["people"]]
            if page["next"] is None:
                return sorted(found)
            after = page["next"]

    assert len(await names()) == 6
    assert await names(role="specialist") == ["医师1%", "医师3%"]
    assert await names(name="3%25") == ["医师3%"]
    assert await names(name="%25") == [f"医师{number}%" for number in range(5)]
    assert await names(state="ended") == []
    assert (await admin.ask("GET", "/people?limit=0")).status == 400
    assert (await admin.ask("GET", "/people?who=x")).status == 400


async def test_accounts_of_others_are_for_administrators(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    row = await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    doctor = await api.signed_in("zhoulan")
    assert (await doctor.ask("GET", f"/people/{row.id}")).body["account"] is None
    account = (await admin.ask("GET", f"/people/{row.id}")).body["account"]
    assert account == {"login": "zhoulan", "state": "active", "second_factors": [], "is_linked": False}
    for _ in range(5):
        await api.browser().sign_in("zhoulan", "wrong password")
    assert (await admin.ask("GET", f"/people/{row.id}")).body["account"]["state"] == "locked"


async def test_data_of_a_person_are_changed_and_told_without_the_words(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    person = await a_person(admin)
    changed = await admin.ask("PATCH", f"/people/{person}", {"title": "主任医师", "phone": "13800000000"})
    assert (changed.body["title"], changed.body["name"]) == ("主任医师", "周岚")
    assert (await admin.ask("PATCH", f"/people/{person}", {})).status == 200
    told = (await api.acts(place.id))[-1]
    assert (told["kind"], told["after"]) == ("person.changed", {"fields": ["phone", "title"]})
    assert "主任医师" not in str(told) and "13800000000" not in str(told)


# ---- institutions and their first administrators ---------------------------------------------------------


async def test_a_new_institution_gets_its_first_administrator_by_a_code(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    body = {"code": "C1", "name": "石桥卫生院", "kind": "township_clinic"}
    made = await admin.ask("POST", "/institutions", body)
    assert made.status == 201
    assert (await admin.ask("POST", "/institutions", body)).code == "institution_taken"
    code, new = made.body["code"], made.body["institution"]["id"]
    browser = api.browser()
    looked = await browser.ask("POST", "/first-administrator/look", {"code": code})
    assert looked.body == {"needs_institution": False, "institution_name": "石桥卫生院"}
    first = {"code": code, "name": "吴敏", "login": "wumin", "password": "a good long one"}
    path = "/first-administrator"
    assert (await browser.ask("POST", path, {**first, "institution": body})).code == "institution_known"
    assert (await browser.ask("POST", path, {**first, "login": "sunli"})).code == "login_taken"
    assert (await browser.ask("POST", path, {**first, "login": "吴敏"})).code == "login_form"
    assert (await browser.ask("POST", path, {**first, "password": "short"})).code == "password_short"
    assert (await browser.ask("POST", path, first)).status == 201
    assert (await browser.ask("POST", path, first)).code == "code_spent"
    account = (await browser.sign_in("wumin", "a good long one")).body["account"]
    assert (account["institution"], account["roles"], account["second_factor"]) == (
        new,
        ["administrator"],
        "needed",
    )
    assert (await api.kinds(new))[:5] == [
        "institution.created",
        "person.created",
        "role.granted",
        "account.created",
        "account.activated",
    ]
    assert "institution.created" in await api.kinds(place.id)


async def test_institutions_are_seen_by_all_and_changed_by_their_own(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    other = await api.institution("C1", "石桥卫生院")
    listed = (await admin.ask("GET", "/institutions")).body["institutions"]
    assert {one["name"]: one["code"] for one in listed} == {"青山县人民医院": "H1", "石桥卫生院": ""}
    assert (await admin.ask("GET", f"/institutions/{place.id}")).body["code"] == "H1"
    assert (await admin.ask("GET", f"/institutions/{other.id}")).status == 404
    assert (await admin.ask("GET", "/institutions/in_none")).status == 404
    changed = await admin.ask("PATCH", f"/institutions/{place.id}", {"name": "青山县医院"})
    assert changed.body["name"] == "青山县医院"
    assert (await admin.ask("PATCH", f"/institutions/{place.id}", {})).status == 200
    assert (await admin.ask("PATCH", f"/institutions/{other.id}", {"name": "x"})).status == 404


async def test_links_to_an_identity_provider_are_one_persons(
    api: IdentityApi, admin: Browser, place: InstitutionRow
) -> None:
    first = await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    second = await api.person(place.id, "wangmin", Role.SPECIALIST)
    link = {"subject": "hospital-4711"}
    linked = await admin.ask("PUT", f"/people/{first.id}/account/oidc", link)
    assert linked.body["account"]["is_linked"]
    assert (await admin.ask("PUT", f"/people/{second.id}/account/oidc", link)).code == "oidc_taken"
    ended = await admin.ask("PUT", f"/people/{first.id}/account/oidc", {"subject": ""})
    assert not ended.body["account"]["is_linked"]
    assert (await admin.ask("PUT", f"/people/{second.id}/account/oidc", link)).status == 200
    assert (await api.browser().sign_in("wangmin", PASSWORD)).status == 200
