"""The ledger's part of one transaction: acts chained to the heads that this transaction sees, then stored."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.act import Act
from recording.audit.chain import SALT_BYTES, ChainedAct, ChainHead, chain, genesis
from signaling.store.ledger_rows import UPSERT_CHAIN, chain_rows, event_row, head_of, personal_rows
from signaling.store.tables import chain as chain_table
from signaling.store.tables import event as event_table
from signaling.store.tables import personal_field

_AT_A_TIME: Final = 16
"""Acts chained before the loop gets a turn: about a millisecond, so that no live call waits for a ledger."""


def _new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


class LedgerWriting:
    """Chains acts and keeps them until ``store``. Used by one transaction, which holds the writers' lock."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._heads: dict[str, ChainHead] = {}
        self._grown: set[str] = set()
        self.chained: list[ChainedAct] = []

    async def add(self, acts: Sequence[Act]) -> None:
        """Chains all of these acts or none. Raises MisuseError for an act that no chain takes."""
        heads_before: dict[str, ChainHead] = {}
        length_before = len(self.chained)
        try:
            for number, act in enumerate(acts, 1):
                head = self._heads.get(act.institution) or await self._load_head(act.institution)
                heads_before.setdefault(act.institution, head)
                chained = chain(head, act, new_salt=_new_salt)
                self._heads[act.institution] = chained.head
                self.chained.append(chained)
                if number % _AT_A_TIME == 0:
                    await asyncio.sleep(0)
        except BaseException:
            self._heads.update(heads_before)
            del self.chained[length_before:]
            raise
        self._grown.update(heads_before)

    async def store(self) -> None:
        """Writes what was chained."""
        if not self.chained:
            return
        execute = self._connection.execute
        await execute(insert(event_table), [event_row(chained) for chained in self.chained])
        if personal := [row for chained in self.chained for row in personal_rows(chained)]:
            await execute(insert(personal_field), personal)
        await execute(UPSERT_CHAIN, chain_rows(self._heads, sorted(self._grown)))

    def grown_heads(self) -> dict[str, ChainHead]:
        """Returns the new end of each chain that grew."""
        return {institution: self._heads[institution] for institution in self._grown}

    async def _load_head(self, institution: str) -> ChainHead:
        # The writers' lock already keeps others out; FOR UPDATE also keeps out who does not know of it.
        found = await self._connection.execute(
            select(chain_table).where(chain_table.c.institution == institution).with_for_update()
        )
        row = found.mappings().one_or_none()
        head = genesis(institution) if row is None else head_of(row)
        self._heads[institution] = head
        return head
