"""Steps of the degradation ladder (domain.md §5.3) as events of a case: what a page did, and why."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from signaling.api.route import Refusal
from signaling.auth.rights import Caller
from signaling.consult.case_chain import chain_act
from signaling.consult.case_rights import Deed, is_inside
from signaling.consult.cases import Case
from signaling.consult.opened_case import open_case
from signaling.consult.parties import seated_of
from signaling.store import tables as t
from signaling.store.store import Unit

LOWEST: Final = 5
"""L0 is the best, L5 is no connection."""


async def note_step(
    unit: Unit, caller: Caller, case_id: str, *, step: int, cause: str, receiver: str
) -> Case:
    """Chains a step; the case stays as it is. ``receiver``: who reported it, by id or by the name they go by
    in the room. Raises Refusal (not_permitted, party_unknown), ConsultationRefused.
    """
    case, parties = await open_case(unit, caller, case_id, Deed.WRITE)
    person = receiver
    if receiver:
        a = t.account.c
        found = await unit.connection.scalar(select(a.person).where(a.login == receiver))
        person = found or receiver
        if not is_inside(case, person, seated_of(parties)):
            raise Refusal("party_unknown")
    chain_act(
        unit, caller, case, "qos.step", subject={"person": person}, after={"step": step, "cause": cause}
    )
    return case
