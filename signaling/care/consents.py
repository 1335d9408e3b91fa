"""Consents in the store: every answer a row; what stands for a purpose is the last of its case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consent import Consent, ConsentPurpose, ConsentState, GivenBy, How
from clinical.ids import CaseId, ConsentId, PatientId
from signaling.store import tables
from signaling.store.store import Unit

MAX_LISTED: Final = 500
"""Of one patient: a hundred cases with all four purposes; the newest are shown."""
_T: Final = tables.consent
_OF_CASES: Final = select(_T).where(
    _T.c.patient.in_(bindparam("patients", expanding=True)),
    _T.c.case_id.in_(bindparam("cases", expanding=True)),
)


async def find_consent(connection: AsyncConnection, consent: str) -> tuple[str, Consent] | None:
    """Returns the institution and the consent of an id."""
    row = (await connection.execute(select(_T).where(_T.c.id == consent))).one_or_none()
    return None if row is None else (row.institution, _consent(row))


async def consents_of(
    connection: AsyncConnection, patient: str, case: str | None = None
) -> Sequence[Consent]:
    """Returns the consents of a patient, newest first; of one case, or with None of all."""
    query = select(_T).where(_T.c.patient == patient)
    if case is not None:
        query = query.where(_T.c.case_id == case)
    query = query.order_by(_T.c.at_ms.desc()).limit(MAX_LISTED)
    return [_consent(row) for row in await connection.execute(query)]


async def consents_of_cases(
    connection: AsyncConnection, patients: Sequence[str], cases: Sequence[str]
) -> Sequence[Consent]:
    """Returns the consents that these patients gave in these cases."""
    wanted = {"patients": list(patients), "cases": list(cases)}
    return [_consent(row) for row in await connection.execute(_OF_CASES, wanted)]


async def insert_consent(unit: Unit, institution: str, consent: Consent) -> None:
    """Stores an answer."""
    await unit.connection.execute(
        insert(_T).values(
            id=consent.id,
            institution=institution,
            patient=consent.patient,
            case_id=consent.case,
            purpose=consent.purpose.value,
            state=consent.state.value,
            how=consent.how.value,
            given_by=consent.given_by.value,
            text_sha256=consent.text_sha256,
            text_version=consent.text_version,
            evidence_sha256=consent.evidence_sha256,
            recorded_by=consent.recorded_by,
            at_ms=consent.at_ms,
            withdrawn_at_ms=consent.withdrawn_at_ms,
        )
    )


async def store_withdrawal(unit: Unit, consent: Consent) -> None:
    """Stores that an answer was taken back."""
    await unit.connection.execute(
        update(_T)
        .where(_T.c.id == consent.id)
        .values(state=consent.state.value, withdrawn_at_ms=consent.withdrawn_at_ms)
    )


def _consent(row: Row[Any]) -> Consent:
    return Consent(
        id=ConsentId(row.id),
        patient=PatientId(row.patient),
        case=CaseId(row.case_id),
        purpose=ConsentPurpose(row.purpose),
        state=ConsentState(row.state),
        how=How(row.how),
        given_by=GivenBy(row.given_by),
        text_version=row.text_version,
        text_sha256=row.text_sha256,
        evidence_sha256=row.evidence_sha256,
        recorded_by=row.recorded_by,
        at_ms=row.at_ms,
        withdrawn_at_ms=row.withdrawn_at_ms,
    )
