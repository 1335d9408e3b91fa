"""One line about one person: what is taken from a page's report, and how it is written down."""

from __future__ import annotations

from signaling.reception.line import Reception, Source, said_by_receiver
from signaling.reception.page_report import PageReport, TrackReport

PICTURE = TrackReport(track="TR_a", width=320, height=180, frames=60, freezes=2, frozen_ms=900, packets=200)
LARGE = TrackReport(track="TR_b", width=1280, height=720, frames=120, packets=900, lost=9)
HELD = TrackReport(track="TR_c", is_paused=True)
VOICE = TrackReport(track="TR_d", samples=240_000, concealed=480, packets=250, lost=1, buffer_ms=60)
OTHER_VOICE = TrackReport(track="TR_e", samples=240_000, concealed=0, buffer_ms=90)
ALL = ("TR_a", "TR_b", "TR_c", "TR_d", "TR_e")


def _said(*tracks: TrackReport, sent: tuple[str, ...] = ALL) -> Reception:
    return said_by_receiver(PageReport(span_ms=5_000, round_trip_ms=40, tracks=list(tracks)), sent)


def test_the_largest_picture_is_told_of_unless_another_is_shown_large() -> None:
    said = _said(PICTURE, LARGE, HELD)
    assert (said.picture, said.height, said.frames, said.pictures, said.paused) == ("TR_b", 720, 120, 3, 1)
    said = _said(PICTURE.model_copy(update={"is_main": True}), LARGE)
    assert (said.picture, said.frozen_ms) == ("TR_a", 900)


def test_all_voices_count_and_the_one_that_waited_longest() -> None:
    said = _said(VOICE, OTHER_VOICE)
    assert (said.voices, said.samples, said.concealed, said.buffer_ms) == (2, 480_000, 480, 90)
    assert (said.frames, said.packets, said.lost) == (None, 250, 1)


def test_what_was_not_sent_to_somebody_they_cannot_have_received() -> None:
    assert _said(LARGE, VOICE, sent=("TR_z",)).is_empty
    assert _said(LARGE, VOICE, sent=("TR_d",)).pictures == 0


def test_a_line_tells_what_is_known_in_a_fixed_order() -> None:
    assert _said(LARGE, VOICE).line() == (
        "source=receiver span_ms=5000 pictures=1 paused=0 picture=TR_b width=1280 height=720"
        " frames=120 freezes=0 frozen_ms=0 voices=1 samples=240000 concealed=480 packets=1150 lost=10"
        " buffer_ms=60 round_trip_ms=40"
    )
    sent = Reception(source=Source.SERVER, span_ms=5_000, voices=1, packets=250, sent_bytes=20_000)
    assert sent.line() == (
        "source=server span_ms=5000 pictures=0 paused=0 width=0 height=0 voices=1 packets=250 lost=0"
        " sent_bytes=20000"
    )
