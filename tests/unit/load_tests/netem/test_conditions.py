"""Conditions that mean nothing are refused, and a loss says what it comes to."""

from __future__ import annotations

from typing import Any

import pytest

from load_tests.netem.conditions import NO_LOSS, Conditions, Loss, bursts


def test_conditions_that_say_nothing_change_nothing() -> None:
    conditions = Conditions()
    assert (conditions.delay_ms, conditions.rate_bps, conditions.loss.mean) == (0, None, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay_ms": 10, "jitter_ms": 11},
        {"delay_ms": -1},
        {"jitter_ms": -1},
        {"duplicated": 1.01},
        {"duplicated": -0.01},
        {"rate_bps": 0},
        {"queue_bytes": -1},
    ],
)
def test_conditions_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"packet|probability|rate"):
        Conditions(**wrong)


@pytest.mark.parametrize("name", ["in_good", "to_bad", "to_good", "in_bad"])
@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_a_probability_is_from_0_to_1(name: str, value: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Loss(**{name: value})


def test_a_bad_state_ends() -> None:
    with pytest.raises(ValueError, match="cut"):
        Loss(to_bad=0.1, to_good=0)


def test_the_mean_is_of_both_states() -> None:
    # One packet in four finds the link bad.
    assert Loss(in_good=0.1, to_bad=0.1, to_good=0.3, in_bad=0.5).mean == pytest.approx(0.2)
    assert Loss(in_good=0.05).mean == 0.05
    assert NO_LOSS.mean == 0


@pytest.mark.parametrize(("mean", "packets"), [(0.05, 5), (0.3, 1), (0, 4)])
def test_bursts_have_the_mean_that_was_asked_for(mean: float, packets: float) -> None:
    loss = bursts(mean, packets)
    assert loss.mean == pytest.approx(mean)
    assert 1 / loss.to_good == packets


@pytest.mark.parametrize(("mean", "packets"), [(0.05, 0.9), (1, 5), (-0.1, 5), (0.9, 1)])
def test_bursts_that_cannot_be_are_refused(mean: float, packets: float) -> None:
    with pytest.raises(ValueError, match=r"burst|probability"):
        bursts(mean, packets)
