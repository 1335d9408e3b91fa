"""Schedules say what holds when; the named links keep what their names promise."""

from __future__ import annotations

import pytest

from load_tests.netem.conditions import NS_PER_MS, Conditions, Loss
from load_tests.netem.profiles import CUT, PRESETS, Profile, Schedule, Step, both_ways, with_loss

ONE, TWO, THREE = (both_ways(Conditions(delay_ms=number)) for number in (1, 2, 3))
LADDER = ("L0", "L1", "L2", "L3", "L4", "L5")


def profile(name: str) -> Profile:
    """A preset that does not change."""
    found = PRESETS[name]
    assert isinstance(found, Profile)
    return found


def test_a_step_holds_from_its_begin_until_the_next() -> None:
    schedule = Schedule((Step(ONE, 10), Step(TWO, 5), Step(THREE)))
    at_ns = [0, 10 * NS_PER_MS - 1, 10 * NS_PER_MS, 15 * NS_PER_MS - 1, 15 * NS_PER_MS, 10**15]
    assert [schedule.at(one) for one in at_ns] == [ONE, ONE, TWO, TWO, THREE, THREE]


def test_the_last_step_stays_also_when_it_has_a_length() -> None:
    assert Schedule((Step(ONE, 10), Step(TWO, 5))).at(10**15) is TWO


def test_a_repeated_schedule_begins_again() -> None:
    schedule = Schedule((Step(ONE, 10), Step(TWO, 5)), is_repeated=True)
    assert [schedule.at(at_ms * NS_PER_MS) for at_ms in (0, 10, 14, 15, 25, 30)] == [
        ONE,
        TWO,
        TWO,
        ONE,
        TWO,
        ONE,
    ]


@pytest.mark.parametrize(
    ("steps", "is_repeated"),
    [
        ((), False),
        ((Step(ONE), Step(TWO)), False),
        ((Step(ONE, 0), Step(TWO)), False),
        ((Step(ONE, -1), Step(TWO)), False),
        ((Step(ONE, 10), Step(TWO)), True),
    ],
)
def test_a_schedule_that_never_gets_on_is_refused(steps: tuple[Step, ...], is_repeated: bool) -> None:
    with pytest.raises(ValueError, match="steps"):
        Schedule(steps, is_repeated)


def test_loss_is_added_to_both_directions() -> None:
    lossy = with_loss(ONE, Loss(in_good=0.1))
    assert (lossy.up.loss.mean, lossy.down.loss.mean, lossy.up.delay_ms) == (0.1, 0.1, 1)


def test_each_rung_of_the_ladder_lies_in_its_band() -> None:
    # domain.md §5, bit/s: L0 from 1.5 M, L1 from 600 k, L2 from 250 k, L3 from 96 k, L4 from 48 k.
    floors = [1_500_000, 600_000, 250_000, 96_000, 48_000, 0]
    ceilings = [float("inf"), *floors]
    for name, floor, ceiling in zip(LADDER, floors, ceilings, strict=False):
        for conditions in (profile(name).up, profile(name).down):
            assert conditions.rate_bps is not None
            assert floor <= conditions.rate_bps < ceiling, name


def test_a_full_packet_fits_every_queue() -> None:
    for name in LADDER:
        assert profile(name).up.queue_bytes >= 1500, name


@pytest.mark.parametrize("name", ["loss_5_percent", "loss_5_percent_in_bursts"])
def test_five_percent_are_five_percent_at_80_ms_round_trip(name: str) -> None:
    one = profile(name)
    assert one.up.delay_ms + one.down.delay_ms == 80
    assert (one.up.loss.mean, one.down.loss.mean) == pytest.approx((0.05, 0.05))


def test_the_moving_ambulance_has_no_carrier_six_percent_of_the_time() -> None:
    moving = PRESETS["moving_ambulance"]
    assert isinstance(moving, Schedule)
    cut = sum(moving.at(second * 1000 * NS_PER_MS) is CUT for second in range(500))
    assert cut / 500 == pytest.approx(0.06)
