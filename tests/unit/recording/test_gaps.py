"""The rules at the top of recording/gaps.py, one by one, in literal times."""

from __future__ import annotations

import pytest

from recording.gaps import Cause, Gap, GapFinder

MS = 1_000_000
FRAME = 20 * MS


def finder_with_media(*, until_ms: int = 1_000) -> GapFinder:
    finder = GapFinder(start_ns=0)
    for at_ms in range(0, until_ms, 20):
        finder.receive_frame(at_ms * MS, FRAME, lost_packets=0)
    assert finder.next_gaps() == []
    return finder


def gap(from_ms: int, to_ms: int, cause: Cause, lost_packets: int = 0) -> Gap:
    return Gap(from_ms * MS, to_ms * MS, cause, lost_packets)


def ended(finder: GapFinder, at_ms: int) -> list[Gap]:
    finder.receive_end(at_ms * MS)
    return finder.next_gaps()


def test_media_end_to_end_has_no_gap() -> None:
    assert ended(finder_with_media(), 1_000) == []


def test_lost_packets_with_missing_time_are_a_gap() -> None:
    finder = finder_with_media()
    finder.receive_frame(1_060 * MS, FRAME, lost_packets=3)
    assert ended(finder, 1_080) == [gap(1_000, 1_060, Cause.PACKETS_LOST, 3)]


def test_lost_packets_without_missing_time_are_none() -> None:
    finder = finder_with_media()
    finder.receive_frame(1_000 * MS, FRAME, lost_packets=1)  # padding or repair was lost
    assert ended(finder, 1_020) == []


def test_dtx_silence_is_no_gap() -> None:
    finder = finder_with_media()
    for at_ms in range(1_400, 4_000, 400):
        finder.receive_frame(at_ms * MS, FRAME, lost_packets=0)
    assert ended(finder, 4_000) == []


def test_more_than_two_seconds_of_nothing_is_silent() -> None:
    finder = finder_with_media()
    finder.receive_frame(3_001 * MS, FRAME, lost_packets=0)
    assert ended(finder, 3_021) == [gap(1_000, 3_001, Cause.SILENT)]


def test_exactly_two_seconds_of_nothing_is_a_pause() -> None:
    finder = finder_with_media()
    finder.receive_frame(3_000 * MS, FRAME, lost_packets=0)
    assert ended(finder, 3_020) == []


def test_a_track_that_never_sends_is_silent_all_its_life() -> None:
    assert ended(GapFinder(start_ns=500 * MS), 9_000) == [gap(500, 9_000, Cause.SILENT)]


def test_losses_close_to_each_other_are_one_gap_with_their_sum() -> None:
    finder = finder_with_media()
    finder.receive_frame(1_020 * MS, FRAME, lost_packets=1)
    finder.receive_frame(1_060 * MS, FRAME, lost_packets=1)
    assert ended(finder, 1_080) == [gap(1_000, 1_060, Cause.PACKETS_LOST, 2)]


def test_losses_far_from_each_other_are_two_gaps() -> None:
    finder = finder_with_media()
    finder.receive_frame(1_020 * MS, FRAME, lost_packets=1)
    for at_ms in range(1_040, 1_240, 20):
        finder.receive_frame(at_ms * MS, FRAME, lost_packets=0)
    assert finder.next_gaps() == [gap(1_000, 1_020, Cause.PACKETS_LOST, 1)]
    finder.receive_frame(1_260 * MS, FRAME, lost_packets=1)
    assert ended(finder, 1_280) == [gap(1_240, 1_260, Cause.PACKETS_LOST, 1)]


def test_two_causes_side_by_side_are_two_gaps() -> None:
    finder = finder_with_media()
    finder.receive_frame(1_020 * MS, FRAME, lost_packets=1)
    finder.receive_drop(Cause.TAP_OVERFLOW)
    finder.receive_frame(1_100 * MS, FRAME, lost_packets=0)
    assert ended(finder, 1_120) == [
        gap(1_000, 1_020, Cause.PACKETS_LOST, 1),
        gap(1_040, 1_100, Cause.TAP_OVERFLOW),
    ]


