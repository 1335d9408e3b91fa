"""RFC 3550 §6.4.1: media time from sender reports: drift, late and jittery ones, one line a publisher."""

from __future__ import annotations

import itertools
import random

import pytest

from recording.timeline import (
    MIN_STEP_NS,
    RTP_JUMP_NS,
    PublisherClock,
    TrackTimeline,
    WindowedMinimum,
)

S = 1_000_000_000
MS = 1_000_000
ZERO = 5_000 * S
NTP = 1_800_000_000 * S


def video(publisher: PublisherClock | None = None) -> TrackTimeline:
    return TrackTimeline(publisher or PublisherClock(), clock_rate_hz=90_000, zero_ns=ZERO)


def audio(publisher: PublisherClock) -> TrackTimeline:
    return TrackTimeline(publisher, clock_rate_hz=48_000, zero_ns=ZERO)


class TestWindowedMinimum:
    def test_is_none_before_the_first_value(self) -> None:
        assert WindowedMinimum(10).value is None

    def test_is_the_smallest_of_this_window_and_the_one_before(self) -> None:
        minimum = WindowedMinimum(10)
        for value, now in [(5, 100), (3, 105), (9, 111), (8, 112)]:
            minimum.receive(value, now)
        assert minimum.value == 3

    def test_forgets_what_is_two_windows_old(self) -> None:
        minimum = WindowedMinimum(10)
        for value, now in [(3, 100), (9, 111), (7, 122)]:
            minimum.receive(value, now)
        assert minimum.value == 7


class TestBeforeTheFirstReport:
    def test_the_first_frame_lies_where_it_arrived(self) -> None:
        assert video().place(900_000, ZERO + 250 * MS) == 250 * MS

    def test_frames_follow_their_rtp_clock_not_their_arrival(self) -> None:
        line = video()
        line.place(0, ZERO)
        assert line.place(3_000, ZERO + 60 * MS) == 33_333_333

    def test_a_frame_that_was_faster_pulls_the_line_back_slowly(self) -> None:
        line = video()
        line.place(0, ZERO + 100 * MS)
        # 50 ms faster than the first: corrected by a tenth of the second that passed.
        assert line.place(90_000, ZERO + 1_050 * MS) == 1_100 * MS - 50 * MS
        line = video()
        line.place(0, ZERO + 100 * MS)
        assert line.place(9_000, ZERO + 150 * MS) == 200 * MS - 10 * MS

    def test_a_frame_before_the_beginning_lies_at_the_beginning(self) -> None:
        assert video().place(0, ZERO - 3 * MS) == 0

    def test_two_frames_of_one_time_stamp_stay_in_order(self) -> None:
        line = video()
        assert line.place(0, ZERO) == 0
        assert line.place(0, ZERO) == MIN_STEP_NS
        assert line.place(-90, ZERO) == 2 * MIN_STEP_NS


