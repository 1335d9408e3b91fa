"""How many frames go again: more at once where much is lost, fewer slowly where it is not any more."""

from __future__ import annotations

from media_server.ecg.repeats import Repeats


def test_nothing_goes_again_where_nothing_is_lost() -> None:
    repeats = Repeats(0.0)
    repeats.receive_loss(0, 25)
    assert repeats.count == 0


def test_repeats_come_at_once_and_go_slowly() -> None:
    repeats = Repeats(0.0)
    repeats.receive_loss(1, 25)
    assert repeats.count == 2
    seen = []
    for _ in range(70):
        repeats.receive_loss(0, 25)
        seen.append(repeats.count)
    assert seen == [2] * 45 + [1] * 23 + [0] * 2


def test_a_little_is_mended_by_one() -> None:
    repeats = Repeats(0.0)
    repeats.receive_loss(1, 150)
    assert repeats.count == 1