@pytest.mark.parametrize("cause", [Cause.DISK_FULL, Cause.TAP_OVERFLOW, Cause.BAD_MEDIA, Cause.NO_KEYFRAME])
def test_frames_lost_on_our_side_are_a_gap_of_that_cause(cause: Cause) -> None:
    finder = finder_with_media()
    finder.receive_drop(cause, lost_packets=2)
    finder.receive_frame(1_040 * MS, FRAME, lost_packets=1)
    assert ended(finder, 1_060) == [gap(1_000, 1_040, cause, 3)]


def test_the_disk_explains_before_the_key_frame_that_was_needed_after_it() -> None:
    finder = finder_with_media()
    finder.receive_drop(Cause.NO_KEYFRAME)
    finder.receive_drop(Cause.DISK_FULL)
    finder.receive_frame(2_000 * MS, FRAME, lost_packets=0)
    assert ended(finder, 2_020) == [gap(1_000, 2_000, Cause.DISK_FULL)]


def test_a_mute_that_ended_before_the_frames_of_its_time_were_written_is_kept_in_mind() -> None:
    finder = finder_with_media()
    finder.receive_mute(1_100 * MS)
    finder.receive_unmute(9_000 * MS)
    finder.receive_frame(1_000 * MS, FRAME, lost_packets=0)  # written late
    finder.receive_frame(9_100 * MS, FRAME, lost_packets=0)
    assert ended(finder, 9_120) == [gap(1_100, 9_000, Cause.MUTED)]


class TestMute:
    def test_a_mute_is_a_gap_of_its_own_from_event_to_event(self) -> None:
        finder = finder_with_media()
        finder.receive_mute(1_010 * MS)
        finder.receive_unmute(60_000 * MS)
        finder.receive_frame(60_400 * MS, FRAME, lost_packets=0)
        assert ended(finder, 60_420) == [gap(1_010, 60_000, Cause.MUTED)]

    def test_media_that_stays_away_after_unmute_is_silent(self) -> None:
        finder = finder_with_media()
        finder.receive_mute(1_000 * MS)
        finder.receive_unmute(5_000 * MS)
        finder.receive_frame(8_000 * MS, FRAME, lost_packets=0)
        assert ended(finder, 8_020) == [gap(1_000, 5_000, Cause.MUTED), gap(5_000, 8_000, Cause.SILENT)]

    def test_media_that_was_away_before_the_mute_is_silent_up_to_it(self) -> None:
        finder = finder_with_media()
        finder.receive_mute(4_000 * MS)
        assert ended(finder, 9_000) == [gap(4_000, 9_000, Cause.MUTED), gap(1_000, 4_000, Cause.SILENT)]

    def test_frames_that_still_come_while_muted_are_taken(self) -> None:
        finder = finder_with_media()
        finder.receive_mute(1_000 * MS)
        finder.receive_frame(1_000 * MS, FRAME, lost_packets=0)
        finder.receive_frame(9_000 * MS, FRAME, lost_packets=0)
        assert ended(finder, 9_020) == [gap(1_000, 9_020, Cause.MUTED)]

    def test_two_mutes_between_two_frames_leave_the_stretch_between_them(self) -> None:
        finder = finder_with_media()
        for from_ms, to_ms in [(1_000, 2_000), (5_000, 6_000)]:
            finder.receive_mute(from_ms * MS)
            finder.receive_unmute(to_ms * MS)
        finder.receive_frame(6_100 * MS, FRAME, lost_packets=0)
        assert ended(finder, 6_120) == [
            gap(1_000, 2_000, Cause.MUTED),
            gap(5_000, 6_000, Cause.MUTED),
            gap(2_000, 5_000, Cause.SILENT),
        ]

    def test_muting_twice_and_unmuting_twice_change_nothing(self) -> None:
        finder = finder_with_media()
        finder.receive_unmute(900 * MS)
        finder.receive_mute(1_000 * MS)
        finder.receive_mute(1_500 * MS)
        finder.receive_unmute(2_000 * MS)
        finder.receive_unmute(2_500 * MS)
        assert ended(finder, 2_100) == [gap(1_000, 2_000, Cause.MUTED)]

    def test_a_mute_of_no_length_is_none(self) -> None:
        finder = finder_with_media()
        finder.receive_mute(1_000 * MS)
        finder.receive_unmute(1_000 * MS)
        assert ended(finder, 1_000) == []


