"""What people do to an ECG: ask a gateway for one, stop it. Each in one unit of work with its event."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import select

from clinical.consultation import Urgency
from clinical.ids import InstitutionId, PatientId, new_ecg_id
from signaling.api.route import Refusal
from signaling.auth.rights import Caller
from signaling.consult.cases import Case, find_case
from signaling.ecg.ecg_chain import case_of, chain_ecg_act
from signaling.ecg.ecg_rights import EcgDeed, refusal_of
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import Ecg, insert_ecg, lock_ecg, open_ecgs_of_device, store_ecg
from signaling.ecg.settling import ending_words
from signaling.store import tables as t
from signaling.store.store import Unit

GATEWAY: Final = "gateway"
"""The kind of device that sends ECGs."""


async def request_ecg(
    unit: Unit,
    caller: Caller,
    *,
    device: str,
    patient: PatientId,
    institution: InstitutionId,
    case_id: str,
    urgency: Urgency,
    is_connected: bool,
) -> Ecg:
    """Stores that an ECG is wanted from a gateway of the patient's institution.

    Refusal: ecg_gateway_unknown, ecg_gateway_away, ecg_gateway_busy, ecg_case_unfit.
    """
    await _check_device(unit, institution, device)
    if not is_connected:
        raise Refusal("ecg_gateway_away")
    if any(ecg.state is not EcgState.ENDED for ecg in await open_ecgs_of_device(unit.connection, device)):
        raise Refusal("ecg_gateway_busy")
    case = await fitting_case(unit, case_id, institution, patient)
    ecg = await insert_ecg(
        unit,
        Ecg(
            id=new_ecg_id(),
            serial="",
            institution=institution,
            patient=patient,
            case=case_id,
            device=device,
            person=caller.person,
            urgency=urgency,
            source="",
            descriptor=None,
            state=EcgState.WAITING,
            created_at_ms=unit.now_ms,
            heard_at_ms=unit.now_ms,
        ),
    )
    subject = {"device": device}
    chain_ecg_act(unit, caller, ecg, case, "ecg.requested", subject=subject, after={"urgency": urgency.value})
    return ecg


async def stop_ecg(unit: Unit, caller: Caller, ecg_id: str) -> Ecg:
    """Ends an ECG. What was measured before may still arrive, also where nothing has come yet: what there
    will ever be is for its gateway to say.

    Refusal: not_permitted, ecg_state.
    """
    ecg = await lock_ecg(unit, ecg_id)
    if ecg is None:
        raise Refusal("not_found")
    refusal = refusal_of(EcgDeed.STOP, ecg, caller)
    if refusal:
        raise Refusal(refusal)
    after = replace(ecg, state=EcgState.ENDED, ended_at_ms=unit.now_ms)
    case = await case_of(unit, ecg)
    chain_ecg_act(unit, caller, after, case, "ecg.ended", after=ending_words(after, "stopped"))
    return await store_ecg(unit, after)


async def fitting_case(
    unit: Unit, case_id: str, institution: InstitutionId, patient: PatientId
) -> Case | None:
    """Returns the case an ECG is to belong to, None for none. Refusal("ecg_case_unfit"): another patient's,
    another institution's, or over.
    """
    if not case_id:
        return None
    case = await find_case(unit.connection, case_id)
    if case is None or (case.institution, case.patient) != (institution, patient) or case.is_ended:
        raise Refusal("ecg_case_unfit")
    return case


async def _check_device(unit: Unit, institution: InstitutionId, device: str) -> None:
    c = t.device.c
    query = select(c.id).where(
        c.id == device, c.institution == institution, c.kind == GATEWAY, c.state == "active"
    )
    if (await unit.connection.execute(query)).first() is None:
        raise Refusal("ecg_gateway_unknown")
