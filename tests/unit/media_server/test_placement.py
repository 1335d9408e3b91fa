"""Who shares a media thread."""

from __future__ import annotations

import pytest

from media_server.placement import WORTH_A_THREAD, Placement, default_threads


def test_a_company_sits_together_however_large_it_grows() -> None:
    placement = Placement(3)
    assert [placement.enter("lecture") for _ in range(300)] == [0] * 300


def fill(placement: Placement, company: str, seats: int = WORTH_A_THREAD) -> int:
    """Seats so many; returns on which thread."""
    (thread,) = {placement.enter(company) for _ in range(seats)}
    return thread


def test_few_share_one_thread_until_they_are_worth_it() -> None:
    placement = Placement(3)
    assert fill(placement, "a", WORTH_A_THREAD - 1) == 0
    assert fill(placement, "b") == 0
    assert [placement.enter(company) for company in "cd"] == [1, 1]


def test_when_all_threads_are_worth_it_new_companies_sit_where_the_fewest_do() -> None:
    placement = Placement(3)
    sizes = (WORTH_A_THREAD + 5, WORTH_A_THREAD + 1, WORTH_A_THREAD + 3)
    assert [fill(placement, company, size) for company, size in zip("abc", sizes, strict=True)] == [0, 1, 2]
    assert fill(placement, "d", 3) == 1
    assert placement.enter("e") == 2


def test_seats_given_back_count_no_more() -> None:
    placement = Placement(2)
    fill(placement, "a")
    assert placement.enter("b") == 1
    placement.leave("a")
    assert placement.enter("c") == 0
    # A company that has left altogether is a new one when it comes back.
    placement.leave("b")
    assert fill(placement, "d") == 1
    assert placement.enter("b") == 0


def test_who_is_not_seated_cannot_leave() -> None:
    with pytest.raises(KeyError):
        Placement(1).leave("a")


@pytest.mark.parametrize(("processors", "threads"), [(1, 1), (2, 1), (3, 1), (4, 2), (16, 8), (128, 8)])
def test_half_the_processors_are_for_media(processors: int, threads: int) -> None:
    assert default_threads(processors) == threads
