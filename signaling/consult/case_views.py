"""Cases as the API shows them to one caller: names beside the ids, the ring, the queue, what they may do."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, Select, Table, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consent import Consent, ConsentPurpose, ConsentState, standing_of
from clinical.consultation import IN_THE_ROOM, ConsultationKind, ConsultationState
from clinical.escalation import Ring, Stage, next_due_ms, next_step
from clinical.ids import CaseId
from clinical.specialties import specialty_words
from clinical.waiting_line import RECENT_CASES, Waiting, place_of
from media_server.ids import RoomName
from signaling.api.consultation_models import (
    CalledShown,
    CaseConsent,
    ConsultationView,
    Names,
    OpinionShown,
    PartyShown,
    PatientShown,
    QueueShown,
    RingShown,
    Side,
)
from signaling.auth.rights import Caller
from signaling.care.consents import consents_of_cases
from signaling.consult.case_rights import deeds_of
from signaling.consult.cases import Case
from signaling.consult.duty_calls import people_on_duty
from signaling.consult.parties import Party, parties_of, seated_of
from signaling.ecg.ecgs import completeness_of_cases
from signaling.store import tables as t

MAX_WAITING: Final = 200
"""Of one specialty at one hospital: a place beyond that is told as the last."""
_WAITS: Final = (ConsultationState.INVITED, ConsultationState.RINGING)
_SERVED: Final = (ConsultationState.ACCEPTED, ConsultationState.ACTIVE)
_C: Final = t.consultation.c


def _by_ids(table: Table, column: str = "id") -> Select[Any]:
    return select(table).where(table.c[column].in_(bindparam("wanted", expanding=True)))


_OPINIONS: Final = _by_ids(t.opinion, "case_id")
_PEOPLE: Final = _by_ids(t.person)
_PATIENTS: Final = _by_ids(t.patient)
_INSTITUTIONS: Final = _by_ids(t.institution)
_PHONES: Final = _by_ids(t.duty_phone, "institution").order_by(t.duty_phone.c.specialty)


@dataclass
class _Sight:
    """What was loaded for a list of cases, by id."""

    caller: Caller
    now_ms: int
    is_recording: Callable[[RoomName], bool]
    people: Mapping[str, Row[Any]] = field(default_factory=dict)
    institutions: Mapping[str, str] = field(default_factory=dict)
    phones: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By institution, then by specialty."""
    patients: Mapping[str, Row[Any]] = field(default_factory=dict)
    parties: Mapping[str, Sequence[Party]] = field(default_factory=dict)
    consents: Mapping[str, Sequence[Consent]] = field(default_factory=dict)
    opinions: Mapping[str, Row[Any]] = field(default_factory=dict)
    queues: Mapping[str, QueueShown] = field(default_factory=dict)
    ecgs: Mapping[str, bool] = field(default_factory=dict)
    """Of cases with an ECG, whether all of it is stored."""


async def views_of(
    connection: AsyncConnection,
    cases: Sequence[Case],
    caller: Caller,
    *,
    now_ms: int,
    is_recording: Callable[[RoomName], bool],
) -> list[ConsultationView]:
    """Returns cases as the caller sees them, in the same order. What they may see was decided before."""
    sight = _Sight(caller, now_ms, is_recording)
    ids = [case.id for case in cases]
    parties: dict[str, list[Party]] = defaultdict(list)
    for party in await parties_of(connection, ids):
        parties[party.case].append(party)
    sight.parties = parties
    opinions = await connection.execute(_OPINIONS, {"wanted": ids})
    sight.opinions = {row.case_id: row for row in opinions}
    sight.people = await _rows(connection, _PEOPLE, _people_in(cases, sight))
    sight.patients = await _rows(connection, _PATIENTS, {case.patient for case in cases})
    places = {place for case in cases for place in case.institutions}
    places |= {party.institution for each in parties.values() for party in each}
    named = await _rows(connection, _INSTITUTIONS, places)
    sight.institutions = {name: row.name for name, row in named.items()}
    phones: dict[str, dict[str, str]] = defaultdict(dict)
    for row in await connection.execute(_PHONES, {"wanted": sorted(places)}):
        phones[row.institution][row.specialty] = row.phone
    sight.phones = phones
    consents: dict[str, list[Consent]] = defaultdict(list)
    for consent in await consents_of_cases(connection, [case.patient for case in cases], ids):
        consents[consent.case].append(consent)
    sight.consents = consents
    sight.queues = await _queues(connection, cases, now_ms)
    sight.ecgs = await completeness_of_cases(connection, ids)
    return [_view(case, sight) for case in cases]


