"""The table of consent: what can be answered, by whom, and what follows. domain.md §2.2."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from clinical.consent import (
    TRANSITIONS,
    Answer,
    Consent,
    ConsentPurpose,
    ConsentState,
    GivenBy,
    How,
    Reply,
    awaits_confirmation,
    is_allowed,
    next_state,
    receive_answer,
    sha256_of,
    standing_of,
    withdraw,
)
from clinical.errors import ConsentRefused
from clinical.ids import CaseId, ConsentId, PatientId, new_consent_id

S, R = ConsentState, Reply
CASE = CaseId("ca_1")
SIGNATURE = "ab" * 32
LISTED = {
    (S.NONE, R.GRANT): S.GRANTED,
    (S.NONE, R.DECLINE): S.DECLINED,
    (S.NONE, R.EMERGENCY): S.EMERGENCY,
    (S.EMERGENCY, R.GRANT): S.GRANTED,
    (S.EMERGENCY, R.DECLINE): S.DECLINED,
    (S.EMERGENCY, R.WITHDRAW): S.WITHDRAWN,
    (S.GRANTED, R.WITHDRAW): S.WITHDRAWN,
    (S.DECLINED, R.GRANT): S.GRANTED,
    (S.WITHDRAWN, R.GRANT): S.GRANTED,
}
YES = Answer(
    patient=PatientId("pt_1"),
    case=CASE,
    purpose=ConsentPurpose.RECORDING,
    is_granted=True,
    how=How.SCREEN_SIGNATURE,
    given_by=GivenBy.PATIENT,
    text_version="2026-11/zh",
    text_sha256=sha256_of("text"),
    evidence_sha256=SIGNATURE,
)
NO = replace(YES, is_granted=False, evidence_sha256="")
EMERGENCY = replace(YES, how=How.EMERGENCY, given_by=GivenBy.NOBODY, evidence_sha256="")


def given(answer: Answer, standing: Consent | None = None, now_ms: int = 1_000) -> Consent:
    return receive_answer(
        standing, answer, new_id=new_consent_id(), recorded_by="pe_1", now_ms=now_ms
    ).consent


def standing_in(state: ConsentState) -> Consent | None:
    """A consent in a state, got there by the shortest way."""
    match state:
        case ConsentState.NONE:
            return None
        case ConsentState.EMERGENCY:
            return given(EMERGENCY)
        case ConsentState.GRANTED:
            return given(YES)
        case ConsentState.DECLINED:
            return given(NO)
        case ConsentState.WITHDRAWN:
            return withdraw(given(YES), now_ms=2_000).consent


class TestTable:
    """Every state with every reply: the listed ones lead on, all others are refused with a code."""

    def test_the_table_lists_these_and_no_others(self) -> None:
        assert {
            (before, reply): after for before, row in TRANSITIONS.items() for reply, after in row.items()
        } == LISTED

    @pytest.mark.parametrize(("before", "reply"), list(product(S, R)))
    def test_every_pair_leads_on_or_is_refused_with_a_code(self, before: S, reply: R) -> None:
        if (before, reply) in LISTED:
            assert next_state(before, reply) is LISTED[before, reply]
        else:
            with pytest.raises(ConsentRefused) as refused:
                next_state(before, reply)
            assert refused.value.code.startswith("consent_")

    @pytest.mark.parametrize(
        ("before", "answer", "code"),
        [
            (S.GRANTED, YES, "consent_unchanged"),
            (S.GRANTED, NO, "consent_withdraw_instead"),
            (S.GRANTED, EMERGENCY, "consent_emergency_refused"),
            (S.DECLINED, NO, "consent_unchanged"),
            (S.DECLINED, EMERGENCY, "consent_emergency_refused"),
            (S.WITHDRAWN, NO, "consent_unchanged"),
            (S.WITHDRAWN, EMERGENCY, "consent_emergency_refused"),
            (S.EMERGENCY, EMERGENCY, "consent_unchanged"),
        ],
    )
    def test_an_answer_that_does_not_follow_is_refused(self, before: S, answer: Answer, code: str) -> None:
        with pytest.raises(ConsentRefused) as refused:
            given(answer, standing_in(before))
        assert refused.value.code == code

    @pytest.mark.parametrize("state", [S.DECLINED, S.WITHDRAWN])
    def test_what_does_not_stand_cannot_be_withdrawn(self, state: S) -> None:
        standing = standing_in(state)
        assert standing is not None
        with pytest.raises(ConsentRefused) as refused:
            withdraw(standing, now_ms=3_000)
        assert refused.value.code == "consent_not_standing"


class TestAnswer:
    """What an answer must bring."""

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (replace(EMERGENCY, is_granted=False), "consent_emergency_decline"),
            (replace(EMERGENCY, given_by=GivenBy.PATIENT), "consent_giver_wrong"),
            (replace(YES, given_by=GivenBy.NOBODY), "consent_giver_wrong"),
            (replace(EMERGENCY, purpose=ConsentPurpose.TEACHING), "consent_teaching_emergency"),
            (replace(YES, given_by=GivenBy.GUARDIAN), "consent_giver_unnamed"),
            (replace(NO, given_by=GivenBy.RELATIVE), "consent_giver_unnamed"),
            (replace(YES, evidence_sha256=""), "consent_signature_missing"),
        ],
    )
    def test_what_is_no_consent_is_refused(self, answer: Answer, code: str) -> None:
        with pytest.raises(ConsentRefused) as refused:
            given(answer)
        assert refused.value.code == code

    @pytest.mark.parametrize(
        "answer",
        [
            NO,
            replace(NO, how=How.VOICE),
            replace(YES, how=How.VOICE, evidence_sha256=""),
            replace(YES, given_by=GivenBy.RELATIVE, giver_name="张小军"),
        ],
    )
    def test_a_voice_needs_no_signature_and_neither_does_a_no(self, answer: Answer) -> None:
        assert given(answer).how is answer.how

    def test_the_record_names_text_version_hash_and_who_recorded_it(self) -> None:
        consent = given(YES)
        assert (consent.text_version, consent.text_sha256, consent.evidence_sha256) == (
            "2026-11/zh",
            sha256_of("text"),
            SIGNATURE,
        )
        assert (consent.recorded_by, consent.at_ms, consent.withdrawn_at_ms) == ("pe_1", 1_000, None)

    def test_a_later_answer_is_later_also_where_the_clock_was_set_back(self) -> None:
        first = given(NO, now_ms=5_000)
        second = given(YES, first, now_ms=4_000)
        assert standing_of([second, first], CASE)[ConsentPurpose.RECORDING] == second


class TestEmergency:
    """The basis where nobody can be asked, and what a person says afterwards."""

    def test_a_person_confirms_it_later_and_the_record_says_what_it_confirms(self) -> None:
        basis = given(EMERGENCY)
        change = receive_answer(basis, YES, new_id=ConsentId("co_2"), recorded_by="pe_1", now_ms=2_000)
        assert (change.consent.state, change.confirms) == (S.GRANTED, basis.id)
        assert not change.must_stop_recording

    def test_a_person_who_says_no_afterwards_ends_it(self) -> None:
        change = receive_answer(
            given(EMERGENCY), NO, new_id=ConsentId("co_2"), recorded_by="pe_1", now_ms=2_000
        )
        assert (change.consent.state, change.must_stop_recording) == (S.DECLINED, True)

    def test_it_waits_for_confirmation_until_a_person_has_answered(self) -> None:
        basis = given(EMERGENCY)
        assert awaits_confirmation(standing_of([basis], CASE)) == (ConsentPurpose.RECORDING,)
        assert awaits_confirmation(standing_of([basis, given(YES, basis)], CASE)) == ()

    def test_a_plain_answer_confirms_nothing(self) -> None:
        declined = given(NO)
        change = receive_answer(declined, YES, new_id=ConsentId("co_2"), recorded_by="pe_1", now_ms=2_000)
        assert change.confirms is None


class TestWithdrawal:
    """It holds from now on, keeps what was, and ends a recording."""

    @pytest.mark.parametrize("answer", [YES, EMERGENCY])
    def test_withdrawing_the_recording_ends_it(self, answer: Answer) -> None:
        consent = given(answer)
        change = withdraw(consent, now_ms=9_000)
        assert change.must_stop_recording
        assert change.consent == replace(consent, state=S.WITHDRAWN, withdrawn_at_ms=9_000)
        assert change.before is consent.state

    @pytest.mark.parametrize(
        "purpose", [ConsentPurpose.CONSULTATION, ConsentPurpose.SHARING, ConsentPurpose.TEACHING]
    )
    def test_withdrawing_another_purpose_leaves_the_recording_alone(self, purpose: ConsentPurpose) -> None:
        assert not withdraw(given(replace(YES, purpose=purpose)), now_ms=9_000).must_stop_recording


class TestPurposes:
    """One purpose never speaks for another."""

    @pytest.mark.parametrize(
        "refused", [ConsentPurpose.RECORDING, ConsentPurpose.SHARING, ConsentPurpose.TEACHING]
    )
    def test_declining_another_purpose_never_blocks_the_consultation(self, refused: ConsentPurpose) -> None:
        consultation = given(replace(YES, purpose=ConsentPurpose.CONSULTATION))
        standing = standing_of([consultation, given(replace(NO, purpose=refused))], CASE)
        assert is_allowed(standing, ConsentPurpose.CONSULTATION)
        assert not is_allowed(standing, refused)

    @pytest.mark.parametrize("state", S)
    def test_only_a_yes_and_an_emergency_allow(self, state: S) -> None:
        consent = standing_in(state)
        standing = {} if consent is None else {ConsentPurpose.RECORDING: consent}
        assert is_allowed(standing, ConsentPurpose.RECORDING) == (state in (S.GRANTED, S.EMERGENCY))

    def test_an_answer_counts_for_its_own_case(self) -> None:
        assert standing_of([given(YES)], CaseId("ca_2")) == {}
