"""Revocation: whoever loses the right to be somewhere is out at once, and their tokens open nothing more.

The ledger is where it is learnt: the acts that end a session, a person's rights, a device or an invitation
are followed as they are committed (those of other processes are read a little later), and everything bound to
their subject ends: seats in rooms, events sockets. A token made before the act is refused for as long as it
would have lived. Nothing here ends because time has passed: who is in a call stays in it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import orjson
import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.chain import ChainedAct
from recording.clock import Clock
from signaling.auth.revoked import ENDING, MEMORY_MS, WEAKENING, Revoked, RevokedTokens, revoked_by
from signaling.store import tables as t
from signaling.store.store import Store, StoreUnavailable, Unit
from signaling.tokens import Binding

POLL_S: Final = 2.0
"""How late acts of other processes are heard: a command beside the server, a second server."""
OVERLAP_MS: Final = 10_000
"""Acts are read again from that far back: another process's clock and its commit are not this one's. To end
the same thing twice is harmless."""
TOUCH_MS: Final = 60_000
"""How often the sessions of people in rooms count as used: who talks is not idle."""
_NS_PER_MS: Final = 1_000_000

_log = structlog.get_logger("revocation")


class BoundPlaces(Protocol):
    """Where people and devices are by virtue of a session, an invitation: rooms, events sockets."""

    def bindings(self) -> Iterable[Binding]:
        """Returns the binding of everyone there who has one."""

    def end_bound(self, covers: Callable[[Binding], bool]) -> int:
        """Ends the stay of everyone whose binding is covered, now; returns how many."""


class Revocations:
    """Carries revocations out. Called on the loop thread; ``run`` is its one task."""

    def __init__(
        self, *, store: Store, tokens: RevokedTokens, places: Sequence[BoundPlaces], clock: Clock
    ) -> None:
        self.ended = 0
        """Stays ended so far, for metrics."""
        self.put_off = 0
        """How often the store did not answer."""
        self._store = store
        self._tokens = tokens
        self._places = places
        self._clock = clock
        self._weakened: set[str] = set()
        self._is_due = asyncio.Event()
        self._read_to_ms = 0
        self._touched_ms = 0

    def receive_acts(self, acts: Sequence[ChainedAct]) -> None:
        """Takes what was just committed (Store.follow); what ends by it has ended when this returns."""
        for chained in acts:
            self._receive(chained.act.kind, chained.act.subject, chained.act.at_ms)
        if self._weakened:
            self._is_due.set()

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return {"stays_ended": self.ended, "put_off": self.put_off, "remembered": len(self._tokens)}

    def is_revoked(self, binding: Binding) -> bool:
        """Returns whether what is bound so was revoked lately: for whoever takes somebody in without
        waiting."""
        return self._tokens.covers(binding)

    async def admits(self, binding: Binding) -> bool:
        """Returns whether a token bound so still opens its room: asked at every join.

        Where the store does not answer, what was heard lately decides: calls go on, and a token that could
        still be wrong is minutes old.
        """
        if not binding:
            return True
        if self._tokens.covers(binding):
            return False
        try:
            return await self._store.read(lambda connection: _is_alive(connection, binding))
        except StoreUnavailable:
            return True

    async def load(self) -> None:
        """Learns what was revoked in the minutes before the start. Raises StoreUnavailable."""
        await self._read_acts(self._now_ms() - MEMORY_MS)

    async def run(self) -> None:
        """Hears of other processes' acts and keeps the sessions of people in rooms, for as long as the task
        lives."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._is_due.wait()
            self._is_due.clear()
            try:
                await self._advance()
            except StoreUnavailable:
                # What is due stays due: it is done when the store answers again.
                self.put_off += 1

    # ---- inside -----------------------------------------------------------------------------------------

    def _receive(self, kind: str, subject: Mapping[str, str], at_ms: int) -> None:
        revoked = revoked_by(kind, subject, at_ms)
        if revoked is not None:
            self._end(revoked)
        elif kind in WEAKENING and subject.get("person"):
            self._weakened.add(subject["person"])

    def _end(self, revoked: Revoked) -> None:
        # Before the stays: who is put out must not be back by the same token.
        self._tokens.add(revoked)
        ended = sum(place.end_bound(revoked.covers) for place in self._places)
        if ended:
            self.ended += ended
            _log.info("stays_ended", bound_to=revoked.to, count=ended)

    async def _advance(self) -> None:
        await self._end_missing()
        await self._read_acts(self._read_to_ms - OVERLAP_MS)
        await self._end_missing()
        if self._now_ms() - self._touched_ms >= TOUCH_MS:
            await self._touch()

    async def _end_missing(self) -> None:
        weakened = set(self._weakened)
        if not weakened:
            return
        at_ms = self._now_ms()
        bound = {b.session for b in self._bindings() if b.person in weakened and b.session}
        if bound:
            alive = await self._store.read(lambda connection: _alive_sessions(connection, bound))
            for session in bound - alive:
                self._end(Revoked("session", session, at_ms))
        self._weakened -= weakened

    async def _read_acts(self, since_ms: int) -> None:
        read_to_ms = self._now_ms()
        for kind, line, at_ms in await self._store.read(lambda connection: _acts(connection, since_ms)):
            self._receive(kind, orjson.loads(line).get("subject", {}), at_ms)
        self._read_to_ms = read_to_ms

    async def _touch(self) -> None:
        self._touched_ms = self._now_ms()
        sessions = {binding.session for binding in self._bindings() if binding.session}
        if not sessions:
            return

        async def work(unit: Unit) -> None:
            s = t.session.c
            await unit.connection.execute(
                update(t.session)
                .where(s.id.in_(sessions), s.ends_at_ms > unit.now_ms)
                .values(seen_at_ms=unit.now_ms)
            )

        await self._store.write(work)

    def _bindings(self) -> Iterable[Binding]:
        for place in self._places:
            yield from place.bindings()

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // _NS_PER_MS


