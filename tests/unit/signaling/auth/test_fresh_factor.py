"""A factor given anew: what is asked for, and what happens where the account changes on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from clinical.ids import InstitutionId, PersonId
from signaling.api.route import Refusal
from signaling.auth.accounts import AccountRow, EnrolledPasskey
from signaling.auth.fresh_factor import FreshFactors, Given, asked_of
from signaling.auth.ids import AccountId
from signaling.auth.passkeys import Passkey
from signaling.auth.rights import NOBODY
from signaling.auth.sign_in import NO_TRIES
from signaling.store import tables as t
from tests.support.taken_case import PASSWORD, WANG, TakenCase, taken_case

ACCOUNT = AccountRow(
    AccountId("ac_1"),
    InstitutionId("in_a"),
    PersonId("pe_a"),
    "zhou",
    "周",
    True,
    "hash",
    NO_TRIES,
    None,
    0,
    (),
    False,
    False,
)
PASSKEY = EnrolledPasskey(Passkey(b"id", b"key", 0), "key", 1)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[TakenCase]:
    async with taken_case(tmp_path) as made:
        yield made


@pytest.fixture
def factors(world: TakenCase) -> FreshFactors:
    return world.factors


def test_the_app_is_asked_for_before_the_password() -> None:
    assert asked_of(replace(ACCOUNT, totp_sealed=b"sealed", passkeys=(PASSKEY,))) == "totp"
    assert asked_of(ACCOUNT) == "password"


@pytest.mark.parametrize(
    "account", [replace(ACCOUNT, password_hash=""), replace(ACCOUNT, passkeys=(PASSKEY,))]
)
def test_a_password_does_not_stand_in_for_a_passkey_nor_for_nothing(account: AccountRow) -> None:
    with pytest.raises(Refusal, match="sign_factor_missing"):
        asked_of(account)


async def test_who_has_no_account_is_signed_out(factors: FreshFactors, world: TakenCase) -> None:
    with pytest.raises(Refusal, match="signed_out"):
        await factors.look(NOBODY, code="1", password="2", now_ms=world.now_ms)
    with pytest.raises(Refusal, match="signed_out"):
        await world.store.write(lambda unit: factors.prove(unit, NOBODY, Given("password")))


async def test_an_app_enrolled_on_the_way_is_asked_for(factors: FreshFactors, world: TakenCase) -> None:
    given = await factors.look(WANG, code="", password=PASSWORD, now_ms=world.now_ms)
    assert given.is_password_right
    await world.enrol_totp()
    with pytest.raises(Refusal, match="sign_factor_needed"):
        await world.store.write(lambda unit: factors.prove(unit, WANG, given))


async def test_a_password_changed_on_the_way_is_wrong(factors: FreshFactors, world: TakenCase) -> None:
    given = await factors.look(WANG, code="", password=PASSWORD, now_ms=world.now_ms)
    await world.change(t.account, password_hash="another")
    refusal = await world.store.write(lambda unit: factors.prove(unit, WANG, given))
    assert refusal is not None and refusal.code == "password_wrong"


async def test_a_lock_that_fell_on_the_way_holds(factors: FreshFactors, world: TakenCase) -> None:
    given = await factors.look(WANG, code="", password=PASSWORD, now_ms=world.now_ms)
    await world.change(t.account, wrong_tries=5, wrong_at_ms=world.now_ms)
    with pytest.raises(Refusal, match="account_locked"):
        await world.store.write(lambda unit: factors.prove(unit, WANG, given))
    with pytest.raises(Refusal, match="account_locked"):
        await factors.look(WANG, code="", password=PASSWORD, now_ms=world.now_ms)


async def test_a_code_is_used_up_and_a_wrong_one_counted(factors: FreshFactors, world: TakenCase) -> None:
    await world.enrol_totp()
    for code, outcome in (("000000", "code_wrong"), (world.code(), None), (world.code(), "code_wrong")):
        given = await factors.look(WANG, code=code, password="", now_ms=world.now_ms)
        assert given.asked == "totp"
        refusal = await world.store.write(lambda unit, given=given: factors.prove(unit, WANG, given))  # type: ignore[misc]
        assert (None if refusal is None else refusal.code) == outcome


@pytest.mark.parametrize("is_enrolled", [True, False])
async def test_nothing_given_is_asked_for(factors: FreshFactors, world: TakenCase, is_enrolled: bool) -> None:
    if is_enrolled:
        await world.enrol_totp()
    with pytest.raises(Refusal, match="sign_factor_needed") as refused:
        await factors.look(WANG, code="", password="", now_ms=world.now_ms)
    assert refused.value.facts["factor"] == ("totp" if is_enrolled else "password")


async def test_a_right_password_forgets_the_wrong_tries(factors: FreshFactors, world: TakenCase) -> None:
    await world.change(t.account, wrong_tries=4, wrong_at_ms=world.now_ms)
    given = await factors.look(WANG, code="", password=PASSWORD, now_ms=world.now_ms)
    assert await world.store.write(lambda unit: factors.prove(unit, WANG, given)) is None
    rows = await world.store.read(lambda connection: connection.execute(t.account.select()))
    assert rows.one().wrong_tries == 0
