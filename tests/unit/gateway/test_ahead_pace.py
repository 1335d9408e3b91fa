"""When live frames also go as datagrams: where they come, while they are wanted, and never in the way."""

from __future__ import annotations

import pytest

from clients.gateway.ahead_pace import (
    BEHIND_MS,
    BLOCKED_US,
    FAR_BEHIND_MS,
    FIRST_US,
    MOST_BLOCKED_US,
    MOST_REST_US,
    QUEUE_US,
    REST_US,
    SILENT_US,
    SOME_QUEUE_US,
    STEADY_US,
    USUAL_US,
    AheadPace,
    Heard,
    PaceState,
)

SECOND_US = 1_000_000
WAY_US = -77_000
"""Two clocks of which nobody knows how far they are apart."""


class Line:
    """A pace, and what the server says of 25 datagrams a second."""

    def __init__(self) -> None:
        self.pace = AheadPace()
        self.now_us = 10**15
        self.number = self.came = 0
        self.pace.receive_offer(self.now_us)

    def watched(self, is_watched: bool = True) -> None:
        """Somebody begins to watch, or all go."""
        self.pace.receive_heard(Heard(self.number, self.came, 0, 0, is_watched), self.now_us)

    def second(self, lost: int = 0, *, queue_us: int = 0, behind_ms: int = 0) -> bool:
        """A second passes and is told; whether it may go on."""
        self.now_us += SECOND_US
        self.number += 25
        self.came += 25 - lost
        self.pace.receive_heard(
            Heard(self.number, self.came, WAY_US + queue_us, behind_ms, True), self.now_us
        )
        return self.may_send()

    def may_send(self, after_us: int = 0) -> bool:
        """Whether a datagram goes then."""
        self.now_us += after_us
        return self.pace.may_send(self.now_us)


@pytest.fixture
def line() -> Line:
    """One that flows."""
    line = Line()
    line.watched()
    assert line.second()
    assert line.pace.state is PaceState.FLOWING
    return line


def test_nothing_goes_without_an_offer() -> None:
    pace = AheadPace()
    pace.receive_heard(Heard(0, 0, 0, 0, is_watched=True), 1)
    assert not pace.may_send(1)
    pace.receive_heard(Heard(5, 5, 0, 0, is_watched=True), 1)
    assert pace.state is PaceState.OFF


def test_nothing_goes_while_nobody_watches(line: Line) -> None:
    line.watched(False)
    assert not line.may_send()
    line.watched()
    assert line.may_send(1)


def test_a_wait_for_somebody_is_no_silence(line: Line) -> None:
    line.watched(False)
    line.now_us += 10 * SILENT_US
    line.watched()
    assert line.may_send(SILENT_US)
    fresh = Line()
    fresh.now_us += 10 * FIRST_US
    fresh.watched()
    assert fresh.may_send(FIRST_US)


def test_where_nothing_of_the_first_is_heard_it_is_tried_again_rarely_and_ever_more_so() -> None:
    line = Line()
    line.watched()
    for wait_us in (BLOCKED_US, 2 * BLOCKED_US, 4 * BLOCKED_US, 8 * BLOCKED_US, MOST_BLOCKED_US):
        assert line.may_send(FIRST_US)
        assert not line.may_send(1)
        assert line.pace.state is PaceState.RESTING
        assert not line.may_send(wait_us - 1)
        assert line.may_send(1)
    # Once it gets through, the next wall is another one.
    line.second()
    assert not line.may_send(SILENT_US + 1)
    assert line.may_send(REST_US)
    assert not line.may_send(FIRST_US + 1)
    assert line.may_send(BLOCKED_US)


def test_repeats_follow_what_is_lost(line: Line) -> None:
    assert line.pace.repeats == 0
    line.second(2)
    assert line.pace.repeats == 2
    for _ in range(100):
        line.second()
    assert line.pace.repeats == 0


def test_what_comes_late_is_not_lost_twice(line: Line) -> None:
    line.second(-1)
    assert line.pace.repeats == 0


def test_a_line_that_only_loses_keeps_them_while_the_websocket_stands_still(line: Line) -> None:
    for behind_ms in (BEHIND_MS, 2_700, FAR_BEHIND_MS - 1):
        assert line.second(2, behind_ms=behind_ms)


@pytest.mark.parametrize(
    ("lost", "queue_us", "behind_ms", "goes_on"),
    [
        (0, QUEUE_US - 1, 0, True),
        (0, QUEUE_US, 0, False),
        (0, SOME_QUEUE_US, BEHIND_MS - 1, True),
        (0, SOME_QUEUE_US, BEHIND_MS, False),
        (4, SOME_QUEUE_US, 0, True),
        (5, SOME_QUEUE_US, 0, False),
        (4, 0, BEHIND_MS, True),
        (5, 0, BEHIND_MS - 1, True),
        (5, 0, BEHIND_MS, False),
        (0, 0, FAR_BEHIND_MS, False),
    ],
)
def test_a_narrow_line_is_left_to_the_websocket(
    line: Line, lost: int, queue_us: int, behind_ms: int, goes_on: bool
) -> None:
    assert line.second(lost, queue_us=queue_us, behind_ms=behind_ms) == goes_on
    assert (line.pace.state is PaceState.FLOWING) == goes_on


def test_they_come_back_carefully_and_sooner_after_a_steady_time(line: Line) -> None:
    for wait_us in (REST_US, 2 * REST_US, 4 * REST_US):
        assert not line.second(behind_ms=FAR_BEHIND_MS)
        assert not line.may_send(wait_us - 1)
        assert line.may_send(1)
        line.second()
    for _ in range(10):
        assert not line.second(behind_ms=FAR_BEHIND_MS)
        line.may_send(MOST_REST_US)
        line.second()
    assert not line.second(behind_ms=FAR_BEHIND_MS)
    assert not line.may_send(MOST_REST_US - 1)
    assert line.may_send(1)
    for _ in range(STEADY_US // SECOND_US + 1):
        line.second()
    assert not line.second(behind_ms=FAR_BEHIND_MS)
    assert line.may_send(REST_US)


def test_what_still_comes_while_they_rest_changes_nothing(line: Line) -> None:
    assert not line.second(behind_ms=FAR_BEHIND_MS)
    assert not line.second()
    assert line.pace.state is PaceState.RESTING


def test_another_way_that_takes_longer_is_the_usual_one_after_a_while(line: Line) -> None:
    longer_us = QUEUE_US + 100_000
    assert not line.second(queue_us=longer_us)
    line.now_us += USUAL_US
    assert line.may_send()
    assert line.second(queue_us=longer_us)


def test_a_new_connection_begins_anew(line: Line) -> None:
    line.second(5)
    line.pace.leave()
    assert not line.may_send()
    line.pace.receive_offer(line.now_us)
    line.number = line.came = 0
    assert not line.may_send()
    line.watched()
    assert line.may_send()
    assert line.pace.repeats == 0
    assert line.second()
