"""Who is on duty, and what is named in a roster: gaps and overlaps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.duty import (
    MAX_SHIFT_MS,
    Gap,
    Overlap,
    OverlapKind,
    Shift,
    check_shift,
    duty_lines,
    gaps,
    on_duty,
    overlaps,
)
from clinical.errors import RosterRefused
from clinical.ids import PersonId, ShiftId

WANG, ZHAO, SUN = (PersonId(f"pe_{name}") for name in ("wang", "zhao", "sun"))
HOUR = 3_600_000


def shift(
    number: int, person: PersonId, from_h: int, until_h: int, *, line: int = 1, specialty: str = "cardiology"
) -> Shift:
    return Shift(ShiftId(f"sh_{number}"), specialty, line, person, from_h * HOUR, until_h * HOUR)


NIGHT = shift(1, WANG, 0, 8)
DAY = shift(2, ZHAO, 8, 17)
BACKUP = shift(3, SUN, 0, 24, line=2)


@pytest.mark.parametrize(
    ("at_ms", "expected"),
    [
        (-1, ()),
        (0, (NIGHT, BACKUP)),
        (8 * HOUR - 1, (NIGHT, BACKUP)),
        (8 * HOUR, (DAY, BACKUP)),
        (17 * HOUR, (BACKUP,)),
        (24 * HOUR, ()),
    ],
)
def test_a_shift_holds_from_its_start_until_before_its_end(at_ms: int, expected: tuple[Shift, ...]) -> None:
    assert on_duty([BACKUP, DAY, NIGHT], "cardiology", at_ms) == expected


def test_another_specialty_is_not_on_duty() -> None:
    assert on_duty([NIGHT], "neurology", HOUR) == ()
    assert duty_lines([NIGHT], "neurology", HOUR).is_empty


def test_the_lines_in_the_order_of_coming_on_duty() -> None:
    early = shift(9, SUN, -4, 8)
    lines = duty_lines([NIGHT, early, BACKUP], "cardiology", HOUR)
    assert (lines.first, lines.second) == ((SUN, WANG), ())
    assert not lines.is_empty
    lines = duty_lines([NIGHT, BACKUP], "cardiology", HOUR)
    assert (lines.first, lines.second) == ((WANG,), (SUN,))
    only_backup = duty_lines([BACKUP], "cardiology", HOUR)
    assert (only_backup.first, only_backup.second, only_backup.is_empty) == ((), (SUN,), False)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(DAY, until_ms=DAY.from_ms), "shift_ends_early"),
        (replace(DAY, until_ms=DAY.from_ms - 1), "shift_ends_early"),
        (replace(DAY, until_ms=DAY.from_ms + MAX_SHIFT_MS + 1), "shift_too_long"),
        (replace(DAY, line=0), "shift_line_unknown"),
        (replace(DAY, line=3), "shift_line_unknown"),
        (replace(DAY, specialty="alchemy"), "shift_specialty_unknown"),
        (shift(7, WANG, 7, 9), "shift_person_twice"),
        (shift(7, WANG, 1, 2, line=2), "shift_person_twice"),
    ],
)
def test_a_shift_that_cannot_be(wrong: Shift, code: str) -> None:
    with pytest.raises(RosterRefused) as refused:
        check_shift(wrong, [NIGHT, BACKUP])
    assert refused.value.code == code


@pytest.mark.parametrize(
    "right",
    [
        NIGHT,  # itself, changed in nothing
        shift(7, WANG, 8, 17),  # touches
        shift(7, WANG, -8, 0),
        shift(7, WANG, 1, 2, specialty="neurology"),
        shift(7, ZHAO, 1, 2),
        shift(7, WANG, 20, 92),
    ],
)
def test_a_shift_that_can_be(right: Shift) -> None:
    check_shift(right, [NIGHT])


def test_gaps_are_named() -> None:
    roster = [NIGHT, shift(5, ZHAO, 9, 12), shift(6, SUN, 10, 11), shift(8, WANG, 20, 30), BACKUP]
    assert gaps(roster, "cardiology", 1, -2 * HOUR, 24 * HOUR) == (
        Gap("cardiology", 1, -2 * HOUR, 0),
        Gap("cardiology", 1, 8 * HOUR, 9 * HOUR),
        Gap("cardiology", 1, 12 * HOUR, 20 * HOUR),
    )
    assert gaps(roster, "cardiology", 2, 0, 24 * HOUR) == ()
    assert gaps([], "cardiology", 1, 0, HOUR) == (Gap("cardiology", 1, 0, HOUR),)
    assert gaps([shift(1, WANG, 5, 6)], "cardiology", 1, 0, HOUR) == (Gap("cardiology", 1, 0, HOUR),)


def test_overlaps_are_named_by_person_and_by_line() -> None:
    elsewhere = shift(4, WANG, 6, 10, specialty="neurology")
    beside = shift(5, ZHAO, 7, 8)
    found = overlaps([DAY, beside, elsewhere, NIGHT, BACKUP])
    assert found == (
        Overlap(OverlapKind.SAME_PERSON, NIGHT, elsewhere, 6 * HOUR, 8 * HOUR),
        Overlap(OverlapKind.SAME_LINE, NIGHT, beside, 7 * HOUR, 8 * HOUR),
    )


SHIFTS = st.lists(
    st.builds(
        lambda number, person, begin, hours, line: shift(number, person, begin, begin + hours, line=line),
        st.integers(0, 10_000),
        st.sampled_from([WANG, ZHAO, SUN]),
        st.integers(-30, 60),
        st.integers(1, 24),
        st.sampled_from([1, 2]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(SHIFTS, st.integers(0, 47))
def test_every_hour_is_on_duty_or_in_a_gap(roster: list[Shift], hour: int) -> None:
    now_ms = hour * HOUR
    is_covered = any(one.line == 1 for one in on_duty(roster, "cardiology", now_ms))
    found = gaps(roster, "cardiology", 1, 0, 48 * HOUR)
    assert is_covered != any(gap.from_ms <= now_ms < gap.until_ms for gap in found)
    assert all(one.from_ms < one.until_ms for one in found)


@given(SHIFTS)
def test_no_overlap_is_missed(roster: list[Shift]) -> None:
    pairs = {frozenset((one.first.id, one.second.id)) for one in overlaps(roster)}
    expected = {
        frozenset((one.id, other.id))
        for one in roster
        for other in roster
        if one.id != other.id
        and max(one.from_ms, other.from_ms) < min(one.until_ms, other.until_ms)
        and (one.person == other.person or one.line == other.line)
    }
    assert pairs == expected
