"""The ring: who is being called for a case, in which order, and when the next step is due.

    after    what happens                                               stage
    0 s      the first line is called                                   1
    30 s     the second line is called as well                          2
    60 s     the duty phone is shown to the caller                      3
    120 s    it has timed out: "请按急救流程"

The times count from the start, whatever was answered in between: it is the patient who waits. When everybody
called so far has said no, the next line is called at once; when no line is left, the ring ends as declined. A
line without people is skipped: with nobody on the first line the second is called at the start, with nobody
at all the phone is shown at the start.

Nothing here waits. A driver calls ``step`` when ``next_due_ms`` has come, or later (after a restart, say):
``step`` then catches up on everything that is due. What a Turn says must be done in the same unit of the
store as keeping its ring: ``ring_to_json`` goes into the case's ``ring`` column, ``next_due_ms`` into
``ring_due_ms``.

Codes of ConsultationRefused: ``consultation_not_called`` (who answers is not being called, or has answered),
``consultation_reason_missing`` ("other" without a note), ``consultation_no_backup`` (nobody would be left to
be called: who cannot take it says why).

Source: domain.md §5.1 for the times and the stages; interface.md "Ring relay and countdown".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any, Final

from clinical.consultation import ConsultationAct, DeclineReason
from clinical.errors import ConsultationRefused
from clinical.ids import PersonId

SECOND_LINE_AFTER_MS: Final = 30_000
DUTY_PHONE_AFTER_MS: Final = 60_000
TIME_OUT_AFTER_MS: Final = 120_000
"""domain.md §5.1. An emergency that nobody has taken after two minutes must not wait for a screen."""
MAX_CALLED_PER_LINE: Final = 20
"""More bells would be a broken roster, and each is an event; who is beyond it is not called."""


class Stage(IntEnum):
    """How far the ring has come."""

    FIRST_LINE = 1
    SECOND_LINE = 2
    DUTY_PHONE = 3


class RingAnswer(StrEnum):
    """What somebody who was called has said."""

    RINGING = "ringing"
    """Nothing yet."""
    DECLINED = "declined"
    """Cannot take it, with a reason."""
    PASSED = "passed"
    """请备班接: somebody else, please."""


class NextStep(StrEnum):
    """What comes when nobody answers until then."""

    SECOND_LINE = "second_line"
    DUTY_PHONE = "duty_phone"
    PROCEDURE = "procedure"
    """按急救流程: the ring has timed out."""


class Outcome(StrEnum):
    """What a turn came to."""

    UNCHANGED = "unchanged"
    """Nothing is due; nothing has to be kept."""
    ANSWERED = "answered"
    """Somebody said no; others are still being called."""
    ESCALATED = "escalated"
    """A further line is called, or the phone is shown."""
    DECLINED = "declined"
    """Everybody said no: the ring has ended."""
    TIMED_OUT = "timed_out"
    """Nobody answered in time: the ring has ended."""


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody whose screen rings, or has rung. ``reason`` is a word of DeclineReason, "" without a no; its
    note is not kept here: free text about a patient belongs to the personal fields.
    """

    person: PersonId
    line: int
    called_at_ms: int
    answer: RingAnswer = RingAnswer.RINGING
    reason: str = ""
    answered_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """A case that rings. ``backup``: the second line while it is not called yet. Times in milliseconds since
    the Unix epoch.
    """

    started_at_ms: int
    stage: Stage
    called: tuple[Called, ...]
    backup: tuple[PersonId, ...]
    duty_phone: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a step or an answer came to. ``newly_called`` are to be rung now. A ring that has ended is kept no
    longer; its last form is here for the event.
    """

    ring: Ring
    outcome: Outcome
    newly_called: tuple[Called, ...] = ()
    shows_phone: bool = False
    """The duty phone is shown from this turn on."""

    @property
    def act(self) -> ConsultationAct | None:
        """What happens to the case; None where nothing does."""
        return _ACTS.get(self.outcome)


_ACTS: Final = {
    Outcome.ANSWERED: ConsultationAct.RING_ON,
    Outcome.ESCALATED: ConsultationAct.RING_ON,
    Outcome.DECLINED: ConsultationAct.DECLINE,
    Outcome.TIMED_OUT: ConsultationAct.TIME_OUT,
}


def start_ring(
    first: Iterable[PersonId], second: Iterable[PersonId], *, duty_phone: str = "", now_ms: int
) -> Ring:
    """Returns a ring that has just started; everybody in its ``called`` is to be rung now. Who stands on both
    lines belongs to the first.
    """
    front = _line(first, ())
    backup = _line(second, front)
    if front:
        return Ring(now_ms, Stage.FIRST_LINE, _calls(front, 1, now_ms), backup, duty_phone)
    stage = Stage.SECOND_LINE if backup else Stage.DUTY_PHONE
    return Ring(now_ms, stage, _calls(backup, 2, now_ms), (), duty_phone)


def step(ring: Ring, now_ms: int) -> Turn:
    """Returns what has become due until now, all of it at once; UNCHANGED before ``next_due_ms``."""
    waited_ms = now_ms - ring.started_at_ms
    if waited_ms >= TIME_OUT_AFTER_MS:
        return Turn(ring, Outcome.TIMED_OUT)
    newly: tuple[Called, ...] = ()
    if ring.backup and waited_ms >= SECOND_LINE_AFTER_MS:
        ring, newly = _call_backup(ring, now_ms)
    shows_phone = ring.stage < Stage.DUTY_PHONE and waited_ms >= DUTY_PHONE_AFTER_MS
    if shows_phone:
        ring = replace(ring, stage=Stage.DUTY_PHONE)
    return Turn(ring, Outcome.ESCALATED if newly or shows_phone else Outcome.UNCHANGED, newly, shows_phone)


def decline(ring: Ring, person: PersonId, reason: DeclineReason, *, has_note: bool, now_ms: int) -> Turn:
    """Returns what a no comes to. ``has_note``: something was written beside the reason. Raises
    ConsultationRefused.
    """
    _check_is_called(ring, person)
    if reason is DeclineReason.OTHER and not has_note:
        raise ConsultationRefused("consultation_reason_missing")
    ring = _with_answer(ring, person, RingAnswer.DECLINED, reason.value, now_ms)
    if _is_anyone_ringing(ring):
        return Turn(ring, Outcome.ANSWERED)
    if not ring.backup:
        return Turn(ring, Outcome.DECLINED)
    ring, newly = _call_backup(ring, now_ms)
    return Turn(ring, Outcome.ESCALATED, newly)


def pass_on(ring: Ring, person: PersonId, *, now_ms: int) -> Turn:
    """Returns what 请备班接 comes to: the second line is called now. Raises ConsultationRefused where nobody
    would be left to be called.
    """
    _check_is_called(ring, person)
    ring = _with_answer(ring, person, RingAnswer.PASSED, "", now_ms)
    if ring.backup:
        ring, newly = _call_backup(ring, now_ms)
        return Turn(ring, Outcome.ESCALATED, newly)
    if not _is_anyone_ringing(ring):
        raise ConsultationRefused("consultation_no_backup")
    return Turn(ring, Outcome.ANSWERED)


def is_ringing_for(ring: Ring, person: PersonId) -> bool:
    """Whether somebody is being called and has not answered."""
    return any(one.person == person and one.answer is RingAnswer.RINGING for one in ring.called)


def may_pass_on(ring: Ring, person: PersonId) -> bool:
    """Whether 请备班接 would be heard."""
    others = any(one.person != person and one.answer is RingAnswer.RINGING for one in ring.called)
    return is_ringing_for(ring, person) and (bool(ring.backup) or others)


def next_step(ring: Ring) -> NextStep:
    """Returns what comes when nobody answers until ``next_due_ms``."""
    if ring.backup:
        return NextStep.SECOND_LINE
    return NextStep.DUTY_PHONE if ring.stage < Stage.DUTY_PHONE else NextStep.PROCEDURE


def next_due_ms(ring: Ring) -> int:
    """Returns when ``step`` has something to do next."""
    return ring.started_at_ms + _AFTER_MS[next_step(ring)]


_AFTER_MS: Final = {
    NextStep.SECOND_LINE: SECOND_LINE_AFTER_MS,
    NextStep.DUTY_PHONE: DUTY_PHONE_AFTER_MS,
    NextStep.PROCEDURE: TIME_OUT_AFTER_MS,
}


def ring_to_json(ring: Ring) -> str:
    """Returns the ring as the case's ``ring`` column keeps it."""
    kept = {
        "started_at_ms": ring.started_at_ms,
        "stage": int(ring.stage),
        "called": [
            {
                "person": one.person,
                "line": one.line,
                "called_at_ms": one.called_at_ms,
                "answer": one.answer.value,
                "reason": one.reason,
                "answered_at_ms": one.answered_at_ms,
            }
            for one in ring.called
        ],
        "backup": list(ring.backup),
        "duty_phone": ring.duty_phone,
    }
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def ring_from_json(text: str) -> Ring:
    """Returns what ``ring_to_json`` kept. Raises ValueError, KeyError or TypeError for anything else: nobody
    but us writes that column.
    """
    kept: dict[str, Any] = json.loads(text)
    return Ring(
        started_at_ms=kept["started_at_ms"],
        stage=Stage(kept["stage"]),
        called=tuple(
            Called(
                person=PersonId(one["person"]),
                line=one["line"],
                called_at_ms=one["called_at_ms"],
                answer=RingAnswer(one["answer"]),
                reason=one["reason"],
                answered_at_ms=one["answered_at_ms"],
            )
            for one in kept["called"]
        ),
        backup=tuple(PersonId(one) for one in kept["backup"]),
        duty_phone=kept["duty_phone"],
    )


