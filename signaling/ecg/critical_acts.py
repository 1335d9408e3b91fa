"""The acts of a critical value: marked, acknowledged, taken back by people; gone on with by the clock. Each
in one unit of work with its events in the ledgers of both sides (docs/adr/0013).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clinical.critical_value import (
    CriticalState,
    CriticalTurn,
    acknowledge,
    acknowledge_by_phone,
    mark,
    step,
    unheard_ms,
    withdraw,
)
from clinical.errors import CriticalValueRefused
from clinical.ids import EcgId
from recording.summary import JsonValue
from signaling.auth.rights import NOBODY, Caller
from signaling.due_driver import DueWork
from signaling.ecg.critical_people import lines_for
from signaling.ecg.critical_rows import (
    KeptCritical,
    find_critical,
    insert_critical,
    lock_critical,
    store_critical,
)
from signaling.ecg.ecg_chain import chain_ecg_act
from signaling.ecg.ecg_rights import OpenedEcg
from signaling.ecg.opened_ecg import opened_in
from signaling.ecg.report_rights import ReportDeed, ReportStands, reading_institution, refuse
from signaling.ecg.report_rows import find_report
from signaling.store import tables as t
from signaling.store.store import Unit


async def mark_critical(unit: Unit, caller: Caller, ecg: EcgId) -> KeptCritical:
    """Marks an ECG as a critical value and calls the treating side.

    Raises Refusal (not_permitted, critical_value_calling).
    """
    opened, _ = await _open(unit, caller, ecg, ReportDeed.MARK_CRITICAL)
    return await _mark(unit, caller, opened)


async def call_for_report(unit: Unit, caller: Caller, opened: OpenedEcg) -> None:
    """Marks it where a report that says so was just signed, and nobody is called or has heard it yet."""
    before = await find_critical(unit.connection, opened.ecg.id)
    if before is None or before.call.state is CriticalState.WITHDRAWN:
        await _mark(unit, caller, opened)


async def acknowledge_critical(unit: Unit, caller: Caller, ecg: EcgId) -> KeptCritical:
    """Notes that the caller, of the treating side, has heard it.

    Raises Refusal (not_permitted, critical_value_ended, critical_value_own), CriticalValueRefused.
    """
    opened, kept = await _open(unit, caller, ecg, ReportDeed.HEAR_CRITICAL)
    assert kept is not None, "what can be heard was marked"
    call = acknowledge(kept.call, caller.person, caller.name, now_ms=unit.now_ms)
    after: dict[str, JsonValue] = {"by": "person", "after_ms": unheard_ms(call, unit.now_ms)}
    _chain(unit, caller, opened, kept, "criticalvalue.acknowledged", after)
    return await store_critical(unit, kept, call)


async def note_heard(unit: Unit, caller: Caller, ecg: EcgId, name: str) -> KeptCritical:
    """Notes who of the treating side has heard it by phone, as the caller was told.

    Raises Refusal (not_permitted, critical_value_ended), CriticalValueRefused.
    """
    opened, kept = await _open(unit, caller, ecg, ReportDeed.NOTE_HEARD)
    assert kept is not None, "what can be heard was marked"
    call = acknowledge_by_phone(kept.call, name, written_by=caller.person, now_ms=unit.now_ms)
    after: dict[str, JsonValue] = {"by": "phone", "after_ms": unheard_ms(call, unit.now_ms)}
    _chain(unit, caller, opened, kept, "criticalvalue.acknowledged", after, personal={"name": name})
    return await store_critical(unit, kept, call)


async def withdraw_critical(unit: Unit, caller: Caller, ecg: EcgId, reason: str) -> KeptCritical:
    """Takes it back; everybody called sees why.

    Raises Refusal (not_permitted, critical_value_ended, critical_value_not_marker), CriticalValueRefused.
    """
    opened, kept = await _open(unit, caller, ecg, ReportDeed.WITHDRAW_CRITICAL)
    assert kept is not None, "what can be taken back was marked"
    call = withdraw(kept.call, caller.person, reason)
    after: dict[str, JsonValue] = {"called": list(call.called), "after_ms": unit.now_ms - call.marked_at_ms}
    _chain(unit, caller, opened, kept, "criticalvalue.withdrawn", after, personal={"reason": reason})
    return await store_critical(unit, kept, call)


async def advance_critical(unit: Unit, critical: str) -> KeptCritical | None:
    """Does what is due of a critical value; returns it where something was. The clock does this, no person.

    Raises CriticalValueRefused where it or its ECG is gone.
    """
    kept = await lock_critical(unit, critical)
    if kept is None:
        raise CriticalValueRefused("critical_value_ended")
    opened = await opened_in(unit, kept.call.ecg)
    turn = step(kept.call, unit.now_ms)
    if turn.act is None:
        return None
    _chain(unit, NOBODY, opened, kept, "criticalvalue.escalated", _called(turn))
    return await store_critical(unit, kept, turn.call)


CRITICAL_CALLS: Final = DueWork(
    "critical_value", t.ecg_critical.c.id, t.ecg_critical.c.due_ms, advance_critical
)
"""What lets critical values go on calling."""


async def _open(
    unit: Unit, caller: Caller, ecg: EcgId, deed: ReportDeed
) -> tuple[OpenedEcg, KeptCritical | None]:
    opened = await opened_in(unit, ecg)
    newest = await find_critical(unit.connection, ecg)
    kept = None if newest is None else await lock_critical(unit, newest.id)
    report = await find_report(unit.connection, ecg)
    refuse(deed, opened, ReportStands(report.report, None if kept is None else kept.call), caller)
    return opened, kept


async def _mark(unit: Unit, caller: Caller, opened: OpenedEcg) -> KeptCritical:
    lines = await lines_for(unit.connection, opened)
    turn = mark(
        opened.ecg.id,
        caller.person,
        treating=lines.treating,
        second_line=lines.second_line,
        supervisors=lines.supervisors,
        phone=lines.phone,
        now_ms=unit.now_ms,
    )
    kept = await insert_critical(
        unit,
        turn.call,
        institution=opened.ecg.institution,
        reading_institution=reading_institution(opened),
    )
    _chain(unit, caller, opened, kept, "criticalvalue.marked", _called(turn))
    return kept


def _called(turn: CriticalTurn) -> Mapping[str, JsonValue]:
    return {
        "stage": int(turn.call.stage),
        "rounds": turn.call.rounds,
        "called": list(turn.to_call),
        "shows_phone": turn.shows_phone,
    }


def _chain(
    unit: Unit,
    caller: Caller,
    opened: OpenedEcg,
    kept: KeptCritical,
    kind: str,
    after: Mapping[str, JsonValue],
    *,
    personal: Mapping[str, str] | None = None,
) -> None:
    chain_ecg_act(
        unit,
        caller,
        opened.ecg,
        opened.case,
        kind,
        subject={"critical_value": kept.id},
        after=after,
        personal=personal or {},
    )
