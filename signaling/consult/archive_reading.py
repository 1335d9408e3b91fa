"""Reads the archive of a case from the store as one institution keeps it: with its own ledger's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.errors import ConsultationRefused
from clinical.ids import InstitutionId, PatientId, PersonId
from clinical.opinion import read_signed_form
from recording.audit.chain import genesis
from signaling.care.consents import consents_of
from signaling.care.patients import find_patient
from signaling.consult.cases import Case, find_case
from signaling.consult.opinion_archive import (
    Archive,
    FiledAttachment,
    FiledEvent,
    FiledLoss,
    FiledOpinion,
    FiledPatient,
    Professional,
    Side,
)
from signaling.consult.opinion_rows import find_opinion
from signaling.consult.opinion_verdict import LedgerSight
from signaling.consult.parties import PartyState, parties_of
from signaling.ecg.ecgs import ecgs_where
from signaling.store import tables as t

MAX_EVENTS: Final = 2_000
"""Of one case in one ledger: an hour in which somebody drafts every few seconds and steps of the ladder come
and go has a few hundred. The ledger itself keeps what comes beyond."""
MAX_ATTACHMENTS: Final = 500
_SAT_IN: Final = (PartyState.ADMITTED, PartyState.LEFT)
_SIGNED: Final = "opinion.signed"
_SYSTEM: Final = "system"


async def read_archive(connection: AsyncConnection, case_id: str, reader: InstitutionId) -> Archive:
    """Returns the archive with the events of the reader's ledger. Raises ConsultationRefused for what is not
    there.
    """
    case = await find_case(connection, case_id)
    if case is None:
        raise ConsultationRefused("consultation_state")
    opinion = await find_opinion(connection, case.id)
    attachments = await _attachments(connection, case)
    events = await events_of(connection, reader, case.id)
    patient = await find_patient(connection, case.patient)
    assert patient is not None, "a case's patient stays, at least as a tombstone"
    sides = await _sides(connection, case)
    names = _people_in(case, opinion, attachments, events)
    parties = await parties_of(connection, [case.id])
    sat_in = [party.person for party in parties if party.state in _SAT_IN]
    participants = tuple(dict.fromkeys(who for who in (case.inviter, case.expert, case.host, *sat_in) if who))
    losses = await _losses(connection, case)
    names |= set(participants) | {loss.by for loss in losses}
    devices = {str(event.fields.get("device", "")) for event in events} | {case.device}
    return Archive(
        case=case,
        patient=FiledPatient(
            PatientId(patient.id), patient.name, patient.card_number, patient.sex, patient.birth_year
        ),
        inviting=sides[case.institution],
        invited=sides[case.invited_institution],
        people=await _people(connection, names, _licences_in(opinion)),
        participants=participants,
        devices=await _devices(connection, devices - {""}),
        consents=tuple(reversed(await consents_of(connection, case.patient, case.id))),
        attachments=attachments,
        opinion=opinion,
        events=events,
        losses=losses,
    )


async def events_of(connection: AsyncConnection, institution: str, case: str) -> tuple[FiledEvent, ...]:
    """Returns the events of a case in one ledger, oldest first."""
    e = t.event.c
    query = (
        select(e.line, e.hash)
        .where(e.institution == institution, e.case_id == case)
        .order_by(e.at_ms, e.sequence)
        .limit(MAX_EVENTS)
    )
    rows = await connection.execute(query)
    return tuple(FiledEvent(orjson.loads(row.line), bytes(row.hash).hex()) for row in rows)


async def ledger_sights(connection: AsyncConnection, archive: Archive) -> Mapping[str, LedgerSight]:
    """Returns what both ledgers say about the signing; empty where what was signed cannot be read."""
    opinion = archive.opinion
    if opinion is None or opinion.signature is None:
        return {}
    try:
        seal = read_signed_form(opinion.signature.form)
    except (ValueError, KeyError, TypeError):
        return {}
    e = t.event.c
    sights: dict[str, LedgerSight] = {}
    for sealed in seal.ledgers:
        head: bytes | None = genesis(sealed.institution).head
        if sealed.size:
            query = select(e.hash).where(e.institution == sealed.institution, e.sequence == sealed.size)
            head = await connection.scalar(query)
        query = select(e.line).where(
            e.institution == sealed.institution, e.case_id == archive.case.id, e.kind == _SIGNED
        )
        line = await connection.scalar(query.order_by(e.at_ms.desc()).limit(1))
        signed = "" if line is None else str(orjson.loads(line)["after"].get("sha256", ""))
        sights[sealed.institution] = LedgerSight(None if head is None else bytes(head).hex(), signed)
    return sights


def _people_in(
    case: Case,
    opinion: FiledOpinion | None,
    attachments: Iterable[FiledAttachment],
    events: Iterable[FiledEvent],
) -> set[str]:
    people: set[str] = {case.inviter, case.host, case.expert}
    people |= {one.person for one in attachments}
    people |= {str(event.fields["actor"]) for event in events}
    if opinion is not None:
        people.add(opinion.author)
        if opinion.adoption is not None:
            people.add(opinion.adoption.by)
    return people - {"", _SYSTEM}


def _licences_in(opinion: FiledOpinion | None) -> Mapping[str, str]:
    """The licence that stands under the signature: what somebody has today may be another one."""
    if opinion is None or opinion.signature is None:
        return {}
    try:
        seal = read_signed_form(opinion.signature.form)
    except (ValueError, KeyError, TypeError):
        return {}
    return {seal.author: seal.licence}


async def _sides(connection: AsyncConnection, case: Case) -> Mapping[str, Side]:
    c = t.institution.c
    rows = await connection.execute(select(t.institution).where(c.id.in_(list(case.institutions))))
    return {row.id: Side(InstitutionId(row.id), row.code, row.name, row.kind) for row in rows}


async def _people(
    connection: AsyncConnection, wanted: Iterable[str], licences: Mapping[str, str]
) -> Mapping[str, Professional]:
    c = t.person.c
    rows = await connection.execute(select(t.person).where(c.id.in_(sorted(wanted))).order_by(c.id))
    return {
        row.id: Professional(
            PersonId(row.id),
            InstitutionId(row.institution),
            row.name,
            row.title,
            row.specialty,
            licences.get(row.id, ""),
        )
        for row in rows
    }


async def _devices(connection: AsyncConnection, wanted: Iterable[str]) -> Mapping[str, str]:
    c = t.device.c
    rows = await connection.execute(select(c.id, c.name).where(c.id.in_(sorted(wanted))).order_by(c.id))
    return {row.id: row.name for row in rows}


async def _attachments(connection: AsyncConnection, case: Case) -> tuple[FiledAttachment, ...]:
    c = t.attachment.c
    query = select(t.attachment).where(c.case_id == case.id).order_by(c.at_ms, c.id).limit(MAX_ATTACHMENTS)
    return tuple(
        FiledAttachment(
            row.id,
            row.person,
            row.kind,
            row.name,
            row.media_type,
            row.size_bytes,
            row.sha256,
            row.at_ms,
        )
        for row in await connection.execute(query)
    )


async def _losses(connection: AsyncConnection, case: Case) -> tuple[FiledLoss, ...]:
    c = t.ecg.c
    ecgs = await ecgs_where(connection, c.case_id == case.id, c.given_up.is_not(None))
    return tuple(
        FiledLoss(
            serial=ecg.serial,
            at_ms=ecg.given_up.at_ms,
            by=ecg.given_up.by,
            reason=ecg.given_up.reason,
            missing_ms=ecg.missing_ms,
            is_end_known=ecg.declared is not None,
            is_come=ecg.is_complete,
        )
        for ecg in reversed(ecgs)
        if ecg.given_up is not None
    )
