"""Lines summed up for the ledger."""

from __future__ import annotations

from signaling.reception.line import Reception, Source
from signaling.reception.summed import SummedReceptions

SAID = Reception(
    source=Source.RECEIVER,
    span_ms=5_000,
    pictures=1,
    picture="TR_a",
    width=1280,
    height=720,
    frames=120,
    freezes=1,
    frozen_ms=400,
    voices=1,
    samples=240_000,
    concealed=480,
    packets=990,
    lost=10,
    buffer_ms=60,
    round_trip_ms=40,
)
HELD = Reception(
    source=Source.RECEIVER,
    span_ms=5_000,
    pictures=1,
    paused=1,
    width=320,
    height=180,
    frames=7,
    voices=1,
    buffer_ms=100,
)
SENT = Reception(
    source=Source.SERVER, span_ms=5_000, pictures=1, width=640, height=360, packets=500, sent_bytes=625_000
)


def _summed(*lines: Reception) -> SummedReceptions:
    summed = SummedReceptions()
    for line in lines:
        summed.add(line)
    return summed


def test_what_a_page_said_is_summed_up() -> None:
    assert _summed(SAID, SAID).facts() == {
        "source": "receiver",
        "seconds": 10,
        "width": 1280,
        "height": 720,
        "fps": 24,
        "freezes": 2,
        "frozen_ms": 800,
        "concealed_permille": 2,
        "lost_permille": 10,
        "delay_ms": 80,
        "worst_delay_ms": 80,
    }


def test_what_the_server_said_has_no_frames_and_no_made_up_sound() -> None:
    assert _summed(SENT).facts() == {
        "source": "server",
        "seconds": 5,
        "width": 640,
        "height": 360,
        "lost_permille": 0,
        "sent_kbps": 1_000,
    }


def test_time_without_a_picture_is_told_and_does_not_count_as_one() -> None:
    facts = _summed(SAID, HELD, HELD).facts()
    assert (facts["paused_ms"], facts["height"], facts["worst_delay_ms"]) == (10_000, 720, 100)
    assert facts["fps"] == 24
    assert "height" not in _summed(HELD).facts()


def test_of_two_sizes_the_one_seen_longer_and_of_equals_the_smaller() -> None:
    assert _summed(SAID, SENT, SENT).facts()["height"] == 360
    facts = _summed(SAID, SENT).facts()
    assert (facts["height"], facts["source"]) == (360, "both")


def test_nothing_received_says_nothing() -> None:
    summed = _summed(Reception(source=Source.RECEIVER, span_ms=5_000))
    assert summed.is_empty and summed.span_ms == 0
