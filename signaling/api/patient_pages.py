"""The routes of patients. Whoever finds or reads one has said why, and that is in the ledger first."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.patient_models import (
    NewPatient,
    PatientErased,
    PatientErasure,
    PatientLine,
    PatientLines,
    PatientQuery,
    PatientSearch,
    PatientView,
)
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.acts import act_of
from signaling.auth.rights import Action, State, Subject
from signaling.auth.room_entry import breakglass_of
from signaling.care.patients import (
    MAX_FOUND,
    CardNumberTaken,
    Patient,
    ReviewOutstanding,
    create_patient,
    erase_patient,
    find_patient,
    search_patients,
)
from signaling.store.store import Store, Unit

_STATES: Final = {"active": State.ACTIVE, "erased": State.ERASED}


class PatientPages:
    """The handlers of /patients."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "POST",
                "/patients",
                Action.PATIENT_CREATE,
                "Note a new patient of the caller's institution.",
                self.create,
                body=NewPatient,
                answer=PatientView,
                status=201,
                refusals=("card_number_taken",),
            ),
            Route(
                "POST",
                "/patients/searches",
                Action.PATIENT_SEARCH,
                "Find patients by a part of the name or the card number; the search is recorded.",
                self.search,
                body=PatientSearch,
                answer=PatientLines,
            ),
            Route(
                "GET",
                "/patients/{id}",
                Action.PATIENT_READ,
                "Read one patient; the reading is recorded.",
                self.read,
                query=PatientQuery,
                answer=PatientView,
                find=self.find,
            ),
            Route(
                "POST",
                "/patients/{id}/erase",
                Action.PATIENT_ERASE,
                "Erase what tells who a patient is; events and chain stay as they are.",
                self.erase,
                body=PatientErasure,
                answer=PatientErased,
                find=self.find,
                refusals=("patient_under_review",),
            ),
        ]

    async def find(self, call: Call) -> Found | None:
        """Finds the patient of the path."""
        return await self._store.read(lambda connection: found_patient(connection, call, call.path["id"]))

    async def create(self, call: Call) -> PatientView:
        """Stores a patient."""
        new: NewPatient = call.body

        async def work(unit: Unit) -> Patient:
            patient = await create_patient(
                unit,
                call.caller.institution,
                name=new.name,
                card_number=new.card_number,
                sex=new.sex,
                birth_year=new.birth_year,
            )
            # The name stays in the table, from where it can be erased; the chain needs no commitment to it.
            subject = {"patient": patient.id}
            after = {"has_card": bool(new.card_number)}
            unit.record(act_of(call.caller, "patient.created", unit.now_ms, subject=subject, after=after))
            return patient

        try:
            return view_of(await self._store.write(work))
        except CardNumberTaken:
            raise Refusal("card_number_taken") from None

    async def search(self, call: Call) -> PatientLines:
        """Finds patients; who was found is recorded before the answer."""
        wanted: PatientSearch = call.body

        async def work(unit: Unit) -> list[Patient]:
            found = list(await search_patients(unit.connection, call.caller.institution, wanted.text))
            personal = {"purpose_note": wanted.purpose_note} if wanted.purpose_note else {}
            shown = found[:MAX_FOUND]
            unit.record(
                act_of(
                    call.caller,
                    "patient.searched",
                    unit.now_ms,
                    subject={"patient": found[0].id} if len(found) == 1 else {},
                    after={"purpose": wanted.purpose.value, "patients": [patient.id for patient in shown]},
                    # What was typed tells nothing that those found do not; where nobody was, it is all there
                    # is.
                    personal=personal if found else {**personal, "text": wanted.text},
                )
            )
            return found

        found = await self._store.write(work)
        return PatientLines(
            patients=[line_of(patient) for patient in found[:MAX_FOUND]],
            is_complete=len(found) <= MAX_FOUND,
        )

    async def read(self, call: Call) -> PatientView:
        """Shows a patient; that it was read is recorded before the answer."""
        patient: Patient = call.found

        async def work(unit: Unit) -> None:
            unit.record(
                act_of(
                    call.caller,
                    "patient.viewed",
                    unit.now_ms,
                    institution=patient.institution,
                    subject={"patient": patient.id},
                    after={"purpose": call.query.purpose.value},
                )
            )

        await self._store.write(work)
        return view_of(patient)

    async def erase(self, call: Call) -> PatientErased:
        """Leaves a tombstone."""
        wanted: PatientErasure = call.body
        patient: Patient = call.found

        async def work(unit: Unit) -> PatientErased:
            now = await find_patient(unit.connection, patient.id)
            if now is None or now.state != "active":
                # Somebody else has just done it.
                raise Refusal("state_refused")
            count = await erase_patient(unit, patient.id)
            unit.record(
                act_of(
                    call.caller,
                    "patient.erased",
                    unit.now_ms,
                    subject={"patient": patient.id},
                    before={"state": "active"},
                    after={"state": "erased", "reason": wanted.reason, "erased_fields": count},
                )
            )
            erased = await find_patient(unit.connection, patient.id)
            assert erased is not None
            return PatientErased(patient=view_of(erased), erased_fields=count, erased_at_ms=unit.now_ms)

        try:
            return await self._store.write(work)
        except ReviewOutstanding:
            raise Refusal("patient_under_review") from None


async def found_patient(connection: AsyncConnection, call: Call, name: str) -> Found | None:
    """Returns a patient as the table of rights sees it for the caller, who may have broken the glass."""
    patient = await find_patient(connection, name)
    if patient is None:
        return None
    glass = await breakglass_of(connection, call.caller, call.now_ms, patient=name)
    parties = frozenset({call.caller.actor} if glass else ())
    return Found(Subject(patient.institution, parties=parties, state=_STATES[patient.state]), patient)


def view_of(patient: Patient) -> PatientView:
    """Returns a patient as the API shows it in full."""
    return PatientView.model_validate(
        {
            "id": patient.id,
            "institution": patient.institution,
            "name": patient.name,
            "card_number": patient.card_number,
            "sex": patient.sex,
            "birth_year": patient.birth_year,
            "state": patient.state,
            "created_at_ms": patient.created_at_ms,
        }
    )


def line_of(patient: Patient) -> PatientLine:
    """Returns a patient as a list shows it."""
    return PatientLine.model_validate(
        {
            "id": patient.id,
            "name": patient.name,
            "card_end": patient.card_end,
            "sex": patient.sex,
            "birth_year": patient.birth_year,
        }
    )
