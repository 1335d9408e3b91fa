"""Sessions in the store: who is signed in, by a random secret of which only the hash is kept.

They outlive a restart. Whatever ends them (signing out, suspension, a reset) takes their row away, so the
next request with their secret is nobody's.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import DeviceId, InstitutionId, PersonId
from signaling.auth.ids import AccountId, SessionId, new_session_id
from signaling.auth.rights import Assurance, Caller, Role
from signaling.auth.sign_in import IDLE_MS, LIFE_MS, is_over
from signaling.store import tables as t
from signaling.store.store import Unit

MAX_SESSIONS_OF_ONE: Final = 10
"""Browsers of one account, or connections of one device; the longest unused makes room."""
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is not over, and whose it is."""

    caller: Caller
    account: AccountId | None
    seen_at_ms: int
    ends_at_ms: int


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened; ``secret`` is told once, to its browser or device."""

    id: SessionId
    secret: str
    ends_at_ms: int


async def open_session(
    unit: Unit,
    institution: InstitutionId,
    *,
    account: AccountId | None = None,
    device: DeviceId | None = None,
    assurance: Assurance,
) -> NewSession:
    """Opens a session of exactly one of an account and a device; the acts are the caller's to record."""
    ours = t.session.c.account == account if account is not None else t.session.c.device == device
    await unit.connection.execute(delete(t.session).where(t.session.c.ends_at_ms <= unit.now_ms))
    rows = await unit.connection.execute(
        select(t.session.c.id).where(ours).order_by(t.session.c.seen_at_ms.desc())
    )
    surplus = list(rows.scalars())[MAX_SESSIONS_OF_ONE - 1 :]
    if surplus:
        await unit.connection.execute(delete(t.session).where(t.session.c.id.in_(surplus)))
    new = NewSession(new_session_id(), secrets.token_urlsafe(_SECRET_BYTES), unit.now_ms + LIFE_MS)
    await unit.connection.execute(
        insert(t.session).values(
            id=new.id,
            digest=digest_of(new.secret),
            institution=institution,
            account=account,
            device=device,
            assurance=int(assurance),
            opened_at_ms=unit.now_ms,
            seen_at_ms=unit.now_ms,
            ends_at_ms=new.ends_at_ms,
        )
    )
    return new


async def find_session(connection: AsyncConnection, secret: str, now_ms: int) -> OpenSession | None:
    """Returns the session of a secret, None where it is over or whoever it is of is suspended."""
    s, a, p, d = t.session.c, t.account.c, t.person.c, t.device.c
    query = (
        select(
            s.id,
            s.institution,
            s.account,
            s.device,
            s.assurance,
            s.seen_at_ms,
            s.ends_at_ms,
            a.login,
            p.id.label("person"),
            p.name,
            p.state,
            d.name.label("device_name"),
            d.state.label("device_state"),
        )
        .select_from(
            t.session.join(t.institution, t.institution.c.id == s.institution)
            .outerjoin(t.account, a.id == s.account)
            .outerjoin(t.person, p.id == a.person)
            .outerjoin(t.device, d.id == s.device)
        )
        .where(s.digest == digest_of(secret), t.institution.c.state == "active")
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    is_device = row.device is not None
    idle_ms = None if is_device else IDLE_MS
    if is_over(seen_at_ms=row.seen_at_ms, ends_at_ms=row.ends_at_ms, now_ms=now_ms, idle_ms=idle_ms):
        return None
    if (row.device_state if is_device else row.state) != "active":
        return None
    if is_device:
        caller = Caller(
            institution=InstitutionId(row.institution),
            device=DeviceId(row.device),
            roles=frozenset({Role.DEVICE}),
            assurance=Assurance(row.assurance),
            name=row.device_name,
            session=row.id,
        )
        return OpenSession(caller, None, row.seen_at_ms, row.ends_at_ms)
    caller = Caller(
        institution=InstitutionId(row.institution),
        person=PersonId(row.person),
        roles=await roles_of(connection, PersonId(row.person)),
        assurance=Assurance(row.assurance),
        name=row.name,
        login=row.login,
        session=row.id,
    )
    return OpenSession(caller, AccountId(row.account), row.seen_at_ms, row.ends_at_ms)


async def has_session(connection: AsyncConnection, session: str) -> bool:
    """Returns whether a session was neither closed nor taken away."""
    query = select(t.session.c.id).where(t.session.c.id == session)
    return (await connection.execute(query)).first() is not None


async def roles_of(connection: AsyncConnection, person: PersonId) -> frozenset[Role]:
    """Returns a person's roles."""
    rows = await connection.execute(select(t.person_role.c.role).where(t.person_role.c.person == person))
    return frozenset(Role(role) for role in rows.scalars())


async def touch_session(unit: Unit, session: str) -> None:
    """Notes that a session is used."""
    await unit.connection.execute(
        update(t.session).where(t.session.c.id == session).values(seen_at_ms=unit.now_ms)
    )


async def strengthen_session(unit: Unit, session: str, assurance: Assurance) -> NewSession | None:
    """Gives a session what was proved, under a fresh secret (a secret known before is worth nothing more,
    ASVS 7.2.4). None where it has gone meanwhile.
    """
    row = (
        await unit.connection.execute(select(t.session.c.ends_at_ms).where(t.session.c.id == session))
    ).one_or_none()
    if row is None:
        return None
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    await unit.connection.execute(
        update(t.session)
        .where(t.session.c.id == session)
        .values(digest=digest_of(secret), assurance=int(assurance), seen_at_ms=unit.now_ms)
    )
    return NewSession(SessionId(session), secret, row.ends_at_ms)


async def close_session(unit: Unit, session: str) -> bool:
    """Ends a session; returns whether there was one."""
    done = await unit.connection.execute(delete(t.session).where(t.session.c.id == session))
    return bool(done.rowcount)


async def close_sessions_of_account(unit: Unit, account: AccountId, *, but: str = "") -> int:
    """Ends all sessions of an account, except one; returns how many."""
    done = await unit.connection.execute(
        delete(t.session).where(t.session.c.account == account, t.session.c.id != but)
    )
    return done.rowcount


async def close_sessions_of_device(unit: Unit, device: DeviceId) -> int:
    """Ends all sessions of a device; returns how many."""
    done = await unit.connection.execute(delete(t.session).where(t.session.c.device == device))
    return done.rowcount


def digest_of(secret: str) -> str:
    """Returns what is kept of a secret: its SHA-256 in hexadecimal. It is random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
