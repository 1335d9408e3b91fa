"""The routes that search and read the trace. Whoever looks has said why, and that is in the chain before
anything is shown.

What a search was for stands in the chain by ids and words of lists. The text that was typed is kept beside it
only where it meant nobody: where it meant somebody, their ids say it better, and an erasure forgets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId
from recording.summary import JsonValue
from signaling.api.patient_pages import line_of
from signaling.api.route import Call, Found, Refusal, Route
from signaling.api.trace_event import beside_of, detail_of
from signaling.api.trace_models import (
    EventDetail,
    EventQuery,
    TraceKinds,
    TraceLine,
    TraceLines,
    TraceSearch,
)
from signaling.auth.acts import act_of
from signaling.auth.rights import Action, State, Subject
from signaling.care.patients import Patient, search_patients
from signaling.store.store import Store
from signaling.trace.names import names_of, patient_names_of
from signaling.trace.reading import (
    ReadEvent,
    WholeEvent,
    actors_meant,
    find_event,
    find_page,
    kinds_of,
    patients_in,
)
from signaling.trace.search import MAX_ACTORS, MAX_PATIENTS, CursorWrong, Place, Wanted, read_cursor

_MAX_SEQUENCE_DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class _Meant:
    """Whom the texts of a search mean."""

    patients: list[Patient] | None
    actors: list[str] | None


class TracePages:
    """The handlers of /trace but the exports."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "POST",
                "/trace/searches",
                Action.TRACE_SEARCH,
                "Find events by patient, person, time and kind; the search is itself recorded.",
                self.search,
                body=TraceSearch,
                answer=TraceLines,
                find=self.find_chain,
                is_subject_in_body=True,
                refusals=("trace_too_wide", "trace_time_wrong", "trace_cursor_wrong"),
            ),
            Route(
                "GET",
                "/trace/kinds",
                Action.TRACE_SEARCH,
                "The kinds of events in the caller's chain.",
                self.kinds,
                answer=TraceKinds,
            ),
            Route(
                "GET",
                "/trace/events/{institution}/{sequence}",
                Action.TRACE_READ,
                "One event in full, with an AuditEvent (FHIR R4); the look is itself recorded.",
                self.event,
                query=EventQuery,
                answer=EventDetail,
                find=self.find_event,
            ),
        ]

    async def find_chain(self, call: Call) -> Found | None:
        """Finds the chain that a search names: the caller's own where it names none."""
        institution = call.body.institution or call.caller.institution
        return Found(Subject(InstitutionId(institution), state=State.NONE))

    async def find_event(self, call: Call) -> Found | None:
        """Finds the event of the path."""
        institution, digits = call.path["institution"], call.path["sequence"]
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_SEQUENCE_DIGITS):
            return None
        sequence = int(digits)
        event = await self._store.read(lambda connection: find_event(connection, institution, sequence))
        return None if event is None else Found(Subject(InstitutionId(institution)), event)

    async def kinds(self, call: Call) -> TraceKinds:
        """Lists kinds."""
        institution = call.caller.institution
        return TraceKinds(kinds=await self._store.read(lambda connection: kinds_of(connection, institution)))

    async def search(self, call: Call) -> TraceLines:
        """Finds a page of events; the search is in the chain before the answer."""
        wanted: TraceSearch = call.body
        institution = wanted.institution or call.caller.institution
        if wanted.from_ms is not None and wanted.to_ms is not None and wanted.from_ms >= wanted.to_ms:
            raise Refusal("trace_time_wrong")
        try:
            after = read_cursor(wanted.cursor)
        except CursorWrong:
            raise Refusal("trace_cursor_wrong") from None

        async def work(connection: AsyncConnection) -> tuple[_Meant, list[TraceLine], Place | None]:
            meant = await _meant(connection, institution, wanted)
            query = Wanted(
                institution=institution,
                patients=None if meant.patients is None else tuple(one.id for one in meant.patients),
                actors=None if meant.actors is None else tuple(meant.actors),
                case=wanted.case,
                kinds=tuple(sorted(set(wanted.kinds))),
                from_ms=wanted.from_ms,
                to_ms=wanted.to_ms,
                after=after,
            )
            events, last = await find_page(connection, query)
            return meant, await _lines(connection, events), last

        meant, lines, last = await self._store.read(work)
        await self._store.record([_searched(call, institution, wanted, meant, after, len(lines))])
        return TraceLines(
            events=lines,
            patients=[line_of(patient) for patient in meant.patients or []],
            next=None if last is None else last.cursor(),
        )

    async def event(self, call: Call) -> EventDetail:
        """Shows one event; the look is in the chain before the answer."""
        whole: WholeEvent = call.found
        event = whole.event
        beside = await self._store.read(lambda connection: beside_of(connection, event, call.now_ms))
        patient = event.fields["subject"].get("patient", "")
        subject = {"event": str(event.sequence)}
        await self._store.record(
            [
                act_of(
                    call.caller,
                    "trace.viewed",
                    call.now_ms,
                    institution=event.institution,
                    subject={**subject, "patient": patient} if patient else subject,
                    after={"purpose": call.query.purpose.value, "kind": event.fields["kind"]},
                )
            ]
        )
        return detail_of(whole, beside)


