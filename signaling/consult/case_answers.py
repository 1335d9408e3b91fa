"""The asked side's acts: take a case, hand it to another; and both sides meeting in its room."""

from __future__ import annotations

from dataclasses import replace

from clinical.consultation import ConsultationAct, ConsultationKind, ConsultationState
from clinical.errors import ConsultationRefused
from clinical.ids import PersonId
from clinical.specialties import is_specialty
from signaling.api.route import Refusal
from signaling.auth.people import PersonRow, find_person
from signaling.auth.rights import NOBODY, Caller
from signaling.auth.room_entry import admission_of
from signaling.auth.room_rights import Licence
from signaling.consult.case_chain import chain_act
from signaling.consult.case_rights import EXPERTS, Deed
from signaling.consult.cases import Case, after_act, lock_case, store_case
from signaling.consult.duty_calls import check_licence, licence_held
from signaling.consult.opened_case import open_case
from signaling.consult.parties import Party, PartyState, put_party
from signaling.consult.ringing import end_ring, start_ringing
from signaling.store.store import Unit


async def accept_case(unit: Unit, caller: Caller, case_id: str) -> Case:
    """Gives the case to the caller; of several at once exactly one. An offline case is opened by it.

    Raises Refusal (not_permitted, licence_missing, licence_expired), ConsultationRefused (also
    consultation_taken).
    """
    case, _ = await open_case(unit, caller, case_id, Deed.ACCEPT)
    licence = await check_licence(unit.connection, caller.person, unit.now_ms)
    if case.state is ConsultationState.RINGING:
        case = end_ring(unit, caller, case, "accepted")
    case = after_act(case, ConsultationAct.ACCEPT, unit.now_ms, expert=caller.person, ring_due_ms=None)
    waited_ms = unit.now_ms - (case.invited_at_ms or unit.now_ms)
    chain_act(unit, caller, case, "invitation.accepted", after={"after_ms": waited_ms})
    chain_act(
        unit,
        caller,
        case,
        "presence.proved",
        subject={"person": caller.person},
        # That the doctor who is named is there: who they are was asked for in so many ways, and the licence.
        after={"assurance": int(caller.assurance), "licence": licence.value},
    )
    if case.request.kind is ConsultationKind.OFFLINE:
        case = _meet(unit, caller, case)
    return await store_case(unit, case)


async def transfer_case(
    unit: Unit, caller: Caller, case_id: str, *, person: str, specialty: str, reason: str
) -> Case:
    """Hands a case to another specialist, who is called in turn. ``person`` or ``specialty`` may be "".

    Raises Refusal (not_permitted, transfer_person_unfit, specialty_unknown), ConsultationRefused.
    """
    case, _ = await open_case(unit, caller, case_id, Deed.TRANSFER)
    if not reason:
        raise ConsultationRefused("consultation_reason_missing")
    if specialty and not is_specialty(specialty):
        raise Refusal("specialty_unknown")
    named = await _fit_person(unit, case, person) if person else None
    before = case
    if specialty:
        case = replace(case, request=replace(case.request, specialty=specialty))
    chain_act(
        unit,
        caller,
        case,
        "invitation.transferred",
        # The seat of who hands it on ends with the act.
        subject={
            "person": before.expert,
            "admission": admission_of(case.id, before.expert) if before.expert else "",
        },
        before={"state": before.state.value, "specialty": before.request.specialty},
        after={"to": person, "specialty": case.request.specialty},
        personal={"reason": reason},
    )
    if before.expert:
        await put_party(
            unit,
            Party(
                case.id,
                PersonId(before.expert),
                case.invited_institution,
                PartyState.LEFT,
                caller.actor,
                unit.now_ms,
            ),
        )
        if before.host == before.expert:
            case = replace(case, host=case.inviter)
    return await store_case(
        unit, await start_ringing(unit, caller, case, ConsultationAct.TRANSFER, named=named)
    )


async def meet_case(unit: Unit, case_id: str) -> Case | None:
    """Notes that both sides are in the room; returns the case where that was new."""
    case = await lock_case(unit, case_id)
    if case.state is not ConsultationState.ACCEPTED:
        return None
    return await store_case(unit, _meet(unit, NOBODY, case))


def _meet(unit: Unit, caller: Caller, case: Case) -> Case:
    is_first = case.active_at_ms is None
    case = after_act(case, ConsultationAct.MEET, unit.now_ms, active_at_ms=case.active_at_ms or unit.now_ms)
    after = {"kind": case.request.kind.value, "is_first": is_first}
    chain_act(unit, caller, case, "session.started", subject={"person": case.expert}, after=after)
    return case


async def _fit_person(unit: Unit, case: Case, person: str) -> PersonId:
    found: PersonRow | None = await find_person(unit.connection, person)
    is_fit = (
        found is not None
        and found.state == "active"
        and found.institution == case.invited_institution
        and bool(EXPERTS & set(found.roles))
        and found.id not in (case.inviter, case.expert)
    )
    if not is_fit or await licence_held(unit.connection, person, unit.now_ms) is not Licence.VALID:
        raise Refusal("transfer_person_unfit")
    return PersonId(person)
