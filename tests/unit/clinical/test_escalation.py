"""The ring: first line, second line after 30 s, duty phone after 60 s, out of time after 120 s.

domain.md §5.1.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.consultation import ConsultationAct, DeclineReason
from clinical.errors import ConsultationRefused
from clinical.escalation import (
    MAX_CALLED_PER_LINE,
    Called,
    NextStep,
    Outcome,
    Ring,
    RingAnswer,
    Stage,
    Turn,
    decline,
    is_ringing_for,
    may_pass_on,
    next_due_ms,
    next_step,
    pass_on,
    ring_from_json,
    ring_to_json,
    start_ring,
    step,
)
from clinical.ids import PersonId

WANG, ZHAO, SUN, LI = (PersonId(f"pe_{name}") for name in ("wang", "zhao", "sun", "li"))
T0 = 1_000_000
PHONE = "0571-120"
SURGERY = DeclineReason.IN_SURGERY


def ringing(*, first: tuple[PersonId, ...] = (WANG,), second: tuple[PersonId, ...] = (ZHAO,)) -> Ring:
    return start_ring(first, second, duty_phone=PHONE, now_ms=T0)


def people(turn_called: tuple[Called, ...]) -> list[PersonId]:
    return [one.person for one in turn_called]


def test_the_first_line_is_called_at_the_start() -> None:
    ring = ringing(first=(WANG, SUN))
    assert (ring.stage, ring.called) == (Stage.FIRST_LINE, (Called(WANG, 1, T0), Called(SUN, 1, T0)))
    assert (next_step(ring), next_due_ms(ring)) == (NextStep.SECOND_LINE, T0 + 30_000)


def test_nothing_happens_before_it_is_due() -> None:
    ring = ringing()
    assert step(ring, T0 + 29_999) == Turn(ring, Outcome.UNCHANGED)
    assert step(ring, T0 + 29_999).act is None


def test_the_whole_chain_without_an_answer() -> None:
    second = step(ringing(), T0 + 30_000)
    assert (second.outcome, second.ring.stage) == (Outcome.ESCALATED, Stage.SECOND_LINE)
    assert second.newly_called == (Called(ZHAO, 2, T0 + 30_000),)
    assert second.act is ConsultationAct.RING_ON
    assert not second.shows_phone
    assert people(second.ring.called) == [WANG, ZHAO]
    assert (next_step(second.ring), next_due_ms(second.ring)) == (NextStep.DUTY_PHONE, T0 + 60_000)
    phone = step(second.ring, T0 + 60_000)
    assert (phone.outcome, phone.ring.stage) == (Outcome.ESCALATED, Stage.DUTY_PHONE)
    assert (phone.newly_called, phone.shows_phone, phone.ring.duty_phone) == ((), True, PHONE)
    assert (next_step(phone.ring), next_due_ms(phone.ring)) == (NextStep.PROCEDURE, T0 + 120_000)
    assert step(phone.ring, T0 + 119_999).outcome is Outcome.UNCHANGED
    over = step(phone.ring, T0 + 120_000)
    assert (over.outcome, over.act) == (Outcome.TIMED_OUT, ConsultationAct.TIME_OUT)


def test_a_driver_that_was_away_catches_up_at_once() -> None:
    turn = step(ringing(), T0 + 61_000)
    assert people(turn.newly_called) == [ZHAO]
    assert (turn.shows_phone, turn.ring.stage) == (True, Stage.DUTY_PHONE)
    assert step(ringing(), T0 + 500_000).outcome is Outcome.TIMED_OUT


def test_a_clock_that_was_set_back_changes_nothing() -> None:
    assert step(ringing(), T0 - 5_000).outcome is Outcome.UNCHANGED


def test_an_empty_first_line_is_skipped() -> None:
    ring = ringing(first=())
    assert (ring.stage, ring.called) == (Stage.SECOND_LINE, (Called(ZHAO, 2, T0),))
    assert next_step(ring) is NextStep.DUTY_PHONE


def test_an_empty_second_line_is_skipped() -> None:
    ring = ringing(second=())
    assert (next_step(ring), next_due_ms(ring)) == (NextStep.DUTY_PHONE, T0 + 60_000)
    assert step(ring, T0 + 30_000).outcome is Outcome.UNCHANGED


def test_with_nobody_on_duty_the_phone_is_shown_at_the_start() -> None:
    ring = ringing(first=(), second=())
    assert (ring.stage, ring.called, next_step(ring)) == (Stage.DUTY_PHONE, (), NextStep.PROCEDURE)
    assert step(ring, T0 + 120_000).outcome is Outcome.TIMED_OUT


def test_who_is_on_both_lines_is_called_once_and_a_line_has_an_end() -> None:
    ring = ringing(first=(WANG, WANG, ZHAO), second=(ZHAO, SUN))
    assert (people(ring.called), ring.backup) == ([WANG, ZHAO], (SUN,))
    crowd = tuple(PersonId(f"pe_{number}") for number in range(50))
    assert len(ringing(first=crowd).called) == MAX_CALLED_PER_LINE


def test_a_no_calls_the_next_line_at_once() -> None:
    turn = decline(ringing(), WANG, SURGERY, has_note=False, now_ms=T0 + 4_000)
    assert turn.ring.called[0] == Called(WANG, 1, T0, RingAnswer.DECLINED, "in_surgery", T0 + 4_000)
    assert turn.newly_called == (Called(ZHAO, 2, T0 + 4_000),)
    assert (turn.outcome, turn.ring.stage) == (Outcome.ESCALATED, Stage.SECOND_LINE)
    assert next_due_ms(turn.ring) == T0 + 60_000, "the patient has waited since the start"


def test_a_no_leaves_the_others_of_the_line_ringing() -> None:
    turn = decline(ringing(first=(WANG, SUN)), WANG, SURGERY, has_note=False, now_ms=T0 + 4_000)
    assert (turn.outcome, turn.act, turn.newly_called) == (Outcome.ANSWERED, ConsultationAct.RING_ON, ())
    assert is_ringing_for(turn.ring, SUN) and not is_ringing_for(turn.ring, WANG)
    assert turn.ring.backup == (ZHAO,)


def test_when_everybody_has_said_no_it_is_declined() -> None:
    ring = decline(ringing(), WANG, SURGERY, has_note=False, now_ms=T0 + 4_000).ring
    turn = decline(ring, ZHAO, DeclineReason.OTHER, has_note=True, now_ms=T0 + 9_000)
    assert (turn.outcome, turn.act) == (Outcome.DECLINED, ConsultationAct.DECLINE)
    assert [one.reason for one in turn.ring.called] == ["in_surgery", "other"]


def test_other_needs_a_note() -> None:
    with pytest.raises(ConsultationRefused) as refused:
        decline(ringing(), WANG, DeclineReason.OTHER, has_note=False, now_ms=T0)
    assert refused.value.code == "consultation_reason_missing"


def test_passing_on_calls_the_second_line_now() -> None:
    turn = pass_on(ringing(first=(WANG, SUN)), WANG, now_ms=T0 + 2_000)
    assert (turn.outcome, people(turn.newly_called)) == (Outcome.ESCALATED, [ZHAO])
    assert turn.ring.called[0].answer is RingAnswer.PASSED
    assert is_ringing_for(turn.ring, SUN)
    later = pass_on(turn.ring, SUN, now_ms=T0 + 3_000)
    assert (later.outcome, later.newly_called) == (Outcome.ANSWERED, ())


def test_the_last_one_cannot_pass_on_and_has_to_say_why() -> None:
    ring = pass_on(ringing(), WANG, now_ms=T0 + 2_000).ring
    assert not may_pass_on(ring, ZHAO)
    with pytest.raises(ConsultationRefused) as refused:
        pass_on(ring, ZHAO, now_ms=T0 + 3_000)
    assert refused.value.code == "consultation_no_backup"
    assert decline(ring, ZHAO, SURGERY, has_note=False, now_ms=T0 + 3_000).outcome is Outcome.DECLINED


@pytest.mark.parametrize("person", [LI, ZHAO])
def test_who_is_not_called_cannot_answer(person: PersonId) -> None:
    with pytest.raises(ConsultationRefused) as refused:
        decline(ringing(), person, SURGERY, has_note=False, now_ms=T0)
    assert refused.value.code == "consultation_not_called"
    with pytest.raises(ConsultationRefused):
        pass_on(ringing(), person, now_ms=T0)


def test_who_may_pass_on() -> None:
    assert may_pass_on(ringing(), WANG)
    assert not may_pass_on(ringing(), ZHAO), "is not called yet"
    assert may_pass_on(ringing(first=(WANG, SUN), second=()), WANG)
    assert not may_pass_on(ringing(second=()), WANG)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"stage":9}'])
def test_a_foreign_column_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        ring_from_json(text)


CAST = tuple(PersonId(f"pe_{number}") for number in range(5))
LINE = st.lists(st.sampled_from(CAST), max_size=5)
MOVE = st.tuples(st.sampled_from(["step", "decline", "pass"]), st.sampled_from(CAST), st.integers(0, 40_000))


def moved(ring: Ring, move: str, person: PersonId, now_ms: int) -> Turn:
    if move == "step":
        return step(ring, now_ms)
    if move == "pass":
        return pass_on(ring, person, now_ms=now_ms)
    return decline(ring, person, SURGERY, has_note=False, now_ms=now_ms)


@given(LINE, LINE, st.lists(MOVE, max_size=30))
def test_whatever_is_answered_the_ring_ends_in_time_and_calls_nobody_twice(
    first: list[PersonId], second: list[PersonId], moves: list[tuple[str, PersonId, int]]
) -> None:
    ring, now_ms = start_ring(first, second, now_ms=T0), T0
    for move, person, later_ms in moves:
        now_ms += later_ms
        before = ring
        due_ms = next_due_ms(before)
        try:
            turn = moved(before, move, person, now_ms)
        except ConsultationRefused:
            assert not is_ringing_for(before, person) or not may_pass_on(before, person)
            continue
        ring = turn.ring
        assert ring_from_json(ring_to_json(ring)) == ring
        assert ring.stage >= before.stage
        assert set(people(turn.newly_called)).isdisjoint(people(before.called))
        assert len(set(people(ring.called))) == len(ring.called)
        assert {*people(ring.called), *ring.backup} == {*first, *second}
        if move == "step":
            assert (turn.outcome is Outcome.UNCHANGED) == (now_ms < due_ms)
        if turn.outcome in (Outcome.DECLINED, Outcome.TIMED_OUT):
            return
        assert ring.backup or not ring.called or any(is_ringing_for(ring, one) for one in CAST)
    assert step(ring, max(now_ms, T0 + 120_000)).outcome is Outcome.TIMED_OUT