class TestWithReports:
    def test_a_report_before_the_first_frame_places_it_exactly(self) -> None:
        publisher = PublisherClock()
        line = video(publisher)
        line.receive_report(90_000, NTP + 1 * S, ZERO + 1_020 * MS)
        assert line.place(180_000, ZERO + 2_300 * MS) == 2_020 * MS

    def test_sound_and_picture_share_the_offset_of_the_fastest_report(self) -> None:
        publisher = PublisherClock()
        picture, sound = video(publisher), audio(publisher)
        picture.receive_report(0, NTP, ZERO + 80 * MS)
        sound.receive_report(0, NTP, ZERO + 20 * MS)
        assert picture.place(9_000, ZERO + 300 * MS) == 120 * MS
        assert sound.place(4_800, ZERO + 130 * MS) == 120 * MS

    def test_a_late_first_report_is_made_good_within_two_seconds_without_going_back(self) -> None:
        publisher = PublisherClock()
        picture, sound = video(publisher), audio(publisher)
        sound.receive_report(0, NTP, ZERO + 20 * MS)
        placed: list[int] = []
        for index in range(150):  # pictures take 150 ms longer than sound, and no report comes for 3 s
            if index == 90:
                picture.receive_report(
                    index * 3_000, NTP + index * S // 30, ZERO + index * S // 30 + 170 * MS
                )
            placed.append(picture.place(index * 3_000, ZERO + index * S // 30 + 170 * MS))
        assert placed == sorted(set(placed))
        true_ns = [index * S // 30 + 20 * MS for index in range(150)]
        assert abs(placed[89] - true_ns[89]) == pytest.approx(150 * MS, abs=MS)
        assert abs(placed[149] - true_ns[149]) <= 20 * MS
        steps = [after - before for before, after in itertools.pairwise(placed)]
        assert min(steps) >= 29 * MS

    def test_small_corrections_change_no_step_by_more_than_half_a_percent(self) -> None:
        line = video()
        line.receive_report(0, NTP, ZERO + 20 * MS)
        line.place(0, ZERO + 20 * MS)
        line.receive_report(90_000, NTP + 1_015 * MS, ZERO + 1_035 * MS)
        line.receive_report(90_001, NTP + 1_015 * MS, ZERO + 1_035 * MS)
        line.receive_report(90_002, NTP + 1_015 * MS, ZERO + 1_035 * MS)
        assert line.place(90_000, ZERO + 1_035 * MS) - 20 * MS == S + 5 * MS

    @pytest.mark.parametrize("audio_ppm", [0, 100, -100])
    @pytest.mark.parametrize("clock_ppm", [0, 100, -100])
    def test_sound_and_picture_stay_within_40_ms_over_five_minutes_of_drift_and_jitter(
        self, audio_ppm: int, clock_ppm: int
    ) -> None:
        random_ = random.Random(20261109)
        publisher = PublisherClock()
        picture, sound = video(publisher), audio(publisher)
        worst_ns = 0
        worst_to_ours_ns = 0
        last = {"picture": -1, "sound": -1}
        for tick in range(300 * 10):  # every 100 ms of our clock
            our_ns = tick * 100 * MS
            their_ns = our_ns + our_ns * clock_ppm // 1_000_000
            audio_rtp = 7_000_000 + their_ns * (1_000_000 + audio_ppm) // 1_000_000 * 48_000 // S
            video_rtp = 1_000 + their_ns * 90_000 // S
            arrival = ZERO + our_ns + 30 * MS + random_.randrange(40 * MS)
            if tick % 50 == 22:  # sound reports each 5 s, the first after 2.2 s
                jitter = random_.randrange(-10 * MS, 10 * MS)
                sound.receive_report(audio_rtp, NTP + their_ns + jitter, arrival)
            if tick % 10 == 6:
                jitter = random_.randrange(-10 * MS, 10 * MS)
                picture.receive_report(video_rtp, NTP + their_ns + jitter, arrival + 20 * MS)
            sound_ns = sound.place(audio_rtp, arrival)
            picture_ns = picture.place(video_rtp, arrival + 60 * MS)
            assert sound_ns > last["sound"]
            assert picture_ns > last["picture"]
            last = {"picture": picture_ns, "sound": sound_ns}
            if tick > 5 * 10:
                worst_ns = max(worst_ns, abs(sound_ns - picture_ns))
                worst_to_ours_ns = max(worst_to_ours_ns, abs(sound_ns - our_ns - 30 * MS))
        assert worst_ns <= 40 * MS
        assert worst_to_ours_ns <= 60 * MS

    def test_a_publisher_without_a_clock_is_placed_by_arrival(self) -> None:
        publisher = PublisherClock()
        line = video(publisher)
        line.receive_report(0, 0, ZERO)
        line.receive_report(90_000, 700_000_000, ZERO + S)
        assert publisher.offset_ns is None
        assert line.place(90_000, ZERO + 1_100 * MS) == 1_100 * MS

    def test_one_wild_report_is_ignored(self) -> None:
        line = video()
        for second in range(5):
            line.receive_report(90_000 * second, NTP + second * S, ZERO + second * S + 20 * MS)
        line.place(450_000, ZERO + 5_020 * MS)
        line.receive_report(450_000, NTP + 5 * S + 400 * MS, ZERO + 5_020 * MS + 400 * MS)
        assert line.place(453_000, ZERO + 5_060 * MS) == 5_020 * MS + 33_333_333


class TestSteps:
    def reported(self, publisher: PublisherClock, line: TrackTimeline, rate: int) -> None:
        for second in range(5):
            line.receive_report(rate * second, NTP + second * S, ZERO + second * S + 20 * MS)

    def test_a_publisher_that_sets_its_clock_moves_neither_track(self) -> None:
        publisher = PublisherClock()
        picture, sound = video(publisher), audio(publisher)
        self.reported(publisher, picture, 90_000)
        self.reported(publisher, sound, 48_000)
        before_ns = sound.place(48_000 * 5, ZERO + 5_020 * MS)
        picture.place(90_000 * 5, ZERO + 5_020 * MS)
        # One hour forward: the picture's report tells first, the sound's a second later.
        picture.receive_report(90_000 * 6, NTP + 3_606 * S, ZERO + 6_020 * MS)
        assert sound.place(48_000 * 6, ZERO + 6_020 * MS) == before_ns + S
        sound.receive_report(48_000 * 7, NTP + 3_607 * S, ZERO + 7_020 * MS)
        assert sound.place(48_000 * 7, ZERO + 7_020 * MS) == before_ns + 2 * S
        assert picture.place(90_000 * 7, ZERO + 7_020 * MS) == before_ns + 2 * S

    def test_an_rtp_clock_that_starts_anew_is_tied_by_its_next_report(self) -> None:
        publisher = PublisherClock()
        line = video(publisher)
        self.reported(publisher, line, 90_000)
        line.place(90_000 * 5, ZERO + 5_020 * MS)
        jumped = 90_000 * 1_000
        assert line.place(jumped, ZERO + 6_500 * MS) == 6_500 * MS
        line.receive_report(jumped, NTP + 6_480 * MS, ZERO + 6_500 * MS)
        assert line.place(jumped + 3_000, ZERO + 6_540 * MS) == 6_500 * MS + 33_333_333

    def test_a_report_on_another_rtp_clock_alone_starts_the_lines_anew(self) -> None:
        publisher = PublisherClock()
        line = video(publisher)
        self.reported(publisher, line, 90_000)
        line.place(90_000 * 5, ZERO + 5_020 * MS)
        line.receive_report(90_000 * 9, NTP + 6 * S, ZERO + 6_020 * MS)  # three seconds of media in none
        assert publisher.offset_ns == ZERO + 20 * MS - NTP
        # The line it asks for is 3 s away, and is approached, not jumped to.
        assert line.place(90_000 * 6, ZERO + 6_020 * MS) == 6_020 * MS - 100 * MS

    def test_a_jump_backward_places_by_arrival_and_stays_in_order(self) -> None:
        line = video()
        line.place(90_000 * 60, ZERO + 60 * S)
        assert line.place(0, ZERO + 60 * S + RTP_JUMP_NS) == 60 * S + RTP_JUMP_NS
