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
from signaling.auth.fresh_factor import FreshFactors, Given, Offered, PasskeyOffered, factors_of
from signaling.auth.ids import AccountId
from signaling.auth.passkeys import Passkey, Site
from signaling.auth.rights import NOBODY
from signaling.auth.short_lived import LIFE_MS
from signaling.auth.sign_in import NO_TRIES
from signaling.store import tables as t
from signaling.store.store import Unit
from tests.support.authenticator import Authenticator
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
SITE = Site("hospital.example", "https://hospital.example")


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[TakenCase]:
    async with taken_case(tmp_path) as made:
        yield made


@pytest.fixture
def factors(world: TakenCase) -> FreshFactors:
    return world.factors


@pytest.mark.parametrize(
    ("account", "factors"),
    [
        (ACCOUNT, ("password",)),
        (replace(ACCOUNT, totp_sealed=b"sealed"), ("totp",)),
        (replace(ACCOUNT, passkeys=(PASSKEY,)), ("passkey",)),
        (replace(ACCOUNT, totp_sealed=b"sealed", passkeys=(PASSKEY,)), ("totp", "passkey")),
    ],
)
def test_every_second_factor_is_taken_and_the_password_where_there_is_none(
    account: AccountRow, factors: tuple[str, ...]
) -> None:
    assert factors_of(account) == factors


def test_who_has_nothing_is_told_so() -> None:
    with pytest.raises(Refusal, match="sign_factor_missing"):
        factors_of(replace(ACCOUNT, password_hash=""))


async def test_who_has_no_account_is_signed_out(factors: FreshFactors, world: TakenCase) -> None:
    with pytest.raises(Refusal, match="signed_out"):
        await factors.look(NOBODY, Offered("1", "2"), world.now_ms)
    with pytest.raises(Refusal, match="signed_out"):
        await world.store.write(lambda unit: factors.prove(unit, NOBODY, Given("password")))


async def test_an_app_enrolled_on_the_way_is_asked_for(factors: FreshFactors, world: TakenCase) -> None:
    given = await factors.look(WANG, Offered(password=PASSWORD), world.now_ms)
    assert given.is_password_right
    await world.enrol_totp()
    with pytest.raises(Refusal, match="sign_factor_needed"):
        await world.store.write(lambda unit: factors.prove(unit, WANG, given))


async def test_a_password_changed_on_the_way_is_wrong(factors: FreshFactors, world: TakenCase) -> None:
    given = await factors.look(WANG, Offered(password=PASSWORD), world.now_ms)
    await world.change(t.account, password_hash="another")
    refusal = await world.store.write(lambda unit: factors.prove(unit, WANG, given))
    assert refusal is not None and refusal.code == "password_wrong"


async def test_a_lock_that_fell_on_the_way_holds(factors: FreshFactors, world: TakenCase) -> None:
    given = await factors.look(WANG, Offered(password=PASSWORD), world.now_ms)
    await world.change(t.account, wrong_tries=5, wrong_at_ms=world.now_ms)
    with pytest.raises(Refusal, match="account_locked"):
        await world.store.write(lambda unit: factors.prove(unit, WANG, given))
    with pytest.raises(Refusal, match="account_locked"):
        await factors.look(WANG, Offered(password=PASSWORD), world.now_ms)


async def test_a_code_is_used_up_and_a_wrong_one_counted(factors: FreshFactors, world: TakenCase) -> None:
    await world.enrol_totp()
    for code, outcome in (("000000", "code_wrong"), (world.code(), None), (world.code(), "code_wrong")):
        given = await factors.look(WANG, Offered(code), world.now_ms)
        assert given.asked == "totp"
        refusal = await world.store.write(lambda unit, given=given: factors.prove(unit, WANG, given))  # type: ignore[misc]
        assert (None if refusal is None else refusal.code) == outcome


@pytest.mark.parametrize("is_enrolled", [True, False])
async def test_nothing_given_is_asked_for(factors: FreshFactors, world: TakenCase, is_enrolled: bool) -> None:
    if is_enrolled:
        await world.enrol_totp()
    with pytest.raises(Refusal, match="sign_factor_needed") as refused:
        await factors.look(WANG, Offered(), world.now_ms)
    assert refused.value.facts["factor"] == ("totp" if is_enrolled else "password")


