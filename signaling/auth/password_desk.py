"""Setting passwords: one's own, and the first one by a one-time code."""

from __future__ import annotations

from sqlalchemy import delete, update

from signaling.api.route import Refusal
from signaling.auth.accounts import AccountRow, account_by_id, account_by_person, keep_tries, locked_account
from signaling.auth.acts import act_of
from signaling.auth.one_time_codes import CodePurpose, SpentCode, peek_code, spend_code
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.passwords import fault_of
from signaling.auth.rights import Assurance, Caller
from signaling.auth.sessions import close_sessions_of_account
from signaling.auth.sign_in import NO_TRIES
from signaling.auth.sign_in_desk import note_wrong, raised, refuse_locked
from signaling.store import tables as t
from signaling.store.store import Store, Unit


class PasswordDesk:
    """Changes passwords. Whoever knows the old sessions' secrets is signed out by it."""

    def __init__(self, store: Store, worker: PasswordWorker) -> None:
        self._store = store
        self._worker = worker

    async def change(self, caller: Caller, password: str, new_password: str, now_ms: int) -> None:
        """Gives the caller's account a new password; its other sessions end.

        Raises Refusal: second_factor_needed, password_wrong, account_locked, password_unchanged, what
        passwords.fault_of says, sign_in_busy.
        """
        account = await self._store.read(lambda connection: account_by_person(connection, caller.person))
        if account is None:
            raise Refusal("signed_out")
        if account.is_enrolled and caller.assurance < Assurance.TWO_FACTORS:
            raise Refusal("second_factor_needed")
        refuse_locked(account.tries, now_ms)
        checked = await self._worker.check(account.password_hash, password)
        fault = fault_of(new_password, login=account.login)
        if checked.is_right and fault is None and password == new_password:
            fault = "password_unchanged"
        new_hash = await self._worker.hash(new_password) if checked.is_right and fault is None else ""
        known = account

        async def work(unit: Unit) -> Refusal | None:
            fresh = await locked_account(unit, known.person)
            if fresh is None or fresh.password_hash != known.password_hash:
                raise Refusal("password_wrong", tries_left=known.tries.left)
            refuse_locked(fresh.tries, unit.now_ms)
            if not checked.is_right:
                return await note_wrong(unit, fresh, "password_wrong")
            if fault is not None:
                raise Refusal(fault)
            await _set_password(unit, fresh, new_hash)
            await close_sessions_of_account(unit, fresh.id, but=caller.session)
            subject = {"person": fresh.person}
            unit.record(act_of(caller, "account.password_changed", unit.now_ms, subject=subject))
            return None

        raised(await self._store.write(work))

    async def activate(self, code: str, password: str, now_ms: int) -> str:
        """Sets the password of the account that a one-time code is for; returns its login.

        Raises Refusal: code_spent, what passwords.fault_of says, sign_in_busy.
        """
        spent = await self._store.read(
            lambda connection: peek_code(connection, code, CodePurpose.ACTIVATION, now_ms)
        )
        account = await self._account_of(spent)
        fault = fault_of(password, login=account.login)
        if fault is not None:
            raise Refusal(fault)
        new_hash = await self._worker.hash(password)

        async def work(unit: Unit) -> str:
            # Now it counts: who brought the same code in the meantime finds it used.
            if await spend_code(unit, code, CodePurpose.ACTIVATION) is None:
                raise Refusal("code_spent")
            await _set_password(unit, account, new_hash)
            await close_sessions_of_account(unit, account.id)
            person = Caller(institution=account.institution, person=account.person)
            subject = {"person": account.person}
            unit.record(act_of(person, "account.activated", unit.now_ms, subject=subject))
            return account.login

        return await self._store.write(work)

    async def login_of(self, code: str, now_ms: int) -> str:
        """Returns whose account a one-time code is for. Raises Refusal("code_spent")."""
        spent = await self._store.read(
            lambda connection: peek_code(connection, code, CodePurpose.ACTIVATION, now_ms)
        )
        return (await self._account_of(spent)).login

    async def _account_of(self, spent: SpentCode | None) -> AccountRow:
        if spent is None:
            raise Refusal("code_spent")
        account = await self._store.read(lambda connection: account_by_id(connection, spent.subject))
        if account is None or not account.is_active:
            raise Refusal("code_spent")
        return account


async def _set_password(unit: Unit, account: AccountRow, new_hash: str) -> None:
    await unit.connection.execute(
        update(t.account)
        .where(t.account.c.id == account.id)
        .values(password_hash=new_hash, password_set_at_ms=unit.now_ms)
    )
    await keep_tries(unit, account.id, NO_TRIES)


async def forget_factors(unit: Unit, account: AccountRow) -> None:
    """Takes an account's password and second factors away: for who has lost them."""
    await unit.connection.execute(delete(t.passkey).where(t.passkey.c.account == account.id))
    await unit.connection.execute(
        update(t.account)
        .where(t.account.c.id == account.id)
        .values(password_hash="", password_set_at_ms=None, totp_secret=None, totp_last_step=0)
    )
    await keep_tries(unit, account.id, NO_TRIES)
