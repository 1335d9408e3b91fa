"""The four words for a link."""

from __future__ import annotations

import pytest

from media_server.rooms.link_quality import LinkSample, Quality, judge_link

S = 1_000_000_000


@pytest.mark.parametrize(
    ("lost", "round_trip_ms", "silent_s", "quality"),
    [
        (0, None, 0, Quality.EXCELLENT),
        (2, 50, 0, Quality.EXCELLENT),
        (3, 50, 0, Quality.GOOD),
        (9, 50, 0, Quality.GOOD),
        (10, 50, 0, Quality.POOR),
        (100, 50, 0, Quality.POOR),
        (0, 399, 0, Quality.EXCELLENT),
        (0, 400, 0, Quality.GOOD),
        (0, 1_000, 0, Quality.POOR),
        (0, None, 2, Quality.EXCELLENT),
        (0, None, 3, Quality.LOST),
    ],
)
def test_words_follow_loss_round_trip_and_silence(
    lost: int, round_trip_ms: float | None, silent_s: int, quality: Quality
) -> None:
    link = judge_link(LinkSample(100, lost, round_trip_ms, silent_s * S))
    assert link.quality is quality
    assert 0 <= link.score <= 5


@pytest.mark.parametrize(
    ("rung", "quality"),
    [
        (0, Quality.EXCELLENT),
        (1, Quality.GOOD),
        (2, Quality.GOOD),
        (3, Quality.POOR),
        (4, Quality.POOR),
    ],
)
def test_a_link_that_carries_less_than_is_wanted_is_no_better_than_its_rung(
    rung: int, quality: Quality
) -> None:
    assert judge_link(LinkSample(100, 0, 20, 0, rung)).quality is quality


def test_a_link_without_packets_is_judged_by_its_round_trip() -> None:
    assert judge_link(LinkSample(0, 0, 20, 0)).quality is Quality.EXCELLENT


def test_a_better_link_never_scores_lower() -> None:
    scores = [judge_link(LinkSample(1_000, lost, 50, 0)).score for lost in range(0, 1_000, 5)]
    assert scores == sorted(scores, reverse=True)
