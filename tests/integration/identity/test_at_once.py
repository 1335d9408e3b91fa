"""What many do at once is done as if one after another, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import URL

from signaling.auth.rights import Role
from signaling.store.migrate import bring_up_to_date
from tests.support.identity import Browser, IdentityApi, identity_api
from tests.support.postgres import PostgresCluster


@pytest.fixture(params=["sqlite", "postgresql"])
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[IdentityApi]:
    url: URL | None = None
    if request.param == "postgresql":
        cluster: PostgresCluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.new_database())
        await bring_up_to_date(url)
    async with identity_api(tmp_path, url=url) as api:
        yield api


async def an_administrator(api: IdentityApi) -> tuple[str, Browser]:
    """An institution that asks for one factor, and its administrator's browser."""
    place = await api.institution(second_factor="optional")
    await api.person(place.id, "sunli", Role.ADMINISTRATOR)
    return place.id, await api.signed_in("sunli")


async def test_many_at_once_get_no_more_tries_than_one_after_another(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    answers = await asyncio.gather(
        *(api.browser().sign_in("zhoulan", f"guess number {n}") for n in range(20))
    )
    assert sum(answer.code == "password_wrong" for answer in answers) == 5
    assert sum(answer.code == "account_locked" for answer in answers) == 15


async def test_a_code_opens_one_session_also_when_many_bring_it_at_once(api: IdentityApi) -> None:
    _, browser = await an_administrator(api)
    secret = str((await browser.ask("POST", "/session/totp")).body["secret"])
    now_s = api.clock.wall_ns() // 1_000_000_000
    await browser.ask("POST", "/session/totp/confirm", {"code": pyotp.TOTP(secret).at(now_s)})
    api.clock.advance_ms(30_000)
    browsers = [await api.signed_in("sunli") for _ in range(4)]
    body = {"code": pyotp.TOTP(secret).at(now_s + 30)}
    answers = await asyncio.gather(
        *(browser.ask("POST", "/session/second-factor", body) for browser in browsers)
    )
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]


async def test_a_hundred_who_bring_one_code_set_one_password(api: IdentityApi) -> None:
    _, admin = await an_administrator(api)
    person = (await admin.ask("POST", "/people", {"name": "周岚"})).body["id"]
    code = (await admin.ask("POST", f"/people/{person}/account", {"login": "zhoulan"})).body["code"]

    async def activate(number: int) -> int:
        body = {"code": code, "password": f"a good long one {number}"}
        return (await api.browser().ask("POST", "/session/activation", body)).status

    # Not more at once than the worker's queue holds.
    answers = [
        status
        for at in range(0, 100, 20)
        for status in await asyncio.gather(*map(activate, range(at, at + 20)))
    ]
    assert sorted(set(answers)) == [200, 403] and answers.count(200) == 1


async def test_two_administrators_cannot_remove_each_other_at_once(api: IdentityApi) -> None:
    place, admin = await an_administrator(api)
    second = await api.person(place, "qianhui", Role.ADMINISTRATOR)
    other = await api.signed_in("qianhui")
    first = (await admin.ask("GET", "/session")).body["account"]["person"]
    answers = await asyncio.gather(
        admin.ask("PUT", f"/people/{second.id}/roles", {"roles": []}),
        other.ask("POST", f"/people/{first}/suspend", {}),
    )
    assert sorted(answer.status for answer in answers) in ([200, 409], [200, 403], [200, 401])
