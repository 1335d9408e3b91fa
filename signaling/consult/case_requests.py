"""The inviting side's acts: write a request, send it, end it. Each is one unit of work."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update

from clinical.consent import ConsentPurpose, is_allowed, standing_of
from clinical.consultation import (
    ConsultationAct,
    ConsultationKind,
    ConsultationState,
    Request,
    check_complete,
)
from clinical.errors import ConsultationRefused
from clinical.ids import CaseId, InstitutionId, PatientId, new_case_id
from clinical.recording_policy import RecordingPolicy, policy_between
from signaling.api.route import Refusal
from signaling.auth.institution_settings import recording_policies
from signaling.auth.institutions import find_institution
from signaling.auth.rights import Caller
from signaling.care.consents import consents_of
from signaling.consult.case_chain import chain_act, request_sha256
from signaling.consult.case_rights import Deed
from signaling.consult.cases import Case, after_act, insert_case, store_case
from signaling.consult.opened_case import open_case
from signaling.consult.ringing import end_ring, start_ringing
from signaling.store import tables as t
from signaling.store.store import Unit


async def create_case(
    unit: Unit,
    caller: Caller,
    *,
    patient: PatientId,
    institution: InstitutionId,
    hospital: str,
    request: Request,
    slot: str = "",
    case_id: CaseId | None = None,
) -> Case:
    """Stores a new request as a draft, under a new id unless one was made before. Raises
    Refusal(institution_missing, slot_unknown).
    """
    asked = await _hospital(unit, hospital)
    case = Case(
        id=case_id or new_case_id(),
        serial="",
        institution=institution,
        invited_institution=asked,
        patient=patient,
        inviter=caller.person,
        device=caller.device,
        host=caller.person,
        expert="",
        state=ConsultationState.DRAFTED,
        version=1,
        request=request,
        slot=slot,
        recording_policy=await _policy(unit, institution, asked),
        ring=None,
        ring_due_ms=None,
        end_reason="",
        end_note="",
        created_at_ms=unit.now_ms,
        invited_at_ms=None,
        accepted_at_ms=None,
        active_at_ms=None,
        signed_at_ms=None,
        closed_at_ms=None,
        updated_at_ms=unit.now_ms,
    )
    await _check_slot(unit, case)
    case = await insert_case(unit, case)
    after = {"specialty": request.specialty, "urgency": request.urgency.value, "kind": request.kind.value}
    after |= {"serial": case.serial, "recording_policy": case.recording_policy}
    chain_act(unit, caller, case, "request.created", after=after)
    _note_complete(unit, caller, case)
    return case


async def amend_case(
    unit: Unit, caller: Caller, case_id: str, *, hospital: str, request: Request, slot: str = ""
) -> Case:
    """Writes a draft anew. Raises Refusal, ConsultationRefused."""
    case, _ = await open_case(unit, caller, case_id, Deed.AMEND)
    was_complete = _is_complete(case.request)
    asked = await _hospital(unit, hospital)
    case = replace(
        after_act(case, ConsultationAct.AMEND, unit.now_ms),
        invited_institution=asked,
        # Written anew, it is written under the rules of now, also of another hospital.
        recording_policy=await _policy(unit, case.institution, asked),
        request=request,
        slot=slot,
    )
    await _check_slot(unit, case)
    case = await store_case(unit, case)
    after = {"request_sha256": request_sha256(case), "recording_policy": case.recording_policy}
    chain_act(unit, caller, case, "request.amended", after=after)
    if not was_complete:
        _note_complete(unit, caller, case)
    return case


async def invite(unit: Unit, caller: Caller, case_id: str) -> Case:
    """Sends a request; where it is wanted now, whoever is on duty is called at once.

    Raises Refusal (slot_taken), ConsultationRefused (also consultation_incomplete,
    consultation_consent_missing).
    """
    case, _ = await open_case(unit, caller, case_id, Deed.INVITE)
    check_complete(case.request)
    standing = standing_of(await consents_of(unit.connection, case.patient, case.id), case.id)
    if not is_allowed(standing, ConsentPurpose.CONSULTATION):
        raise ConsultationRefused("consultation_consent_missing")
    await _book_slot(unit, caller, case)
    case = after_act(case, ConsultationAct.INVITE, unit.now_ms)
    if case.request.kind is ConsultationKind.LIVE and case.request.wanted_at_ms is not None:
        # The driver calls those on duty when the time has come.
        case = replace(case, ring_due_ms=case.request.wanted_at_ms)
    chain_act(
        unit,
        caller,
        case,
        "invitation.sent",
        after={
            "hospital": case.invited_institution,
            "specialty": case.request.specialty,
            "urgency": case.request.urgency.value,
            "kind": case.request.kind.value,
            "wanted_title": case.request.wanted_title,
            "wanted_at_ms": case.request.wanted_at_ms,
            "request_sha256": request_sha256(case),
        },
    )
    if case.is_wanted_now:
        case = await start_ringing(unit, caller, case, ConsultationAct.RING)
    return await store_case(unit, case)


async def cancel_case(unit: Unit, caller: Caller, case_id: str, *, reason: str, note: str) -> Case:
    """Ends a case without an opinion. Raises ConsultationRefused(also consultation_reason_missing)."""
    case, _ = await open_case(unit, caller, case_id, Deed.CANCEL)
    if reason == "other" and not note:
        raise ConsultationRefused("consultation_reason_missing")
    before = case.state
    if before is ConsultationState.RINGING:
        case = end_ring(unit, caller, case, "cancelled")
    case = after_act(
        case, ConsultationAct.CANCEL, unit.now_ms, end_reason=reason, end_note=note, ring_due_ms=None
    )
    await _free_slot(unit, case)
    chain_act(
        unit,
        caller,
        case,
        "invitation.cancelled",
        before={"state": before.value},
        after={"reason": reason},
        personal={"note": note},
    )
    if case.active_at_ms is not None:
        chain_act(unit, caller, case, "session.ended", after={"cause": "cancelled"})
    return await store_case(unit, case)


# ---- inside ---------------------------------------------------------------------------------------------


def _is_complete(request: Request) -> bool:
    try:
        check_complete(request)
    except ConsultationRefused:
        return False
    return True


def _note_complete(unit: Unit, caller: Caller, case: Case) -> None:
    """Tells that the invitation holds all that the law asks for."""
    if _is_complete(case.request):
        chain_act(unit, caller, case, "invitation.drafted", after={"request_sha256": request_sha256(case)})


async def _policy(unit: Unit, *institutions: InstitutionId) -> RecordingPolicy:
    return policy_between(await recording_policies(unit.connection, institutions))


async def _hospital(unit: Unit, hospital: str) -> InstitutionId:
    found = await find_institution(unit.connection, hospital)
    if found is None or found.state != "active" or found.kind != "hospital":
        raise Refusal("institution_missing")
    return found.id


async def _check_slot(unit: Unit, case: Case) -> None:
    """Raises Refusal(slot_unknown) where a slot is not one of the asked hospital for this specialty."""
    if not case.slot:
        return
    c = t.slot.c
    query = t.slot.select().where(c.id == case.slot)
    row = (await unit.connection.execute(query)).one_or_none()
    is_fitting = row is not None and (row.institution, row.specialty, row.from_ms) == (
        case.invited_institution,
        case.request.specialty,
        case.request.wanted_at_ms,
    )
    if not is_fitting or case.request.kind is not ConsultationKind.LIVE:
        raise Refusal("slot_unknown")


async def _book_slot(unit: Unit, caller: Caller, case: Case) -> None:
    """Books a case's slot. Raises Refusal(slot_taken) where another case has it or it is over."""
    if not case.slot:
        return
    c = t.slot.c
    done = await unit.connection.execute(
        update(t.slot)
        .where(c.id == case.slot, c.case_id == "", c.from_ms > unit.now_ms)
        .values(case_id=case.id)
    )
    if done.rowcount != 1:
        raise Refusal("slot_taken")
    chain_act(unit, caller, case, "slot.booked", subject={"slot": case.slot})


async def _free_slot(unit: Unit, case: Case) -> None:
    c = t.slot.c
    if case.slot:
        await unit.connection.execute(
            update(t.slot).where(c.id == case.slot, c.case_id == CaseId(case.id)).values(case_id="")
        )
