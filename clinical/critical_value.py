"""A critical value (危急值): marked by a person, called back to the treating side until it is on record who
heard it.

    after            what happens                                                    stage
    0 s              the treating side is called                                     1
    30 s             its second line is called as well                               2
    60 s             who marked it is shown the treating side's phone                3
    120 s            the supervisors on both sides are called as well                4
    each 120 s more  everybody is called again; the phone stays on the screen

It ends in two ways only: somebody of the treating side acknowledges it, or, heard by phone, whoever called
writes down who heard it; or who marked it takes it back, with a reason that everybody called is shown. No
time, no closed case and no missing person ends it. With nobody on the first line the second is called at the
start, with nobody on either the phone is shown at the start.

Nothing here waits. A driver calls ``step`` when ``next_due_ms`` has come, or later (after a restart, say):
``step`` then catches up on everything that is due. What a CriticalTurn says must be done in the same unit of
the store as keeping its call.

Codes of CriticalValueRefused: ``critical_value_ended``, ``critical_value_own`` (who marked it cannot be who
heard it), ``critical_value_name_missing``, ``critical_value_reason_missing``, ``critical_value_not_marker``
(only who marked it takes it back).

No rule at hand gives these times for a critical value (domain.md §4.2: marked, called back, acknowledged with
a timer). They are those of the ring in §5.1, for the same reason: a patient in danger waits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any, Final

from clinical.errors import CriticalValueRefused
from clinical.escalation import (
    DUTY_PHONE_AFTER_MS,
    MAX_CALLED_PER_LINE,
    SECOND_LINE_AFTER_MS,
    TIME_OUT_AFTER_MS,
)
from clinical.ids import EcgId, PersonId

SUPERVISORS_AFTER_MS: Final = TIME_OUT_AFTER_MS
"""Where a ring would end with "请按急救流程", this one may not end."""
AGAIN_EVERY_MS: Final = 120_000
"""As long as the whole chain: rarer is silence, more often stops who is on the way to the patient."""
MAX_NAME_CHARACTERS: Final = 64
MAX_REASON_CHARACTERS: Final = 500


class CriticalState(StrEnum):
    """Where a critical value stands."""

    CALLING = "calling"
    """Nobody has said that they heard it."""
    ACKNOWLEDGED = "acknowledged"
    """It is on record who heard it, and when."""
    WITHDRAWN = "withdrawn"
    """Who marked it said that it is none, and why."""


class CriticalAct(StrEnum):
    """What can happen to a critical value."""

    ESCALATE = "escalate"
    """More people are called, or the phone is shown."""
    REPEAT = "repeat"
    """Everybody is called again."""
    ACKNOWLEDGE = "acknowledge"
    WITHDRAW = "withdraw"


_S, _A = CriticalState, CriticalAct

TRANSITIONS: Final[Mapping[tuple[CriticalState, CriticalAct], CriticalState]] = {
    (_S.CALLING, _A.ESCALATE): _S.CALLING,
    (_S.CALLING, _A.REPEAT): _S.CALLING,
    (_S.CALLING, _A.ACKNOWLEDGE): _S.ACKNOWLEDGED,
    (_S.CALLING, _A.WITHDRAW): _S.WITHDRAWN,
}


class CriticalStage(IntEnum):
    """How far it has come."""

    TREATING = 1
    SECOND_LINE = 2
    PHONE = 3
    SUPERVISORS = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """Who heard it. ``person`` None: somebody without an account, by phone; ``written_by`` None: they said so
    themselves.
    """

    name: str
    person: PersonId | None
    written_by: PersonId | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class CriticalCall:
    """A critical value. Times in milliseconds since the Unix epoch; ``treating``, ``second_line`` and
    ``supervisors`` are whom to call at which stage, nobody twice.
    """

    ecg: EcgId
    marked_by: PersonId
    marked_at_ms: int
    treating: tuple[PersonId, ...]
    second_line: tuple[PersonId, ...]
    supervisors: tuple[PersonId, ...]
    phone: str
    state: CriticalState
    stage: CriticalStage
    rounds: int = 0
    """How often everybody was called again."""
    heard: Heard | None = None
    reason: str = ""
    """Why it was taken back."""

    @property
    def called(self) -> tuple[PersonId, ...]:
        """Everybody called so far."""
        lines: tuple[tuple[PersonId, ...], ...] = (self.treating, self.second_line, (), self.supervisors)
        return tuple(person for line in lines[: self.stage] for person in line)


@dataclass(frozen=True, slots=True)
class CriticalTurn:
    """What a step came to: ``act`` None where nothing was due; ``to_call`` are to be called now, again or
    for the first time.
    """

    call: CriticalCall
    act: CriticalAct | None = None
    to_call: tuple[PersonId, ...] = ()
    shows_phone: bool = False
    """The phone is shown to who marked it from this turn on."""


def mark(
    ecg: EcgId,
    marked_by: PersonId,
    *,
    treating: Iterable[PersonId],
    second_line: Iterable[PersonId],
    supervisors: Iterable[PersonId],
    phone: str,
    now_ms: int,
) -> CriticalTurn:
    """Returns a critical value that was just marked, and whom to call. Who stands on two lines belongs to the
    first; who marked it is not called.
    """
    first = _line(treating, {marked_by})
    second = _line(second_line, {marked_by, *first})
    third = _line(supervisors, {marked_by, *first, *second})
    call = CriticalCall(
        ecg, marked_by, now_ms, first, second, third, phone, CriticalState.CALLING, CriticalStage.TREATING
    )
    stage = _reached(call, 0)
    call = replace(call, stage=stage)
    return CriticalTurn(call, CriticalAct.ESCALATE, call.called, stage >= CriticalStage.PHONE)


def step(call: CriticalCall, now_ms: int) -> CriticalTurn:
    """Returns what has become due until now, all of it at once; once ended, or before ``next_due_ms``,
    nothing.
    """
    if call.state is not CriticalState.CALLING:
        return CriticalTurn(call)
    waited_ms = now_ms - call.marked_at_ms
    rounds = max((waited_ms - SUPERVISORS_AFTER_MS) // AGAIN_EVERY_MS, 0)
    stage = max(_reached(call, waited_ms), call.stage)
    later = replace(call, stage=stage, rounds=max(rounds, call.rounds))
    shows_phone = call.stage < CriticalStage.PHONE <= stage
    if rounds > call.rounds:
        return CriticalTurn(later, CriticalAct.REPEAT, later.called, shows_phone)
    if stage > call.stage:
        return CriticalTurn(later, CriticalAct.ESCALATE, later.called[len(call.called) :], shows_phone)
    return CriticalTurn(call)


def next_due_ms(call: CriticalCall) -> int | None:
    """Returns when ``step`` has something to do next; None only once it has ended."""
    if call.state is not CriticalState.CALLING:
        return None
    if call.stage is CriticalStage.SUPERVISORS:
        return call.marked_at_ms + SUPERVISORS_AFTER_MS + (call.rounds + 1) * AGAIN_EVERY_MS
    return call.marked_at_ms + _AFTER_MS[CriticalStage(call.stage + 1)]


def acknowledge(call: CriticalCall, person: PersonId, name: str, *, now_ms: int) -> CriticalCall:
    """Returns it as heard by somebody who says so themselves, under their account and name. Raises
    CriticalValueRefused.
    """
    state = next_state(call.state, CriticalAct.ACKNOWLEDGE)
    if person == call.marked_by:
        raise CriticalValueRefused("critical_value_own")
    return replace(call, state=state, heard=Heard(_named(name), person, None, now_ms))


def acknowledge_by_phone(call: CriticalCall, name: str, *, written_by: PersonId, now_ms: int) -> CriticalCall:
    """Returns it as heard by phone; who called writes down the name they were told. Raises
    CriticalValueRefused.
    """
    state = next_state(call.state, CriticalAct.ACKNOWLEDGE)
    return replace(call, state=state, heard=Heard(_named(name), None, written_by, now_ms))


def withdraw(call: CriticalCall, person: PersonId, reason: str) -> CriticalCall:
    """Returns it as taken back; everybody in ``called`` is to be told why. Raises CriticalValueRefused."""
    state = next_state(call.state, CriticalAct.WITHDRAW)
    if person != call.marked_by:
        raise CriticalValueRefused("critical_value_not_marker")
    if not reason.strip() or len(reason) > MAX_REASON_CHARACTERS:
        raise CriticalValueRefused("critical_value_reason_missing")
    return replace(call, state=state, reason=reason)


def next_state(state: CriticalState, act: CriticalAct) -> CriticalState:
    """Returns where the act leads. Raises CriticalValueRefused(critical_value_ended)."""
    following = TRANSITIONS.get((state, act))
    if following is None:
        raise CriticalValueRefused("critical_value_ended")
    return following


def unheard_ms(call: CriticalCall, now_ms: int) -> int:
    """Returns how long it took until it was heard, or has taken so far: the quality figure of domain.md."""
    return (call.heard.at_ms if call.heard else now_ms) - call.marked_at_ms


def call_to_json(call: CriticalCall) -> str:
    """Returns the call as the store keeps it."""
    return json.dumps(asdict(call), ensure_ascii=False, separators=(",", ":"))


def call_from_json(text: str) -> CriticalCall:
    """Returns what ``call_to_json`` kept. Raises ValueError, KeyError or TypeError for anything else: nobody
    but us writes it.
    """
    kept: dict[str, Any] = json.loads(text)
    lines = {name: tuple(kept[name]) for name in ("treating", "second_line", "supervisors")}
    heard = Heard(**kept["heard"]) if kept["heard"] else None
    state, stage = CriticalState(kept["state"]), CriticalStage(kept["stage"])
    return CriticalCall(**{**kept, **lines, "state": state, "stage": stage, "heard": heard})


_AFTER_MS: Final = {
    CriticalStage.SECOND_LINE: SECOND_LINE_AFTER_MS,
    CriticalStage.PHONE: DUTY_PHONE_AFTER_MS,
    CriticalStage.SUPERVISORS: SUPERVISORS_AFTER_MS,
}


def _line(people: Iterable[PersonId], taken: set[PersonId]) -> tuple[PersonId, ...]:
    once = [person for person in dict.fromkeys(people) if person not in taken]
    return tuple(once[:MAX_CALLED_PER_LINE])


def _reached(call: CriticalCall, waited_ms: int) -> CriticalStage:
    """The stage that time has brought, or that is left where nobody stands on the lines before it."""
    reached = CriticalStage.TREATING
    for stage, after_ms in _AFTER_MS.items():
        if waited_ms >= after_ms:
            reached = stage
    if reached < CriticalStage.SECOND_LINE and not call.treating:
        reached = CriticalStage.SECOND_LINE
    if reached < CriticalStage.PHONE and not call.treating and not call.second_line:
        reached = CriticalStage.PHONE
    return reached


def _named(name: str) -> str:
    if not name.strip() or len(name) > MAX_NAME_CHARACTERS:
        raise CriticalValueRefused("critical_value_name_missing")
    return name.strip()
