"""What virtual peers tell."""

from __future__ import annotations

from load_tests.crowd.reading import delay_centile_ms, reading_of

STREAM = {
    "mid": "1",
    "kind": "audio",
    "counts": {
        "packets": 8,
        "spanned": 10,
        "bytes": 640,
        "first_ns": 5,
        "last_ns": 9,
        "longest_gap_ns": 2_500_000,
        "stills": 1,
        "delays": [1, 2],
    },
}
PEER = {
    "connected_ns": 3,
    "is_lost": False,
    "key_frames_wanted": 1,
    "refused": 0,
    "unsent": 0,
    "misdeeds": 0,
    "sent": {"0": 4, "1": 6},
    "received": [STREAM, STREAM],
}


def test_a_reading_is_what_was_told_and_its_sums() -> None:
    reading = reading_of({"now_ns": 1, "cpu_ns": 2, "bounds_us": [100.0], "peers": {"a": PEER, "b": PEER}})
    assert reading.sent_packets() == 20
    assert reading.received_packets() == 32
    assert reading.lost_packets() == 8
    first = next(iter(reading.streams()))
    assert (first.lost, first.longest_gap_ms, first.delays) == (2, 2.5, (1, 2))


def test_a_centile_is_the_bound_of_the_class_in_which_it_is_reached() -> None:
    bounds_us = (100.0, 125.0)
    delays = [(5, 0, 0), (), (0, 4, 1)]
    assert delay_centile_ms(bounds_us, delays, 0.0) == 0.1
    assert delay_centile_ms(bounds_us, delays, 0.5) == 0.1
    assert delay_centile_ms(bounds_us, delays, 0.9) == 0.125
    assert delay_centile_ms(bounds_us, delays, 1.0) == float("inf")


def test_without_a_packet_there_is_none() -> None:
    assert delay_centile_ms((100.0,), [], 0.5) is None