def _people_in(cases: Iterable[Case], sight: _Sight) -> set[str]:
    people: set[str] = set()
    for case in cases:
        people |= {case.inviter, case.host, case.expert}
        people |= {one.person for one in case.ring.called} if case.ring is not None else set()
        people |= {party.person for party in sight.parties.get(case.id, ())}
    return (people | {row.author for row in sight.opinions.values()}) - {""}


async def _rows(connection: AsyncConnection, query: Select[Any], ids: Iterable[str]) -> dict[str, Row[Any]]:
    return {row.id: row for row in await connection.execute(query, {"wanted": sorted(set(ids))})}


async def _queues(connection: AsyncConnection, cases: Sequence[Case], now_ms: int) -> dict[str, QueueShown]:
    """Returns the place of each case that waits to be taken now."""
    waiting = [case for case in cases if case.is_wanted_now and case.state in _WAITS]
    lines: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in waiting:
        lines[case.invited_institution, case.request.specialty].append(case)
    shown: dict[str, QueueShown] = {}
    for line in lines.values():
        shown |= await _queue(connection, line, now_ms)
    return shown


async def _queue(connection: AsyncConnection, cases: Sequence[Case], now_ms: int) -> dict[str, QueueShown]:
    first = cases[0]
    same = (_C.invited_institution == first.invited_institution, _C.specialty == first.request.specialty)
    rows = await connection.execute(
        select(_C.id, _C.urgency, _C.invited_at_ms, _C.state)
        .where(*same, _C.state.in_([state.value for state in (*_WAITS, *_SERVED)]))
        .where(_C.wanted_at_ms.is_(None), _C.kind == ConsultationKind.LIVE.value)
        .order_by(_C.invited_at_ms)
        .limit(MAX_WAITING)
    )
    waiting, served = [], 0
    for row in rows:
        if row.state in _SERVED:
            served += 1
        else:
            urgency = type(first.request.urgency)(row.urgency)
            waiting.append(Waiting(CaseId(row.id), urgency, row.invited_at_ms or 0))
    times = await connection.execute(
        select(_C.active_at_ms, _C.signed_at_ms)
        .where(*same, _C.signed_at_ms.is_not(None), _C.active_at_ms.is_not(None))
        .order_by(_C.signed_at_ms.desc())
        .limit(RECENT_CASES)
    )
    service_s = [max(0, row.signed_at_ms - row.active_at_ms) // 1000 for row in times]
    line, _ = await people_on_duty(connection, first, now_ms)
    shown: dict[str, QueueShown] = {}
    for case in cases:
        place = place_of(
            case.id, waiting, being_served=served, on_duty=len(line), service_times_s=service_s[::-1]
        )
        if place is not None:
            shown[case.id] = QueueShown(place=place.place, expected_wait_s=place.expected_wait_s)
    return shown


def _view(case: Case, sight: _Sight) -> ConsultationView:
    request, words = case.request, specialty_words(case.request.specialty)
    parties = sight.parties.get(case.id, ())
    patient, opinion = sight.patients[case.patient], sight.opinions.get(case.id)
    is_open = case.state in IN_THE_ROOM and request.kind is ConsultationKind.LIVE
    return ConsultationView(
        id=case.id,
        serial=case.serial,
        kind=request.kind,
        state=case.state,
        urgency=request.urgency,
        specialty=request.specialty,
        specialty_name=Names(zh=words.zh, en=words.en),
        wanted_title=request.wanted_title,
        reason=request.reason,
        purpose=request.purpose,
        summary=request.summary,
        wanted_at_ms=request.wanted_at_ms,
        patient=PatientShown(
            id=patient.id, name=patient.name, sex=patient.sex, birth_year=patient.birth_year
        ),
        inviting=_side(case.institution, case.inviter, request.specialty, sight),
        invited=_side(case.invited_institution, case.expert, request.specialty, sight),
        host=case.host,
        room=case.id if is_open else "",
        recording_policy=case.recording_policy,
        is_recording=sight.is_recording(RoomName(case.id)),
        consents=_consents(case, sight.consents.get(case.id, ())),
        ring=None if case.ring is None else _ring(case.ring, sight),
        queue=sight.queues.get(case.id),
        parties=[
            PartyShown(
                person=party.person,
                name=_word(sight, party.person, "name"),
                title=_word(sight, party.person, "title"),
                institution_name=sight.institutions.get(party.institution, ""),
                state=party.state,
            )
            for party in parties
        ],
        opinion=None if opinion is None else _opinion(opinion, sight),
        is_ecg_complete=sight.ecgs.get(case.id),
        adoption="" if opinion is None else opinion.adoption,
        end_reason=case.end_reason,
        end_note=case.end_note,
        created_at_ms=case.created_at_ms,
        invited_at_ms=case.invited_at_ms,
        accepted_at_ms=case.accepted_at_ms,
        active_at_ms=case.active_at_ms,
        signed_at_ms=case.signed_at_ms,
        closed_at_ms=case.closed_at_ms,
        updated_at_ms=case.updated_at_ms,
        server_now_ms=sight.now_ms,
        allowed=list(deeds_of(case, sight.caller, seated_of(parties))),
    )


def _side(institution: str, person: str, specialty: str, sight: _Sight) -> Side:
    phones = sight.phones.get(institution, {})
    return Side(
        institution=institution,
        institution_name=sight.institutions.get(institution, ""),
        person=person,
        person_name=_word(sight, person, "name"),
        title=_word(sight, person, "title"),
        # A township keeps one number, whatever the case is about.
        duty_phone=phones.get(specialty, "") or next(iter(phones.values()), ""),
    )


def _word(sight: _Sight, person: str, column: str) -> str:
    row = sight.people.get(person)
    return "" if row is None else str(row._mapping[column])


def _consents(case: Case, consents: Sequence[Consent]) -> list[CaseConsent]:
    standing = standing_of(consents, case.id)
    return [
        CaseConsent(
            purpose=purpose,
            state=standing[purpose].state if purpose in standing else ConsentState.NONE,
        )
        for purpose in ConsentPurpose
    ]


def _ring(ring: Ring, sight: _Sight) -> RingShown:
    return RingShown(
        started_at_ms=ring.started_at_ms,
        stage=int(ring.stage),
        next=next_step(ring),
        next_at_ms=next_due_ms(ring),
        called=[
            CalledShown(
                person=one.person,
                name=_word(sight, one.person, "name"),
                line=one.line,
                answer=one.answer,
                reason=one.reason,
            )
            for one in ring.called
        ],
        duty_phone=ring.duty_phone if ring.stage >= Stage.DUTY_PHONE else "",
    )


def _opinion(row: Row[Any], sight: _Sight) -> OpinionShown:
    form: bytes | None = row.signed_form
    return OpinionShown(
        state=row.state,
        author_name=_word(sight, row.author, "name"),
        signed_at_ms=row.signed_at_ms,
        fingerprint="" if form is None else hashlib.sha256(form).hexdigest(),
    )
