"""Who is calling: browsers by cookie, devices by bearer secret, holders of room tokens; across restarts."""

from __future__ import annotations

import time
from pathlib import Path

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from clinical.ids import DeviceId, InstitutionId
from signaling.api.route import Refusal
from signaling.auth.callers import COOKIE, check_origin, is_room_token
from signaling.auth.passwords import Checked
from signaling.auth.rights import NOBODY, Assurance, Role
from signaling.auth.sessions import close_session, close_sessions_of_device, open_session
from signaling.auth.sign_in import IDLE_MS, LIFE_MS
from signaling.errors import TokenRefused
from signaling.pacing import BURST
from signaling.store import tables as t
from signaling.store.store import StoreUnavailable, Unit
from tests.support.identity import API_SECRET, IdentityApi, identity_api


def request(method: str = "GET", **headers: str) -> web.Request:
    """A request as Callers sees it."""
    whole = {"Host": "clinic.example", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return make_mocked_request(method, "/api/v1/session", headers=whole)


async def a_device(api: IdentityApi, institution: str) -> str:
    """The bearer secret of an enrolled device."""

    async def work(unit: Unit) -> str:
        await unit.connection.execute(
            t.device.insert().values(
                id="dv_1",
                institution=institution,
                name="一号机",
                kind="kiosk",
                key_algorithm="ed25519",
                state="active",
                created_at_ms=unit.now_ms,
            )
        )
        session = await open_session(
            unit, InstitutionId(institution), device=DeviceId("dv_1"), assurance=Assurance.PASSWORD
        )
        return session.secret

    return await api.store.write(work)


async def test_a_device_is_known_by_its_secret_and_may_rest_for_a_shift(api: IdentityApi) -> None:
    place = await api.institution()
    secret = await a_device(api, place.id)
    caller = await api.callers.caller(request("POST", Authorization=f"Bearer {secret}"))
    assert (caller.device, caller.person, caller.roles) == ("dv_1", "", {Role.DEVICE})
    assert (caller.institution, caller.assurance, caller.name) == (place.id, Assurance.PASSWORD, "一号机")
    api.clock.advance_ms(LIFE_MS - 1)
    assert await api.callers.caller(request(Authorization=f"Bearer {secret}")) == caller
    api.clock.advance_ms(1)
    assert await api.callers.caller(request(Authorization=f"Bearer {secret}")) == NOBODY


async def test_a_device_that_was_revoked_is_nobody(api: IdentityApi) -> None:
    place = await api.institution()
    secret = await a_device(api, place.id)
    assert await api.store.write(lambda unit: close_sessions_of_device(unit, DeviceId("dv_1"))) == 1
    assert await api.callers.caller(request(Authorization=f"Bearer {secret}")) == NOBODY
    assert not await api.store.write(lambda unit: close_session(unit, "se_none"))


async def test_guessing_a_devices_secret_is_not_heard_for_long(api: IdentityApi) -> None:
    for number in range(BURST):
        assert await api.callers.caller(request(Authorization=f"Bearer guess{number}")) == NOBODY
    with pytest.raises(Refusal) as refused:
        await api.callers.caller(request(Authorization="Bearer guess"))
    assert refused.value.code == "too_many"


async def test_a_secret_longer_than_any_of_ours_is_not_looked_for(api: IdentityApi) -> None:
    assert await api.callers.caller(request(Cookie=f"{COOKIE}={'x' * 129}")) == NOBODY


async def test_a_room_token_names_its_holder_and_is_no_session(api: IdentityApi) -> None:
    payload = {"iss": "test", "sub": "sdk", "exp": int(time.time()) + 600, "video": {"room": "ward"}}
    token = jwt.encode({**payload, "exp": api.clock.wall_ns() // 10**9 + 600}, API_SECRET, "HS256")
    shown = request(Authorization=f"Bearer {token}")
    assert is_room_token(token)
    assert await api.callers.caller(shown) == NOBODY
    claims = api.callers.claims(shown)
    assert claims is not None and (claims.identity, claims.room) == ("sdk", "ward")
    assert api.callers.claims(request()) is None
    assert api.callers.claims(request(Authorization="Bearer secret-of-a-device")) is None
    with pytest.raises(TokenRefused):
        api.callers.claims(request(Authorization=f"Bearer {token[:-3]}AAA"))


@pytest.mark.parametrize(
    ("origin", "is_required", "is_refused"),
    [
        ("https://clinic.example", True, False),
        ("https://CLINIC.example", True, False),
        ("http://clinic.example", True, False),
        ("https://clinic.example.evil", True, True),
        ("https://evil.example", False, True),
        ("null", False, True),
        ("", False, False),
        ("", True, True),
    ],
)
def test_an_origin_is_the_host_that_was_asked(origin: str, *, is_required: bool, is_refused: bool) -> None:
    asked = request("POST", **({"Origin": origin} if origin else {}))
    if not is_refused:
        check_origin(asked, is_required=is_required)
        return
    with pytest.raises(Refusal) as refused:
        check_origin(asked, is_required=is_required)
    assert refused.value.code == "origin_refused"


async def test_an_upgrade_with_a_cookie_must_come_from_the_own_page(api: IdentityApi) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")
    cookie = f"{COOKIE}={browser.cookie}"
    with pytest.raises(Refusal):
        await api.callers.caller(request(Cookie=cookie, Upgrade="websocket"))
    own = request(Cookie=cookie, Upgrade="websocket", Origin="https://clinic.example")
    assert (await api.callers.caller(own)).login == "zhoulan"


async def test_a_session_outlives_a_restart(tmp_path: Path) -> None:
    async with identity_api(tmp_path) as api:
        place = await api.institution()
        await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
        cookie = (await api.signed_in("zhoulan")).cookie
    async with identity_api(tmp_path) as api:
        assert (await api.callers.caller(request(Cookie=f"{COOKIE}={cookie}"))).login == "zhoulan"


async def test_a_store_that_reads_and_does_not_write_lets_the_signed_in_go_on(
    api: IdentityApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    browser = await api.signed_in("zhoulan")

    async def refuse(work: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(api.store, "write", refuse)
    api.clock.advance_ms(IDLE_MS - 1)
    assert (await browser.ask("GET", "/session")).status == 200
    api.clock.advance_ms(1)
    assert (await browser.ask("GET", "/session")).code == "signed_out"


async def test_a_login_that_is_none_costs_the_same_work(
    api: IdentityApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash of the same parameters and one unit of work each: nothing to tell them apart by time."""
    place = await api.institution()
    await api.person(place.id, "zhoulan", Role.CLINIC_DOCTOR)
    done: list[str] = []
    check, write = api.worker.check, api.store.write

    async def noted_check(kept: str, password: str) -> Checked:
        done.append("hash")
        return await check(kept, password)

    async def noted_write(work: object) -> object:
        done.append("write")
        return await write(work)  # type: ignore[arg-type]

    monkeypatch.setattr(api.worker, "check", noted_check)
    monkeypatch.setattr(api.store, "write", noted_write)
    for login in ("zhoulan", "nobody-at-all"):
        done.clear()
        assert (await api.browser().sign_in(login, "wrong password")).code == "password_wrong"
        assert done == ["hash", "write"]
