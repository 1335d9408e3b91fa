"""A case's ring in the store: started, gone on, ended, each with its acts in the same unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from clinical.consultation import ConsultationAct, ConsultationState, DeclineReason
from clinical.errors import ConsultationRefused
from clinical.escalation import Outcome, Turn, decline, next_due_ms, pass_on, step
from clinical.ids import PersonId
from recording.summary import JsonValue
from signaling.auth.rights import NOBODY, Caller
from signaling.consult.case_chain import chain_act
from signaling.consult.case_rights import Deed
from signaling.consult.cases import Case, after_act, lock_case, store_case
from signaling.consult.duty_calls import ring_for
from signaling.consult.opened_case import open_case
from signaling.due_driver import DueWork
from signaling.store import tables as t
from signaling.store.store import Unit


async def start_ringing(
    unit: Unit, caller: Caller, case: Case, act: ConsultationAct, *, named: PersonId | None = None
) -> Case:
    """Returns a case that rings from now on, not stored yet. Raises ConsultationRefused."""
    ring = await ring_for(unit, case, named=named)
    case = after_act(case, act, unit.now_ms, ring=ring, ring_due_ms=next_due_ms(ring), expert="")
    case = replace(case, end_reason="", end_note="")
    after: dict[str, JsonValue] = {
        "stage": int(ring.stage),
        "called": [one.person for one in ring.called],
        "shows_phone": ring.stage.name == "DUTY_PHONE",
    }
    chain_act(unit, caller, case, "ring.started", after=after)
    return case


def end_ring(unit: Unit, caller: Caller, case: Case, outcome: str) -> Case:
    """Returns a case that rings no longer, not stored yet."""
    waited_ms = 0 if case.ring is None else unit.now_ms - case.ring.started_at_ms
    chain_act(unit, caller, case, "ring.ended", after={"outcome": outcome, "after_ms": waited_ms})
    return replace(case, ring=None, ring_due_ms=None)


async def decline_case(unit: Unit, caller: Caller, case_id: str, *, reason: DeclineReason, note: str) -> Case:
    """Notes a no with its reason; the next line is called at once where everybody has said so. Raises
    ConsultationRefused, Refusal.
    """
    case, _ = await open_case(unit, caller, case_id, Deed.DECLINE)
    if case.ring is None:
        raise ConsultationRefused("consultation_state")
    turn = decline(case.ring, caller.person, reason, has_note=bool(note), now_ms=unit.now_ms)
    chain_act(
        unit,
        caller,
        case,
        "invitation.declined",
        after={"reason": reason.value},
        personal={"note": note},
    )
    return await store_case(unit, _take_turn(unit, caller, case, turn, reason=reason.value, note=note))


async def pass_case(unit: Unit, caller: Caller, case_id: str) -> Case:
    """请备班接: the next line is called now. Raises ConsultationRefused, Refusal."""
    case, _ = await open_case(unit, caller, case_id, Deed.PASS)
    if case.ring is None:
        raise ConsultationRefused("consultation_state")
    turn = pass_on(case.ring, caller.person, now_ms=unit.now_ms)
    chain_act(unit, caller, case, "invitation.passed")
    return await store_case(unit, _take_turn(unit, caller, case, turn))


async def recall_case(unit: Unit, caller: Caller, case_id: str) -> Case:
    """Calls again, or calls a booked case before its time. Raises ConsultationRefused, Refusal."""
    case, _ = await open_case(unit, caller, case_id, Deed.RECALL)
    return await store_case(unit, await _ring_again(unit, caller, case))


async def advance_ring(unit: Unit, case_id: str) -> Case | None:
    """Does what is due of a case's ring; returns the case where something was. The clock does this, not a
    person. Raises ConsultationRefused where the case is gone.
    """
    case = await lock_case(unit, case_id)
    if case.ring_due_ms is None or case.ring_due_ms > unit.now_ms:
        return None
    if case.state is ConsultationState.INVITED:
        return await store_case(unit, await _ring_again(unit, NOBODY, case))
    if case.state is not ConsultationState.RINGING or case.ring is None:
        # Nothing rings: forgotten, so that it is not looked at for ever.
        return await store_case(unit, replace(case, ring=None, ring_due_ms=None))
    turn = step(case.ring, unit.now_ms)
    if turn.outcome is Outcome.UNCHANGED:
        return await store_case(unit, replace(case, ring_due_ms=next_due_ms(case.ring)))
    return await store_case(unit, _take_turn(unit, NOBODY, case, turn))


RINGS: Final = DueWork("ring", t.consultation.c.id, t.consultation.c.ring_due_ms, advance_ring)
"""What lets rings go on."""


async def _ring_again(unit: Unit, caller: Caller, case: Case) -> Case:
    named = await _booked_person(unit, case) if case.state is ConsultationState.INVITED else None
    return await start_ringing(unit, caller, case, ConsultationAct.RING, named=named)


async def _booked_person(unit: Unit, case: Case) -> PersonId | None:
    if not case.slot:
        return None
    person = await unit.connection.scalar(
        t.slot.select().with_only_columns(t.slot.c.person).where(t.slot.c.id == case.slot)
    )
    return None if person is None else PersonId(person)


def _take_turn(
    unit: Unit, caller: Caller, case: Case, turn: Turn, *, reason: str = "", note: str = ""
) -> Case:
    """Returns the case after what an answer or the clock came to, with the acts of that."""
    act = turn.act
    if act is None:
        raise ConsultationRefused("consultation_state")
    if turn.outcome in (Outcome.ANSWERED, Outcome.ESCALATED):
        ring = turn.ring
        case = after_act(case, act, unit.now_ms, ring=ring, ring_due_ms=next_due_ms(ring))
        if turn.outcome is Outcome.ESCALATED:
            chain_act(unit, NOBODY, case, "ring.escalated", after=_escalation(turn))
        return case
    outcome = turn.outcome.value
    case = end_ring(unit, caller, replace(case, ring=turn.ring), outcome)
    if turn.outcome is Outcome.TIMED_OUT:
        chain_act(unit, NOBODY, case, "invitation.timeout")
    return after_act(case, act, unit.now_ms, end_reason=reason or outcome, end_note=note)


def _escalation(turn: Turn) -> Mapping[str, JsonValue]:
    return {
        "stage": int(turn.ring.stage),
        "called": [one.person for one in turn.newly_called],
        "shows_phone": turn.shows_phone,
    }
