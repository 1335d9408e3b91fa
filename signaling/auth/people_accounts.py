"""People's accounts as an administrator sees to them: given, reset, linked; and people suspended and
resumed.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from signaling.api.route import Refusal
from signaling.auth.accounts import AccountRow, account_by_person, plain_login
from signaling.auth.acts import act_of
from signaling.auth.ids import AccountId, new_account_id
from signaling.auth.one_time_codes import (
    ACTIVATION_LIFE_MS,
    CodePurpose,
    NewCode,
    issue_code,
    revoke_codes,
)
from signaling.auth.password_desk import forget_factors
from signaling.auth.people import PersonRow, own_person, refuse_last_administrator
from signaling.auth.rights import Caller
from signaling.auth.sessions import close_sessions_of_account
from signaling.store import tables as t
from signaling.store.store import Unit

_LOGIN: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}")
"""A login is also who someone is in rooms, recordings and file names."""


def login_fault(login: str) -> str | None:
    """Returns "login_form" for what can be no login, None for what can."""
    return None if _LOGIN.fullmatch(login) else "login_form"


async def create_account(
    unit: Unit, caller: Caller, person: PersonRow, login: str, *, password_hash: str = ""
) -> AccountId:
    """Gives a person an account. Raises Refusal: login_form, login_taken, account_exists."""
    login = plain_login(login)
    fault = login_fault(login)
    if fault is not None:
        raise Refusal(fault)
    if await account_by_person(unit.connection, person.id) is not None:
        raise Refusal("account_exists")
    account = new_account_id()
    try:
        await unit.connection.execute(
            insert(t.account).values(
                id=account,
                institution=person.institution,
                person=person.id,
                login=login,
                password_hash=password_hash,
                password_set_at_ms=unit.now_ms if password_hash else None,
                totp_last_step=0,
                wrong_tries=0,
                wrong_at_ms=0,
            )
        )
    except IntegrityError:
        raise Refusal("login_taken") from None
    unit.record(
        act_of(
            caller,
            "account.created",
            unit.now_ms,
            institution=person.institution,
            subject={"person": person.id, "account": account},
            personal={"login": login},
        )
    )
    return account


async def activation_code(unit: Unit, account: AccountId, institution: str) -> NewCode:
    """Returns a fresh code with which the account's password is set."""
    return await issue_code(
        unit,
        CodePurpose.ACTIVATION,
        institution=institution,
        subject=account,
        life_ms=ACTIVATION_LIFE_MS,
    )


async def give_account(unit: Unit, caller: Caller, person: str, login: str) -> NewCode:
    """Gives a person of the caller's institution an account; returns the code to activate it.

    Raises Refusal: not_found, login_form, login_taken, account_exists.
    """
    row = await own_person(unit, caller, person)
    account = await create_account(unit, caller, row, login)
    return await activation_code(unit, account, row.institution)


async def reset_account(unit: Unit, caller: Caller, person: str) -> tuple[AccountRow, NewCode]:
    """Takes password and second factors away and closes the sessions; returns the code to begin anew.

    Raises Refusal: not_found, account_missing.
    """
    row, account = await _own_account(unit, caller, person)
    await refuse_last_administrator(unit, row)
    await forget_factors(unit, account)
    closed = await close_sessions_of_account(unit, account.id)
    unit.record(
        act_of(
            caller,
            "account.reset",
            unit.now_ms,
            subject={"person": row.id, "account": account.id},
            after={"sessions_closed": closed},
        )
    )
    return account, await activation_code(unit, account.id, row.institution)


async def link_account(unit: Unit, caller: Caller, person: str, issuer: str, subject: str) -> None:
    """Links an account to somebody of the identity provider, or ends the link with "".

    Raises Refusal: not_found, account_missing, oidc_taken.
    """
    _row, account = await _own_account(unit, caller, person)
    await write_link(unit, caller, account, issuer, subject)


async def write_link(unit: Unit, caller: Caller, account: AccountRow, issuer: str, subject: str) -> None:
    """Writes an account's link. Raises Refusal("oidc_taken")."""
    try:
        await unit.connection.execute(
            update(t.account)
            .where(t.account.c.id == account.id)
            .values(oidc_issuer=issuer if subject else None, oidc_subject=subject or None)
        )
    except IntegrityError:
        raise Refusal("oidc_taken") from None
    unit.record(
        act_of(
            caller,
            "account.linked" if subject else "account.unlinked",
            unit.now_ms,
            institution=account.institution,
            subject={"person": account.person, "account": account.id},
            personal={"subject": subject} if subject else {},
        )
    )


async def suspend_person(unit: Unit, caller: Caller, person: str, reason: str) -> PersonRow:
    """Suspends a person: their sessions end now. Raises Refusal: not_found, state_refused,
    last_administrator.
    """
    row = await own_person(unit, caller, person)
    if row.state != "active":
        raise Refusal("state_refused")
    await refuse_last_administrator(unit, row)
    await unit.connection.execute(update(t.person).where(t.person.c.id == row.id).values(state="ended"))
    account = await account_by_person(unit.connection, row.id)
    closed = 0
    if account is not None:
        closed = await close_sessions_of_account(unit, account.id)
        await revoke_codes(unit, CodePurpose.ACTIVATION, account.id)
    unit.record(
        act_of(
            caller,
            "person.suspended",
            unit.now_ms,
            subject={"person": row.id},
            after={"sessions_closed": closed},
            personal={"reason": reason} if reason else {},
        )
    )
    return await own_person(unit, caller, person)


async def resume_person(unit: Unit, caller: Caller, person: str) -> PersonRow:
    """Lets a suspended person in again. Raises Refusal: not_found, state_refused."""
    row = await own_person(unit, caller, person)
    if row.state != "ended":
        raise Refusal("state_refused")
    await unit.connection.execute(update(t.person).where(t.person.c.id == row.id).values(state="active"))
    unit.record(act_of(caller, "person.resumed", unit.now_ms, subject={"person": row.id}))
    return await own_person(unit, caller, person)


async def _own_account(unit: Unit, caller: Caller, person: str) -> tuple[PersonRow, AccountRow]:
    row = await own_person(unit, caller, person)
    account = await account_by_person(unit.connection, row.id)
    if account is None:
        raise Refusal("account_missing")
    return row, account
