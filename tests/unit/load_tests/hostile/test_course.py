"""What honest people received between two readings."""

from __future__ import annotations

import pytest

from load_tests.crowd.reading import PeerReading, Reading, Stream
from load_tests.hostile.course import Course, course

SECOND = 1_000_000_000


def stream(packets: int, spanned: int, stills: int = 0, delays: tuple[int, ...] = ()) -> Stream:
    return Stream("1", "video", packets, spanned, 0, 0, 0, 0.0, stills, delays)


def peer(*received: Stream, wanted: int = 0, misdeeds: int = 0) -> PeerReading:
    return PeerReading(1, False, wanted, 0, misdeeds, {}, received)


def seen(before: dict[str, PeerReading], after: dict[str, PeerReading]) -> Course:
    bounds_us = (1_000.0, 2_000.0)
    return course(
        Reading(SECOND, 0, bounds_us, before),
        Reading(5 * SECOND, 0, bounds_us, after),
        watchers=["a", "b"],
        shows="doctor",
        hostile="hostile",
    )


def test_only_what_came_in_between_counts_and_only_of_the_watchers() -> None:
    before = {
        "doctor": peer(wanted=3),
        "a": peer(stream(90, 100, stills=1, delays=(0, 0, 90))),
        "b": peer(),
        "hostile": peer(stream(0, 100)),
    }
    after = {
        "doctor": peer(wanted=9),
        "a": peer(stream(190, 200, stills=2, delays=(99, 1, 90))),
        "b": peer(stream(95, 100, delays=(94, 1, 0))),
        "hostile": peer(stream(0, 900), misdeeds=7),
    }
    assert seen(before, after) == Course(
        seconds=4.0,
        packets=195,
        loss=5 / 200,
        stills=1,
        delay_p99_ms=2.0,
        key_frames_per_s=1.5,
        misdeeds=7,
    )


def test_a_hole_that_was_filled_later_is_no_loss() -> None:
    doctor = peer()
    before = {"doctor": doctor, "a": peer(stream(99, 100, delays=(99,))), "b": peer()}
    after = {"doctor": doctor, "a": peer(stream(200, 200, delays=(200,))), "b": peer()}
    found = seen(before, after)
    assert (found.loss, found.misdeeds) == (0.0, 0)


def test_nothing_received_is_no_course() -> None:
    silent = {"doctor": peer(), "a": peer(), "b": peer()}
    with pytest.raises(ValueError, match="nothing was received"):
        seen(silent, silent)
