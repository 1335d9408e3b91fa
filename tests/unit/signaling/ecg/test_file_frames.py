"""A file's samples as frames: what is missing lies between them, what one lead misses is told in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import decode_frame
from media_server.ecg.spans import Span
from recording.exchange.errors import UnreadableFile
from recording.exchange.recorded import Recorded
from signaling.ecg.file_frames import frames_of_file, inventory_of_file

RATE_HZ = 500
DEVICE = Descriptor(RATE_HZ, 2_500, ("I", "II"), 50, 150, 0, "", Source.REPLAY, 0)


def recorded(count: int, missing: tuple[Span, ...] = (), second: tuple[Span, ...] = ()) -> Recorded:
    samples = np.arange(2 * count, dtype=np.int32).reshape(count, 2)
    return Recorded(DEVICE, samples, missing, ((), second), None)


def test_an_inventory_is_what_lies_between_the_holes() -> None:
    found = inventory_of_file(
        recorded(3_000, (Span(0, 10), Span(100, 599), Span(1_000, 1_500), Span(2_900, 3_000))), 1_000
    )
    assert found.present == (Span(10, 100), Span(599, 1_000), Span(1_500, 2_900))
    extent = found.extent
    assert (extent.epoch, extent.first, extent.end, extent.first_taken_us) == (0, 10, 2_900, 21_000)
    # 499 samples are less than a second, 500 are one.
    assert (found.gap_count, found.duration_ms) == (1, 5_780)


def test_a_file_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="no_leads"):
        inventory_of_file(recorded(5, (Span(0, 5),)), 0)


def test_frames_are_seconds_that_end_at_holes_and_where_contact_changes() -> None:
    source = recorded(1_400, (Span(600, 700),), (Span(800, 900),))
    frames = [
        decode_frame(content)[0] for content in frames_of_file(source, (Span(0, 600), Span(700, 1_400)), 5)
    ]
    assert [(frame.first_sample, frame.end_sample, frame.lead_off) for frame in frames] == [
        (0, 500, 0),
        (500, 600, 0),
        (700, 800, 0),
        (800, 900, 2),
        (900, 1_400, 0),
    ]
    assert [frame.taken_us for frame in frames[:2]] == [5, 1_000_005]
    joined = np.concatenate([frame.samples for frame in frames])
    assert np.array_equal(joined, np.delete(source.samples, range(600, 700), axis=0))


def test_a_fast_device_has_more_frames_a_second_than_one() -> None:
    fast = replace(recorded(5_000), descriptor=replace(DEVICE, rate_hz=4_000))
    assert [
        len(decode_frame(content)[0].samples) for content in frames_of_file(fast, (Span(0, 5_000),), 0)
    ] == [
        2_000,
        2_000,
        1_000,
    ]
