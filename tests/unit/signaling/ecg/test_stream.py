"""What has arrived, what is stored, what is acknowledged, and when an ECG is complete."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.ecg.descriptor import MAX_RATE_HZ, parse_descriptor
from media_server.ecg.frame import NO_FLAGS, Envelope, FrameFlag
from media_server.ecg.spans import Span
from signaling.ecg.inventory import Counted, EpochExtent
from signaling.ecg.stream import (
    CLOCK_JUMP_US,
    MAX_AHEAD_S,
    MAX_EPOCH_S,
    MAX_JUMP_S,
    MAX_OPEN_GAPS,
    ClockJumped,
    GapFilled,
    GapFound,
    Stream,
)
from tests.support.ecg_world import DESCRIPTOR, RATE_HZ


def _stream(*, first: int | None = 0) -> Stream:
    stream = Stream()
    stream.describe(parse_descriptor(DESCRIPTOR))
    stream.begin_epoch(0, first)
    return stream


def _frame(
    start: int, end: int, *, epoch: int = 0, leads: int = 12, flags: FrameFlag = NO_FLAGS, off_us: int = 0
) -> Envelope:
    taken_us = 1_000_000_000 + start * 1_000_000 // RATE_HZ + off_us
    return Envelope(1, epoch, start, taken_us, end - start, leads, 0, flags, 0, 100)


class TestAhead:
    """Frames that came beside the truth lane: which may be shown, and that they change nothing."""

    def test_what_follows_the_truth_lane_is_shown_and_nothing_is_changed_by_it(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 20))
        before = stream.extents(), stream.missing_samples, stream.version
        assert stream.refusal_of_ahead(_frame(20, 40)) == ""
        assert stream.refusal_of_ahead(_frame(400, 420)) == ""
        assert (stream.extents(), stream.missing_samples, stream.version) == before
        assert stream.next_facts() == []

    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            (_frame(100, 120, epoch=1), "frame_epoch_unknown"),
            (_frame(100, 120, leads=3), "frame_leads_wrong"),
            (_frame(100, 120, flags=FrameFlag.LATE), "frame_ahead"),
            (_frame(80, 100), "frame_known"),
            (_frame(0, 20), "frame_known"),
            (_frame(90, 110), "frame_known"),
            (_frame(100 + MAX_AHEAD_S * RATE_HZ - 20, 100 + MAX_AHEAD_S * RATE_HZ), ""),
            (_frame(100 + MAX_AHEAD_S * RATE_HZ - 19, 101 + MAX_AHEAD_S * RATE_HZ), "frame_ahead"),
            (_frame(100, 120, off_us=CLOCK_JUMP_US), ""),
            (_frame(100, 120, off_us=CLOCK_JUMP_US + 1), "frame_clock_wrong"),
            (_frame(100, 120, off_us=-CLOCK_JUMP_US - 1), "frame_clock_wrong"),
        ],
    )
    def test_what_is_not_plausible_beside_the_truth_lane_is_not(self, frame: Envelope, code: str) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 100))
        assert stream.refusal_of_ahead(frame) == code

    def test_before_the_truth_lane_has_brought_something_nothing_is(self) -> None:
        stream = _stream()
        assert stream.refusal_of_ahead(_frame(0, 20)) == "frame_ahead"
        stream.receive_frame(_frame(0, 20, flags=FrameFlag.LATE))
        assert stream.refusal_of_ahead(_frame(20, 40)) == "frame_ahead"
        stream.receive_frame(_frame(20, 40))
        assert stream.refusal_of_ahead(_frame(40, 60)) == ""
        # The gateway has connected anew, or the device has begun to count anew.
        stream.begin_epoch(1, 0)
        assert stream.refusal_of_ahead(_frame(40, 60)) == "frame_epoch_unknown"
        assert stream.refusal_of_ahead(_frame(0, 20, epoch=1)) == "frame_ahead"

    def test_after_all_was_declared_nothing_is(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 100))
        stream.declared = {0: (Counted(0, 100, 100),)}
        assert stream.refusal_of_ahead(_frame(100, 120)) == "frame_ahead"


class TestTorn:
    def test_a_hole_more_than_there_may_be_is_refused_and_filling_is_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("signaling.ecg.stream.MAX_STRETCHES", 2)
        stream = _stream()
        stream.receive_frame(_frame(0, 20))
        stream.receive_frame(_frame(40, 60))
        assert stream.refusal_of(_frame(80, 100)) == "frame_torn"
        assert stream.refusal_of(_frame(60, 80)) == stream.refusal_of(_frame(20, 40)) == ""

    def test_what_was_declared_together_is_missing_by_count(self) -> None:
        stream = _stream()
        stream.declared = {0: (Counted(0, 100, 60),), 1: (Span(0, 20),)}
        for start in (0, 40):
            stream.receive_frame(_frame(start, start + 20))
            stream.receive_stored(0, start, start + 20)
        assert (stream.missing_samples, stream.is_complete) == (40, False)
        assert [each.span for each in stream.missing()] == [Span(20, 40), Span(60, 100), Span(0, 20)]
        stream.receive_stored(0, 80, 100)
        stream.receive_stored(1, 0, 20)
        assert (stream.missing_samples, stream.is_complete, stream.missing()) == (0, True, ())


class TestArriving:
    def test_only_what_brings_something_new_counts(self) -> None:
        stream = _stream()
        assert stream.receive_frame(_frame(0, 20))
        assert not stream.receive_frame(_frame(0, 20))
        assert not stream.receive_frame(_frame(5, 15))
        assert stream.receive_frame(_frame(15, 40))
        assert stream.extents() == (EpochExtent(0, 0, 40, 1_000_000_000),)
        assert stream.newest() == (0, 40)

    def test_an_earlier_frame_is_the_first_from_then_on(self) -> None:
        stream = _stream(first=None)
        stream.receive_frame(_frame(100, 120))
        stream.receive_frame(_frame(40, 60))
        assert stream.extents()[0].first == 40
        assert stream.extents()[0].first_taken_us == 1_000_000_000 + 80_000

    def test_before_anything_there_is_nothing(self) -> None:
        stream = Stream()
        assert (stream.newest(), stream.extents(), stream.shown()) == ((0, 0), (), {})
        assert (stream.missing_ms, stream.late_ms, stream.is_complete) == (0, 0, False)

    def test_what_came_late_is_counted_once(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(500, 520))
        stream.receive_frame(_frame(0, 500, flags=FrameFlag.LATE))
        stream.receive_frame(_frame(400, 510, flags=FrameFlag.LATE))
        assert stream.late_ms == 1_000

    @pytest.mark.parametrize(
        ("envelope", "code"),
        [
            (_frame(20, 40), ""),
            (_frame(0, 20, epoch=1), "frame_epoch_unknown"),
            (_frame(20, 40, leads=8), "frame_leads_wrong"),
            (_frame(20 + MAX_JUMP_S * RATE_HZ, 40 + MAX_JUMP_S * RATE_HZ), ""),
            (_frame(21 + MAX_JUMP_S * RATE_HZ, 40 + MAX_JUMP_S * RATE_HZ), "frame_beyond"),
        ],
    )
    def test_what_cannot_be_of_it_is_refused(self, envelope: Envelope, code: str) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 20))
        assert stream.refusal_of(envelope) == code

    def test_the_first_frame_may_have_any_number(self) -> None:
        assert _stream().refusal_of(_frame(10**12, 10**12 + 20)) == ""

    @pytest.mark.parametrize(("back", "code"), [(0, ""), (1, "frame_beyond"), (10**12, "frame_beyond")])
    def test_no_epoch_reaches_further_than_is_ever_worn(self, back: int, code: str) -> None:
        stream = _stream(first=None)
        longest = MAX_EPOCH_S * RATE_HZ
        stream.receive_frame(_frame(10**13, 10**13 + 20))
        start = 10**13 + 20 - longest - back
        assert stream.refusal_of(_frame(start, start + 20)) == code
        for day in range(1, 32):
            at = 10**13 + day * MAX_JUMP_S * RATE_HZ
            is_inside = day < 31
            assert stream.refusal_of(_frame(at, at + 20)) == ("" if is_inside else "frame_beyond")
            stream.receive_frame(_frame(at, at + 20))


class TestGaps:
    def test_a_second_that_is_missing_is_found_and_filled(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 20))
        stream.receive_frame(_frame(520, 540))
        gap = Span(20, 520)
        assert stream.next_facts() == [GapFound(0, gap)]
        assert (stream.gap_count, stream.missing_ms) == (1, 1_000)
        stream.receive_frame(_frame(20, 519))
        assert stream.next_facts() == []
        stream.receive_frame(_frame(519, 520))
        assert stream.next_facts() == [GapFilled(0, gap)]
        assert stream.next_facts() == []
        assert (stream.gap_count, stream.missing_ms) == (1, 0)

    def test_less_than_a_second_is_none(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 20))
        stream.receive_frame(_frame(519, 540))
        stream.receive_frame(_frame(20, 519))
        assert (stream.next_facts(), stream.gap_count) == ([], 0)

    def test_each_epoch_has_its_own(self) -> None:
        stream = _stream()
        stream.begin_epoch(1, 0)
        stream.receive_frame(_frame(0, 20))
        stream.receive_frame(_frame(2_000, 2_020))
        stream.receive_frame(_frame(0, 20, epoch=1))
        stream.receive_frame(_frame(0, 4_000, epoch=1))
        stream.receive_frame(_frame(0, 5, epoch=1))
        assert [type(fact) for fact in stream.next_facts()] == [GapFound]

    def test_so_many_are_watched_and_no_more(self) -> None:
        stream = _stream()
        for number in range(MAX_OPEN_GAPS + 2):
            stream.receive_frame(_frame(number * 1_000, number * 1_000 + 20))
        found = stream.next_facts()
        assert len(found) == MAX_OPEN_GAPS + 1 == stream.gap_count
        stream.receive_frame(_frame(20, 1_000))
        assert stream.next_facts() == []
        stream.receive_frame(_frame(1_020, 2_000))
        assert stream.next_facts() == [GapFilled(0, Span(1_020, 2_000))]


class TestClock:
    def test_a_clock_that_was_set_is_told_once(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 20))
        stream.receive_frame(_frame(20, 40, off_us=CLOCK_JUMP_US))
        assert stream.next_facts() == []
        stream.receive_frame(_frame(40, 60, off_us=CLOCK_JUMP_US + 1))
        assert stream.next_facts() == [ClockJumped(0, CLOCK_JUMP_US + 1)]
        stream.receive_frame(_frame(60, 80, off_us=CLOCK_JUMP_US + 1))
        assert stream.next_facts() == []

    def test_what_fills_a_hole_says_nothing_of_the_clock(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(100, 120))
        stream.receive_frame(_frame(0, 20, off_us=-5_000_000))
        stream.receive_frame(_frame(120, 140, flags=FrameFlag.LATE, off_us=9_000_000))
        assert stream.next_facts() == []


class TestStored:
    def test_only_what_is_stored_is_acknowledged(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 40))
        assert stream.acknowledgements() == []
        stream.receive_stored(0, 0, 20)
        assert stream.acknowledgements() == [(0, 20)]
        assert stream.acknowledgements() == []
        assert stream.shown() == {"0": [[0, 20]]}

    def test_an_acknowledgement_covers_nothing_that_is_missing(self) -> None:
        stream = _stream(first=0)
        stream.receive_frame(_frame(500, 520))
        stream.receive_stored(0, 500, 520)
        assert stream.acknowledgements() == []
        stream.receive_stored(0, 0, 500)
        assert stream.acknowledgements() == [(0, 520)]

    def test_where_the_first_is_not_told_the_least_that_came_stands_for_it(self) -> None:
        stream = _stream(first=None)
        stream.receive_frame(_frame(500, 520))
        stream.receive_stored(0, 500, 520)
        assert stream.acknowledgements() == [(0, 520)]

    def test_after_a_new_beginning_it_is_said_again(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 20))
        stream.receive_stored(0, 0, 20)
        stream.acknowledgements()
        stream.begin_epoch(0, None)
        assert stream.acknowledgements() == [(0, 20)]

    def test_complete_is_when_all_that_was_declared_is_stored(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 40))
        stream.receive_stored(0, 0, 20)
        assert not stream.is_complete
        stream.declared = {0: (Span(0, 40),)}
        assert (stream.is_complete, stream.missing_ms) == (False, 40)
        stream.receive_stored(0, 20, 40)
        assert (stream.is_complete, stream.missing_ms) == (True, 0)

    def test_one_sample_less_is_not_complete(self) -> None:
        stream = _stream()
        stream.receive_frame(_frame(0, 39))
        stream.receive_stored(0, 0, 39)
        stream.declared = {0: (Span(0, 40),)}
        assert (stream.is_complete, stream.missing_ms) == (False, 2)

    def test_no_more_can_be_declared_than_an_epoch_may_reach(self) -> None:
        stream = _stream()
        longest = MAX_EPOCH_S * RATE_HZ
        assert stream.may_declare({})
        assert stream.may_declare({0: (), 1: (Span(7, 9), Span(longest, longest + 7))})
        assert not stream.may_declare({0: (Span(0, 1),), 1: (Span(7, 9), Span(longest, longest + 8))})
        assert not stream.may_declare({0: (Span(0, 2**53 - 1),)})

    def test_before_the_device_has_described_itself_it_may_have_any_rate(self) -> None:
        longest = MAX_EPOCH_S * MAX_RATE_HZ
        assert Stream().may_declare({0: (Span(0, longest),)})
        assert not Stream().may_declare({0: (Span(0, longest + 1),)})


class TestLoading:
    def test_what_is_in_the_log_is_stored_and_its_gaps_are_watched_silently(self) -> None:
        stream = Stream(gap_count=1)
        stream.describe(parse_descriptor(DESCRIPTOR))
        stream.load({1: [Span(0, 100), Span(700, 800), Span(810, 900)], 0: [Span(5, 6)]}, {0: 11, 1: 22})
        assert stream.shown() == {"0": [[5, 6]], "1": [[0, 100], [700, 800], [810, 900]]}
        assert stream.extents() == (EpochExtent(0, 5, 6, 11), EpochExtent(1, 0, 900, 22))
        assert (stream.next_facts(), stream.gap_count, stream.newest_epoch) == ([], 1, 1)
        stream.receive_frame(_frame(100, 700, epoch=1))
        assert stream.next_facts() == [GapFilled(1, Span(100, 700))]


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), min_size=1, max_size=40), st.randoms())
def test_in_whatever_order_frames_come_what_is_here_is_the_same(
    pieces: list[tuple[int, int]], chance: object
) -> None:
    shuffled = list(pieces)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    seen: set[int] = set()
    one, other = _stream(first=None), _stream(first=None)
    for start, length in pieces:
        fresh = set(range(start, start + length)) - seen
        assert bool(one.receive_frame(_frame(start, start + length))) == bool(fresh)
        seen |= fresh
    for start, length in shuffled:
        other.receive_frame(_frame(start, start + length))
    assert one.missing_samples == other.missing_samples == max(seen) + 1 - min(seen) - len(seen)
