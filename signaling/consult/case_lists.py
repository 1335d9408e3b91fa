"""Which cases somebody finds in their boxes: what rings for them, waits, is theirs, is past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import ENDS, ConsultationState
from clinical.escalation import is_ringing_for
from signaling.api.cursors import make_cursor, page_of
from signaling.auth.rights import Caller
from signaling.consult.cases import MAX_LISTED, Case, cases_of, of_institution
from signaling.store import tables as t

Box: TypeAlias = Literal["incoming", "work", "mine", "past"]
_C: Final = t.consultation.c
_ENDED: Final = [state.value for state in ENDS]


async def cases_in(
    connection: AsyncConnection, caller: Caller, box: Box, cursor: str = ""
) -> tuple[Sequence[Case], str | None]:
    """Returns one page of a box, the last changed first, and the cursor of the next. Raises
    Refusal(bad_request) for a cursor that is none.
    """
    query = page_of(_query(caller, box), at_ms=_C.updated_at_ms, name=_C.id, cursor=cursor, limit=MAX_LISTED)
    found = await cases_of(connection, query)
    page = found[:MAX_LISTED]
    following = make_cursor(page[-1].updated_at_ms, page[-1].id) if len(found) > MAX_LISTED else None
    if box == "incoming":
        page = [case for case in page if case.ring and is_ringing_for(case.ring, caller.person)]
    return page, following


def _query(caller: Caller, box: Box) -> Select[Any]:
    cases = select(t.consultation)
    if box == "incoming":
        here = _C.invited_institution == caller.institution
        return cases.where(here, _C.state == ConsultationState.RINGING.value)
    if box == "past":
        return cases.where(of_institution(caller.institution), _C.state.in_(_ENDED))
    is_open = _C.state.not_in(_ENDED)
    if box == "work":
        return cases.where(of_institution(caller.institution), is_open)
    p = t.consultation_party.c
    has_part = _C.id.in_(select(p.case_id).where(p.person == caller.person, p.state != "removed"))
    is_own = or_(_C.inviter == caller.person, _C.host == caller.person, _C.expert == caller.person)
    return cases.where(is_open, or_(is_own, has_part))
