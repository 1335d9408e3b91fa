"""A ledger read back from a store and checked from first principles, without the code that wrote it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.act import SYSTEM_ACTOR, Act
from recording.audit.chain import genesis
from recording.audit.checkpoint import parse_note
from recording.audit.merkle import leaf_hash, tree_root
from signaling.store.store import Store
from signaling.store.tables import chain, checkpoint, event

_AT_A_TIME = 4_000


def act(institution: str = "in_a", kind: str = "media.started", **fields: Any) -> Act:
    """An act as media events are."""
    return Act(institution, kind, fields.pop("actor", SYSTEM_ACTOR), fields.pop("at_ms", 1), **fields)


@dataclass(frozen=True)
class KeptLedger:
    """One institution's part of the store."""

    lines: list[dict[str, Any]]
    checkpoint_sizes: list[int]


async def checked_ledger(store: Store, institution: str = "in_a") -> KeptLedger:
    """What the store keeps of an institution; AssertionError where it does not prove itself."""

    async def read_end(connection: AsyncConnection) -> tuple[Any, list[str]]:
        end = await connection.execute(select(chain).where(chain.c.institution == institution))
        notes = await connection.execute(
            select(checkpoint.c.note)
            .where(checkpoint.c.institution == institution)
            .order_by(checkpoint.c.size)
        )
        return end.mappings().one_or_none(), list(notes.scalars())

    end, notes = await store.read(read_end)
    rows: list[Any] = []
    # The writer may be ahead of what was read first.
    while end is not None and len(rows) < end["size"]:
        found = await store.read(partial(_read_events, institution=institution, after=len(rows)))
        assert found, "the chain says that it is longer"
        rows += found[: end["size"] - len(rows)]
    if end is None:
        assert await store.read(partial(_read_events, institution=institution, after=0)) == []
    previous = genesis(institution).head
    for number, row in enumerate(rows, 1):
        line = json.loads(row["line"])
        assert (row["sequence"], line["sequence"], line["institution"]) == (number, number, institution)
        assert line["previous"] == previous.hex()
        assert row["hash"] == hashlib.sha256(row["line"]).digest()
        previous = row["hash"]
    if end is not None:
        assert (end["size"], end["head"]) == (len(rows), previous)
    leaves = [leaf_hash(row["hash"]) for row in rows]
    before = 0
    for text in notes:
        noted = parse_note(text.encode()).checkpoint
        assert noted.previous_size == before < noted.size <= len(rows)
        assert noted.root == tree_root(leaves[: noted.size])
        assert noted.head == rows[noted.size - 1]["hash"]
        before = noted.size
    return KeptLedger(
        [json.loads(row["line"]) for row in rows], [parse_note(n.encode()).checkpoint.size for n in notes]
    )


async def _read_events(connection: AsyncConnection, institution: str, after: int) -> list[Any]:
    """A piece of a ledger: a long one takes longer than a read may."""
    found = await connection.execute(
        select(event)
        .where(event.c.institution == institution, event.c.sequence > after)
        .order_by(event.c.sequence)
        .limit(_AT_A_TIME)
    )
    return list(found.mappings())
