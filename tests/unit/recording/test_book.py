"""The fold over a journal."""

from __future__ import annotations

from recording.book import RecordingBook
from recording.journal import (
    Alive,
    FragmentWritten,
    GapFound,
    GapPending,
    ParticipantGone,
    ParticipantSeen,
    RecordingBegun,
    SegmentBegun,
    SegmentSealed,
    Stopped,
    TrackBegun,
    TrackEnded,
)

BEGUN = RecordingBegun("RC_one", "room", "title", "li", 1_800_000_000_000, 5_000)
TRACK = TrackBegun("TR_a", "li", "video", "camera", 20)
SEGMENT = SegmentBegun("TR_a-0001.webm", "TR_a", "VP8", 640, 480, True)


def fragment(number: int, *, file: str = "TR_a-0001.webm") -> FragmentWritten:
    return FragmentWritten(file, number, 100, "00" * 32, number * 400, number * 400 + 400)


def book_of(*entries: object) -> RecordingBook:
    book = RecordingBook(BEGUN)
    for entry in entries:
        book.apply(entry)
    return book


def test_segments_and_fragments_lie_in_their_track() -> None:
    book = book_of(TRACK, SEGMENT, fragment(1), fragment(2))
    [segment] = book.tracks["TR_a"].segments
    assert (segment.from_ms, segment.to_ms) == (400, 1_200)
    assert book.segments() == [segment]
    assert book.tracks["TR_a"].covered_until_ms == 1_200


def test_a_seal_takes_back_fragments_that_were_announced_and_never_written() -> None:
    book = book_of(TRACK, SEGMENT, fragment(1), fragment(2), SegmentSealed(SEGMENT.file, 1, 100, "11" * 32))
    [segment] = book.segments()
    assert segment.fragments == [fragment(1)]
    assert segment.sealed is not None


def test_entries_about_what_is_unknown_are_ignored() -> None:
    book = book_of(
        SEGMENT,
        fragment(1),
        SegmentSealed(SEGMENT.file, 1, 100, "11" * 32),
        TrackEnded("TR_a", 5, "left"),
        GapFound("TR_a", 1, 2, "silent", 0),
        ParticipantGone("li", 9),
        BEGUN,
    )
    assert book.tracks == {}
    assert book.segments() == []
    assert book.participants == {}


def test_a_segment_and_a_track_begin_once() -> None:
    book = book_of(TRACK, SEGMENT, fragment(1), SEGMENT, TRACK)
    assert len(book.tracks["TR_a"].segments) == 1
    assert book.segments()[0].fragments == [fragment(1)]


def test_a_dropped_segment_is_gone_from_its_track() -> None:
    book = book_of(TRACK, SEGMENT)
    book.drop_segment(SEGMENT.file)
    assert book.segments() == []
    assert book.tracks["TR_a"].segments == []
    assert book.tracks["TR_a"].covered_until_ms == 20


def test_a_pending_gap_is_replaced_and_ends_with_media_a_gap_or_the_track() -> None:
    pending = GapPending("TR_a", 0, 3_000, "silent", 0)
    longer = GapPending("TR_a", 0, 4_000, "silent", 0)
    assert book_of(TRACK, pending, longer).tracks["TR_a"].pending == longer
    assert book_of(TRACK, SEGMENT, pending, fragment(1)).tracks["TR_a"].pending is None
    assert book_of(TRACK, pending, GapFound("TR_a", 0, 4_000, "silent", 0)).tracks["TR_a"].pending is None
    assert book_of(TRACK, pending, TrackEnded("TR_a", 9, "left")).tracks["TR_a"].pending is None


def test_gaps_count_for_how_far_a_track_is_explained() -> None:
    assert book_of(TRACK, GapFound("TR_a", 20, 900, "muted", 0)).tracks["TR_a"].covered_until_ms == 900


def test_participants_come_go_and_come_again() -> None:
    book = book_of(ParticipantSeen("li", "", 5), ParticipantSeen("li", "李", 6))
    assert (book.participants["li"].name, book.participants["li"].from_ms) == ("李", 5)
    book.apply(ParticipantGone("li", 50))
    assert book.participants["li"].to_ms == 50
    book.apply(ParticipantSeen("li", "", 60))
    assert (book.participants["li"].name, book.participants["li"].to_ms) == ("李", None)


def test_the_last_sign_of_life_is_the_latest_time_any_entry_tells() -> None:
    book = book_of(TRACK, SEGMENT, fragment(3))
    assert book.last_sign_ms == 1_600
    book.apply(Alive(2_000))
    book.apply(Alive(1_900))
    assert book.last_sign_ms == 2_000
    book.apply(Stopped(2_500, "asked"))
    assert book.last_sign_ms == 2_500
    assert book.stopped == Stopped(2_500, "asked")
