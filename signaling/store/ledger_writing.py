"""The ledger's part of one transaction: acts chained to the heads that this transaction sees, then stored."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence, Set
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.act import Act
from recording.audit.chain import SALT_BYTES, ChainedAct, ChainHead, chain, genesis
from recording.errors import MisuseError
from signaling.store.bulk_insert import BulkInsert
from signaling.store.ledger_rows import (
    EVENT_COLUMNS,
    PERSONAL_COLUMNS,
    UPSERT_CHAIN,
    chain_rows,
    event_row,
    head_of,
    personal_rows,
)
from signaling.store.tables import chain as chain_table
from signaling.store.tables import event as event_table
from signaling.store.tables import personal_field

_AT_A_TIME: Final = 16
"""Acts chained before the loop gets a turn: about a millisecond, so that no live call waits for a ledger."""

_ROWS_AT_A_TIME: Final = 128
"""Rows made ready for the driver in one go, for the same reason."""
_HEADS: Final = (
    select(chain_table)
    .where(chain_table.c.institution.in_(bindparam("institutions", expanding=True)))
    .with_for_update()
)
_EVENTS: Final = BulkInsert(event_table, EVENT_COLUMNS)
_PERSONAL: Final = BulkInsert(personal_field, PERSONAL_COLUMNS)


def _new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


class LedgerWriting:
    """Chains acts and keeps them until ``store``. Used by one transaction, which holds the writers' lock."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._heads: dict[str, ChainHead] = {}
        self._grown: set[str] = set()
        self.chained: list[ChainedAct] = []

    async def load_heads(self, institutions: Set[str]) -> None:
        """Reads where these chains end, in one statement; the transaction holds them from now on."""
        for institution in institutions:
            # What is no institution's name has no chain: its act is refused when it is added, and alone.
            with contextlib.suppress(MisuseError):
                self._heads[institution] = genesis(institution)
        names = sorted(self._heads.keys() & institutions)
        if not names:
            return
        # The writers' lock already keeps others out; FOR UPDATE also keeps out who does not know of it.
        found = await self._connection.execute(_HEADS, {"institutions": names})
        self._heads.update({row["institution"]: head_of(row) for row in found.mappings()})

    async def add(self, acts: Sequence[Act]) -> None:
        """Chains all of these acts or none. Raises MisuseError for an act that no chain takes."""
        heads_before: dict[str, ChainHead] = {}
        length_before = len(self.chained)
        try:
            for number, act in enumerate(acts, 1):
                if act.institution not in self._heads:
                    await self.load_heads({act.institution})
                head = self._heads.get(act.institution) or genesis(act.institution)
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
        for at in range(0, len(self.chained), _ROWS_AT_A_TIME):
            piece = self.chained[at : at + _ROWS_AT_A_TIME]
            await _EVENTS.run(self._connection, map(event_row, piece))
            if personal := [row for chained in piece for row in personal_rows(chained)]:
                await _PERSONAL.run(self._connection, personal)
        await self._connection.execute(UPSERT_CHAIN, chain_rows(self._heads, sorted(self._grown)))

    def grown_heads(self) -> dict[str, ChainHead]:
        """Returns the new end of each chain that grew."""
        return {institution: self._heads[institution] for institution in self._grown}
