"""Which way frames go to one viewer, and how often each."""

from __future__ import annotations

import json

import pytest

from clinical.ids import PersonId
from signaling.auth.rights import Caller
from signaling.ecg.room_lane import HEARD_NS, MAX_CHARACTERS, WANTED_NS, LaneReport, RoomLane, read_report
from signaling.ecg.viewers import Viewer
from signaling.tokens import Binding

CLEAN, BAD = LaneReport(0, 25), LaneReport(2, 25)


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ('{"type":"lane","lost":2,"of":25}', LaneReport(2, 25)),
        ('{"type":"lane","lost":0,"of":0}', LaneReport(0, 0)),
        ('{"type":"lane","lost":3,"of":2}', None),
        ('{"type":"lane","lost":-1,"of":2}', None),
        ('{"type":"lane","lost":0,"of":1001}', None),
        ('{"type":"lane","lost":0.5,"of":1}', None),
        ('{"type":"lane","lost":true,"of":1}', None),
        ('{"type":"point","lost":0,"of":1}', None),
        ('{"type":"lane"}', None),
        ("[]", None),
        ("nonsense", None),
        (json.dumps({"type": "lane", "lost": 0, "of": 1, "more": "x" * MAX_CHARACTERS}), None),
    ],
)
def test_what_a_page_says(text: str, report: LaneReport | None) -> None:
    assert read_report(text) == report


def test_before_a_page_asks_nothing_goes_by_the_room() -> None:
    lane = RoomLane()
    assert (lane.is_wanted(0), lane.is_heard(0)) == (False, False)


def test_it_is_wanted_as_long_as_the_page_says_so_and_heard_as_long_as_something_comes() -> None:
    lane = RoomLane()
    lane.receive_report(LaneReport(0, 0), 5)
    assert (lane.is_wanted(5 + WANTED_NS), lane.is_wanted(6 + WANTED_NS)) == (True, False)
    assert not lane.is_heard(5)
    lane.receive_report(CLEAN, 10)
    assert (lane.is_heard(10 + HEARD_NS), lane.is_heard(11 + HEARD_NS)) == (True, False)
    lane.receive_report(LaneReport(25, 25), 20)
    assert not lane.is_heard(11 + HEARD_NS)
    assert lane.is_wanted(11 + HEARD_NS)


def test_repeats_come_at_once_and_go_slowly() -> None:
    lane = RoomLane()
    assert lane.repeats == 2
    lane.receive_report(LaneReport(0, 0), 0)
    assert lane.repeats == 2
    lane.receive_report(CLEAN, 1)
    assert lane.repeats == 0
    lane.receive_report(LaneReport(1, 150), 2)
    assert lane.repeats == 1
    lane.receive_report(BAD, 3)
    assert lane.repeats == 2
    seen = []
    for second in range(4, 104):
        lane.receive_report(CLEAN, second)
        seen.append(lane.repeats)
    assert seen[:3] == [2, 2, 2] and seen[-1] == 0
    assert seen == sorted(seen, reverse=True) and 1 in seen


def test_what_the_room_has_brought_the_socket_brings_together() -> None:
    viewer = Viewer(Caller(person=PersonId("pe_a")), Binding())
    pushed: list[object] = []
    viewer.outbox.push_live = lambda frames, _: pushed.append(frames)  # type: ignore[method-assign]
    viewer.show(b"1", 0)
    viewer.lane.receive_report(CLEAN, 1)
    viewer.show(b"2", 1)
    viewer.show(b"3", 1)
    assert pushed == [b"1"]
    viewer.release(2)
    viewer.release(3)
    assert pushed == [b"1", b"23"]
    viewer.show(b"4", 1)
    viewer.show(b"5", 2 + HEARD_NS)
    assert pushed == [b"1", b"23", b"4", b"5"]