async def _is_alive(connection: AsyncConnection, binding: Binding) -> bool:
    if binding.session and not await _alive_sessions(connection, {binding.session}):
        return False
    if binding.invitation:
        states = await connection.execute(
            select(t.invitation.c.state).where(t.invitation.c.id == binding.invitation)
        )
        return states.scalar_one_or_none() == "used"
    return not binding.admission or await _is_admitted(connection, binding)


async def _is_admitted(connection: AsyncConnection, binding: Binding) -> bool:
    """Whether a person still belongs into the room of a case that goes on."""
    case, _, person = binding.admission.partition("/")
    c, p = t.consultation.c, t.consultation_party.c
    row = (
        await connection.execute(select(c.inviter, c.host, c.expert, c.state).where(c.id == case))
    ).one_or_none()
    if row is None or row.state in ("closed", "cancelled"):
        return False
    if person in (row.inviter, row.host, row.expert):
        return True
    query = select(p.state).where(p.case_id == case, p.person == person)
    return await connection.scalar(query) in ("admitted", "invited")


async def _alive_sessions(connection: AsyncConnection, sessions: set[str]) -> set[str]:
    # A session that is only idle for long is there still: its tokens live their minutes.
    found = await connection.execute(select(t.session.c.id).where(t.session.c.id.in_(sessions)))
    return set(found.scalars())


async def _acts(connection: AsyncConnection, since_ms: int) -> list[tuple[str, bytes, int]]:
    e = t.event.c
    query = select(e.kind, e.line, e.at_ms).where(
        e.institution.in_(select(t.chain.c.institution)),
        e.kind.in_([*ENDING, *WEAKENING]),
        e.at_ms >= since_ms,
    )
    return [(row.kind, row.line, row.at_ms) for row in await connection.execute(query.order_by(e.at_ms))]
