"""What people write beside the picture: kept with the case, and its hash in both chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import CaseId, random_id
from signaling.api.route import Refusal
from signaling.auth.rights import Caller
from signaling.consult.case_chain import chain_act, text_sha256
from signaling.consult.case_rights import Deed
from signaling.consult.cases import Case, store_case
from signaling.consult.opened_case import open_case
from signaling.store import tables as t
from signaling.store.store import Unit

MAX_MESSAGES: Final = 1_000
"""Of one case: hours of writing; a page loads them all."""
_C: Final = t.consultation_message.c


@dataclass(frozen=True, slots=True)
class Message:
    """One line. Times are milliseconds since the Unix epoch."""

    id: str
    case: CaseId
    person: str
    text: str
    at_ms: int


async def add_message(unit: Unit, caller: Caller, case_id: str, text: str) -> tuple[Case, Message]:
    """Stores a line. Raises Refusal (not_permitted, consultation_full), ConsultationRefused."""
    case, _ = await open_case(unit, caller, case_id, Deed.WRITE)
    count = await unit.connection.scalar(
        select(func.count()).select_from(t.consultation_message).where(_C.case_id == case.id)
    )
    if (count or 0) >= MAX_MESSAGES:
        raise Refusal("consultation_full")
    message = Message(random_id("me_"), case.id, caller.actor, text, unit.now_ms)
    await unit.connection.execute(
        insert(t.consultation_message).values(
            id=message.id, case_id=case.id, person=message.person, text=text, at_ms=message.at_ms
        )
    )
    chain_act(
        unit, caller, case, "message.added", after={"message": message.id, "sha256": text_sha256(case, text)}
    )
    return await store_case(unit, case), message


async def messages_of(connection: AsyncConnection, case_id: str) -> Sequence[Message]:
    """Returns the lines of a case, oldest first."""
    query = select(t.consultation_message).where(_C.case_id == case_id).order_by(_C.at_ms, _C.id)
    return [
        Message(row.id, CaseId(row.case_id), row.person, row.text, row.at_ms)
        for row in await connection.execute(query.limit(MAX_MESSAGES))
    ]
