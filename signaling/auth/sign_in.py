"""How a person becomes signed in, as a table; and the clocks beside it: lock-out, idle time, absolute life.

Who sees which event: the sign-in page brings the password's, the second factor's page the others. Whoever
owes a factor cannot enrol another one instead: a stolen password must not buy a factor of the thief's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from signaling.auth.rights import Assurance

MAX_TRIES: Final = 5
LOCK_MS: Final = 15 * 60 * 1000
"""Five tries a quarter of an hour (GB/T 22239 8.1.4.1; reliability.md §4): 20 passwords an hour cannot find a
fair one; a doctor who mistypes waits not long. Wrong codes of the second factor count with them."""
IDLE_MS: Final = 15 * 60 * 1000
"""A browser that nobody touches signs its user out (8.1.4.1)."""
TOUCH_MS: Final = 60 * 1000
"""A session's last use is written at most once a minute, so the idle time may end up to a minute early."""
LIFE_MS: Final = 12 * 3600 * 1000
"""A shift. Nothing prolongs a session beyond."""


class Step(StrEnum):
    """Where a browser stands with an account."""

    SIGNED_OUT = "signed_out"
    """Nothing is proved, or what was proved is over."""
    FACTOR_OWED = "factor_owed"
    """The password is proved; the account has a second factor that was not given yet."""
    ENROLMENT_OWED = "enrolment_owed"
    """The password is proved; the institution asks for two factors and the account has none yet."""
    SIGNED_IN = "signed_in"
    """As much is proved as the institution asks."""


class Event(StrEnum):
    """What happens to it."""

    FIRST_FACTOR_ENOUGH = "first_factor_enough"
    FIRST_FACTOR_OF_ENROLLED = "first_factor_of_enrolled"
    FIRST_FACTOR_OF_UNENROLLED = "first_factor_of_unenrolled"
    FACTOR_GIVEN = "factor_given"
    FACTOR_ADDED = "factor_added"
    LEFT = "left"
    """Signed out, idle too long, too old, suspended."""


TRANSITIONS: Final[Mapping[Step, Mapping[Event, Step]]] = {
    Step.SIGNED_OUT: {
        Event.FIRST_FACTOR_ENOUGH: Step.SIGNED_IN,
        Event.FIRST_FACTOR_OF_ENROLLED: Step.FACTOR_OWED,
        Event.FIRST_FACTOR_OF_UNENROLLED: Step.ENROLMENT_OWED,
        Event.LEFT: Step.SIGNED_OUT,
    },
    Step.FACTOR_OWED: {Event.FACTOR_GIVEN: Step.SIGNED_IN, Event.LEFT: Step.SIGNED_OUT},
    Step.ENROLMENT_OWED: {Event.FACTOR_ADDED: Step.SIGNED_IN, Event.LEFT: Step.SIGNED_OUT},
    Step.SIGNED_IN: {Event.FACTOR_ADDED: Step.SIGNED_IN, Event.LEFT: Step.SIGNED_OUT},
}
"""What is not listed is refused and changes nothing."""

REFUSALS: Final[Mapping[Step, str]] = {
    Step.SIGNED_OUT: "signed_out",
    Step.FACTOR_OWED: "second_factor_needed",
    Step.ENROLMENT_OWED: "second_factor_needed",
    Step.SIGNED_IN: "already_signed_in",
}
"""The code of an answer to an event that the step does not know."""


class StepRefused(Exception):  # noqa: N818
    """The step does not know the event; ``code`` is stable and goes on the wire."""

    def __init__(self, step: Step) -> None:
        self.step, self.code = step, REFUSALS[step]
        super().__init__(self.code)


def next_step(step: Step, event: Event) -> Step:
    """Returns the step after an event. Raises StepRefused."""
    following = TRANSITIONS[step].get(event)
    if following is None:
        raise StepRefused(step)
    return following


def first_factor(*, is_enrolled: bool, is_second_asked: bool, counts_as_two: bool = False) -> Event:
    """Returns what a right first factor is. ``counts_as_two``: an identity provider vouches for a second one.

    An enrolled factor is asked also where the institution asks for none: its owner wanted it.
    """
    if counts_as_two:
        return Event.FIRST_FACTOR_ENOUGH
    if is_enrolled:
        return Event.FIRST_FACTOR_OF_ENROLLED
    return Event.FIRST_FACTOR_OF_UNENROLLED if is_second_asked else Event.FIRST_FACTOR_ENOUGH


def step_of(assurance: Assurance, *, is_enrolled: bool) -> Step:
    """Returns the step that a stored session is in."""
    if assurance is Assurance.TWO_FACTORS:
        return Step.SIGNED_IN
    if assurance is Assurance.NOBODY:
        return Step.SIGNED_OUT
    return Step.FACTOR_OWED if is_enrolled else Step.ENROLMENT_OWED


def assurance_of(step: Step) -> Assurance:
    """Returns what a step proves."""
    if step is Step.SIGNED_IN:
        return Assurance.TWO_FACTORS
    return Assurance.NOBODY if step is Step.SIGNED_OUT else Assurance.PASSWORD


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong passwords and codes in a row, and when the last of them came."""

    wrong: int = 0
    at_ms: int = 0

    def locked_for_ms(self, now_ms: int) -> int:
        """Returns for how long nothing is looked at, 0 where something is."""
        if self.wrong < MAX_TRIES:
            return 0
        return max(0, self.at_ms + LOCK_MS - now_ms)

    def after_wrong(self, now_ms: int) -> Tries:
        """Returns the count with one more; what is older than a lock is forgotten."""
        is_old = now_ms - self.at_ms >= LOCK_MS
        return Tries(1 if is_old else min(self.wrong + 1, MAX_TRIES), now_ms)

    @property
    def left(self) -> int:
        """How many wrong tries more lock the account."""
        return max(0, MAX_TRIES - self.wrong)


NO_TRIES: Final = Tries()


def is_over(*, seen_at_ms: int, ends_at_ms: int, now_ms: int, idle_ms: int | None = IDLE_MS) -> bool:
    """Returns whether a session has ended by the clock. ``idle_ms`` None: it may rest (devices do)."""
    if now_ms >= ends_at_ms:
        return True
    return idle_ms is not None and now_ms - seen_at_ms >= idle_ms


def is_touch_due(*, seen_at_ms: int, now_ms: int) -> bool:
    """Returns whether a session's use should be written now."""
    return now_ms - seen_at_ms >= TOUCH_MS
