"""The door of a case's room: who waits, who is asked in, admitted, put out, and who is the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import ConsultationState
from clinical.ids import InstitutionId, PersonId
from signaling.api.route import Refusal
from signaling.auth.people import find_person
from signaling.auth.policy import CLINICIANS
from signaling.auth.rights import Caller, Role
from signaling.auth.room_entry import admission_of
from signaling.consult.case_chain import chain_act
from signaling.consult.case_rights import Deed, is_inside, refusal_of
from signaling.consult.cases import Case, store_case
from signaling.consult.opened_case import open_case
from signaling.consult.parties import SEATED, Party, PartyState, parties_of, party_of, put_party, seated_of
from signaling.store.store import Unit

MAX_INSIDE: Final = 8
"""Speakers of a multidisciplinary consultation (domain.md §2.5), observers counted with them."""
MAX_PARTIES: Final = 32
"""Rows of one case: who waits in vain is told so before the list grows without end."""
_MAY_SIT: Final = CLINICIANS | {Role.SUPERVISOR}


async def may_walk_in(connection: AsyncConnection, caller: Caller, case: Case) -> bool:
    """Returns whether the caller belongs into the room and it is open to them: there is nothing to note."""
    seated = seated_of(await parties_of(connection, [case.id]))
    return is_inside(case, caller.person, seated) and not refusal_of(Deed.ROOM, case, caller, seated)


async def wait_at_door(unit: Unit, caller: Caller, case_id: str) -> Case:
    """Notes that the caller waits; nothing where they do already or may come in. Raises
    Refusal(room_full), ConsultationRefused.
    """
    case, parties = await open_case(unit, caller, case_id, Deed.ROOM)
    known = party_of(parties, caller.person)
    is_known = known is not None and known.state is PartyState.WAITING
    if is_known or is_inside(case, caller.person, seated_of(parties)):
        return case
    if known is None and len(parties) >= MAX_PARTIES:
        raise Refusal("room_full", limit=MAX_INSIDE)
    await _put(unit, caller, case, caller.person, caller.institution, PartyState.WAITING)
    chain_act(unit, caller, case, "participant.waiting", subject={"person": caller.person})
    return await store_case(unit, case)


async def ask_in(unit: Unit, caller: Caller, case_id: str, person: str) -> Case:
    """Asks somebody into a case, of whatever institution; the door opens when they come.

    Raises Refusal (not_permitted, party_unfit, party_known, room_full), ConsultationRefused.
    """
    case, parties = await open_case(unit, caller, case_id, Deed.ADMIT)
    if is_inside(case, person, seated_of(parties)):
        raise Refusal("party_known")
    found = await find_person(unit.connection, person)
    if found is None or found.state != "active" or not _MAY_SIT & set(found.roles):
        raise Refusal("party_unfit")
    _check_room(case, parties)
    await _put(unit, caller, case, found.id, found.institution, PartyState.INVITED)
    chain_act(unit, caller, case, "participant.invited", subject={"person": person})
    return await store_case(unit, case)


async def admit(unit: Unit, caller: Caller, case_id: str, person: str) -> Case:
    """Lets somebody in who waits. Raises Refusal (not_permitted, party_not_waiting, room_full),
    ConsultationRefused.
    """
    case, parties = await open_case(unit, caller, case_id, Deed.ADMIT)
    party = party_of(parties, person)
    if party is None or party.state is not PartyState.WAITING:
        raise Refusal("party_not_waiting")
    _check_room(case, parties)
    await _put(unit, caller, case, party.person, party.institution, PartyState.ADMITTED)
    chain_act(unit, caller, case, "participant.admitted", subject={"person": person})
    return await store_case(unit, case)


async def put_out(unit: Unit, caller: Caller, case_id: str, person: str) -> Case:
    """Puts somebody out, or turns away who waits; their seat ends with the act. Raises Refusal
    (not_permitted, party_unknown, party_is_host), ConsultationRefused.
    """
    case, parties = await open_case(unit, caller, case_id, Deed.ADMIT)
    party = party_of(parties, person)
    # An expert may have sat here before the case became theirs: it is handed on, nobody puts them out.
    if party is None or person == case.expert or party.state not in (*SEATED, PartyState.WAITING):
        raise Refusal("party_unknown")
    if person == case.host:
        raise Refusal("party_is_host")
    await _put(unit, caller, case, party.person, party.institution, PartyState.REMOVED)
    chain_act(
        unit,
        caller,
        case,
        "participant.removed",
        subject={"person": person, "admission": admission_of(case.id, person)},
        before={"state": party.state.value},
    )
    return await store_case(unit, case)


async def hand_over(unit: Unit, caller: Caller, case_id: str, person: str) -> Case:
    """Makes another of those inside the host. Raises Refusal (not_permitted, party_unknown, host_unfit),
    ConsultationRefused.
    """
    case, parties = await open_case(unit, caller, case_id, Deed.HOST)
    if not is_inside(case, person, seated_of(parties)):
        raise Refusal("party_unknown")
    found = await find_person(unit.connection, person)
    if found is None or not CLINICIANS & set(found.roles):
        # Who only watches could neither let anybody in nor hand the host on.
        raise Refusal("host_unfit")
    before = case.host
    case = replace(case, host=PersonId(person))
    chain_act(unit, caller, case, "host.handed_over", subject={"person": person}, before={"host": before})
    return await store_case(unit, case)


def _check_room(case: Case, parties: Sequence[Party]) -> None:
    inside = {case.inviter, case.host, case.expert, *seated_of(parties)} - {""}
    # The chair of an expert who is still being called is kept free.
    taken = len(inside) + (case.state is not ConsultationState.DRAFTED and not case.expert)
    if taken >= MAX_INSIDE or len(parties) >= MAX_PARTIES:
        raise Refusal("room_full", limit=MAX_INSIDE)


async def _put(
    unit: Unit, caller: Caller, case: Case, person: str, institution: InstitutionId, state: PartyState
) -> None:
    await put_party(unit, Party(case.id, PersonId(person), institution, state, caller.actor, unit.now_ms))
