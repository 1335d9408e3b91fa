"""A factor given anew for one act of weight, such as a signature: whoever sits at a page that somebody left
open must not sign for them.

Which factors are taken follows from the account: a code of the authenticator app or a passkey where one is
enrolled; the password only where the account has no second factor at all (an institution that asks for none).
A passkey answers a challenge that was made for this one act, so that what somebody got out of it for another
opinion, or for signing in, is of no use here. Wrong tries count with those of signing in (sign_in.py): the
fifth locks the account.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import update

from signaling.api.route import Refusal
from signaling.auth import passkeys, totp
from signaling.auth.accounts import AccountRow, account_by_person, keep_tries, locked_account
from signaling.auth.passkeys import PasskeyRefused, Site
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.rights import Caller
from signaling.auth.short_lived import ShortLived
from signaling.auth.sign_in import NO_TRIES
from signaling.auth.sign_in_desk import note_wrong, refuse_locked
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.store.store import Store, Unit

Asked = Literal["totp", "passkey", "password"]
_CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class PasskeyOffered:
    """A passkey's answer, from a page at ``site``, for the act that ``about`` names."""

    proof: Mapping[str, Any]
    about: str
    site: Site


@dataclass(frozen=True, slots=True)
class Offered:
    """What somebody gives to prove themselves; what is not given is empty."""

    code: str = ""
    password: str = ""
    passkey: PasskeyOffered | None = None


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """A passkey's answer, with the challenge that it must answer and the site that asked."""

    proof: Mapping[str, Any]
    challenge: bytes
    site: Site


@dataclass(frozen=True, slots=True)
class Given:
    """What came with the request. ``checked_hash``: the password's kept hash that it was compared with, and
    ``is_password_right`` what came out; hashing takes too long for a unit of work.
    """

    asked: Asked
    code: str = ""
    key: KeyAnswer | None = None
    checked_hash: str = ""
    is_password_right: bool = False


@dataclass(frozen=True, slots=True)
class _Challenge:
    about: str
    challenge: bytes


def factors_of(account: AccountRow) -> tuple[Asked, ...]:
    """Returns the factors that are taken from an account, the first to be asked for. Raises
    Refusal(sign_factor_missing).
    """
    enrolled: tuple[Asked, ...] = ()
    if account.totp_sealed is not None:
        enrolled += ("totp",)
    if account.passkeys:
        enrolled += ("passkey",)
    if enrolled:
        return enrolled
    if not account.password_hash:
        raise Refusal("sign_factor_missing")
    return ("password",)


class FreshFactors:
    """Checks factors given with a request."""

    def __init__(self, store: Store, box: SecretBox, worker: PasswordWorker) -> None:
        self._store = store
        self._box = box
        self._worker = worker
        self._challenges: ShortLived[_Challenge] = ShortLived()

    async def passkey_options(self, caller: Caller, about: str, site: Site, now_ms: int) -> dict[str, Any]:
        """Returns what the browser is asked, with a challenge for this act, kept for a few minutes.

        Raises Refusal: account_locked, second_factor_unknown, signed_out.
        """
        account = await self._account(caller, now_ms)
        enrolled = [row.passkey.credential_id for row in account.passkeys]
        if not enrolled:
            raise Refusal("second_factor_unknown")
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        self._challenges.put(caller.session, _Challenge(about, challenge), now_ms)
        return passkeys.request_options(site, enrolled=enrolled, challenge=challenge)

    async def look(self, caller: Caller, offered: Offered, now_ms: int) -> Given:
        """Returns what was given, ready for ``prove``; nothing is counted yet.

        Raises Refusal: account_locked, challenge_gone, sign_factor_missing, sign_factor_needed (``factor``
        names the first), sign_in_busy, signed_out.
        """
        account = await self._account(caller, now_ms)
        factors = factors_of(account)
        if offered.passkey is not None and "passkey" in factors:
            return Given("passkey", key=self._answered(caller, offered.passkey, now_ms))
        if offered.code and "totp" in factors:
            return Given("totp", code=offered.code)
        if not offered.password or "password" not in factors:
            raise Refusal("sign_factor_needed", factor=factors[0])
        checked = await self._worker.check(account.password_hash, offered.password)
        return Given("password", checked_hash=account.password_hash, is_password_right=checked.is_right)

    async def prove(self, unit: Unit, caller: Caller, given: Given) -> Refusal | None:
        """Uses the factor within the unit of the act that it is for; None where it is right.

        A refusal that is returned has counted the wrong try: the unit must commit and do nothing else. Raises
        Refusal (account_locked, signed_out, sign_factor_missing) where nothing was counted.
        """
        account = await locked_account(unit, caller.person)
        if account is None:
            raise Refusal("signed_out")
        refuse_locked(account.tries, unit.now_ms)
        factors = factors_of(account)
        if given.asked not in factors:
            # Enrolled or taken away while this request was on its way: what was given proves nothing now.
            raise Refusal("sign_factor_needed", factor=factors[0])
        if given.key is not None:
            refusal = await _prove_key(unit, account, given.key)
        elif given.asked == "totp":
            refusal = await self._prove_code(unit, account, given.code)
        else:
            is_right = given.is_password_right and given.checked_hash == account.password_hash
            refusal = None if is_right else await note_wrong(unit, account, "password_wrong")
        if refusal is None:
            await keep_tries(unit, account.id, NO_TRIES)
        return refusal

    async def _account(self, caller: Caller, now_ms: int) -> AccountRow:
        account = await self._store.read(lambda connection: account_by_person(connection, caller.person))
        if account is None:
            raise Refusal("signed_out")
        refuse_locked(account.tries, now_ms)
        return account

    def _answered(self, caller: Caller, offered: PasskeyOffered, now_ms: int) -> KeyAnswer:
        kept = self._challenges.take(caller.session, now_ms)
        if kept is None or kept.about != offered.about:
            raise Refusal("challenge_gone")
        return KeyAnswer(offered.proof, kept.challenge, offered.site)

    async def _prove_code(self, unit: Unit, account: AccountRow, code: str) -> Refusal | None:
        assert account.totp_sealed is not None
        secret = self._box.open(account.totp_sealed, account.id).decode()
        used = totp.accepted_step(secret, code, last_step=account.totp_last_step, now_ms=unit.now_ms)
        if used is None:
            return await note_wrong(unit, account, "code_wrong")
        await unit.connection.execute(
            update(t.account).where(t.account.c.id == account.id).values(totp_last_step=used)
        )
        return None


async def _prove_key(unit: Unit, account: AccountRow, key: KeyAnswer) -> Refusal | None:
    try:
        credential_id = passkeys.credential_id_of(key.proof)
        enrolled = next(
            (row.passkey for row in account.passkeys if row.passkey.credential_id == credential_id), None
        )
        if enrolled is None:
            raise PasskeyRefused
        count = passkeys.verify_proof(key.site, key.proof, enrolled, challenge=key.challenge)
    except PasskeyRefused as refused:
        return await note_wrong(unit, account, refused.code)
    await unit.connection.execute(
        update(t.passkey)
        .where(t.passkey.c.credential_id == credential_id, t.passkey.c.account == account.id)
        .values(sign_count=count)
    )
    return None
