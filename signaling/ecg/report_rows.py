"""Reports of ECGs in the store: rows and values. One report of an ECG; ``revision`` rises with each write of
its text, so that nobody writes over or signs what they have not read. Signatures are only ever added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ecg_report import Report, ReportSeal, ReportSignature, ReportState, fingerprint, signed_form
from clinical.ecg_report_form import content_from_json, content_to_json
from clinical.ids import EcgId, PersonId, random_id
from signaling.store import tables as t
from signaling.store.store import Unit

_R: Final = t.ecg_report.c
_S: Final = t.ecg_report_signature.c
_BY_ECGS: Final = select(t.ecg_report).where(_R.ecg_id.in_(bindparam("wanted", expanding=True)))
_BY_ECG_LOCKED: Final = select(t.ecg_report).where(_R.ecg_id == bindparam("wanted")).with_for_update()
_SIGNATURES: Final = (
    select(t.ecg_report_signature)
    .where(_S.report.in_(bindparam("wanted", expanding=True)))
    .order_by(_S.report, _S.number)
)


@dataclass(frozen=True, slots=True)
class KeptSignature:
    """What was signed (``form``: canonical JSON), by which key, with which factor."""

    given: ReportSignature
    form: bytes
    signature: bytes
    key_id: str
    factor: str


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report as the store has it. ``author``: who wrote last; "" and revision 0 where nothing was."""

    ecg: EcgId
    report: Report
    id: str = ""
    author: str = ""
    revision: int = 0
    updated_at_ms: int = 0
    signatures: tuple[KeptSignature, ...] = ()
    """All that were ever given, the oldest first."""

    @property
    def newest(self) -> KeptSignature | None:
        """The signature given last, None before the first."""
        return self.signatures[-1] if self.signatures else None

    def by_seal(self, seal: ReportSeal) -> KeptSignature | None:
        """Returns the signature over what was sealed."""
        return self.by_form(fingerprint(signed_form(seal)))

    def by_form(self, form_sha256: str) -> KeptSignature | None:
        """Returns the signature over a form."""
        return next((one for one in self.signatures if one.given.form_sha256 == form_sha256), None)


async def find_report(connection: AsyncConnection, ecg: EcgId) -> KeptReport:
    """Returns the report of an ECG: an empty draft where nothing was written yet."""
    found = await find_reports(connection, [ecg])
    return found.get(ecg, KeptReport(ecg, Report()))


async def find_reports(connection: AsyncConnection, ecgs: Iterable[EcgId]) -> Mapping[EcgId, KeptReport]:
    """Returns the reports of ECGs; one where nothing was written is left out."""
    rows = (await connection.execute(_BY_ECGS, {"wanted": list(ecgs)})).all()
    signatures = await _signatures(connection, [row.id for row in rows])
    return {EcgId(row.ecg_id): _report(row, signatures[row.id]) for row in rows}


async def lock_report(unit: Unit, ecg: EcgId) -> KeptReport:
    """Returns the report that a unit is about to write, held against other writers."""
    row = (await unit.connection.execute(_BY_ECG_LOCKED, {"wanted": ecg})).one_or_none()
    if row is None:
        return KeptReport(ecg, Report())
    return _report(row, (await _signatures(unit.connection, [row.id]))[row.id])


async def put_report(
    unit: Unit, kept: KeptReport, report: Report, *, institution: str, author: str = ""
) -> KeptReport:
    """Stores what has become of a report, but its signatures; returns it. ``author``: who wrote its text just
    now, "" where the text is as it was. ``institution``: the one that reads it.
    """
    after = replace(
        kept,
        id=kept.id or random_id("er_"),
        report=report,
        author=author or kept.author,
        revision=kept.revision + bool(author),
        updated_at_ms=unit.now_ms,
    )
    values = {
        "institution": institution,
        "state": report.state.value,
        "version": report.version,
        "revision": after.revision,
        "author": after.author,
        "content": content_to_json(report.content),
        "reason": report.reason,
        "updated_at_ms": unit.now_ms,
    }
    if kept.id:
        await unit.connection.execute(update(t.ecg_report).where(_R.id == kept.id).values(**values))
    else:
        values |= {"id": after.id, "ecg_id": kept.ecg, "created_at_ms": unit.now_ms}
        await unit.connection.execute(insert(t.ecg_report).values(**values))
    return after


async def add_signature(unit: Unit, kept: KeptReport, signature: KeptSignature) -> KeptReport:
    """Stores a signature of a report that is stored; returns the report with it."""
    given = signature.given
    await unit.connection.execute(
        insert(t.ecg_report_signature).values(
            report=kept.id,
            number=len(kept.signatures) + 1,
            step=given.step,
            version=given.version,
            person=given.person,
            signed_form=signature.form,
            signature=signature.signature,
            key_id=signature.key_id,
            factor=signature.factor,
            signed_at_ms=given.signed_at_ms,
        )
    )
    return replace(kept, signatures=(*kept.signatures, signature))


async def _signatures(
    connection: AsyncConnection, reports: Sequence[str]
) -> Mapping[str, tuple[KeptSignature, ...]]:
    found: dict[str, tuple[KeptSignature, ...]] = defaultdict(tuple)
    for row in await connection.execute(_SIGNATURES, {"wanted": list(reports)}):
        found[row.report] += (_signature(row),)
    return found


def _signature(row: Row[Any]) -> KeptSignature:
    form = bytes(row.signed_form)
    given = ReportSignature(row.step, row.version, PersonId(row.person), fingerprint(form), row.signed_at_ms)
    return KeptSignature(given, form, bytes(row.signature), row.key_id, row.factor)


def _report(row: Row[Any], signatures: tuple[KeptSignature, ...]) -> KeptReport:
    report = Report(
        ReportState(row.state),
        row.version,
        content_from_json(row.content),
        tuple(one.given for one in signatures),
        row.reason,
    )
    return KeptReport(
        EcgId(row.ecg_id), report, row.id, row.author, row.revision, row.updated_at_ms, signatures
    )
