"""Answers and withdrawals in the store, each with its act: what clinical/consent.py decides, written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from clinical.consent import Answer, Change, Consent, receive_answer, standing_of, withdraw
from clinical.errors import ConsentRefused
from clinical.ids import CaseId, new_consent_id
from recording.summary import JsonValue
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.care.consents import consents_of, insert_consent, store_withdrawal
from signaling.store.store import Unit
from signaling.store.tables import consultation


async def note_answers(
    unit: Unit, caller: Caller, institution: str, answers: Sequence[Answer]
) -> Sequence[Change]:
    """Stores answers of one patient and case, all or none. Raises ConsentRefused."""
    first = answers[0]
    standing = standing_of(await consents_of(unit.connection, first.patient, first.case), first.case)
    chains = await _chains(unit, institution, first.case)
    changes = []
    for answer in answers:
        change = receive_answer(
            standing.get(answer.purpose),
            answer,
            new_id=new_consent_id(),
            recorded_by=caller.actor,
            now_ms=unit.now_ms,
        )
        await insert_consent(unit, institution, change.consent)
        for chain in chains:
            unit.record(
                act_of(
                    caller,
                    "consent.granted" if answer.is_granted else "consent.declined",
                    unit.now_ms,
                    institution=chain,
                    subject=_subject(change.consent),
                    before=_before(change),
                    after=_after(change.consent),
                    personal=_given({"giver_name": answer.giver_name}),
                )
            )
        changes.append(change)
    return changes


async def note_withdrawal(
    unit: Unit,
    caller: Caller,
    institution: str,
    consent: Consent,
    *,
    how: str,
    given_by: str,
    personal: Mapping[str, str],
) -> Change:
    """Stores that a consent was taken back. Raises ConsentRefused, also where a later answer stands."""
    standing = standing_of(await consents_of(unit.connection, consent.patient, consent.case), consent.case)
    stands = standing.get(consent.purpose)
    if stands is None or stands.id != consent.id:
        raise ConsentRefused("consent_not_standing")
    change = withdraw(stands, now_ms=unit.now_ms)
    await store_withdrawal(unit, change.consent)
    for chain in await _chains(unit, institution, consent.case):
        unit.record(
            act_of(
                caller,
                "consent.withdrawn",
                unit.now_ms,
                institution=chain,
                subject=_subject(change.consent),
                before={"state": change.before.value},
                after={
                    "purpose": change.consent.purpose.value,
                    "state": change.consent.state.value,
                    "how": how,
                    "given_by": given_by,
                },
                personal=_given(personal),
            )
        )
    return change


async def _chains(unit: Unit, institution: str, case: CaseId) -> Sequence[str]:
    """The chains in which an answer stands: of a consultation, both sides'."""
    c = consultation.c
    query = select(c.invited_institution).where(c.id == case, c.institution == institution)
    asked = await unit.connection.scalar(query) if case else None
    return tuple(dict.fromkeys((institution, asked or institution)))


def _subject(consent: Consent) -> dict[str, str]:
    return _given({"patient": consent.patient, "case": consent.case, "consent": consent.id})


def _given(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _before(change: Change) -> dict[str, JsonValue]:
    before: dict[str, JsonValue] = {"state": change.before.value}
    if change.confirms is not None:
        before["confirms"] = change.confirms
    return before


def _after(consent: Consent) -> dict[str, JsonValue]:
    return {
        "purpose": consent.purpose.value,
        "state": consent.state.value,
        "how": consent.how.value,
        "given_by": consent.given_by.value,
        "text_version": consent.text_version,
        "text_sha256": consent.text_sha256,
        "evidence_sha256": consent.evidence_sha256,
    }