async def test_a_right_password_forgets_the_wrong_tries(factors: FreshFactors, world: TakenCase) -> None:
    await world.change(t.account, wrong_tries=4, wrong_at_ms=world.now_ms)
    given = await factors.look(WANG, Offered(password=PASSWORD), world.now_ms)
    assert await world.store.write(lambda unit: factors.prove(unit, WANG, given)) is None
    rows = await world.store.read(lambda connection: connection.execute(t.account.select()))
    assert rows.one().wrong_tries == 0


# ---- passkeys ----------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def key(world: TakenCase) -> Authenticator:
    """The expert's security key."""
    key = Authenticator(SITE.origin, SITE.host)
    await world.enrol_passkey(key)
    return key


async def answered(
    factors: FreshFactors, world: TakenCase, key: Authenticator, *, about: str = "ca_1 1"
) -> PasskeyOffered:
    """What the key answers to a challenge for that draft."""
    options = await factors.passkey_options(WANG, about, SITE, world.now_ms)
    return PasskeyOffered(key.get(options), "ca_1 1", SITE)


async def test_a_passkey_proves_and_its_count_is_kept(
    factors: FreshFactors, world: TakenCase, key: Authenticator
) -> None:
    given = await factors.look(WANG, Offered(passkey=await answered(factors, world, key)), world.now_ms)
    assert given.asked == "passkey"
    assert await world.store.write(lambda unit: factors.prove(unit, WANG, given)) is None
    rows = await world.store.read(lambda connection: connection.execute(t.passkey.select()))
    assert rows.one().sign_count == key.count


async def test_an_answer_is_good_for_one_act_and_for_once(
    factors: FreshFactors, world: TakenCase, key: Authenticator
) -> None:
    for offered in (
        await answered(factors, world, key, about="ca_2 1"),
        PasskeyOffered({"id": "none"}, "ca_1 1", SITE),
    ):
        # The first is of another draft; and with it the challenge is gone.
        with pytest.raises(Refusal, match="challenge_gone"):
            await factors.look(WANG, Offered(passkey=offered), world.now_ms)


async def test_a_challenge_lasts_a_few_minutes(
    factors: FreshFactors, world: TakenCase, key: Authenticator
) -> None:
    offered = await answered(factors, world, key)
    with pytest.raises(Refusal, match="challenge_gone"):
        await factors.look(WANG, Offered(passkey=offered), world.now_ms + LIFE_MS)


async def test_another_key_is_a_wrong_try_and_so_is_nonsense(
    factors: FreshFactors, world: TakenCase, key: Authenticator
) -> None:
    stranger = Authenticator(SITE.origin, SITE.host)
    impostor = replace(stranger, credential_id=key.credential_id)
    for tries_left, other in ((4, stranger), (3, impostor)):
        given = await factors.look(WANG, Offered(passkey=await answered(factors, world, other)), world.now_ms)
        refusal = await world.store.write(lambda unit, given=given: factors.prove(unit, WANG, given))  # type: ignore[misc]
        assert refusal is not None
        assert (refusal.code, refusal.facts["tries_left"]) == ("passkey_wrong", tries_left)


async def test_neither_password_nor_code_stands_in_for_a_passkey(
    factors: FreshFactors, world: TakenCase, key: Authenticator
) -> None:
    for offered in (Offered(), Offered(password=PASSWORD), Offered("123456")):
        with pytest.raises(Refusal, match="sign_factor_needed") as refused:
            await factors.look(WANG, offered, world.now_ms)
        assert refused.value.facts["factor"] == "passkey"


async def test_a_passkey_of_an_account_that_has_none_is_not_looked_at(
    factors: FreshFactors, world: TakenCase
) -> None:
    offered = Offered(passkey=PasskeyOffered({}, "ca_1 1", SITE))
    with pytest.raises(Refusal, match="sign_factor_needed"):
        await factors.look(WANG, offered, world.now_ms)
    with pytest.raises(Refusal, match="second_factor_unknown"):
        await factors.passkey_options(WANG, "ca_1 1", SITE, world.now_ms)


async def test_a_passkey_taken_away_on_the_way_proves_nothing(
    factors: FreshFactors, world: TakenCase, key: Authenticator
) -> None:
    given = await factors.look(WANG, Offered(passkey=await answered(factors, world, key)), world.now_ms)

    async def take_away(unit: Unit) -> None:
        await unit.connection.execute(t.passkey.delete())

    await world.store.write(take_away)
    with pytest.raises(Refusal, match="sign_factor_needed"):
        await world.store.write(lambda unit: factors.prove(unit, WANG, given))
