"""The routes of consents: the texts to show, what stands for a patient, an answer, a withdrawal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consent import (
    Answer,
    Change,
    Consent,
    ConsentPurpose,
    ConsentState,
    GivenBy,
    awaits_confirmation,
    is_allowed,
    standing_of,
)
from clinical.consent_texts import current_texts, find_text
from clinical.errors import ConsentRefused
from clinical.ids import CaseId, InstitutionId
from signaling.api.consent_models import (
    ConsentList,
    ConsentQuery,
    ConsentTexts,
    ConsentTextView,
    ConsentView,
    ConsentWithdrawal,
    ConsentWithdrawn,
    GivenAnswer,
    NewConsents,
    StandingConsent,
)
from signaling.api.patient_pages import found_patient
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.rights import Action, State, Subject
from signaling.care.case_recordings import RecordingStopper
from signaling.care.consent_book import note_answers, note_withdrawal
from signaling.care.consents import consents_of, find_consent
from signaling.care.patients import Patient
from signaling.store.store import Store, Unit
from signaling.trace.names import names_of

T = TypeVar("T")
_REFUSALS = (
    "consent_unchanged",
    "consent_withdraw_instead",
    "consent_emergency_refused",
    "consent_giver_wrong",
    "consent_giver_unnamed",
    "consent_signature_missing",
    "consent_teaching_emergency",
    "consent_emergency_decline",
    "consent_text_unknown",
    "consent_purpose_twice",
)


class ConsentPages:
    """The handlers of /consents."""

    def __init__(self, store: Store, recordings: RecordingStopper) -> None:
        self._store = store
        self._recordings = recordings

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/consents/texts",
                Action.API_READ,
                "The texts to show before asking, in both languages, with the hashes to send back.",
                self.texts,
                answer=ConsentTexts,
            ),
            Route(
                "GET",
                "/consents",
                Action.CONSENT_LIST,
                "What a patient has allowed, declined and withdrawn.",
                self.overview,
                query=ConsentQuery,
                answer=ConsentList,
                find=self.find_patient,
                is_subject_in_body=True,
            ),
            Route(
                "POST",
                "/consents",
                Action.CONSENT_RECORD,
                "Note the answers that one person gave together.",
                self.create,
                body=NewConsents,
                answer=ConsentList,
                status=201,
                find=self.find_patient,
                is_subject_in_body=True,
                refusals=_REFUSALS,
            ),
            Route(
                "POST",
                "/consents/{id}/withdraw",
                Action.CONSENT_WITHDRAW,
                "Take an answer back; a recording that rests on it ends at once.",
                self.withdraw,
                body=ConsentWithdrawal,
                answer=ConsentWithdrawn,
                find=self.find_consent,
                refusals=("consent_not_standing", "consent_giver_unnamed"),
            ),
        ]

    async def find_patient(self, call: Call) -> Found | None:
        """Finds the patient whom query or body names."""
        wanted: ConsentQuery | NewConsents = call.query if call.body is None else call.body
        return await self._store.read(lambda connection: found_patient(connection, call, wanted.patient))

    async def find_consent(self, call: Call) -> Found | None:
        """Finds the answer of the path."""
        found = await self._store.read(lambda connection: find_consent(connection, call.path["id"]))
        if found is None:
            return None
        institution, consent = found
        is_standing = consent.state in (ConsentState.GRANTED, ConsentState.EMERGENCY)
        state = State.ACTIVE if is_standing else State.ENDED
        return Found(Subject(InstitutionId(institution), state=state), found)

    async def texts(self, call: Call) -> ConsentTexts:
        """Lists the texts in force."""
        return ConsentTexts(
            texts=[
                ConsentTextView(
                    purpose=text.purpose,
                    version=text.version,
                    language=text.language,
                    title=text.title,
                    text=text.text,
                    sha256=text.sha256,
                )
                for text in current_texts()
            ]
        )

    async def overview(self, call: Call) -> ConsentList:
        """Lists what stands and stood."""
        return await self._list(call.found, CaseId(call.query.case))

    async def create(self, call: Call) -> ConsentList:
        """Notes answers, all or none."""
        wanted: NewConsents = call.body
        patient: Patient = call.found
        case = CaseId(wanted.case)
        if len({given.purpose for given in wanted.answers}) < len(wanted.answers):
            raise Refusal("consent_purpose_twice")
        answers = [_answer(patient, case, wanted, given) for given in wanted.answers]

        async def work(unit: Unit) -> Sequence[Change]:
            return await note_answers(unit, call.caller, patient.institution, answers)

        changes = await self._write(work)
        if any(change.must_stop_recording for change in changes):
            await self._recordings.stop(patient.id, case, call.caller)
        return await self._list(patient, case)

    async def withdraw(self, call: Call) -> ConsentWithdrawn:
        """Takes an answer back."""
        wanted: ConsentWithdrawal = call.body
        institution, found = call.found
        is_known = wanted.given_by in ("patient", found.given_by)
        if not is_known and not wanted.giver_name:
            raise Refusal("consent_giver_unnamed")

        async def work(unit: Unit) -> Change:
            return await note_withdrawal(
                unit,
                call.caller,
                institution,
                found,
                how=wanted.how,
                given_by=wanted.given_by,
                personal={"giver_name": wanted.giver_name, "note": wanted.note},
            )

        change = await self._write(work)
        # Withdrawn is what is on disk; the recording ends now, also where its seal has to wait.
        stopped = change.must_stop_recording and await self._recordings.stop(
            found.patient, found.case, call.caller
        )
        recorder = change.consent.recorded_by
        names = await self._store.read(lambda connection: names_of(connection, [recorder]))
        return ConsentWithdrawn(consent=_view(change.consent, names), recording_stopped=stopped)

    async def _write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        try:
            return await self._store.write(work)
        except ConsentRefused as refused:
            raise Refusal(refused.code) from None

    async def _list(self, patient: Patient, case: CaseId) -> ConsentList:
        async def work(connection: AsyncConnection) -> tuple[Sequence[Consent], Mapping[str, str]]:
            consents = await consents_of(connection, patient.id)
            return consents, await names_of(connection, [consent.recorded_by for consent in consents])

        consents, names = await self._store.read(work)
        standing = standing_of(consents, case)
        waiting = awaits_confirmation(standing)
        return ConsentList(
            standing=[
                StandingConsent(
                    purpose=purpose,
                    state=standing[purpose].state if purpose in standing else ConsentState.NONE,
                    is_allowed=is_allowed(standing, purpose),
                    awaits_confirmation=purpose in waiting,
                    consent=standing[purpose].id if purpose in standing else "",
                    given_by=standing[purpose].given_by if purpose in standing else "",
                )
                for purpose in ConsentPurpose
            ],
            consents=[_view(consent, names) for consent in consents],
        )


def _answer(patient: Patient, case: CaseId, wanted: NewConsents, given: GivenAnswer) -> Answer:
    text = find_text(given.purpose, given.text_version)
    if text is None or text.sha256 != given.text_sha256:
        raise Refusal("consent_text_unknown")
    return Answer(
        patient=patient.id,
        case=case,
        purpose=given.purpose,
        is_granted=given.is_granted,
        how=wanted.how,
        given_by=wanted.given_by,
        text_version=given.text_version,
        text_sha256=given.text_sha256,
        evidence_sha256=wanted.evidence_sha256,
        giver_name="" if wanted.given_by is GivenBy.NOBODY else wanted.giver_name,
    )


def _view(consent: Consent, names: Mapping[str, str]) -> ConsentView:
    return ConsentView(
        id=consent.id,
        patient=consent.patient,
        case=consent.case,
        purpose=consent.purpose,
        state=consent.state,
        how=consent.how,
        given_by=consent.given_by,
        text_version=consent.text_version,
        text_sha256=consent.text_sha256,
        evidence_sha256=consent.evidence_sha256,
        recorded_by=consent.recorded_by,
        recorded_by_name=names.get(consent.recorded_by, ""),
        at_ms=consent.at_ms,
        withdrawn_at_ms=consent.withdrawn_at_ms,
    )
