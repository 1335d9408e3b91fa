"""What the measurements of growth say of what they saw."""

from __future__ import annotations

import pytest

from load_tests.growth import __main__ as growth
from load_tests.growth import threads
from load_tests.growth.hall import Moment


def moment(legs: int, *, cpu_s: float, resident_bytes: int = 0, packets: int = 1_000_000) -> Moment:
    return Moment(
        legs=legs, peers=legs, packets=packets, seconds=10.0, cpu_s=cpu_s, resident_bytes=resident_bytes
    )


@pytest.mark.parametrize(("legs", "rooms"), [(0, []), (10, [10]), (25, [25]), (60, [25, 25, 10])])
def test_so_many_legs_fill_rooms(legs: int, rooms: list[int]) -> None:
    assert growth.rooms_of(legs) == rooms


def test_a_line_is_told_by_its_slopes() -> None:
    moments = [
        moment(legs, cpu_s=1 + legs / 100, resident_bytes=50_000_000 + 200_000 * legs)
        for legs in (10, 100, 1_000)
    ]
    assert growth.figures(moments) == {
        "r_squared": 1.0,
        "cpu_percent_per_leg": 0.1,
        "cpu_us_per_packet": 11.0,
        "peer_kb": 200.0,
        "resident_mb": 250.0,
    }


def test_what_grows_faster_than_its_legs_is_no_line() -> None:
    moments = [moment(legs, cpu_s=legs**3) for legs in (10, 100, 200, 400, 700, 1_000)]
    assert growth.figures(moments)["r_squared"] < growth.MIN_R_SQUARED


def test_the_rise_is_the_median_of_neighbouring_runs() -> None:
    pairs = [
        (moment(40, cpu_s=2.0), moment(40, cpu_s=2.2)),
        (moment(40, cpu_s=4.0), moment(40, cpu_s=4.2)),
        (moment(40, cpu_s=3.0), moment(40, cpu_s=6.0)),
    ]
    assert threads.figures(pairs) == {"one_thread_us": 3.0, "two_threads_us": 4.2, "rise": 0.1}


def test_a_moment_without_packets_divides_by_none() -> None:
    assert moment(0, cpu_s=1.0, packets=0).cpu_us_per_packet == 1e6
