"""The newest events of each institution's ledger, for those who follow it live: from memory while they keep
up, from the store where they come from farther back. Every sequence number comes once and none is left out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId
from recording.audit.chain import ChainedAct
from signaling.auth.event_sight import LedgerEvent, event_of_act, event_of_line
from signaling.store.store import Store
from signaling.store.tables import chain, event

KEPT: Final = 256
"""Events kept in memory for each institution: whoever is farther behind reads the store."""
MAX_KEPT_INSTITUTIONS: Final = 500
"""A large province has as many; the one longest silent makes room."""
PAGE: Final = 200
"""Events of one read of the store: some 100 kB."""
MAX_READS_AT_ONCE: Final = 2
"""Of the store's readers; after a restart every page comes back at once and asks for what it missed."""


class LedgerFeed:
    """Follows the store. All methods are called on the loop thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[InstitutionId, deque[LedgerEvent]] = {}
        self._sizes: dict[InstitutionId, int] = {}
        self._reading = asyncio.Semaphore(MAX_READS_AT_ONCE)
        self._wakers: list[Callable[[InstitutionId], None]] = []

    def wake(self, waker: Callable[[InstitutionId], None]) -> None:
        """Lets ``waker`` be called with an institution whose ledger has grown."""
        self._wakers.append(waker)

    def receive_acts(self, acts: Sequence[ChainedAct]) -> None:
        """Takes what this process has committed: a follower of the store."""
        grown: dict[InstitutionId, None] = {}
        for chained in acts:
            institution = InstitutionId(chained.act.institution)
            kept = self._kept.pop(institution, None)
            if kept is None or (kept and kept[-1].sequence + 1 != chained.sequence):
                # What another process wrote in between is in the store only.
                kept = deque(maxlen=KEPT)
            self._kept[institution] = kept
            kept.append(event_of_act(chained.sequence, chained.act))
            self._sizes[institution] = max(chained.sequence, self._sizes.get(institution, 0))
            grown[institution] = None
        while len(self._kept) > MAX_KEPT_INSTITUTIONS:
            self._kept.pop(next(iter(self._kept)))
        for institution in grown:
            self._tell(institution)

    async def look(self, institutions: Iterable[InstitutionId]) -> None:
        """Looks whether another process has written. Raises StoreUnavailable."""
        wanted = list(institutions)
        for institution, size in (await self._read_sizes(wanted)).items():
            if size > self._sizes.get(institution, 0):
                self._sizes[institution] = size
                self._tell(institution)

    async def size(self, institution: InstitutionId) -> int:
        """Returns the number of the last event, 0 where there is none. Raises StoreUnavailable."""
        size = (await self._read_sizes([institution])).get(institution, 0)
        self._sizes[institution] = max(size, self._sizes.get(institution, 0))
        return self._sizes[institution]

    def is_behind(self, institution: InstitutionId, sequence: int) -> bool:
        """Returns whether there are events after that number, as far as is known here."""
        return sequence < self._sizes.get(institution, 0)

    async def after(self, institution: InstitutionId, sequence: int) -> Sequence[LedgerEvent]:
        """Returns the next events, without a hole, at most PAGE. Raises StoreUnavailable."""
        kept = self._kept.get(institution)
        if kept and kept[0].sequence <= sequence + 1:
            return [each for each in kept if each.sequence > sequence]
        async with self._reading:
            return await self._store.read(lambda connection: _page(connection, institution, sequence))

    async def _read_sizes(self, institutions: Sequence[InstitutionId]) -> dict[InstitutionId, int]:
        query = select(chain.c.institution, chain.c.size).where(chain.c.institution.in_(institutions))

        async def work(connection: AsyncConnection) -> dict[InstitutionId, int]:
            return {InstitutionId(row.institution): row.size for row in await connection.execute(query)}

        return await self._store.read(work)

    def _tell(self, institution: InstitutionId) -> None:
        for waker in self._wakers:
            waker(institution)


async def _page(
    connection: AsyncConnection, institution: InstitutionId, sequence: int
) -> Sequence[LedgerEvent]:
    c = event.c
    query = select(c.line).where(c.institution == institution, c.sequence > sequence)
    rows = await connection.execute(query.order_by(c.sequence).limit(PAGE))
    return [event_of_line(bytes(line)) for line in rows.scalars()]
