"""What waits at a reading centre: ECGs without a report, and reports without a review, in the order in which
they are to be taken (clinical/ecg_work_list.py). Live and stored ECGs alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, case, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import ConsultationState
from clinical.ecg_report import ReportState
from clinical.ecg_work_list import EcgWork, WorkStep, work_for
from clinical.ids import EcgId
from signaling.auth.rights import Caller
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import Ecg, ecgs_of
from signaling.ecg.report_reading import EcgPapers, papers_of
from signaling.store import tables as t

MAX_WORK: Final = 200
"""A centre that has more waiting takes the most urgent and oldest of them first; the list grows on."""
_E, _C, _R = t.ecg.c, t.consultation.c, t.ecg_report.c
_URGENCIES: Final = case({"emergency": 0, "urgent": 1}, value=_E.urgency, else_=2)


@dataclass(frozen=True, slots=True)
class WaitingEcg:
    """An ECG that waits, with what it waits for."""

    ecg: Ecg
    work: EcgWork


async def waiting_for(connection: AsyncConnection, caller: Caller) -> list[WaitingEcg]:
    """Returns what the caller can do where they read: nobody reviews their own report."""
    is_read_here = or_(
        and_(_E.case_id == "", _E.institution == caller.institution),
        # A case that has not been sent is nobody's but its author's.
        and_(_C.invited_institution == caller.institution, _C.state != ConsultationState.DRAFTED.value),
    )
    query = (
        select(t.ecg)
        .outerjoin(t.consultation, _C.id == _E.case_id)
        .outerjoin(t.ecg_report, _R.ecg_id == _E.id)
        .where(is_read_here, _E.state != EcgState.WAITING.value)
        .where(or_(_R.state.is_(None), _R.state != ReportState.REVIEWED.value))
        .order_by(_URGENCIES, _E.created_at_ms, _E.id)
        .limit(MAX_WORK)
    )
    ecgs = {ecg.id: ecg for ecg in await ecgs_of(connection, query)}
    papers = await papers_of(connection, list(ecgs))
    work = work_for(caller.person, [_work(ecg, papers) for ecg in ecgs.values()])
    return [WaitingEcg(ecgs[one.ecg], one) for one in work]


def _work(ecg: Ecg, papers: Mapping[EcgId, EcgPapers]) -> EcgWork:
    report = papers[ecg.id].report.report
    signed = report.reported
    is_signed = report.state is ReportState.REPORTED and signed is not None
    return EcgWork(
        ecg.id,
        ecg.urgency,
        ecg.started_at_ms or ecg.created_at_ms,
        WorkStep.REVIEW if is_signed else WorkStep.REPORT,
        signed.person if is_signed and signed is not None else None,
    )