class TestLink:
    def test_missing_media_in_a_lost_link_is_link_lost(self) -> None:
        finder = finder_with_media()
        finder.receive_link_lost(4_000 * MS)
        finder.receive_link_back()
        finder.receive_frame(6_000 * MS, FRAME, lost_packets=250)
        assert ended(finder, 6_020) == [gap(1_000, 6_000, Cause.LINK_LOST, 250)]

    def test_a_long_stretch_without_counted_losses_is_link_lost_too(self) -> None:
        finder = finder_with_media()
        finder.receive_link_lost(4_000 * MS)
        assert ended(finder, 9_000) == [gap(1_000, 9_000, Cause.LINK_LOST)]

    def test_a_link_that_was_lost_and_took_no_media_is_no_gap(self) -> None:
        finder = finder_with_media()
        finder.receive_link_lost(1_000 * MS)
        finder.receive_link_back()
        finder.receive_frame(1_400 * MS, FRAME, lost_packets=0)
        assert ended(finder, 1_420) == []

    def test_the_loss_explains_no_gap_after_the_next_frame(self) -> None:
        finder = finder_with_media()
        finder.receive_link_lost(1_000 * MS)
        finder.receive_link_back()
        finder.receive_frame(1_400 * MS, FRAME, lost_packets=0)
        finder.receive_frame(1_460 * MS, FRAME, lost_packets=2)
        assert ended(finder, 1_480) == [gap(1_420, 1_460, Cause.PACKETS_LOST, 2)]

    def test_a_link_still_lost_goes_on_explaining(self) -> None:
        finder = finder_with_media()
        finder.receive_link_lost(1_000 * MS)
        finder.receive_frame(1_000 * MS, FRAME, lost_packets=0)
        finder.receive_frame(5_000 * MS, FRAME, lost_packets=0)
        assert ended(finder, 5_020) == [gap(1_020, 5_000, Cause.LINK_LOST)]


class TestPending:
    def test_a_gap_that_goes_on_is_told_and_stays_open(self) -> None:
        finder = finder_with_media()
        assert finder.pending(2_000 * MS) == []
        assert finder.pending(5_000 * MS) == [gap(1_000, 5_000, Cause.SILENT)]
        assert finder.pending(6_000 * MS) == [gap(1_000, 6_000, Cause.SILENT)]
        assert finder.next_gaps() == []
        assert ended(finder, 7_000) == [gap(1_000, 7_000, Cause.SILENT)]

    def test_a_mute_and_a_lost_link_that_go_on_are_told(self) -> None:
        muted = finder_with_media()
        muted.receive_mute(1_000 * MS)
        assert muted.pending(1_500 * MS) == [gap(1_000, 1_500, Cause.MUTED)]
        lost = finder_with_media()
        lost.receive_link_lost(3_500 * MS)
        assert lost.pending(4_000 * MS) == [gap(1_000, 4_000, Cause.LINK_LOST)]

    def test_after_a_second_no_more_of_the_same_is_waited_for(self) -> None:
        finder = finder_with_media()
        finder.receive_frame(1_020 * MS, FRAME, lost_packets=1)
        finder.receive_time(2_019 * MS)
        assert finder.next_gaps() == []
        finder.receive_time(2_020 * MS)
        assert finder.next_gaps() == [gap(1_000, 1_020, Cause.PACKETS_LOST, 1)]
        finder.receive_time(9_000 * MS)
        assert finder.next_gaps() == []

    def test_covered_until_tells_how_far_everything_is_explained(self) -> None:
        finder = finder_with_media()
        assert finder.covered_until_ns == 1_000 * MS


def test_a_gap_is_noticeable_from_200_ms_and_a_mute_never() -> None:
    assert gap(0, 200, Cause.SILENT).is_noticeable
    assert not gap(0, 199, Cause.SILENT).is_noticeable
    assert not gap(0, 9_000, Cause.MUTED).is_noticeable
