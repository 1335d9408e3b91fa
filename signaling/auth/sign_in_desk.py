"""Signing in with a password, and what every way of signing in ends with: a session and its act."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from recording.audit.act import Act
from signaling.api.route import Refusal
from signaling.auth.accounts import AccountRow, account_by_login, keep_tries, locked_account, plain_login
from signaling.auth.acts import act_of
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.rights import NOBODY, Caller
from signaling.auth.sessions import NewSession, open_session, roles_of
from signaling.auth.sign_in import (
    NO_TRIES,
    Event,
    Step,
    Tries,
    assurance_of,
    first_factor,
    next_step,
)
from signaling.store import tables as t
from signaling.store.store import Store, Unit

T = TypeVar("T")

MAX_UNKNOWN: Final = 1_000
"""Names tried that are no accounts: they are locked like accounts, so that nobody learns which is which."""
_MS_PER_S: Final = 1000
_MS_PER_MINUTE: Final = 60 * 1000

_log = structlog.get_logger("sign_in")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened, and for whom."""

    session: NewSession
    account: AccountRow
    step: Step


class UnknownLogins:
    """Wrong tries of names that are no accounts, bounded in number."""

    def __init__(self, max_kept: int = MAX_UNKNOWN) -> None:
        self._max_kept = max_kept
        self._tries: OrderedDict[str, Tries] = OrderedDict()

    def tries_of(self, login: str) -> Tries:
        """Returns the tries so far."""
        return self._tries.get(login, NO_TRIES)

    def keep(self, login: str, tries: Tries) -> None:
        """Notes tries; the longest untouched name is forgotten where there are too many."""
        self._tries[login] = tries
        self._tries.move_to_end(login)
        if len(self._tries) > self._max_kept:
            self._tries.popitem(last=False)


class SignInDesk:
    """Checks passwords and opens sessions."""

    def __init__(self, store: Store, worker: PasswordWorker) -> None:
        self._store = store
        self._worker = worker
        self._unknown = UnknownLogins()

    async def sign_in(self, login: str, password: str, now_ms: int) -> SignedIn:
        """Returns the new session.

        Raises Refusal: password_wrong (tries_left), account_locked, account_suspended, sign_in_busy;
        StoreUnavailable.
        """
        name = plain_login(login)
        account = await self._store.read(lambda connection: account_by_login(connection, name))
        refuse_locked(self._unknown.tries_of(name) if account is None else account.tries, now_ms)
        checked = await self._worker.check("" if account is None else account.password_hash, password)
        if account is None:
            await self._refuse_unknown(name, now_ms)
            raise AssertionError  # _refuse_unknown always raises
        known = account

        async def work(unit: Unit) -> SignedIn | Refusal:
            fresh = await locked_account(unit, known.person)
            # Another try may have locked it while this one was checked, an administrator may have changed it.
            if fresh is None or fresh.password_hash != known.password_hash:
                return Refusal("password_wrong", tries_left=known.tries.left)
            locked_ms = fresh.tries.locked_for_ms(unit.now_ms)
            if locked_ms:
                return locked(locked_ms)
            if not checked.is_right:
                return await note_wrong(unit, fresh, "password_wrong")
            if not fresh.is_active:
                unit.record(refused_act(fresh, unit.now_ms, "account_suspended"))
                return Refusal("account_suspended")
            if checked.new_hash:
                await unit.connection.execute(
                    t.account.update()
                    .where(t.account.c.id == fresh.id)
                    .values(password_hash=checked.new_hash)
                )
            event = first_factor(is_enrolled=fresh.is_enrolled, is_second_asked=fresh.is_second_asked)
            return await open_for(unit, fresh, event, by="password")

        return raised(await self._store.write(work))

    async def _refuse_unknown(self, name: str, now_ms: int) -> None:
        tries = self._unknown.tries_of(name)
        refuse_locked(tries, now_ms)
        tries = tries.after_wrong(now_ms)
        self._unknown.keep(name, tries)
        # As long as an account's wrong try takes, which is written down.
        await self._store.write(_nothing)
        _log.info("sign_in_refused", code="unknown_login")
        raise Refusal("password_wrong", tries_left=tries.left)


async def _nothing(unit: Unit) -> None:
    return


async def open_for(unit: Unit, account: AccountRow, event: Event, *, by: str) -> SignedIn:
    """Opens the session that a first factor earns. ``by``: password, oidc."""
    step = next_step(Step.SIGNED_OUT, event)
    if step is Step.SIGNED_IN:
        await keep_tries(unit, account.id, NO_TRIES)
    assurance = assurance_of(step)
    session = await open_session(unit, account.institution, account=account.id, assurance=assurance)
    roles = await roles_of(unit.connection, account.person)
    unit.record(
        act_of(
            Caller(institution=account.institution, person=account.person, roles=roles),
            "session.opened",
            unit.now_ms,
            subject={"person": account.person, "session": session.id},
            after={"by": by, "assurance": int(assurance), "step": step.value},
        )
    )
    return SignedIn(session, account, step)


async def note_wrong(unit: Unit, account: AccountRow, code: str) -> Refusal:
    """Counts a wrong password or code; the fifth locks the account. Returns the refusal to answer with."""
    tries = account.tries.after_wrong(unit.now_ms)
    await keep_tries(unit, account.id, tries)
    unit.record(refused_act(account, unit.now_ms, code))
    if not tries.left:
        unit.record(
            act_of(
                NOBODY,
                "account.locked",
                unit.now_ms,
                institution=account.institution,
                subject={"person": account.person},
                after={"until_ms": unit.now_ms + tries.locked_for_ms(unit.now_ms)},
            )
        )
    return Refusal(code, tries_left=tries.left)


def refused_act(account: AccountRow, now_ms: int, code: str) -> Act:
    """Returns the act of a refused sign-in. Who tried is not known: the actor is the system."""
    return act_of(
        NOBODY,
        "session.refused",
        now_ms,
        institution=account.institution,
        subject={"person": account.person},
        after={"code": code},
    )


def refuse_locked(tries: Tries, now_ms: int) -> None:
    """Raises Refusal("account_locked") while too many tries lock it."""
    locked_ms = tries.locked_for_ms(now_ms)
    if locked_ms:
        raise locked(locked_ms)


def locked(locked_ms: int) -> Refusal:
    """Returns the refusal of a locked account, with how long it lasts."""
    return Refusal(
        "account_locked",
        retry_after_s=-(-locked_ms // _MS_PER_S),
        minutes=-(-locked_ms // _MS_PER_MINUTE),
    )


def raised(outcome: T | Refusal) -> T:
    """Returns what a unit of work came to. Raises it where it is a refusal: what it wrote is kept by now."""
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome
