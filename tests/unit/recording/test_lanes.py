"""What pages see: one lane a participant, spans, noticeable gaps."""

from __future__ import annotations

from recording.book import RecordingBook
from recording.journal import (
    Entry,
    FragmentWritten,
    GapFound,
    GapPending,
    ParticipantSeen,
    RecordingBegun,
    SegmentBegun,
    Stopped,
    TrackBegun,
)
from recording.lanes import detail_of_book, main_media_type
from recording.summary import Lane, LaneGap, RecordingDetail, Span


def shown(*entries: Entry, trouble: str | None = None) -> RecordingDetail:
    book = RecordingBook(RecordingBegun("RC_one", "room", "title", "li", 1_800_000_000_000, 0))
    for entry in (ParticipantSeen("li", "李", 0), *entries):
        book.apply(entry)
    return detail_of_book(book, [], now_ms=60_000, trouble=trouble)


def track(sid: str, *, kind: str = "audio", source: str = "microphone", identity: str = "li") -> TrackBegun:
    return TrackBegun(sid, identity, kind, source, 0)


def media(sid: str, number: int, from_ms: int, to_ms: int, *, codec: str = "opus") -> list[Entry]:
    file = f"{sid}-{number:04d}.webm"
    return [
        SegmentBegun(file, sid, codec, 0, 0, True),
        FragmentWritten(file, number, 1, "00" * 32, from_ms, to_ms),
    ]


def lane_of(*entries: Entry) -> Lane:
    [lane] = shown(*entries).lanes
    return lane


def test_segments_that_touch_are_one_span() -> None:
    lane = lane_of(
        track("a"),
        *media("a", 1, 100, 10_000),
        *media("a", 2, 10_020, 20_000),
        *media("a", 3, 25_000, 26_000),
    )
    assert lane.spans == (Span(100, 20_000), Span(25_000, 26_000))
    assert lane.starts_at_ms == 100


def test_a_noticeable_gap_cuts_the_span_and_is_shown() -> None:
    lane = lane_of(
        track("a"),
        *media("a", 1, 0, 10_000),
        GapFound("a", 3_000, 4_000, "link_lost", 9),
        GapFound("a", 6_000, 6_100, "packets_lost", 2),
    )
    assert lane.spans == (Span(0, 3_000), Span(4_000, 10_000))
    assert lane.gaps == (LaneGap(3_000, 4_000, "link_lost"),)


def test_gaps_at_the_edges_of_a_span_leave_no_empty_span() -> None:
    lane = lane_of(
        track("a"),
        *media("a", 1, 1_000, 10_000),
        GapFound("a", 0, 2_000, "silent", 0),
        GapFound("a", 9_000, 12_000, "silent", 0),
        GapFound("a", 20_000, 22_000, "silent", 0),
    )
    assert lane.spans == (Span(2_000, 9_000),)


def test_a_mute_takes_the_span_away_and_is_no_gap() -> None:
    lane = lane_of(track("a"), *media("a", 1, 0, 10_000), GapFound("a", 2_000, 5_000, "muted", 0))
    assert lane.spans == (Span(0, 2_000), Span(5_000, 10_000))
    assert lane.gaps == ()


def test_what_sound_and_picture_lose_together_is_one_gap() -> None:
    lane = lane_of(
        track("a"),
        track("v", kind="video", source="camera"),
        *media("a", 1, 0, 10_000),
        *media("v", 1, 0, 10_000, codec="VP8"),
        GapFound("a", 3_000, 4_000, "link_lost", 9),
        GapFound("v", 3_100, 4_500, "link_lost", 9),
        GapFound("v", 3_200, 3_900, "disk_full", 0),
    )
    assert lane.gaps == (LaneGap(3_000, 4_500, "link_lost"), LaneGap(3_200, 3_900, "disk_full"))
    assert lane.media_type == "video/webm"


def test_a_gap_that_goes_on_is_shown() -> None:
    lane = lane_of(track("a"), *media("a", 1, 0, 1_000), GapPending("a", 1_000, 9_000, "silent", 0))
    assert lane.gaps == (LaneGap(1_000, 9_000, "silent"),)


def test_a_shared_screen_is_in_the_lane_but_not_where_the_file_starts() -> None:
    lane = lane_of(
        track("s", kind="video", source="screen_share"),
        track("a"),
        *media("s", 1, 0, 5_000, codec="VP8"),
        *media("a", 1, 2_000, 5_000),
    )
    assert (lane.starts_at_ms, lane.media_type, lane.spans) == (2_000, "audio/webm", (Span(0, 5_000),))


def test_a_participant_without_media_has_an_empty_lane() -> None:
    lane = lane_of(SegmentBegun("a-0001.webm", "a", "opus", 0, 0, True))
    assert (lane.spans, lane.gaps, lane.media_type, lane.starts_at_ms) == ((), (), None, 0)


def test_the_summary_counts_and_names() -> None:
    detail = shown(
        ParticipantSeen("wang", "", 5),
        track("a"),
        *media("a", 1, 0, 9_000),
        GapFound("a", 1_000, 2_000, "silent", 0),
        trouble="disk_full",
    )
    summary = detail.summary
    assert (summary.state, summary.duration_ms, summary.gap_count, summary.trouble) == (
        "recording",
        60_000,
        1,
        "disk_full",
    )
    assert (summary.participants, summary.identities) == (("李", "wang"), ("li", "wang"))
    assert shown(Stopped(7_000, "asked")).summary.duration_ms == 7_000


def test_media_types() -> None:
    assert main_media_type([]) is None
    assert main_media_type(["opus"]) == "audio/webm"
    assert main_media_type(["opus", "H264", "VP8"]) == "video/mp4"