def _line(people: Iterable[PersonId], taken: Sequence[PersonId]) -> tuple[PersonId, ...]:
    once = [person for person in dict.fromkeys(people) if person not in taken]
    return tuple(once[:MAX_CALLED_PER_LINE])


def _calls(people: Iterable[PersonId], line: int, now_ms: int) -> tuple[Called, ...]:
    return tuple(Called(person, line, now_ms) for person in people)


def _call_backup(ring: Ring, now_ms: int) -> tuple[Ring, tuple[Called, ...]]:
    newly = _calls(ring.backup, 2, now_ms)
    stage = max(ring.stage, Stage.SECOND_LINE)
    return replace(ring, stage=stage, called=ring.called + newly, backup=()), newly


def _check_is_called(ring: Ring, person: PersonId) -> None:
    if not is_ringing_for(ring, person):
        raise ConsultationRefused("consultation_not_called")


def _is_anyone_ringing(ring: Ring) -> bool:
    return any(one.answer is RingAnswer.RINGING for one in ring.called)


def _with_answer(ring: Ring, person: PersonId, answer: RingAnswer, reason: str, now_ms: int) -> Ring:
    called = tuple(
        replace(one, answer=answer, reason=reason, answered_at_ms=now_ms) if one.person == person else one
        for one in ring.called
    )
    return replace(ring, called=called)
