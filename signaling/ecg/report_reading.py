"""What is read of reports and critical values besides their rows: what the ledgers say of a signature, what
stands of an ECG, and the glance that lists and the ECG itself show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ecg_report import Report, ReportState
from clinical.ids import EcgId, InstitutionId, PersonId
from recording.audit.chain import genesis
from signaling.consult.opinion_archive import FiledPatient, Professional, Side
from signaling.consult.opinion_verdict import LedgerSight
from signaling.ecg.critical_rows import KeptCritical, find_criticals
from signaling.ecg.ecg_rights import OpenedEcg
from signaling.ecg.ecgs import Ecg
from signaling.ecg.report_paper import ReportFile
from signaling.ecg.report_rights import ReportStands, institutions_of
from signaling.ecg.report_rows import KeptReport, KeptSignature, find_reports
from signaling.ecg.report_verdict import sealed_in
from signaling.store import tables as t
from signaling.trace.names import names_of

_KINDS = {"report": "report.signed", "review": "report.reviewed"}


@dataclass(frozen=True, slots=True)
class EcgPapers:
    """What is written of an ECG. ``critical`` None: none was marked."""

    report: KeptReport
    critical: KeptCritical | None

    @property
    def stands(self) -> ReportStands:
        """What the rules look at."""
        return ReportStands(self.report.report, None if self.critical is None else self.critical.call)


@dataclass(frozen=True, slots=True)
class ReportGlance:
    """A report in a list: ``signed_at_ms`` 0 and words "" before the first signature."""

    state: ReportState
    author: str
    author_name: str
    signed_at_ms: int
    fingerprint: str


async def papers_of(connection: AsyncConnection, ecgs: Sequence[EcgId]) -> Mapping[EcgId, EcgPapers]:
    """Returns what is written of each."""
    reports = await find_reports(connection, ecgs)
    criticals = await find_criticals(connection, ecgs)
    return {ecg: EcgPapers(reports.get(ecg, KeptReport(ecg, Report())), criticals.get(ecg)) for ecg in ecgs}


async def glances_of(
    connection: AsyncConnection, papers: Mapping[EcgId, EcgPapers]
) -> Mapping[EcgId, ReportGlance]:
    """Returns what lists show of reports; one of which nothing was written is left out."""
    written = {ecg: each.report for ecg, each in papers.items() if each.report.id}
    names = await names_of(connection, [_signer(kept) for kept in written.values()])
    return {ecg: _glance(kept, names) for ecg, kept in written.items()}


async def ledger_sights(
    connection: AsyncConnection, ecg: Ecg, signature: KeptSignature
) -> Mapping[str, LedgerSight]:
    """Returns what the ledgers say of a signature; empty where what was signed cannot be read."""
    seal = sealed_in(signature)
    if seal is None:
        return {}
    e = t.event.c
    sights: dict[str, LedgerSight] = {}
    for sealed in seal.ledgers:
        head: bytes | None = genesis(sealed.institution).head
        if sealed.size:
            at = e.institution == sealed.institution, e.sequence == sealed.size
            head = await connection.scalar(select(e.hash).where(*at))
        of_patient = e.institution == sealed.institution, e.patient == ecg.patient
        of_moment = e.at_ms == seal.signed_at_ms, e.kind == _KINDS[seal.step]
        rows = await connection.execute(select(e.line).where(*of_patient, *of_moment))
        lines = [orjson.loads(row.line) for row in rows]
        signed = {str(line["after"]["sha256"]) for line in lines if line["subject"].get("ecg") == ecg.id}
        named = signature.given.form_sha256 if signature.given.form_sha256 in signed else ""
        sights[sealed.institution] = LedgerSight(None if head is None else bytes(head).hex(), named)
    return sights


async def read_file(connection: AsyncConnection, opened: OpenedEcg, papers: EcgPapers) -> ReportFile | None:
    """Returns what is filed of the newest signature, None where it cannot be read."""
    kept, ecg = papers.report, opened.ecg
    newest = kept.newest
    seal = None if newest is None else sealed_in(newest)
    if seal is None or ecg.descriptor is None:
        return None
    first = kept.by_form(seal.reported_sha256) if seal.step == "review" else None
    before = None if first is None else sealed_in(first)
    call = None if papers.critical is None else papers.critical.call
    people = {seal.signer, *(() if before is None else (before.signer,))}
    people |= {call.marked_by} if call is not None else set()
    people |= {ecg.given_up.by} if ecg.given_up is not None else set()
    return ReportFile(
        ecg=ecg,
        descriptor=ecg.descriptor,
        kept=kept,
        seals=(seal,) if before is None else (before, seal),
        patient=await _patient(connection, ecg),
        sides=await _sides(connection, institutions_of(opened)),
        people=await _people(connection, people),
        critical=call,
    )


async def _patient(connection: AsyncConnection, ecg: Ecg) -> FiledPatient:
    row = (await connection.execute(select(t.patient).where(t.patient.c.id == ecg.patient))).one()
    return FiledPatient(ecg.patient, row.name, row.card_number, row.sex, row.birth_year)


async def _sides(connection: AsyncConnection, institutions: Iterable[InstitutionId]) -> Mapping[str, Side]:
    wanted = list(institutions)
    rows = await connection.execute(select(t.institution).where(t.institution.c.id.in_(wanted)))
    found = {row.id: Side(InstitutionId(row.id), row.code, row.name, row.kind) for row in rows}
    return {name: found[name] for name in wanted if name in found}


async def _people(connection: AsyncConnection, people: Iterable[str]) -> Mapping[str, Professional]:
    c = t.person.c
    rows = await connection.execute(select(t.person).where(c.id.in_(sorted(people))))
    return {
        row.id: Professional(
            PersonId(row.id), InstitutionId(row.institution), row.name, row.title, row.specialty
        )
        for row in rows
    }


def _signer(kept: KeptReport) -> str:
    newest = kept.newest
    return kept.author if newest is None else newest.given.person


def _glance(kept: KeptReport, names: Mapping[str, str]) -> ReportGlance:
    newest, author = kept.newest, _signer(kept)
    return ReportGlance(
        kept.report.state,
        author,
        names.get(author, ""),
        0 if newest is None else newest.given.signed_at_ms,
        "" if newest is None else newest.given.form_sha256,
    )
