"""Each number counts once, in whatever order numbers come; beside a plain set of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.ecg.replay_window import WINDOW, ReplayWindow


@given(st.lists(st.integers(1, 3 * WINDOW), max_size=300))
def test_as_a_set_of_numbers(numbers: list[int]) -> None:
    window, seen = ReplayWindow(), set[int]()
    for number in numbers:
        is_new = number not in seen and number > max(seen, default=0) - WINDOW
        assert window.is_new(number) == is_new
        if is_new:
            window.take(number)
            seen.add(number)
    assert (window.highest, window.came) == (max(seen, default=0), len(seen))


def test_its_edges() -> None:
    window = ReplayWindow()
    window.take(WINDOW + 5)
    assert not window.is_new(WINDOW + 5)
    assert window.is_new(6)
    assert not window.is_new(5)
    window.take(6)
    assert not window.is_new(6)
    window.take(10 * WINDOW)
    assert window.is_new(10 * WINDOW - 1)
    assert not window.is_new(WINDOW + 5)
