"""What a patient allows, purpose by purpose: who may answer for them, how, and what follows from what.

A consent belongs to one patient, one case and one purpose. Each answer is a record of its own and the last
one stands; the ledger keeps all of them. The purposes are independent: declining the recording, the sharing
or the teaching never touches the consultation (domain.md §2.2).

    before      can be answered by
    none        a person's yes or no; in an emergency, where nobody can be asked, the doctor's note of that
    emergency   a person's yes or no as soon as one can be asked; withdrawal
    granted     withdrawal
    declined    a person's yes: who changed their mind says so. Never an emergency: a no is a no
    withdrawn   a person's yes, as after a no

Whatever is not in that table is refused and changes nothing. Codes of ConsentRefused:
``consent_unchanged`` (the answer already stands), ``consent_withdraw_instead`` (a no after a yes is a
withdrawal, with its own consequences), ``consent_emergency_refused`` (somebody has already answered),
``consent_not_standing`` (nothing to withdraw), ``consent_giver_wrong`` (an emergency with a giver, or none
without), ``consent_giver_unnamed``, ``consent_signature_missing``, ``consent_teaching_emergency``,
``consent_emergency_decline``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from clinical.errors import ConsentRefused
from clinical.ids import CaseId, ConsentId, PatientId


class ConsentPurpose(StrEnum):
    """What is asked for; each has its own text and its own answer."""

    CONSULTATION = "consultation"
    RECORDING = "recording"
    SHARING = "sharing"
    """Giving data to a third institution."""
    TEACHING = "teaching"


class How(StrEnum):
    """How the answer was given."""

    SCREEN_SIGNATURE = "screen_signature"
    VOICE = "voice"
    EMERGENCY = "emergency"
    """Nobody could be asked in time: the basis is the protection of life (PIPL article 13), and a person is
    asked as soon as one can be."""


class GivenBy(StrEnum):
    """Who answered."""

    PATIENT = "patient"
    GUARDIAN = "guardian"
    RELATIVE = "relative"
    NOBODY = "nobody"
    """In an emergency."""


class ConsentState(StrEnum):
    """What is true of a purpose."""

    NONE = "none"
    """Nobody was asked."""
    EMERGENCY = "emergency"
    """Allowed on the emergency basis, and nobody was asked yet."""
    GRANTED = "granted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """It was allowed once, and what was done then stands; now it is not."""


class Reply(StrEnum):
    """What can happen to a purpose."""

    GRANT = "grant"
    DECLINE = "decline"
    EMERGENCY = "emergency"
    WITHDRAW = "withdraw"


_S, _R = ConsentState, Reply
TRANSITIONS: Final[Mapping[ConsentState, Mapping[Reply, ConsentState]]] = {
    _S.NONE: {_R.GRANT: _S.GRANTED, _R.DECLINE: _S.DECLINED, _R.EMERGENCY: _S.EMERGENCY},
    _S.EMERGENCY: {_R.GRANT: _S.GRANTED, _R.DECLINE: _S.DECLINED, _R.WITHDRAW: _S.WITHDRAWN},
    _S.GRANTED: {_R.WITHDRAW: _S.WITHDRAWN},
    _S.DECLINED: {_R.GRANT: _S.GRANTED},
    _S.WITHDRAWN: {_R.GRANT: _S.GRANTED},
}

_REFUSALS: Final[Mapping[ConsentState, Mapping[Reply, str]]] = {
    _S.NONE: {_R.WITHDRAW: "consent_not_standing"},
    _S.EMERGENCY: {_R.EMERGENCY: "consent_unchanged"},
    _S.GRANTED: {
        _R.GRANT: "consent_unchanged",
        _R.DECLINE: "consent_withdraw_instead",
        _R.EMERGENCY: "consent_emergency_refused",
    },
    _S.DECLINED: {
        _R.DECLINE: "consent_unchanged",
        _R.EMERGENCY: "consent_emergency_refused",
        _R.WITHDRAW: "consent_not_standing",
    },
    _S.WITHDRAWN: {
        _R.DECLINE: "consent_unchanged",
        _R.EMERGENCY: "consent_emergency_refused",
        _R.WITHDRAW: "consent_not_standing",
    },
}
"""Why a reply that the table does not list is refused."""

_ALLOWING: Final = frozenset({ConsentState.GRANTED, ConsentState.EMERGENCY})


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it was given. ``evidence_sha256`` is the hash of the signature's image or of the voice
    clip, ``giver_name`` who answered for the patient (personal: it goes beside the chain).
    """

    patient: PatientId
    case: CaseId
    purpose: ConsentPurpose
    is_granted: bool
    how: How
    given_by: GivenBy
    text_version: str
    text_sha256: str
    evidence_sha256: str = ""
    giver_name: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """An answer that was recorded; ``state`` as it is now, times in milliseconds since the Unix epoch."""

    id: ConsentId
    patient: PatientId
    case: CaseId
    purpose: ConsentPurpose
    state: ConsentState
    how: How
    given_by: GivenBy
    text_version: str
    text_sha256: str
    evidence_sha256: str
    recorded_by: str
    at_ms: int
    withdrawn_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer or a withdrawal comes to. ``consent`` replaces what stood for its purpose."""

    consent: Consent
    before: ConsentState
    confirms: ConsentId | None = None
    """The emergency basis that a person has now answered for."""
    must_stop_recording: bool = False
    """The recording that may be going on in this case's room has to end now."""


