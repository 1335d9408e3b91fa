"""What the others may notice at most."""

from __future__ import annotations

from dataclasses import replace

from load_tests.hostile.course import Course
from load_tests.hostile.verdict import Flooded, abuse_misses, flood_misses

QUIET = Course(
    seconds=10.0, packets=9_000, loss=0.0, stills=0, delay_p99_ms=1.0, key_frames_per_s=0.0, misdeeds=0
)
FLOOD = Flooded(
    kind="mixed",
    sent=6_000,
    seconds=3.0,
    taken=5_995,
    kernel_dropped=5,
    growth_bytes=10_000_000,
    joins_ms=[80.0],
    joins_failed=0,
)


def test_what_stays_at_its_limits_is_no_miss() -> None:
    seen = replace(QUIET, loss=0.001, delay_p99_ms=6.0, key_frames_per_s=2.1)
    assert list(abuse_misses(QUIET, seen, 1)) == []
    assert list(flood_misses(QUIET, replace(seen, delay_p99_ms=11.0), FLOOD)) == []
    assert FLOOD.per_s == 2_000


def test_each_limit_of_abuse_is_told() -> None:
    seen = replace(QUIET, packets=8_500, loss=0.002, stills=2, delay_p99_ms=7.0, key_frames_per_s=2.2)
    assert list(abuse_misses(QUIET, seen, 0)) == [
        "nothing of it came to the service",
        "the others lost 0.20%",
        "streams stood still 2 times",
        "the others received 94% of what they had received before",
        "p99 of the others' delay rose by 6.0 ms",
        "the publisher was asked for 2.20 key frames a second",
    ]


def test_each_limit_of_a_flood_is_told() -> None:
    seen = replace(QUIET, delay_p99_ms=11.5, key_frames_per_s=9.0)
    bad = replace(FLOOD, taken=5_000, growth_bytes=10_100_000, joins_ms=[], joins_failed=2)
    assert list(flood_misses(QUIET, seen, bad)) == [
        "995 junk datagrams never came to the service",
        "p99 of the others' delay rose by 10.5 ms",
        "memory grew by 10.1 MB",
        "2 joins failed",
        "nobody joined meanwhile",
    ]
