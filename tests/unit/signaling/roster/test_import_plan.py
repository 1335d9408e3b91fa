"""What a roster's file brings: new shifts, known ones, and faults; all or nothing."""

from __future__ import annotations

from itertools import count

import pytest

from clinical.duty import Shift
from clinical.ids import PersonId, ShiftId
from signaling.roster.import_plan import Colleague, ImportPlan, plan_import
from signaling.roster.roster_sheet import MAX_FAULTS, Fault, RosterLine, RosterSheet

HOUR = 3_600_000
WANG = Colleague(PersonId("pe_wang"), "王敏", is_expert=True)
TWIN = Colleague(PersonId("pe_twin"), "王敏", is_expert=True)
NURSE = Colleague(PersonId("pe_nurse"), "孙丽", is_expert=False)


def line(number: int, from_h: int, until_h: int, *, name: str = "王敏", person: str = "") -> RosterLine:
    return RosterLine(number, "cardiology", 1, name, person, from_h * HOUR, until_h * HOUR)


def plan(
    *lines: RosterLine, people: tuple[Colleague, ...] = (WANG, NURSE), there: tuple[Shift, ...] = ()
) -> ImportPlan:
    numbers = count(1)
    return plan_import(RosterSheet(lines), people, there, lambda: ShiftId(f"sh_{next(numbers)}"))


def test_a_new_shift_is_added() -> None:
    made = plan(line(2, 0, 8))
    assert made.added == [Shift(ShiftId("sh_1"), "cardiology", 1, WANG.person, 0, 8 * HOUR)]
    assert (made.known, made.faults) == (0, [])


def test_what_is_there_already_is_known_and_a_line_twice_is_one() -> None:
    there = Shift(ShiftId("sh_old"), "cardiology", 1, WANG.person, 0, 8 * HOUR)
    made = plan(line(2, 0, 8), line(3, 8, 16), line(4, 8, 16), there=(there,))
    assert (len(made.added), made.known, made.faults) == (1, 2, [])


@pytest.mark.parametrize(
    ("wrong", "people", "fault"),
    [
        (line(2, 0, 8, name="李四"), (WANG,), Fault(2, "person_unknown", "李四")),
        (line(2, 0, 8, name="", person="pe_x"), (WANG,), Fault(2, "person_unknown", "pe_x")),
        (line(2, 0, 8), (WANG, TWIN), Fault(2, "person_ambiguous", "王敏")),
        (line(2, 0, 8, name="孙丽"), (NURSE,), Fault(2, "person_no_expert", "孙丽")),
        (line(2, 8, 8), (WANG,), Fault(2, "shift_ends_early", "王敏")),
        (line(2, 0, 73), (WANG,), Fault(2, "shift_too_long", "王敏")),
    ],
)
def test_what_is_wrong_is_named(wrong: RosterLine, people: tuple[Colleague, ...], fault: Fault) -> None:
    assert plan(wrong, people=people).faults == [fault]


def test_an_id_tells_two_of_one_name_apart() -> None:
    made = plan(line(2, 0, 8, person="pe_twin"), people=(WANG, TWIN))
    assert [shift.person for shift in made.added] == ["pe_twin"]


def test_nobody_is_put_on_duty_twice_by_the_file_or_beside_the_store() -> None:
    there = Shift(ShiftId("sh_old"), "cardiology", 2, WANG.person, 20 * HOUR, 30 * HOUR)
    made = plan(line(2, 0, 8), line(3, 7, 9), line(4, 29, 31), there=(there,))
    assert made.faults == [Fault(3, "shift_person_twice", "王敏"), Fault(4, "shift_person_twice", "王敏")]


def test_a_file_that_was_not_read_is_not_planned() -> None:
    faults = [Fault(0, "empty")]
    made = plan_import(RosterSheet((line(2, 0, 8),), faults), [WANG], [], lambda: ShiftId("sh"))
    assert made == ImportPlan((), 0, faults)


def test_not_more_faults_than_one_can_mend() -> None:
    assert len(plan(*(line(n, 0, 8, name="x") for n in range(50))).faults) == MAX_FAULTS