def sha256_of(text: str) -> str:
    """Returns the hash of a text as it was shown (UTF-8), in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def next_state(before: ConsentState, reply: Reply) -> ConsentState:
    """Returns the state after a reply. Raises ConsentRefused where the table does not list it."""
    after = TRANSITIONS[before].get(reply)
    if after is None:
        raise ConsentRefused(_REFUSALS[before][reply])
    return after


def receive_answer(
    standing: Consent | None, answer: Answer, *, new_id: ConsentId, recorded_by: str, now_ms: int
) -> Change:
    """Returns what an answer comes to. ``standing`` is the last consent of the same patient, case and
    purpose. Raises ConsentRefused.
    """
    _check(answer)
    before = ConsentState.NONE if standing is None else standing.state
    state = next_state(before, _reply_of(answer))
    consent = Consent(
        id=new_id,
        patient=answer.patient,
        case=answer.case,
        purpose=answer.purpose,
        state=state,
        how=answer.how,
        given_by=answer.given_by,
        text_version=answer.text_version,
        text_sha256=answer.text_sha256,
        evidence_sha256=answer.evidence_sha256,
        recorded_by=recorded_by,
        # Later than what it replaces, also where a clock was set back: the last one stands.
        at_ms=now_ms if standing is None else max(now_ms, standing.at_ms + 1),
    )
    confirms = standing.id if standing is not None and before is ConsentState.EMERGENCY else None
    return Change(consent, before, confirms, must_stop_recording=_ends_recording(before, consent))


def withdraw(standing: Consent, *, now_ms: int) -> Change:
    """Returns what a withdrawal comes to: from now on, the purpose is not allowed. What was kept until now is
    marked by the event and not destroyed; the law says how long it is kept. Raises ConsentRefused.
    """
    state = next_state(standing.state, Reply.WITHDRAW)
    consent = replace(standing, state=state, withdrawn_at_ms=now_ms)
    return Change(consent, standing.state, must_stop_recording=_ends_recording(standing.state, consent))


def standing_of(consents: Iterable[Consent], case: CaseId) -> Mapping[ConsentPurpose, Consent]:
    """Returns the consent that stands for each purpose of a case: the last one."""
    standing: dict[ConsentPurpose, Consent] = {}
    for consent in sorted(consents, key=lambda consent: consent.at_ms):
        if consent.case == case:
            standing[consent.purpose] = consent
    return standing


def is_allowed(standing: Mapping[ConsentPurpose, Consent], purpose: ConsentPurpose) -> bool:
    """Returns whether a purpose is allowed now. It depends on the answers to that purpose and on no other."""
    consent = standing.get(purpose)
    return consent is not None and consent.state in _ALLOWING


def awaits_confirmation(standing: Mapping[ConsentPurpose, Consent]) -> tuple[ConsentPurpose, ...]:
    """Returns the purposes that rest on an emergency: somebody has to be asked."""
    return tuple(purpose for purpose, consent in standing.items() if consent.state is ConsentState.EMERGENCY)


def _reply_of(answer: Answer) -> Reply:
    if not answer.is_granted:
        return Reply.DECLINE
    return Reply.EMERGENCY if answer.how is How.EMERGENCY else Reply.GRANT


def _check(answer: Answer) -> None:
    is_emergency = answer.how is How.EMERGENCY
    if is_emergency and not answer.is_granted:
        raise ConsentRefused("consent_emergency_decline")
    if is_emergency != (answer.given_by is GivenBy.NOBODY):
        raise ConsentRefused("consent_giver_wrong")
    if is_emergency and answer.purpose is ConsentPurpose.TEACHING:
        raise ConsentRefused("consent_teaching_emergency")
    if answer.given_by in (GivenBy.GUARDIAN, GivenBy.RELATIVE) and not answer.giver_name:
        raise ConsentRefused("consent_giver_unnamed")
    if answer.is_granted and answer.how is How.SCREEN_SIGNATURE and not answer.evidence_sha256:
        raise ConsentRefused("consent_signature_missing")


def _ends_recording(before: ConsentState, after: Consent) -> bool:
    was_allowed, is_now = before in _ALLOWING, after.state in _ALLOWING
    return after.purpose is ConsentPurpose.RECORDING and was_allowed and not is_now
