"""ECGs as the API shows them to one caller: names beside the ids, and what they may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, Table, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.ecg_models import (
    EcgCriticalShown,
    EcgEpoch,
    EcgGivenUp,
    EcgMissing,
    EcgPatient,
    EcgReportShown,
    EcgView,
)
from signaling.auth.rights import Caller
from signaling.consult.cases import Case, cases_where
from signaling.ecg.ecg_rights import OpenedEcg, deeds_of
from signaling.ecg.ecgs import Ecg, ids_of, taken_at_us
from signaling.ecg.giving_up import GIVE_UP, give_up_from_ms, refusal_of_giving_up
from signaling.ecg.report_reading import EcgPapers, ReportGlance, glances_of, papers_of
from signaling.ecg.report_rights import deeds_of as report_deeds_of
from signaling.store import tables as t
from signaling.trace.names import names_of


def _by_ids(table: Table) -> Select[Any]:
    return select(table).where(table.c.id.in_(bindparam("wanted", expanding=True)))


_PATIENTS: Final = _by_ids(t.patient)
_INSTITUTIONS: Final = _by_ids(t.institution)
_DEVICES: Final = _by_ids(t.device)


async def views_of(connection: AsyncConnection, ecgs: Sequence[Ecg], caller: Caller) -> list[EcgView]:
    """Returns ECGs as the caller sees them, in the same order. What they may see was decided before."""
    patients = await _rows(connection, _PATIENTS, {ecg.patient for ecg in ecgs})
    institutions = await _rows(connection, _INSTITUTIONS, {ecg.institution for ecg in ecgs})
    devices = await _rows(connection, _DEVICES, {ecg.device for ecg in ecgs} - {""})
    papers = await papers_of(connection, ids_of(ecgs))
    glances = await glances_of(connection, papers)
    names = await names_of(connection, {ecg.given_up.by for ecg in ecgs if ecg.given_up is not None})
    cases = await _cases(connection, {ecg.case for ecg in ecgs} - {""})
    return [
        _view(
            OpenedEcg(ecg, cases.get(ecg.case)),
            papers[ecg.id],
            glances.get(ecg.id),
            caller,
            patients.get(ecg.patient),
            institution_name=_name(institutions.get(ecg.institution)),
            device_name=_name(devices.get(ecg.device)),
            names=names,
        )
        for ecg in ecgs
    ]


async def _rows(
    connection: AsyncConnection, query: Select[Any], ids: Iterable[str]
) -> Mapping[str, Row[Any]]:
    return {row.id: row for row in await connection.execute(query, {"wanted": sorted(ids)})}


def _name(row: Row[Any] | None) -> str:
    return "" if row is None else str(row.name)


async def _cases(connection: AsyncConnection, ids: Iterable[str]) -> Mapping[str, Case]:
    wanted = sorted(ids)
    if not wanted:
        return {}
    cases = await cases_where(connection, t.consultation.c.id.in_(wanted), limit=len(wanted))
    return {case.id: case for case in cases}


def _view(
    opened: OpenedEcg,
    papers: EcgPapers,
    glance: ReportGlance | None,
    caller: Caller,
    patient: Row[Any] | None,
    *,
    institution_name: str,
    device_name: str,
    names: Mapping[str, str],
) -> EcgView:
    ecg, critical = opened.ecg, papers.critical
    return EcgView(
        id=ecg.id,
        serial=ecg.serial,
        state=ecg.state,
        is_complete=ecg.is_complete,
        missing_ms=ecg.missing_ms,
        patient=EcgPatient(
            id=ecg.patient,
            name=_name(patient),
            sex="" if patient is None else patient.sex,
            birth_year=None if patient is None else patient.birth_year,
        ),
        case=ecg.case,
        institution=ecg.institution,
        institution_name=institution_name,
        device=ecg.device,
        device_name=device_name,
        source=ecg.source,
        is_simulated=ecg.is_simulated,
        is_diagnostic=ecg.descriptor is not None and ecg.descriptor.is_diagnostic,
        descriptor=None if ecg.descriptor is None else ecg.descriptor.as_json(),
        urgency=ecg.urgency,
        started_at_ms=ecg.started_at_ms or 0,
        ended_at_ms=ecg.ended_at_ms or 0,
        created_at_ms=ecg.created_at_ms,
        duration_ms=ecg.duration_ms,
        epochs=[
            EcgEpoch(epoch=one.epoch, first=one.first, end=one.end, first_taken_us=one.first_taken_us)
            for one in ecg.extents
        ],
        gap_count=ecg.gap_count,
        late_ms=ecg.late_ms,
        missing=_missing(ecg),
        is_end_known=ecg.declared is not None,
        give_up_from_ms=give_up_from_ms(ecg),
        given_up=_given_up(ecg, names),
        report=None
        if glance is None
        else EcgReportShown(
            state=glance.state.value,
            author_name=glance.author_name,
            signed_at_ms=glance.signed_at_ms or None,
            fingerprint=glance.fingerprint,
        ),
        critical=None if critical is None else EcgCriticalShown(state=critical.call.state.value),
        allowed=[
            *(deed.value for deed in deeds_of(ecg, caller)),
            *([] if refusal_of_giving_up(opened, caller) else [GIVE_UP]),
            *(deed.value for deed in report_deeds_of(opened, papers.stands, caller)),
        ],
    )


def _missing(ecg: Ecg) -> list[EcgMissing]:
    return [
        EcgMissing(
            epoch=each.epoch,
            first=each.span.start,
            end=each.span.end,
            from_us=taken_at_us(ecg, each.epoch, each.span.start) or 0,
        )
        for each in ecg.missing
    ]


def _given_up(ecg: Ecg, names: Mapping[str, str]) -> EcgGivenUp | None:
    told = ecg.given_up
    if told is None:
        return None
    return EcgGivenUp(
        at_ms=told.at_ms,
        by=told.by,
        by_name=names.get(told.by, ""),
        reason=told.reason,
        missing_ms=told.missing_ms,
    )
