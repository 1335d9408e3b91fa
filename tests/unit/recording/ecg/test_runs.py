"""Runs of frames: found by sample, and joined where they follow each other."""

from __future__ import annotations

from media_server.ecg.spans import Span
from recording.ecg.runs import Run, Runs


def test_frames_that_follow_each_other_are_one_run() -> None:
    runs = Runs()
    for number in range(5):
        assert runs.add(0, Run(20 * number, 20 * number + 20, 1, 100 * number, 100)) == (
            Span(20 * number, 20 * number + 20),
        )
    assert list(runs.covering(0, 50, 60)) == [Run(0, 100, 1, 0, 500)]
    assert list(runs.spans(0)) == [Span(0, 100)]


def test_another_file_epoch_place_or_number_begins_another_run() -> None:
    runs = Runs()
    placed = [
        (0, Run(0, 20, 1, 0, 9)),
        (1, Run(20, 40, 1, 9, 9)),  # another epoch
        (1, Run(40, 60, 2, 18, 9)),  # another file
        (1, Run(60, 80, 2, 28, 9)),  # not the next byte
        (1, Run(90, 99, 2, 37, 9)),  # not the next sample
        (1, Run(0, 20, 2, 46, 9)),  # late
    ]
    for epoch, run in placed:
        runs.add(epoch, run)
    assert runs.epochs == [0, 1]
    assert list(runs.covering(0, 0, 99)) == [placed[0][1]]
    by_sample = [placed[number][1] for number in (5, 1, 2, 3, 4)]
    assert list(runs.covering(1, 0, 99)) == by_sample
    assert list(runs.covering(1, 20, 61)) == by_sample[1:4]
    assert list(runs.covering(1, 80, 90)) == []
    assert list(runs.covering(7, 0, 99)) == []
    assert list(runs.spans(7)) == []


def test_samples_that_were_here_are_not_new() -> None:
    runs = Runs()
    runs.add(0, Run(0, 20, 1, 0, 9))
    assert runs.add(0, Run(10, 30, 1, 9, 9)) == (Span(20, 30),)
    assert [run.start for run in runs.covering(0, 12, 14)] == [0, 10]
