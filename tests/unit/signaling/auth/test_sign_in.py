"""The table of signing in, and its clocks (GB/T 22239 8.1.4.1)."""

from __future__ import annotations

import itertools

import pytest

from signaling.auth.rights import Assurance
from signaling.auth.sign_in import (
    IDLE_MS,
    LOCK_MS,
    MAX_TRIES,
    NO_TRIES,
    REFUSALS,
    TOUCH_MS,
    TRANSITIONS,
    Event,
    Step,
    StepRefused,
    Tries,
    assurance_of,
    first_factor,
    is_over,
    is_touch_due,
    next_step,
    step_of,
)


@pytest.mark.parametrize(("step", "event"), list(itertools.product(Step, Event)))
def test_what_the_table_lists_is_done_and_nothing_else(step: Step, event: Event) -> None:
    following = TRANSITIONS[step].get(event)
    if following is not None:
        assert next_step(step, event) is following
        return
    with pytest.raises(StepRefused) as refused:
        next_step(step, event)
    assert refused.value.code == REFUSALS[step]


def test_whoever_owes_a_factor_cannot_enrol_another_one_instead() -> None:
    with pytest.raises(StepRefused):
        next_step(Step.FACTOR_OWED, Event.FACTOR_ADDED)


def test_leaving_is_possible_from_everywhere() -> None:
    assert {next_step(step, Event.LEFT) for step in Step} == {Step.SIGNED_OUT}


@pytest.mark.parametrize(
    ("is_enrolled", "is_second_asked", "counts_as_two", "step"),
    [
        (False, False, False, Step.SIGNED_IN),
        (False, True, False, Step.ENROLMENT_OWED),
        (True, False, False, Step.FACTOR_OWED),
        (True, True, False, Step.FACTOR_OWED),
        (True, True, True, Step.SIGNED_IN),
        (False, True, True, Step.SIGNED_IN),
    ],
)
def test_a_first_factor_earns_what_the_account_and_the_institution_ask(
    *, is_enrolled: bool, is_second_asked: bool, counts_as_two: bool, step: Step
) -> None:
    event = first_factor(
        is_enrolled=is_enrolled, is_second_asked=is_second_asked, counts_as_two=counts_as_two
    )
    assert next_step(Step.SIGNED_OUT, event) is step


@pytest.mark.parametrize("is_enrolled", [False, True])
def test_a_stored_session_is_in_the_step_that_was_stored(*, is_enrolled: bool) -> None:
    for step in Step:
        if step in (Step.FACTOR_OWED, Step.ENROLMENT_OWED) and (step is Step.FACTOR_OWED) != is_enrolled:
            continue
        assert step_of(assurance_of(step), is_enrolled=is_enrolled) is step
    assert step_of(Assurance.NOBODY, is_enrolled=is_enrolled) is Step.SIGNED_OUT


def test_the_fifth_wrong_try_locks_for_a_quarter_of_an_hour() -> None:
    tries, now_ms = NO_TRIES, 1_000_000_000
    for left in (4, 3, 2, 1, 0):
        assert tries.locked_for_ms(now_ms) == 0
        tries = tries.after_wrong(now_ms)
        assert tries.left == left
    assert tries.locked_for_ms(now_ms) == LOCK_MS
    assert tries.locked_for_ms(now_ms + LOCK_MS - 1) == 1
    assert tries.locked_for_ms(now_ms + LOCK_MS) == 0
    assert tries.after_wrong(now_ms + LOCK_MS) == Tries(1, now_ms + LOCK_MS)


def test_tries_stay_counted_while_they_keep_coming() -> None:
    tries, now_ms = NO_TRIES, 1_000_000_000
    for _ in range(MAX_TRIES + 3):
        now_ms += LOCK_MS - 1
        tries = tries.after_wrong(now_ms)
    assert tries == Tries(MAX_TRIES, now_ms)


@pytest.mark.parametrize(
    ("seen", "ends", "idle_ms", "is_so"),
    [
        (0, IDLE_MS * 9, IDLE_MS, True),
        (1, IDLE_MS * 9, IDLE_MS, False),
        (IDLE_MS, IDLE_MS, IDLE_MS, True),
        (0, IDLE_MS + 1, None, False),
        (0, IDLE_MS, None, True),
    ],
)
def test_a_session_is_over_when_idle_or_old(
    seen: int, ends: int, idle_ms: int | None, *, is_so: bool
) -> None:
    assert is_over(seen_at_ms=seen, ends_at_ms=ends, now_ms=IDLE_MS, idle_ms=idle_ms) is is_so


def test_a_use_is_written_once_a_minute() -> None:
    assert not is_touch_due(seen_at_ms=5, now_ms=5 + TOUCH_MS - 1)
    assert is_touch_due(seen_at_ms=5, now_ms=5 + TOUCH_MS)
