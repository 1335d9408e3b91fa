"""The routes of consultations: the request, the boxes, the acts of both sides up to the open room."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import Request
from clinical.ids import PatientId
from clinical.specialties import is_specialty, is_title
from signaling.api.case_desk import CaseDesk
from signaling.api.consultation_models import (
    Cancelling,
    ConsultationChange,
    ConsultationList,
    ConsultationQuery,
    ConsultationView,
    Declining,
    NewConsultation,
    Transferring,
)
from signaling.api.patient_pages import found_patient
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.rights import Action
from signaling.care.patients import Patient
from signaling.consult.case_answers import accept_case, transfer_case
from signaling.consult.case_lists import cases_in
from signaling.consult.case_requests import amend_case, cancel_case, create_case, invite
from signaling.consult.cases import Case
from signaling.consult.ringing import decline_case, pass_case, recall_case

_FORM_REFUSALS: Final = ("institution_missing", "specialty_unknown", "title_unknown", "slot_unknown")
_STATE: Final = ("not_permitted", "consultation_state")


class ConsultationPages:
    """The handlers of /consultations."""

    def __init__(self, cases: CaseDesk) -> None:
        self._cases = cases

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "POST",
                "/consultations",
                Action.CASE_CREATE,
                "Write a request for a consultation, as a draft.",
                self.create,
                body=NewConsultation,
                answer=ConsultationView,
                status=201,
                find=self.find_patient,
                is_subject_in_body=True,
                refusals=_FORM_REFUSALS,
            ),
            Route(
                "GET",
                "/consultations",
                Action.CASE_LIST,
                "List cases: what rings for the caller, what waits, what is theirs, what is past.",
                self.overview,
                query=ConsultationQuery,
                answer=ConsultationList,
            ),
            Route(
                "GET",
                "/consultations/{id}",
                Action.CASE_READ,
                "Show a case as it stands, with what the caller may do now.",
                self.show,
                answer=ConsultationView,
                find=self._cases.find,
            ),
            Route(
                "PATCH",
                "/consultations/{id}",
                Action.CASE_CHANGE,
                "Write a draft anew.",
                self.amend,
                body=ConsultationChange,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_FORM_REFUSALS, *_STATE),
            ),
            Route(
                "POST",
                "/consultations/{id}/invite",
                Action.CASE_CHANGE,
                "Send the request; where it is wanted now, whoever is on duty is called at once.",
                self.invite,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(
                    *_STATE,
                    "consultation_incomplete",
                    "consultation_consent_missing",
                    "slot_taken",
                ),
            ),
            Route(
                "POST",
                "/consultations/{id}/accept",
                Action.CASE_ANSWER,
                "Take the case; of several at once exactly one has it.",
                self.accept,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(
                    *_STATE,
                    "consultation_taken",
                    "consultation_not_called",
                    "licence_missing",
                    "licence_expired",
                ),
            ),
            Route(
                "POST",
                "/consultations/{id}/decline",
                Action.CASE_ANSWER,
                "Say that the caller cannot take it, with the reason.",
                self.decline,
                body=Declining,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_STATE, "consultation_not_called", "consultation_reason_missing"),
            ),
            Route(
                "POST",
                "/consultations/{id}/pass",
                Action.CASE_ANSWER,
                "Ask the next line to take it: they are called now.",
                self.pass_on,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_STATE, "consultation_not_called", "consultation_no_backup"),
            ),
            Route(
                "POST",
                "/consultations/{id}/recall",
                Action.CASE_CHANGE,
                "Call again, or call before the booked time.",
                self.recall,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_STATE, "consultation_offline"),
            ),
            Route(
                "POST",
                "/consultations/{id}/transfer",
                Action.CASE_TRANSFER,
                "Hand the case to another specialist, who is called in turn.",
                self.transfer,
                body=Transferring,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(
                    *_STATE,
                    "consultation_reason_missing",
                    "transfer_person_unfit",
                    "specialty_unknown",
                ),
            ),
            Route(
                "POST",
                "/consultations/{id}/cancel",
                Action.CASE_CHANGE,
                "End the case without an opinion, with the reason.",
                self.cancel,
                body=Cancelling,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_STATE, "consultation_reason_missing"),
            ),
        ]

    async def find_patient(self, call: Call) -> Found | None:
        """Finds the patient whom the request names."""
        return await self._cases.store.read(
            lambda connection: found_patient(connection, call, call.body.patient)
        )

    # ---- the request ------------------------------------------------------------------------------------

    async def create(self, call: Call) -> ConsultationView:
        """Writes a draft."""
        wanted: NewConsultation = call.body
        patient: Patient = call.found
        request = Request(
            kind=wanted.kind,
            urgency=wanted.urgency,
            specialty=wanted.specialty,
            wanted_title=wanted.wanted_title,
            reason=wanted.reason,
            purpose=wanted.purpose,
            summary=wanted.summary,
            wanted_at_ms=wanted.wanted_at_ms,
        )
        _check_words(request)
        return await self._cases.act(
            call,
            lambda unit: create_case(
                unit,
                call.caller,
                patient=PatientId(patient.id),
                institution=patient.institution,
                hospital=wanted.institution,
                request=request,
                slot=wanted.slot,
            ),
        )

    async def amend(self, call: Call) -> ConsultationView:
        """Writes it anew."""
        change: ConsultationChange = call.body
        case: Case = call.found
        given = {name: getattr(change, name) for name in change.model_fields_set}
        if any(value is None for name, value in given.items() if name != "wanted_at_ms"):
            raise Refusal("bad_request")
        hospital = given.pop("institution", case.invited_institution)
        slot = given.pop("slot", case.slot)
        request = replace(case.request, **given)
        _check_words(request)
        return await self._cases.act(
            call,
            lambda unit: amend_case(
                unit, call.caller, case.id, hospital=hospital, request=request, slot=slot
            ),
        )

    async def overview(self, call: Call) -> ConsultationList:
        """Lists a box."""
        wanted: ConsultationQuery = call.query

        async def work(connection: AsyncConnection) -> ConsultationList:
            cases, following = await cases_in(connection, call.caller, wanted.box, wanted.cursor)
            views = await self._cases.views(connection, call, cases)
            return ConsultationList(consultations=views, next=following)

        return await self._cases.store.read(work)

    async def show(self, call: Call) -> ConsultationView:
        """Shows it: with its record summary."""
        await self._cases.note_look(call, "record")
        return await self._cases.view(call, call.found)

    async def invite(self, call: Call) -> ConsultationView:
        """Sends it."""
        return await self._cases.act(call, lambda unit: invite(unit, call.caller, call.path["id"]))

    async def cancel(self, call: Call) -> ConsultationView:
        """Ends it."""
        wanted: Cancelling = call.body
        return await self._cases.act(
            call,
            lambda unit: cancel_case(
                unit, call.caller, call.path["id"], reason=wanted.reason, note=wanted.note
            ),
        )

    async def recall(self, call: Call) -> ConsultationView:
        """Calls again."""
        return await self._cases.act(call, lambda unit: recall_case(unit, call.caller, call.path["id"]))

    # ---- the answers ------------------------------------------------------------------------------------

    async def accept(self, call: Call) -> ConsultationView:
        """Takes it."""
        return await self._cases.act(call, lambda unit: accept_case(unit, call.caller, call.path["id"]))

    async def decline(self, call: Call) -> ConsultationView:
        """Says no."""
        wanted: Declining = call.body
        return await self._cases.act(
            call,
            lambda unit: decline_case(
                unit, call.caller, call.path["id"], reason=wanted.reason, note=wanted.note
            ),
        )

    async def pass_on(self, call: Call) -> ConsultationView:
        """Has the next line called."""
        return await self._cases.act(call, lambda unit: pass_case(unit, call.caller, call.path["id"]))

    async def transfer(self, call: Call) -> ConsultationView:
        """Hands it on."""
        wanted: Transferring = call.body
        return await self._cases.act(
            call,
            lambda unit: transfer_case(
                unit,
                call.caller,
                call.path["id"],
                person=wanted.person,
                specialty=wanted.specialty,
                reason=wanted.reason,
            ),
        )


def _check_words(request: Request) -> None:
    if request.specialty and not is_specialty(request.specialty):
        raise Refusal("specialty_unknown")
    if request.wanted_title and not is_title(request.wanted_title):
        raise Refusal("title_unknown")
