"""Scoring of beats: pairs within 150 ms, each once, without what is excluded."""

from __future__ import annotations

import pytest

from tests.support.beat_scoring import LEARNING_S, Found, Score, pair, score

RATE_HZ = 100
START = LEARNING_S * RATE_HZ


def test_each_beat_is_paired_once_the_nearest_first() -> None:
    assert pair([100, 120], [104, 118], 15) == {0: 0, 1: 1}
    assert pair([100], [95, 101, 110], 15) == {1: 0}
    assert pair([100, 110], [105], 15) == {0: 0}
    assert pair([100], [84, 116], 15) == {}
    assert pair([], [1], 15) == {} == pair([1], [], 15)


def test_hits_misses_and_false_beats_are_counted_with_their_delay() -> None:
    reference = [START + at for at in (100, 200, 300)]
    found = [
        Found(START + 103, START + 120),
        Found(START + 250, START + 270),
        Found(START + 300, START + 330),
    ]
    result = score(reference, found, [], RATE_HZ)
    assert result == Score(2, 1, 1, (20, 30))
    assert (result.sensitivity, result.predictivity) == (pytest.approx(66.67, abs=0.01),) * 2


def test_the_first_minutes_and_what_is_excluded_do_not_count() -> None:
    reference = [100, START + 100, START + 500]
    found = [Found(at, at + 20) for at in (50, 100, START + 100, START + 510, START + 550)]
    result = score(reference, found, [(START + 400, START + 600)], RATE_HZ)
    assert result == Score(1, 0, 0, (20,))
