"""Scoring of a heart rate: against the same averaging of the reference beats, as late as it may be."""

from __future__ import annotations

from tests.support.beat_scoring import LEARNING_S
from tests.support.rate_scoring import RateScore, Shown, reference_rates, score_rate

RATE_HZ = 100
START = LEARNING_S * RATE_HZ


def every(interval: int, end: int, start: int = 0) -> list[int]:
    return list(range(start, end, interval))


def test_the_reference_shows_what_the_averaging_makes_of_its_beats() -> None:
    shown = reference_rates(every(100, 600), [], RATE_HZ)
    assert shown[:5] == [
        Shown(0, None),
        Shown(0, None),
        Shown(100, None),
        Shown(200, None),
        Shown(300, 60),
    ]


def test_the_reference_has_none_in_a_pause_and_begins_anew_after_a_flutter() -> None:
    pause = reference_rates([*every(100, 500), 900], [], RATE_HZ)
    assert pause[-3:] == [Shown(400, 60), Shown(700, None), Shown(900, 60)]
    flutter = reference_rates([*every(100, 500), *every(50, 800, 600)], [(450, 550)], RATE_HZ)
    assert flutter[-6:-3] == [Shown(400, 60), Shown(600, None), Shown(600, None)]
    assert flutter[-1] == Shown(750, 120)


def test_seconds_are_right_within_the_limits() -> None:
    beats = every(50, START + 2_000)
    counted = [Shown(START + 100 * second, value) for second, value in enumerate((120, 125, 126, 133, None))]
    score = score_rate(counted, beats, [], RATE_HZ)
    assert score == RateScore(5, 2, 3, (LEARNING_S + 2, LEARNING_S + 3, LEARNING_S + 4))
    assert (score.per_cent, score.share_per_cent) == (40, 60)


def test_what_is_shown_may_be_as_late_as_a_beat() -> None:
    """From 60 a minute to 300: what was shown 250 ms ago is right, what was shown before no more."""
    beats = [*every(100, START + 1), *every(20, START + 300, START + 20)]
    shown = {one.since: one.per_minute for one in reference_rates(beats, [], RATE_HZ)}
    now = START + 165
    for since, is_right in ((80, False), (120, False), (140, True), (160, True)):
        wrong = score_rate([Shown(now, shown[START + since])], beats, [], RATE_HZ).wrong
        assert (wrong == ()) == is_right


def test_none_is_right_where_the_reference_has_none_and_a_number_is_wrong() -> None:
    beats = [*every(100, START + 1), START + 2_000]
    counted = [Shown(START + 500, None), Shown(START + 600, 60)]
    assert score_rate(counted, beats, [], RATE_HZ).wrong == (LEARNING_S + 6,)


def test_the_first_minutes_and_a_flutter_are_not_scored() -> None:
    beats = [*every(100, START + 1_000), *every(100, START + 4_000, START + 2_000)]
    flutter = [(START + 1_000, START + 1_950)]
    seconds = [Shown(at, 60) for at in range(START - 500, START + 4_000, 100)]
    assert score_rate(seconds, beats, flutter, RATE_HZ) == RateScore(17, 17, 17, ())
