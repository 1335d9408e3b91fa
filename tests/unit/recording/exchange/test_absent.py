"""What is missing of a table, whole rows and single leads apart."""

from __future__ import annotations

import numpy as np

from media_server.ecg.spans import Span
from recording.exchange.absent import marked, split_absent, stretches


def test_stretches_are_half_open_and_reach_both_ends() -> None:
    assert stretches(np.array([1, 1, 0, 1, 0, 0, 1], np.bool_)) == (Span(0, 2), Span(3, 4), Span(6, 7))
    assert stretches(np.zeros(0, np.bool_)) == ()


def test_what_all_leads_miss_is_told_once() -> None:
    absent = np.array([[1, 1], [1, 0], [0, 0], [0, 1]], np.bool_)
    assert split_absent(absent) == ((Span(0, 1),), ((Span(1, 2),), (Span(3, 4),)))


def test_marks_are_the_stretches_again() -> None:
    assert marked(5, [Span(0, 1), Span(3, 9)]).tolist() == [True, False, False, True, True]
