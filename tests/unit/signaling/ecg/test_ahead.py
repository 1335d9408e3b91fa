"""What was shown before the truth lane brought it: known again, once, and by its samples."""

from __future__ import annotations

from media_server.ecg.frame import read_envelope
from signaling.ecg.ahead import MOST_FRAMES, Ahead, Shown
from tests.support.ecg_world import late, measured


def _given(ahead: Ahead, frame: bytes) -> bool:
    return ahead.receive(read_envelope(frame), frame)


def _brought(ahead: Ahead, frame: bytes) -> Shown:
    return ahead.settle(read_envelope(frame), frame)


def test_each_is_shown_once_and_known_again_once() -> None:
    ahead, frames = Ahead(), measured(1).frames()
    assert _given(ahead, frames[0])
    assert not _given(ahead, frames[0])
    assert _brought(ahead, frames[1]) is Shown.NOT
    assert _brought(ahead, frames[0]) is Shown.SAME
    assert _brought(ahead, frames[0]) is Shown.NOT
    assert len(ahead) == 0


def test_a_frame_that_became_late_is_the_same_and_other_samples_are_not() -> None:
    ahead, frames = Ahead(), measured(1).frames()
    for frame in frames[:2]:
        _given(ahead, frame)
    assert _brought(ahead, late(frames[0])) is Shown.SAME
    assert _brought(ahead, measured(1, seed=2).frames()[1]) is Shown.OTHER


def test_what_the_truth_lacks_is_told_in_order() -> None:
    ahead, frames = Ahead(), measured(1).frames()
    for number in (3, 1, 2):
        _given(ahead, frames[number])
    _given(ahead, measured(1, epoch=1).frames()[0])
    assert ahead.waiting(0, 40) == [frames[2], frames[3]]
    assert ahead.newest == (1, 20)
    ahead.clear()
    assert (ahead.waiting(0, 0), ahead.newest) == ([], (0, 0))


def test_the_oldest_goes_where_there_are_too_many() -> None:
    ahead, frames = Ahead(), measured(11).frames()
    for frame in frames[: MOST_FRAMES + 1]:
        _given(ahead, frame)
    assert len(ahead) == MOST_FRAMES
    assert _brought(ahead, frames[0]) is Shown.NOT
    assert _brought(ahead, frames[1]) is Shown.SAME
