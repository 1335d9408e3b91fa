"""The routes of an ECG's critical value: marked, acknowledged, taken back; and those that still call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.critical_value import CriticalStage, CriticalState, next_due_ms, unheard_ms
from clinical.errors import CriticalValueRefused
from clinical.ids import EcgId
from signaling.api.ecg_report_models import (
    CalledForCritical,
    CriticalHeard,
    CriticalList,
    CriticalView,
    CriticalWithdrawal,
    HeardShown,
)
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.rights import Action
from signaling.ecg.critical_acts import acknowledge_critical, mark_critical, note_heard, withdraw_critical
from signaling.ecg.critical_rows import KeptCritical, calling_of
from signaling.ecg.ecg_rights import OpenedEcg, found_ecg
from signaling.ecg.ecgs import Ecg, ecgs_where
from signaling.store import tables as t
from signaling.store.store import Store, Unit
from signaling.trace.names import names_of, patient_names_of

_REFUSALS: Final = ("critical_value_calling", "critical_value_ended")


class EcgCriticalPages:
    """The handlers. ``wake`` has the driver look: one was marked."""

    def __init__(self, store: Store, *, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/ecg/critical-values",
                Action.ECG_LIST,
                "List the critical values that nobody has heard yet, where the caller treats or reads.",
                self.calling,
                answer=CriticalList,
            ),
            Route(
                "POST",
                "/ecgs/{id}/critical",
                Action.ECG_CRITICAL,
                "Mark an ECG as a critical value and call the treating side.",
                self.mark,
                answer=CriticalView,
                status=201,
                find=self.find,
                refusals=_REFUSALS,
            ),
            Route(
                "POST",
                "/ecgs/{id}/critical/acknowledge",
                Action.ECG_HEAR,
                "Note who has heard a critical value.",
                self.acknowledge,
                body=CriticalHeard,
                answer=CriticalView,
                find=self.find,
                refusals=(*_REFUSALS, "critical_value_own", "critical_value_name_missing"),
            ),
            Route(
                "POST",
                "/ecgs/{id}/critical/withdraw",
                Action.ECG_CRITICAL,
                "Take a critical value back, with a reason.",
                self.withdraw,
                body=CriticalWithdrawal,
                answer=CriticalView,
                find=self.find,
                refusals=(*_REFUSALS, "critical_value_not_marker", "critical_value_reason_missing"),
            ),
        ]

    async def find(self, call: Call) -> Found | None:
        """Finds the ECG of the path."""
        return await self._store.read(lambda connection: found_ecg(connection, call.path["id"]))

    async def calling(self, call: Call) -> CriticalList:
        """Lists them."""

        async def work(connection: AsyncConnection) -> CriticalList:
            kept = await calling_of(connection, call.caller.institution)
            return CriticalList(critical_values=await critical_views(connection, call, kept))

        return await self._store.read(work)

    async def mark(self, call: Call) -> CriticalView:
        """Marks it."""
        ecg = _ecg_of(call)
        view = await self._write(call, lambda unit: mark_critical(unit, call.caller, ecg))
        self._wake()
        return view

    async def acknowledge(self, call: Call) -> CriticalView:
        """Notes who heard it."""
        ecg, wanted = _ecg_of(call), call.body
        if wanted.heard_by:
            return await self._write(call, lambda unit: note_heard(unit, call.caller, ecg, wanted.heard_by))
        return await self._write(call, lambda unit: acknowledge_critical(unit, call.caller, ecg))

    async def withdraw(self, call: Call) -> CriticalView:
        """Takes it back."""
        ecg, reason = _ecg_of(call), call.body.reason
        return await self._write(call, lambda unit: withdraw_critical(unit, call.caller, ecg, reason))

    async def _write(self, call: Call, work: Callable[[Unit], Awaitable[KeptCritical]]) -> CriticalView:
        with critical_refusals():
            kept = await self._store.write(work)

        async def show(connection: AsyncConnection) -> CriticalView:
            (view,) = await critical_views(connection, call, [kept])
            return view

        return await self._store.read(show)


@contextmanager
def critical_refusals() -> Iterator[None]:
    """Turns what the rules of critical values refuse into the API's refusals."""
    try:
        yield
    except CriticalValueRefused as refused:
        raise Refusal(refused.code) from None


async def critical_views(
    connection: AsyncConnection, call: Call, kept: Sequence[KeptCritical]
) -> list[CriticalView]:
    """Returns critical values as the caller sees them."""
    wanted = [one.call.ecg for one in kept]
    ecgs = {ecg.id: ecg for ecg in await ecgs_where(connection, t.ecg.c.id.in_(wanted))} if wanted else {}
    people = {person for one in kept for person in (*one.call.called, one.call.marked_by)}
    people |= {one.call.heard.written_by for one in kept if one.call.heard and one.call.heard.written_by}
    names = await names_of(connection, people)
    patients = await patient_names_of(connection, [ecg.patient for ecg in ecgs.values()])
    return [_view(call, one, ecgs[one.call.ecg], names, patients) for one in kept]


def _ecg_of(call: Call) -> EcgId:
    opened: OpenedEcg = call.found
    return opened.ecg.id


def _view(
    call: Call, kept: KeptCritical, ecg: Ecg, names: Mapping[str, str], patients: Mapping[str, str]
) -> CriticalView:
    one = kept.call
    shows_phone = one.stage >= CriticalStage.PHONE and one.state is CriticalState.CALLING
    return CriticalView(
        id=kept.id,
        ecg=ecg.id,
        ecg_serial=ecg.serial,
        patient=ecg.patient,
        patient_name=patients.get(ecg.patient, ""),
        state=one.state,
        marked_by=one.marked_by,
        marked_by_name=names.get(one.marked_by, ""),
        marked_at_ms=one.marked_at_ms,
        stage=int(one.stage),
        rounds=one.rounds,
        called=[CalledForCritical(person=person, person_name=names.get(person, "")) for person in one.called],
        is_called=call.caller.person in one.called,
        phone=one.phone if shows_phone else "",
        next_step_at_ms=next_due_ms(one),
        unheard_ms=unheard_ms(one, call.now_ms),
        heard=None
        if one.heard is None
        else HeardShown(
            name=one.heard.name,
            person=one.heard.person or "",
            written_by=one.heard.written_by or "",
            written_by_name=names.get(one.heard.written_by or "", ""),
            at_ms=one.heard.at_ms,
        ),
        reason=one.reason,
    )
