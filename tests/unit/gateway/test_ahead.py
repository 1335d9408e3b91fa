"""Live frames as datagrams: the newest and those before it, sealed, fresh, and no longer than a packet."""

from __future__ import annotations

import pytest

from clients.gateway.ahead import FRESH_US, MAX_WAITING, Ahead, Offer
from clients.gateway.ahead_pace import Heard
from media_server.ecg import datagram as d
from media_server.ecg.frame import read_envelope
from tests.support.ecg_world import START_US, Recording, measured, split_frames

KEY = bytes(range(16))
OFFER = Offer(7883, 5, KEY)
NOW_US = START_US + 100_000
WATCHED = Heard(0, 0, 0, 0, is_watched=True)


def _ahead(*, lost: int = 0) -> Ahead:
    """One whose datagrams are wanted; of 25 so many were lost."""
    ahead = Ahead()
    ahead.receive_offer(OFFER, NOW_US)
    ahead.receive_heard(WATCHED, NOW_US)
    ahead.receive_heard(Heard(25, 25 - lost, 0, 0, is_watched=True), NOW_US)
    return ahead


def _take(ahead: Ahead, *frames: bytes) -> None:
    for frame in frames:
        ahead.receive_frame(read_envelope(frame), frame)


def _opened(datagram: bytes) -> list[bytes]:
    head = d.read_head(datagram)
    assert head is not None
    content = d.DatagramOpener(KEY).open(head, datagram)
    assert content is not None
    return split_frames(content)


def test_without_an_offer_nothing_is_kept() -> None:
    ahead = Ahead()
    _take(ahead, *measured(1).frames())
    assert (ahead.port, ahead.next(NOW_US)) == (0, [])


def test_each_frame_goes_by_itself_where_nothing_is_lost() -> None:
    ahead, frames = _ahead(), measured(1).frames()[:3]
    _take(ahead, *frames)
    assert [_opened(one) for one in ahead.next(NOW_US)] == [[one] for one in frames]
    assert (ahead.next(NOW_US), ahead.sent, ahead.port) == ([], 3, 7883)


def test_those_before_it_go_with_it_where_much_is() -> None:
    ahead, (a, b, c, e, *_) = _ahead(lost=5), measured(1).frames()
    _take(ahead, a, b, c, e)
    assert [_opened(one) for one in ahead.next(NOW_US)] == [[a], [b, a], [c, b, a], [e, c, b]]


def test_another_epoch_repeats_nothing_of_the_one_before() -> None:
    ahead = _ahead(lost=5)
    before, after = measured(1).frames()[0], measured(1, epoch=1).frames()[0]
    _take(ahead, before, after)
    assert _opened(ahead.next(NOW_US)[1]) == [after]


def test_what_is_old_or_not_wanted_goes_by_the_websocket_alone() -> None:
    ahead, (a, b, *_) = _ahead(), measured(1).frames()
    _take(ahead, a)
    assert ahead.next(START_US + FRESH_US + 1) == []
    ahead.receive_heard(Heard(25, 25, 0, 0, is_watched=False), NOW_US)
    _take(ahead, b)
    assert (ahead.next(NOW_US), ahead.sent) == ([], 0)


def test_what_comes_in_a_heap_is_not_live() -> None:
    ahead, frames = _ahead(), measured(1).frames()
    _take(ahead, *frames)
    assert [_opened(one) for one in ahead.next(NOW_US)] == [[one] for one in frames[-MAX_WAITING:]]


def test_no_datagram_is_longer_than_a_packet() -> None:
    wide = Recording(measured(0.2).samples * 1_000_000)
    ahead, frames = _ahead(lost=5), wide.frames()[:3]
    assert 400 < len(frames[0]) < d.MAX_DATAGRAM_BYTES < 3 * len(frames[0])
    _take(ahead, *frames)
    assert [len(_opened(one)) for one in ahead.next(NOW_US)] == [1, 1, 1]
    huge = measured(1).frames()[0]
    ahead.receive_frame(read_envelope(huge), huge + bytes(d.MAX_DATAGRAM_BYTES))
    assert (ahead.next(NOW_US), ahead.too_large) == ([], 1)


def test_a_key_that_is_used_up_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(d, "MAX_NUMBER", 1)
    ahead = _ahead()
    _take(ahead, *measured(1).frames()[:3])
    assert (len(ahead.next(NOW_US)), ahead.port) == (1, 0)


def test_with_the_connection_the_key_goes() -> None:
    ahead, frames = _ahead(), measured(1).frames()
    _take(ahead, frames[0])
    ahead.leave()
    assert (ahead.next(NOW_US), ahead.port) == ([], 0)
    ahead.receive_offer(OFFER, NOW_US)
    ahead.receive_heard(WATCHED, NOW_US)
    _take(ahead, frames[1])
    assert [_opened(one) for one in ahead.next(NOW_US)] == [[frames[1]]]
