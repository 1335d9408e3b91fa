"""One resolution for leads that each have their own."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.steps import common_resolution, rescaled


def test_one_step_for_all_leads_changes_no_sample() -> None:
    assert common_resolution([Fraction(2_500)] * 12) == (2_500, [1] * 12)


def test_a_step_that_is_no_whole_nanovolt_is_rounded_and_changes_no_sample() -> None:
    assert common_resolution([Fraction("4882.8125")] * 2) == (4_883, [1, 1])


def test_steps_with_a_common_measure_become_multiples_of_it() -> None:
    assert common_resolution([Fraction(5_000), Fraction(2_500)]) == (2_500, [2, 1])


def test_fine_steps_without_a_common_measure_are_kept_in_nanovolts() -> None:
    steps = [Fraction(1_000_000, 2_281), Fraction(1_000_000, 1_856)]
    resolution_nv, factors = common_resolution(steps)
    assert (resolution_nv, factors) == (1, steps)
    column = np.arange(-2_000, 2_000, dtype=np.int32)
    kept = rescaled([column, column], factors)
    for place, step in enumerate(steps):
        assert np.array_equal(np.rint(kept[:, place] / float(step)), column)


def test_a_step_far_below_a_nanovolt_is_not_rounded_to_none() -> None:
    assert common_resolution([Fraction(1, 10)])[0] == 1


@pytest.mark.parametrize(
    "steps",
    [
        [Fraction(0)],
        [Fraction(-5)],
        [Fraction(1_000_001)],
        # Coarse, and without a common measure: one nanovolt would hide how coarse.
        [Fraction(10_000_000, 2_281), Fraction(10_000_000, 1_856)],
    ],
)
def test_steps_that_cannot_be_kept_are_refused(steps: list[Fraction]) -> None:
    with pytest.raises(UnreadableFile) as refused:
        common_resolution(steps)
    assert refused.value.code == Refusal.RESOLUTION_UNSUITABLE


def test_a_whole_factor_multiplies_exactly() -> None:
    column = np.array([-7, 0, 12_345_677], np.int32)
    assert rescaled([column], [Fraction(2)])[:, 0].tolist() == [-14, 0, 24_691_354]


def test_a_sample_that_leaves_its_range_is_refused() -> None:
    with pytest.raises(UnreadableFile) as refused:
        rescaled([np.array([2**29], np.int64)], [Fraction(3)])
    assert refused.value.code == Refusal.VALUE_UNSUITABLE
