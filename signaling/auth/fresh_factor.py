"""A factor given anew for one act of weight, such as a signature: whoever sits at a page that somebody left
open must not sign for them.

Which factors are taken follows from the account: a code of the authenticator app or a passkey where one is
enrolled; the password only where the account has no second factor at all (an institution that asks for none).
A passkey answers a challenge that was made for this one act, so that what somebody got out of it for another
opinion, or for signing in, is of no use here. Wrong tries count with those of signing in (sign_in.py): the
fifth locks the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from signaling.api.route import Refusal
from signaling.auth import passkeys
from signaling.auth.accounts import AccountRow, account_by_person, keep_tries, locked_account
from signaling.auth.challenges import Challenges
from signaling.auth.passkeys import Site
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.rights import Caller
from signaling.auth.sign_in import NO_TRIES
from signaling.auth.sign_in_desk import note_wrong, refuse_locked
from signaling.auth.used_factor import use_code, use_passkey
from signaling.store.secret_box import SecretBox
from signaling.store.store import Store, Unit

Asked = Literal["totp", "passkey", "password"]


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
class Given:
    """What came with the request. ``challenge``: what the passkey must have answered. ``checked_hash``: the
    password's kept hash that it was compared with, and ``is_password_right`` what came out; hashing takes too
    long for a unit of work.
    """

    asked: Asked
    code: str = ""
    passkey: PasskeyOffered | None = None
    challenge: bytes = b""
    checked_hash: str = ""
    is_password_right: bool = False


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
        self._challenges = Challenges()

    async def passkey_options(self, caller: Caller, about: str, site: Site, now_ms: int) -> dict[str, Any]:
        """Returns what the browser is asked, with a challenge for this act, kept for a few minutes.

        Raises Refusal: account_locked, second_factor_unknown, signed_out.
        """
        account = await self._account(caller, now_ms)
        enrolled = [row.passkey.credential_id for row in account.passkeys]
        if not enrolled:
            raise Refusal("second_factor_unknown")
        challenge = self._challenges.fresh(caller.session, about, now_ms)
        return passkeys.request_options(site, enrolled=enrolled, challenge=challenge)

    async def look(self, caller: Caller, offered: Offered, now_ms: int) -> Given:
        """Returns what was given, ready for ``prove``; nothing is counted yet.

        Raises Refusal: account_locked, challenge_gone, sign_factor_missing, sign_factor_needed (``factor``
        names the first), sign_in_busy, signed_out.
        """
        account = await self._account(caller, now_ms)
        factors = factors_of(account)
        if offered.passkey is not None and "passkey" in factors:
            challenge = self._challenges.take(caller.session, offered.passkey.about, now_ms)
            return Given("passkey", passkey=offered.passkey, challenge=challenge)
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
        if given.passkey is not None:
            refusal = await use_passkey(
                unit, account, given.passkey.site, given.passkey.proof, given.challenge
            )
        elif given.asked == "totp":
            refusal = await use_code(unit, self._box, account, given.code)
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
