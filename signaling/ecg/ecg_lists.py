"""Which ECGs somebody finds in their boxes: what goes on or waits, what is theirs, what is past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.cursors import make_cursor, page_of
from signaling.auth.rights import Caller
from signaling.consult.cases import of_institution
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import IS_SETTLED, MAX_LISTED, Ecg, ecgs_of
from signaling.store import tables as t

EcgBox: TypeAlias = Literal["all", "work", "mine", "past"]
_C: Final = t.ecg.c


async def ecgs_in(
    connection: AsyncConnection, caller: Caller, box: EcgBox, case: str, cursor: str
) -> tuple[Sequence[Ecg], str | None]:
    """Returns one page of a box, the latest first, and the cursor of the next; of one case where it is named.
    Raises Refusal(bad_request) for a cursor that is none.
    """
    query = _query(caller, box)
    if case:
        query = query.where(_C.case_id == case)
    query = page_of(query, at_ms=_C.created_at_ms, name=_C.id, cursor=cursor, limit=MAX_LISTED)
    found = await ecgs_of(connection, query)
    page = found[:MAX_LISTED]
    following = make_cursor(page[-1].created_at_ms, page[-1].id) if len(found) > MAX_LISTED else None
    return page, following


def _query(caller: Caller, box: EcgBox) -> Select[Any]:
    ecgs = select(t.ecg).where(_is_seen(caller))
    is_done = (_C.state == EcgState.ENDED.value) & IS_SETTLED
    if box == "past":
        return ecgs.where(is_done)
    if box == "mine":
        return ecgs.where(_C.person == caller.person)
    return ecgs.where(~is_done) if box == "work" else ecgs


def _is_seen(caller: Caller) -> Any:
    """The condition that the caller's institution takes it, or has a part in its case, or they have."""
    c, p = t.consultation.c, t.consultation_party.c
    cases = select(c.id).where(of_institution(caller.institution))
    parts = select(p.case_id).where(p.person == caller.person, p.state != "removed")
    return or_(_C.institution == caller.institution, _C.case_id.in_(cases), _C.case_id.in_(parts))
