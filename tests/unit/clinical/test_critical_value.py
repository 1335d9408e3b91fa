"""A critical value calls, calls more people, calls again, and ends only when somebody says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.critical_value import (
    AGAIN_EVERY_MS,
    MAX_NAME_CHARACTERS,
    MAX_REASON_CHARACTERS,
    TRANSITIONS,
    CriticalAct,
    CriticalCall,
    CriticalStage,
    CriticalState,
    CriticalTurn,
    Heard,
    acknowledge,
    acknowledge_by_phone,
    call_from_json,
    call_to_json,
    mark,
    next_due_ms,
    next_state,
    step,
    unheard_ms,
    withdraw,
)
from clinical.errors import CriticalValueRefused
from clinical.escalation import MAX_CALLED_PER_LINE
from clinical.ids import EcgId, PersonId

WANG, LI, SUN, CHEN, QIAN = (PersonId(f"pe_{name}") for name in ("wang", "li", "sun", "chen", "qian"))
T0 = 1_000_000
PHONE = "0571-120"


def marked(
    *,
    treating: tuple[PersonId, ...] = (LI,),
    second_line: tuple[PersonId, ...] = (SUN,),
    supervisors: tuple[PersonId, ...] = (CHEN, QIAN),
) -> CriticalTurn:
    return mark(
        EcgId("ec_1"),
        WANG,
        treating=treating,
        second_line=second_line,
        supervisors=supervisors,
        phone=PHONE,
        now_ms=T0,
    )


def calling() -> CriticalCall:
    return marked().call


def refusal(act: object, *arguments: object, **named: object) -> str:
    with pytest.raises(CriticalValueRefused) as refused:
        act(*arguments, **named)  # type: ignore[operator]
    return refused.value.code


def test_the_treating_side_is_called_at_once() -> None:
    turn = marked()
    assert (turn.act, turn.to_call, turn.shows_phone) == (CriticalAct.ESCALATE, (LI,), False)
    assert (turn.call.state, turn.call.stage) == (CriticalState.CALLING, CriticalStage.TREATING)
    assert next_due_ms(turn.call) == T0 + 30_000


def test_the_whole_chain_and_then_again_and_again() -> None:
    call = calling()
    assert step(call, T0 + 29_999) == CriticalTurn(call)
    second = step(call, T0 + 30_000)
    assert (second.act, second.to_call, second.shows_phone) == (CriticalAct.ESCALATE, (SUN,), False)
    assert next_due_ms(second.call) == T0 + 60_000
    phone = step(second.call, T0 + 60_000)
    assert (phone.act, phone.to_call, phone.shows_phone) == (CriticalAct.ESCALATE, (), True)
    assert next_due_ms(phone.call) == T0 + 120_000
    supervisors = step(phone.call, T0 + 120_000)
    assert (supervisors.act, supervisors.to_call) == (CriticalAct.ESCALATE, (CHEN, QIAN))
    assert supervisors.call.called == (LI, SUN, CHEN, QIAN)
    call = supervisors.call
    for number in range(1, 4):
        due_ms = T0 + 120_000 + number * AGAIN_EVERY_MS
        assert next_due_ms(call) == due_ms
        assert step(call, due_ms - 1) == CriticalTurn(call)
        again = step(call, due_ms)
        assert (again.act, again.to_call, again.call.rounds) == (CriticalAct.REPEAT, call.called, number)
        call = again.call


def test_what_came_due_while_nobody_looked_comes_at_once() -> None:
    turn = step(calling(), T0 + 86_400_000)
    assert (turn.act, turn.to_call, turn.shows_phone) == (CriticalAct.REPEAT, (LI, SUN, CHEN, QIAN), True)
    assert turn.call.stage is CriticalStage.SUPERVISORS
    late = step(calling(), T0 + 130_000)
    assert (late.act, late.to_call) == (CriticalAct.ESCALATE, (SUN, CHEN, QIAN))


def test_a_clock_that_goes_back_takes_nothing_back() -> None:
    call = step(calling(), T0 + 400_000).call
    assert step(call, T0) == CriticalTurn(call)


def test_a_line_without_people_is_passed_over() -> None:
    second = marked(treating=())
    assert (second.call.stage, second.to_call) == (CriticalStage.SECOND_LINE, (SUN,))
    nobody = marked(treating=(), second_line=())
    assert (nobody.call.stage, nobody.to_call, nobody.shows_phone) == (CriticalStage.PHONE, (), True)
    assert next_due_ms(nobody.call) == T0 + 120_000
    assert step(nobody.call, T0 + 120_000).to_call == (CHEN, QIAN)
    alone = marked(second_line=(), supervisors=()).call
    assert step(alone, T0 + 240_000).to_call == (LI,)


def test_nobody_is_called_twice_and_who_marked_it_not_at_all() -> None:
    crowd = tuple(PersonId(f"pe_{number}") for number in range(30))
    call = marked(treating=(LI, WANG, LI), second_line=(LI, SUN), supervisors=(SUN, *crowd)).call
    assert (call.treating, call.second_line) == ((LI,), (SUN,))
    assert call.supervisors == crowd[:MAX_CALLED_PER_LINE]


def test_it_ends_when_somebody_says_that_they_heard_it() -> None:
    heard = acknowledge(calling(), LI, " 李医生 ", now_ms=T0 + 45_000)
    assert heard.state is CriticalState.ACKNOWLEDGED
    assert heard.heard == Heard("李医生", LI, None, T0 + 45_000)
    assert unheard_ms(heard, T0 + 99_000) == 45_000
    assert unheard_ms(calling(), T0 + 99_000) == 99_000
    assert next_due_ms(heard) is None
    assert step(heard, T0 + 999_000) == CriticalTurn(heard)


def test_or_when_who_called_writes_down_who_heard_it() -> None:
    heard = acknowledge_by_phone(calling(), "护士 周", written_by=WANG, now_ms=T0 + 70_000)
    assert heard.heard == Heard("护士 周", None, WANG, T0 + 70_000)


@pytest.mark.parametrize("name", ["", "  ", "x" * (MAX_NAME_CHARACTERS + 1)])
def test_a_name_is_needed(name: str) -> None:
    assert refusal(acknowledge, calling(), LI, name, now_ms=T0) == "critical_value_name_missing"
    code = refusal(acknowledge_by_phone, calling(), name, written_by=WANG, now_ms=T0)
    assert code == "critical_value_name_missing"


def test_who_marked_it_cannot_be_who_heard_it() -> None:
    assert refusal(acknowledge, calling(), WANG, "王医生", now_ms=T0) == "critical_value_own"


def test_who_marked_it_may_take_it_back_with_a_reason() -> None:
    gone = withdraw(calling(), WANG, "导联接反，复查正常")
    assert (gone.state, gone.reason, gone.called) == (CriticalState.WITHDRAWN, "导联接反，复查正常", (LI,))
    assert next_due_ms(gone) is None
    assert refusal(withdraw, calling(), LI, "x") == "critical_value_not_marker"
    for reason in ("", " ", "x" * (MAX_REASON_CHARACTERS + 1)):
        assert refusal(withdraw, calling(), WANG, reason) == "critical_value_reason_missing"


@pytest.mark.parametrize("state", list(CriticalState))
@pytest.mark.parametrize("act", list(CriticalAct))
def test_what_is_not_in_the_table_is_refused(state: CriticalState, act: CriticalAct) -> None:
    if (state, act) in TRANSITIONS:
        assert next_state(state, act) is TRANSITIONS[state, act]
    else:
        assert refusal(next_state, state, act) == "critical_value_ended"


def test_what_has_ended_stays_so() -> None:
    heard = acknowledge(calling(), LI, "李", now_ms=T0)
    assert refusal(acknowledge, heard, SUN, "孙", now_ms=T0) == "critical_value_ended"
    assert refusal(acknowledge_by_phone, heard, "孙", written_by=WANG, now_ms=T0) == "critical_value_ended"
    assert refusal(withdraw, heard, WANG, "x") == "critical_value_ended"


@given(st.lists(st.integers(0, 700_000), max_size=30).map(sorted))
def test_it_never_ends_by_itself_and_always_says_when_it_calls_next(waits_ms: list[int]) -> None:
    call, reached = calling(), {LI}
    for waited_ms in waits_ms:
        turn = step(call, T0 + waited_ms)
        call = turn.call
        reached.update(turn.to_call)
        due_ms = next_due_ms(call)
        assert call.state is CriticalState.CALLING
        assert due_ms is not None and T0 + waited_ms < due_ms <= T0 + waited_ms + AGAIN_EVERY_MS
        assert reached == set(call.called)
        assert call_from_json(call_to_json(call)) == call


def test_the_store_gives_back_what_it_was_given() -> None:
    for call in (
        calling(),
        acknowledge(calling(), LI, "李", now_ms=T0),
        acknowledge_by_phone(calling(), "周", written_by=WANG, now_ms=T0),
        withdraw(calling(), WANG, "误标"),
    ):
        assert call_from_json(call_to_json(call)) == call
    with pytest.raises(KeyError):
        call_from_json("{}")
