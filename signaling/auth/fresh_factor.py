"""A factor given anew for one act of weight, such as a signature: whoever sits at a page that somebody left
open must not sign for them.

Which factor is asked for follows from the account: a code of the authenticator app where one is enrolled; the
password where the account has no second factor at all (an institution that asks for none). A passkey alone
cannot be asked for here yet: ``sign_factor_missing`` says so. Wrong tries count with those of signing in
(sign_in.py): the fifth locks the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import update

from signaling.api.route import Refusal
from signaling.auth import totp
from signaling.auth.accounts import AccountRow, account_by_person, keep_tries, locked_account
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.rights import Caller
from signaling.auth.sign_in import NO_TRIES
from signaling.auth.sign_in_desk import note_wrong, refuse_locked
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.store.store import Store, Unit

Asked = Literal["totp", "password"]


@dataclass(frozen=True, slots=True)
class Given:
    """What came with the request. ``checked_hash``: the password's kept hash that it was compared with, and
    ``is_password_right`` what came out; hashing takes too long for a unit of work.
    """

    asked: Asked
    code: str = ""
    checked_hash: str = ""
    is_password_right: bool = False


def asked_of(account: AccountRow) -> Asked:
    """Returns which factor an account is asked for. Raises Refusal(sign_factor_missing)."""
    if account.totp_sealed is not None:
        return "totp"
    if account.is_enrolled or not account.password_hash:
        raise Refusal("sign_factor_missing")
    return "password"


class FreshFactors:
    """Checks factors given with a request."""

    def __init__(self, store: Store, box: SecretBox, worker: PasswordWorker) -> None:
        self._store = store
        self._box = box
        self._worker = worker

    async def look(self, caller: Caller, *, code: str, password: str, now_ms: int) -> Given:
        """Returns what was given, ready for ``prove``; nothing is counted yet.

        Raises Refusal: account_locked, sign_factor_missing, sign_factor_needed (``factor`` names which),
        sign_in_busy, signed_out.
        """
        account = await self._store.read(lambda connection: account_by_person(connection, caller.person))
        if account is None:
            raise Refusal("signed_out")
        refuse_locked(account.tries, now_ms)
        asked = asked_of(account)
        if not (code if asked == "totp" else password):
            raise Refusal("sign_factor_needed", factor=asked)
        if asked == "totp":
            return Given(asked, code=code)
        checked = await self._worker.check(account.password_hash, password)
        return Given(asked, checked_hash=account.password_hash, is_password_right=checked.is_right)

    async def prove(self, unit: Unit, caller: Caller, given: Given) -> Refusal | None:
        """Uses the factor within the unit of the act that it is for; None where it is right.

        A refusal that is returned has counted the wrong try: the unit must commit and do nothing else. Raises
        Refusal (account_locked, signed_out, sign_factor_missing) where nothing was counted.
        """
        account = await locked_account(unit, caller.person)
        if account is None:
            raise Refusal("signed_out")
        refuse_locked(account.tries, unit.now_ms)
        if asked_of(account) != given.asked:
            # Enrolled or taken away while this request was on its way: what was given proves nothing now.
            raise Refusal("sign_factor_needed", factor=asked_of(account))
        if given.asked == "password":
            if not given.is_password_right or given.checked_hash != account.password_hash:
                return await note_wrong(unit, account, "password_wrong")
        else:
            used = self._accepted_step(account, given.code, unit.now_ms)
            if used is None:
                return await note_wrong(unit, account, "code_wrong")
            await unit.connection.execute(
                update(t.account).where(t.account.c.id == account.id).values(totp_last_step=used)
            )
        await keep_tries(unit, account.id, NO_TRIES)
        return None

    def _accepted_step(self, account: AccountRow, code: str, now_ms: int) -> int | None:
        assert account.totp_sealed is not None
        secret = self._box.open(account.totp_sealed, account.id).decode()
        return totp.accepted_step(secret, code, last_step=account.totp_last_step, now_ms=now_ms)
