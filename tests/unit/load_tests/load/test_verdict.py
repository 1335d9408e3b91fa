"""Targets met and missed."""

from __future__ import annotations

from load_tests.load.verdict import FIGURES, Side, judge


def test_a_figure_on_its_target_is_good_on_either_side() -> None:
    targets = {"voice_loss": 0.01, "probe_frames_per_s": 10.0}
    assert all(judged.is_met for judged in judge(targets, targets))


def test_a_figure_beyond_its_target_is_missed_on_its_own_side() -> None:
    verdicts = judge(
        {"voice_loss": 0.01, "probe_frames_per_s": 10.0}, {"voice_loss": 0.02, "probe_frames_per_s": 9.9}
    )
    assert [judged.is_met for judged in verdicts] == [False, False]
    verdicts = judge(
        {"voice_loss": 0.01, "probe_frames_per_s": 10.0}, {"voice_loss": 0.0, "probe_frames_per_s": 30}
    )
    assert [judged.is_met for judged in verdicts] == [True, True]


def test_what_was_not_measured_is_missed() -> None:
    (judged,) = judge({"join_p95_ms": 1_000.0}, {})
    assert (judged.measured, judged.is_met) == (None, False)


def test_every_figure_says_what_it_is() -> None:
    assert all(figure.meaning for figure in FIGURES.values())
    assert {figure.side for figure in FIGURES.values()} == set(Side)
