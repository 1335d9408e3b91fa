"""The route of a reading centre's work list."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import Urgency
from clinical.ecg_work_list import WorkStep, is_beyond_target
from signaling.api.route import Call, Model, Route
from signaling.auth.rights import Action
from signaling.ecg.report_work import waiting_for
from signaling.store import tables as t
from signaling.store.store import Store
from signaling.trace.names import names_of, patient_names_of


class EcgWorkShown(Model):
    """An ECG that waits for its report or its review."""

    ecg: str
    serial: str
    case: str
    step: WorkStep
    urgency: Urgency
    since_ms: int
    """When the ECG came: so long its patient waits."""
    patient: str
    patient_name: str
    institution_name: str
    reported_by: str
    reported_by_name: str
    is_complete: bool
    is_simulated: bool
    is_beyond_target: bool
    """An emergency that waits for its report longer than ten minutes."""


class EcgWorkList(Model):
    """What the caller can do, in the order in which it is to be taken."""

    work: list[EcgWorkShown]
    next: str | None = None


class EcgWorkPages:
    """The handler."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns the route."""
        return [
            Route(
                "GET",
                "/ecg/work-list",
                Action.ECG_LIST,
                "List the ECGs that wait for a report or a review where the caller reads, by urgency.",
                self.work_list,
                answer=EcgWorkList,
            )
        ]

    async def work_list(self, call: Call) -> EcgWorkList:
        """Lists them."""

        async def work(connection: AsyncConnection) -> EcgWorkList:
            waiting = await waiting_for(connection, call.caller)
            patients = await patient_names_of(connection, [one.ecg.patient for one in waiting])
            names = await names_of(connection, [one.work.reported_by or "" for one in waiting])
            c = t.institution.c
            wanted = sorted({one.ecg.institution for one in waiting})
            rows = await connection.execute(select(c.id, c.name).where(c.id.in_(wanted)))
            institutions = {row.id: row.name for row in rows}
            return EcgWorkList(
                work=[
                    EcgWorkShown(
                        ecg=one.ecg.id,
                        serial=one.ecg.serial,
                        case=one.ecg.case,
                        step=one.work.step,
                        urgency=one.work.urgency,
                        since_ms=one.work.since_ms,
                        patient=one.ecg.patient,
                        patient_name=patients.get(one.ecg.patient, ""),
                        institution_name=institutions.get(one.ecg.institution, ""),
                        reported_by=one.work.reported_by or "",
                        reported_by_name=names.get(one.work.reported_by or "", ""),
                        is_complete=one.ecg.is_complete,
                        is_simulated=one.ecg.is_simulated,
                        is_beyond_target=is_beyond_target(one.work, call.now_ms),
                    )
                    for one in waiting
                ]
            )

        return await self._store.read(work)
