"""Which of these sessions are over, or not what they were: for sockets, which outlive the request that was
checked when they opened.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.auth.rights import Caller, Role
from signaling.auth.sign_in import IDLE_MS, is_over
from signaling.store import tables as t


async def ended_sessions(connection: AsyncConnection, callers: Iterable[Caller], now_ms: int) -> set[str]:
    """Returns the sessions that are over, or whose person has other roles now or is suspended."""
    by_session = {caller.session: caller for caller in callers}
    s, p, d = t.session.c, t.person.c, t.device.c
    query = (
        select(s.id, s.seen_at_ms, s.ends_at_ms, s.device, p.state, d.state.label("device_state"))
        .select_from(
            t.session.outerjoin(t.account, t.account.c.id == s.account)
            .outerjoin(t.person, p.id == t.account.c.person)
            .outerjoin(t.device, d.id == s.device)
        )
        .where(s.id.in_(by_session))
    )
    alive = {
        row.id
        for row in await connection.execute(query)
        if "active" in (row.state, row.device_state)
        and not is_over(
            seen_at_ms=row.seen_at_ms,
            ends_at_ms=row.ends_at_ms,
            now_ms=now_ms,
            idle_ms=IDLE_MS if row.device is None else None,
        )
    }
    roles = await _roles(connection, [caller.person for caller in by_session.values() if caller.person])
    return {
        session
        for session, caller in by_session.items()
        if session not in alive or (caller.person and roles.get(caller.person, frozenset()) != caller.roles)
    }


async def _roles(connection: AsyncConnection, people: Iterable[str]) -> dict[str, frozenset[Role]]:
    c = t.person_role.c
    held: dict[str, frozenset[Role]] = {}
    for row in await connection.execute(select(c.person, c.role).where(c.person.in_(list(people)))):
        held[row.person] = held.get(row.person, frozenset()) | {Role(row.role)}
    return held
