"""What is still to be told: rows made from the chain, claimed by one process at a time, gone once delivered.

The chain is the outbox: an event is owed to a webhook as soon as it is committed, because the webhook
remembers up to where it has been looked through. Within a case only the first waiting event may be claimed,
so its events arrive one after the other; one that was given up lets the next one by.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.store.store import Unit
from signaling.store.tables import chain, delivery, event, webhook

MAX_WAITING: Final = 10_000
"""Rows of one webhook: beyond it the chain keeps what is owed, and nothing is lost."""
FILL_PAGE: Final = 200
"""Events looked through in one unit of work: a few milliseconds."""
CLAIMED_AT_ONCE: Final = 4
"""Tries of one webhook side by side."""
LEASE_MS: Final = 60_000
"""A claim whose process died is free again after this; longer than any try lasts."""
MAX_ATTEMPTS: Final = 24
"""With the delays below some sixteen hours: a receiver that was switched off over night gets everything."""
FIRST_DELAY_MS: Final = 5_000
LONGEST_DELAY_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Due:
    """One event to be delivered to one webhook now; ``attempts`` counts this try."""

    webhook: str
    institution: str
    sequence: int
    attempts: int
    url: str
    sealed_secret: bytes
    line: bytes


def delay_ms(attempts: int) -> int:
    """Returns how long to wait after so many tries in vain."""
    return min(FIRST_DELAY_MS << min(attempts - 1, 20), LONGEST_DELAY_MS)


async def fill(unit: Unit) -> int:
    """Makes rows for events not looked through yet; returns how many events those were, 0 when done."""
    w = webhook.c
    query = (
        select(w.id, w.institution, w.kinds, w.seen_sequence)
        .join_from(webhook, chain, chain.c.institution == w.institution)
        .where(w.state == "active", chain.c.size > w.seen_sequence)
    )
    looked_through = 0
    for hook in (await unit.connection.execute(query)).all():
        waiting = await unit.connection.scalar(
            select(func.count()).where(delivery.c.webhook == hook.id, delivery.c.given_up_at_ms.is_(None))
        )
        if (waiting or 0) < MAX_WAITING:
            looked_through += await _fill_one(unit, hook)
    return looked_through


async def _fill_one(unit: Unit, hook: Any) -> int:
    e = event.c
    query = select(e.sequence, e.kind, e.case_id).where(
        e.institution == hook.institution, e.sequence > hook.seen_sequence
    )
    rows = (await unit.connection.execute(query.order_by(e.sequence).limit(FILL_PAGE))).all()
    if not rows:
        return 0
    kinds = frozenset(json.loads(hook.kinds))
    owed = [
        {
            "webhook": hook.id,
            "institution": hook.institution,
            "sequence": row.sequence,
            "order_key": row.case_id,
            "attempts": 0,
            "next_at_ms": unit.now_ms,
        }
        for row in rows
        if not kinds or row.kind in kinds
    ]
    if owed:
        await unit.connection.execute(insert(delivery), owed)
    await unit.connection.execute(
        update(webhook).where(webhook.c.id == hook.id).values(seen_sequence=rows[-1].sequence)
    )
    return len(rows)


async def has_work(connection: AsyncConnection, now_ms: int) -> tuple[bool, list[str]]:
    """Returns whether events have not been looked through yet, and the webhooks that have something due."""
    w, d = webhook.c, delivery.c
    unseen = await connection.scalar(
        select(
            exists()
            .where(w.state == "active")
            .where(chain.c.institution == w.institution)
            .where(chain.c.size > w.seen_sequence)
        )
    )
    due = await connection.execute(
        select(d.webhook)
        .where(d.given_up_at_ms.is_(None), d.next_at_ms <= now_ms, ~_is_behind_another())
        .distinct()
    )
    return bool(unseen), list(due.scalars())


def _is_behind_another() -> ColumnElement[bool]:
    """Whether a row of ``delivery`` waits for an earlier one of its case."""
    d, earlier = delivery.c, delivery.alias("earlier")
    return exists().where(
        d.order_key != "",
        earlier.c.webhook == d.webhook,
        earlier.c.order_key == d.order_key,
        earlier.c.sequence < d.sequence,
        earlier.c.given_up_at_ms.is_(None),
    )


async def claim(unit: Unit, webhook_id: str) -> Sequence[Due]:
    """Takes what this webhook may be told now, for LEASE_MS: at most CLAIMED_AT_ONCE."""
    d, w, e = delivery.c, webhook.c, event.c
    query = (
        select(d.institution, d.sequence, d.attempts, w.url, w.secret, e.line)
        .join_from(delivery, webhook, w.id == d.webhook)
        .join(event, and_(e.institution == d.institution, e.sequence == d.sequence))
        .where(d.webhook == webhook_id, w.state == "active", d.given_up_at_ms.is_(None))
        .where(d.next_at_ms <= unit.now_ms, ~_is_behind_another())
        .order_by(d.next_at_ms, d.sequence)
        .limit(CLAIMED_AT_ONCE)
    )
    rows = (await unit.connection.execute(query)).all()
    if rows:
        await unit.connection.execute(
            update(delivery)
            .where(d.webhook == webhook_id, d.sequence.in_([row.sequence for row in rows]))
            .values(attempts=d.attempts + 1, next_at_ms=unit.now_ms + LEASE_MS)
        )
    return [
        Due(
            webhook_id,
            row.institution,
            row.sequence,
            row.attempts + 1,
            row.url,
            bytes(row.secret),
            bytes(row.line),
        )
        for row in rows
    ]


async def settle(unit: Unit, tried: Sequence[Due], delivered: Collection[int]) -> int:
    """Notes what came of tries: rows of ``delivered`` sequences go, the others wait or are given up.

    Returns how many were given up.
    """
    d = delivery.c
    given_up = 0
    for due in tried:
        ours = and_(d.webhook == due.webhook, d.institution == due.institution, d.sequence == due.sequence)
        if due.sequence in delivered:
            await unit.connection.execute(delete(delivery).where(ours))
            continue
        is_last = due.attempts >= MAX_ATTEMPTS
        given_up += is_last
        values = (
            {"given_up_at_ms": unit.now_ms}
            if is_last
            else {"next_at_ms": unit.now_ms + delay_ms(due.attempts)}
        )
        await unit.connection.execute(update(delivery).where(ours).values(**values))
    if delivered and tried:
        await unit.connection.execute(
            update(webhook).where(webhook.c.id == tried[0].webhook).values(delivered_at_ms=unit.now_ms)
        )
    return given_up
