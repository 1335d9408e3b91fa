"""A session as its own browser sees it, and the cookie that carries its secret."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.route import Refusal
from signaling.api.session_models import AccountView, SecondFactor, SessionAnswer
from signaling.auth.accounts import AccountRow, account_by_person
from signaling.auth.callers import COOKIE
from signaling.auth.policy import Decision, decide
from signaling.auth.rights import Action, Assurance, Caller, Role, Subject
from signaling.auth.sessions import NewSession, find_session
from signaling.auth.sign_in import IDLE_MS, LIFE_MS
from signaling.store import tables as t
from signaling.store.store import Store

_MS_PER_S = 1000


async def answer_for(connection: AsyncConnection, caller: Caller) -> SessionAnswer:
    """Returns the session of a signed-in person. Refusal: signed_out, also for devices."""
    account = await account_by_person(connection, caller.person)
    p, i, s = t.person.c, t.institution.c, t.session.c
    query = (
        select(p.specialty, i.name.label("institution_name"), s.ends_at_ms)
        .select_from(t.person.join(t.institution, i.id == p.institution))
        .join(t.session, s.id == caller.session)
        .where(p.id == caller.person, p.institution == caller.institution)
    )
    row = (await connection.execute(query)).one_or_none()
    if account is None or row is None:
        raise Refusal("signed_out")
    roles = [role for role in Role if role in caller.roles]
    return SessionAnswer(
        account=AccountView(
            account=account.login,
            identity=account.login,
            name=caller.name,
            place=" ".join(part for part in (row.institution_name, row.specialty) if part),
            role=roles[0].value if roles else "",
            may_record=may_record(caller),
            person=caller.person,
            institution=caller.institution,
            institution_name=row.institution_name,
            roles=roles,
            assurance="two_factors" if caller.assurance is Assurance.TWO_FACTORS else "password",
            second_factor=second_factor_word(account),
            second_factors=second_factors(account),
            idle_after_s=IDLE_MS // _MS_PER_S,
            ends_at_ms=row.ends_at_ms,
        )
    )


async def answer_for_secret(store: Store, session: NewSession, now_ms: int) -> SessionAnswer:
    """Returns the session of a secret just made."""

    async def work(connection: AsyncConnection) -> SessionAnswer:
        found = await find_session(connection, session.secret, now_ms)
        if found is None:
            raise Refusal("signed_out")
        return await answer_for(connection, found.caller)

    return await store.read(work)


def may_record(caller: Caller) -> bool:
    """Returns whether the caller may record in a room of their own institution that they are in."""
    own = Subject(caller.institution)
    return decide(caller, Action.ROOM_RECORD, own) is Decision.ALLOWED


def second_factors(account: AccountRow) -> list[Literal["totp", "passkey"]]:
    """Returns what is enrolled."""
    enrolled: list[Literal["totp", "passkey"]] = []
    if account.passkeys:
        enrolled.append("passkey")
    if account.totp_sealed is not None:
        enrolled.append("totp")
    return enrolled


def second_factor_word(account: AccountRow) -> SecondFactor:
    """Returns what stands for the second factor: the better one that is enrolled, needed, or none."""
    enrolled = second_factors(account)
    if enrolled:
        return enrolled[0]
    return "needed" if account.is_second_asked else "none"


def with_cookie(request: web.Request, body: str, session: NewSession, *, status: int = 200) -> web.Response:
    """Returns a JSON answer that gives the browser the session's secret."""
    response = web.Response(text=body, status=status, content_type="application/json")
    set_cookie(response, request, session.secret)
    return response


def set_cookie(response: web.StreamResponse, request: web.Request, secret: str) -> None:
    """Puts a session's secret into the answer, out of reach of the page's scripts."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=LIFE_MS // _MS_PER_S,
        httponly=True,
        samesite="Strict",
        secure=request.secure,
        path="/",
    )
