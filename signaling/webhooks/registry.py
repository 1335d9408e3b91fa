"""Webhooks in the store: where to, which events, and the secret that signs them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, random_id
from signaling.store.secret_box import SecretBox
from signaling.store.store import Unit
from signaling.store.tables import chain, delivery, webhook

MAX_WEBHOOKS: Final = 10
"""Of one institution, active ones: each event costs a delivery to each."""
MAX_ENDED_SHOWN: Final = 20
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook and how its deliveries are going."""

    id: str
    url: str
    kinds: tuple[str, ...]
    state: str
    created_at_ms: int
    delivered_at_ms: int | None
    waiting: int = 0
    failing: int = 0
    given_up: int = 0


def secret_context(webhook_id: str) -> str:
    """Returns what a webhook's sealed secret is bound to."""
    return f"webhook {webhook_id}"


async def webhooks(connection: AsyncConnection, institution: InstitutionId) -> list[Webhook]:
    """Returns the institution's webhooks: active ones, then those ended last."""
    c = webhook.c
    query = select(webhook).where(c.institution == institution)
    # "active" comes before "ended" also by the alphabet.
    rows = await connection.execute(
        query.order_by(c.state, c.created_at_ms.desc()).limit(MAX_WEBHOOKS + MAX_ENDED_SHOWN)
    )
    return [await _counted(connection, row) for row in rows.mappings().all()]


async def find_webhook(
    connection: AsyncConnection, institution: InstitutionId, webhook_id: str
) -> Webhook | None:
    """Returns a webhook of this institution."""
    c = webhook.c
    query = select(webhook).where(c.institution == institution, c.id == webhook_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else await _counted(connection, row)


async def create_webhook(
    unit: Unit, institution: InstitutionId, url: str, kinds: Sequence[str], box: SecretBox
) -> tuple[Webhook, str] | None:
    """Creates a webhook for what happens from now on; returns it with its secret, None where there are too
    many."""
    connection, c = unit.connection, webhook.c
    count = await connection.scalar(
        select(func.count()).where(c.institution == institution, c.state == "active")
    )
    if (count or 0) >= MAX_WEBHOOKS:
        return None
    size = await connection.scalar(select(chain.c.size).where(chain.c.institution == institution))
    new = Webhook(random_id("wh_"), url, tuple(kinds), "active", unit.now_ms, None)
    secret = _new_secret()
    await connection.execute(
        insert(webhook).values(
            id=new.id,
            institution=institution,
            url=url,
            secret=box.seal(secret.encode(), secret_context(new.id)),
            kinds=json.dumps(list(kinds)),
            state=new.state,
            created_at_ms=new.created_at_ms,
            seen_sequence=size or 0,
        )
    )
    return new, secret


async def change_webhook(unit: Unit, found: Webhook, *, url: str | None, kinds: Sequence[str] | None) -> None:
    """Changes where to and which events, for what has not been looked through yet."""
    values = {"url": url, "kinds": None if kinds is None else json.dumps(list(kinds))}
    given = {name: value for name, value in values.items() if value is not None}
    if given:
        await unit.connection.execute(update(webhook).where(webhook.c.id == found.id).values(**given))


async def renew_secret(unit: Unit, found: Webhook, box: SecretBox) -> str:
    """Replaces the secret and returns the new one."""
    secret = _new_secret()
    sealed = box.seal(secret.encode(), secret_context(found.id))
    await unit.connection.execute(update(webhook).where(webhook.c.id == found.id).values(secret=sealed))
    return secret


async def end_webhook(unit: Unit, found: Webhook) -> None:
    """Ends it and drops what was waiting; its secret is gone."""
    await unit.connection.execute(
        update(webhook).where(webhook.c.id == found.id).values(state="ended", secret=b"")
    )
    await unit.connection.execute(delete(delivery).where(delivery.c.webhook == found.id))


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(_SECRET_BYTES)}"


async def _counted(connection: AsyncConnection, row: RowMapping) -> Webhook:
    d = delivery.c
    ours = d.webhook == row["id"]
    waiting = await connection.scalar(select(func.count()).where(ours, d.given_up_at_ms.is_(None)))
    failing = await connection.scalar(
        select(func.count()).where(ours, d.given_up_at_ms.is_(None), d.attempts > 0)
    )
    given_up = await connection.scalar(select(func.count()).where(ours, d.given_up_at_ms.is_not(None)))
    return Webhook(
        row["id"],
        row["url"],
        tuple(json.loads(row["kinds"])),
        row["state"],
        row["created_at_ms"],
        row["delivered_at_ms"],
        waiting or 0,
        failing or 0,
        given_up or 0,
    )
