"""A look that comes late is left out once."""

from __future__ import annotations

from signaling.late_looks import LATE_NS, Looks

TICK_NS = 250_000_000


def test_punctual_looks_are_all_taken() -> None:
    looks = Looks()
    assert [looks.is_to_be_left_out(turn * TICK_NS) for turn in range(5)] == [False] * 5


def test_the_one_behind_a_standstill_is_left_out() -> None:
    looks = Looks()
    at_ns = [TICK_NS, TICK_NS + LATE_NS, 2 * TICK_NS + LATE_NS]
    assert [looks.is_to_be_left_out(now_ns) for now_ns in at_ns] == [False, True, False]


def test_a_machine_that_is_always_late_still_looks() -> None:
    looks = Looks()
    answers = [looks.is_to_be_left_out(turn * LATE_NS) for turn in range(5)]
    assert answers == [False, True, False, True, False]