async def _meant(connection: AsyncConnection, institution: str, wanted: TraceSearch) -> _Meant:
    patients: list[Patient] | None = None
    actors: list[str] | None = None
    if wanted.patient:
        patients = list(await search_patients(connection, institution, wanted.patient, limit=MAX_PATIENTS))
    if wanted.person:
        actors = await actors_meant(connection, institution, wanted.person)
    if len(patients or ()) > MAX_PATIENTS or len(actors or ()) > MAX_ACTORS:
        raise Refusal("trace_too_wide")
    return _Meant(patients, actors)


def _searched(
    call: Call, institution: str, wanted: TraceSearch, meant: _Meant, after: Place | None, count: int
) -> Any:
    told: dict[str, JsonValue] = {"purpose": wanted.purpose.value, "found": count}
    personal = {"purpose_note": wanted.purpose_note}
    if meant.patients is not None:
        told["patients"] = [patient.id for patient in meant.patients]
        personal["patient_text"] = "" if meant.patients else wanted.patient
    if meant.actors is not None:
        told["actors"] = list(meant.actors)
        personal["person_text"] = "" if meant.actors else wanted.person
    if wanted.kinds:
        told["kinds"] = list(wanted.kinds)
    for name, bound in (("from_ms", wanted.from_ms), ("to_ms", wanted.to_ms)):
        if bound is not None:
            told[name] = bound
    if after is not None:
        told["after_sequence"] = after.sequence
    patients = meant.patients or []
    subject = {"case": wanted.case, "patient": patients[0].id if len(patients) == 1 else ""}
    return act_of(
        call.caller,
        "trace.searched",
        call.now_ms,
        institution=institution,
        subject={name: value for name, value in subject.items() if value},
        after=told,
        personal={name: value for name, value in personal.items() if value},
    )


async def _lines(connection: AsyncConnection, events: list[ReadEvent]) -> list[TraceLine]:
    names = await names_of(connection, [event.fields["actor"] for event in events])
    patients = await patient_names_of(connection, patients_in(events))
    return [_line(event, names, patients) for event in events]


def _line(event: ReadEvent, names: Any, patients: Any) -> TraceLine:
    fields, subject = event.fields, event.fields["subject"]
    patient = subject.get("patient", "")
    return TraceLine(
        institution=event.institution,
        sequence=event.sequence,
        at_ms=fields["at_ms"],
        kind=fields["kind"],
        actor=fields["actor"],
        actor_name=names.get(fields["actor"], ""),
        actor_role=fields["actor_role"],
        patient=patient,
        patient_name=patients.get(patient, ""),
        case=subject.get("case", ""),
        room=subject.get("room", ""),
        has_media="media" in fields,
    )
