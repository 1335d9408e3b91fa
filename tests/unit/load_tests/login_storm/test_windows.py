"""Samples belong to the window in which they left, and what never came is lost, not forgotten."""

from __future__ import annotations

import pytest

from load_tests.login_storm.windows import Figures, Sample, Weather, Window, figures_of, transits

MS = 1_000_000
PEACE = Window(Weather.PEACE, 0, 100)
STORM = Window(Weather.STORM, 100, 200)


def test_a_window_holds_its_begin_and_not_its_end() -> None:
    assert [STORM.holds(at_ns) for at_ns in (99, 100, 199, 200)] == [False, True, True, False]


def test_samples_count_where_they_left() -> None:
    samples = [Sample(50, 1 * MS), Sample(99, 3 * MS), Sample(100, 500 * MS), Sample(250, 900 * MS)]
    assert figures_of(samples, [PEACE]) == Figures([1.0, 3.0], lost=0)


def test_windows_of_one_kind_are_taken_together() -> None:
    later = Window(Weather.PEACE, 200, 300)
    samples = [Sample(250, 2 * MS), Sample(150, 9 * MS), Sample(50, 1 * MS)]
    assert figures_of(samples, [PEACE, later]) == Figures([1.0, 2.0], lost=0)


def test_what_never_came_is_lost_in_its_window() -> None:
    samples = [Sample(1, MS), Sample(2, None), Sample(3, MS), Sample(150, None)]
    assert figures_of(samples, [PEACE]).lost == 1


def test_too_few_samples_are_no_measurement() -> None:
    with pytest.raises(ValueError, match="1 of 3 samples came"):
        figures_of([Sample(1, MS), Sample(2, None), Sample(3, None)], [PEACE])


def test_figures_are_of_all_that_came() -> None:
    figures = figures_of([Sample(0, took * MS) for took in range(101)], [PEACE])
    assert (figures.p50_ms, figures.p99_ms, figures.slowest_ms) == (50.0, 99.0, 100.0)


def test_late_is_longer_than_a_packet_sounds() -> None:
    samples = [Sample(0, 20 * MS), Sample(0, 20 * MS + 1), Sample(0, 300 * MS), Sample(0, None)]
    assert figures_of(samples, [PEACE]).late == 2


def test_a_packet_is_told_by_its_number() -> None:
    assert transits({0: 1_000, 1: 2_000, 2: 3_000}, {2: 3_500, 0: 1_200}) == [
        Sample(1_000, 200),
        Sample(2_000, None),
        Sample(3_000, 500),
    ]


@pytest.mark.parametrize("arrived_ns", [{0: 1_100, 7: 1_200}, {0: 999}])
def test_a_packet_that_was_not_sent_before_is_no_measurement(arrived_ns: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="1 packets arrived that had not been sent"):
        transits({0: 1_000}, arrived_ns)
