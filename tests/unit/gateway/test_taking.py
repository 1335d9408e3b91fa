"""Samples become frames of 40 ms; the device's counter decides what is a gap, a repeat or another run."""

from __future__ import annotations

import numpy as np
import pytest

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from clients.gateway.taking import Taken, Taking
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import MAX_COUNT, MAX_VALUE, NO_FLAGS, FrameFlag

T = 1_800_000_000_000_000
SAMPLE_US = 2_000


def taking(rate_hz: int = 500, leads: tuple[str, ...] = ("I", "II")) -> Taking:
    return Taking(Descriptor(rate_hz, 2_500, leads, 50, 150, 0, "box", Source.DEVICE, 0))


def chunk(first: int, count: int, *, run: str = "a", **fields: object) -> Chunk:
    samples = np.arange(first, first + count, dtype=np.int32)[:, None] * np.array([[1, -1]], np.int32)
    return Chunk(run, first, samples, **fields)  # type: ignore[arg-type]


def at(sample: int) -> int:
    return T + sample * SAMPLE_US


def fed(one: Taking, *chunks: Chunk) -> list[Taken]:
    return [frame for each in chunks for frame in one.receive(each, at(each.end_sample))]


def shape(frames: list[Taken]) -> list[tuple[str, int, int]]:
    return [(each.run, each.first_sample, len(each.samples)) for each in frames]


def test_samples_are_cut_into_frames_however_they_come() -> None:
    one = taking()
    frames = fed(one, chunk(7, 15), chunk(22, 50), chunk(72, 3), chunk(75, 0))
    assert shape(frames) == [("a", 7, 20), ("a", 27, 20), ("a", 47, 20)]
    assert [each.taken_us for each in frames] == [at(7), at(27), at(47)]
    assert np.concatenate([each.samples for each in frames])[:, 0].tolist() == list(range(7, 67))
    assert shape(one.flush()) == [("a", 67, 8)]
    assert one.flush() == []


@pytest.mark.parametrize(("rate_hz", "size"), [(1_000, 40), (500, 20), (360, 14), (25, 1)])
def test_a_frame_lasts_forty_milliseconds_or_a_little_less(rate_hz: int, size: int) -> None:
    frames = taking(rate_hz).receive(chunk(0, size), T)
    assert shape(frames) == [("a", 0, size)]


def test_a_gap_is_named_and_not_filled_in() -> None:
    one = taking()
    frames = fed(one, chunk(0, 30), chunk(100, 40))
    assert shape(frames) == [("a", 0, 20), ("a", 20, 10), ("a", 100, 20), ("a", 120, 20)]
    assert [each.flags for each in frames] == [NO_FLAGS, NO_FLAGS, FrameFlag.GAP_BEFORE, NO_FLAGS]
    assert one.gap_samples == 70


def test_what_comes_twice_is_passed_over() -> None:
    one = taking()
    frames = fed(one, chunk(0, 40), chunk(10, 20), chunk(30, 30))
    assert shape(frames) == [("a", 0, 20), ("a", 20, 20), ("a", 40, 20)]
    assert one.repeated_samples == 30


def test_another_run_of_the_device_begins_a_run_of_ours() -> None:
    one = taking()
    frames = fed(one, chunk(500, 30), chunk(0, 20, run="b"))
    assert shape(frames) == [("a", 500, 20), ("a", 520, 10), ("b", 0, 20)]


def test_a_counter_that_falls_back_begins_another_run_though_the_device_does_not_say_so() -> None:
    one = taking()
    frames = fed(one, chunk(5_000, 20), chunk(0, 20), chunk(20, 20))
    assert shape(frames) == [("a", 5_000, 20), ("a.1", 0, 20), ("a.1", 20, 20)]
    assert shape(fed(one, chunk(0, 20, run="b"))) == [("b", 0, 20)]


def test_a_counter_that_is_ahead_of_time_begins_another_run() -> None:
    one = taking()
    fed(one, chunk(0, 20))
    ahead = one.receive(chunk(1_000_000, 20), at(40))
    assert shape(ahead) == [("a.1", 1_000_000, 20)]
    assert ahead[0].flags == NO_FLAGS


def test_an_electrode_that_comes_off_begins_a_frame() -> None:
    one = taking()
    frames = fed(one, chunk(0, 10), chunk(10, 10, lead_off=2), chunk(20, 10, lead_off=2))
    assert [(len(each.samples), each.lead_off) for each in frames] == [(10, 0), (20, 2)]


def test_what_the_source_says_of_its_samples_stays_with_them() -> None:
    one = taking()
    simulated, paced = FrameFlag.SIMULATED, FrameFlag.SIMULATED | FrameFlag.PACING
    frames = fed(
        one, chunk(0, 30, flags=simulated), chunk(30, 10, flags=paced), chunk(40, 20, flags=simulated)
    )
    assert [each.flags for each in frames] == [simulated, paced, simulated]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (Chunk("a", 0, np.zeros((5, 3), np.int32)), "samples_malformed"),
        (Chunk("a", 0, np.zeros(5, np.int32)), "samples_malformed"),
        (Chunk("a", 0, np.zeros((5, 2), np.int16)), "samples_malformed"),  # type: ignore[arg-type]
        (Chunk("a", 0, np.zeros((5, 2), np.int32), lead_off=4), "samples_malformed"),
        (Chunk("a", 0, np.full((5, 2), MAX_VALUE + 1, np.int32)), "sample_out_of_range"),
        (Chunk("a", 0, np.full((5, 2), -(2**31), np.int32)), "sample_out_of_range"),
        (Chunk("a", -1, np.zeros((5, 2), np.int32)), "counter_out_of_range"),
        (Chunk("a", MAX_COUNT, np.zeros((5, 2), np.int32)), "counter_out_of_range"),
    ],
)
def test_what_cannot_be_this_devices_is_refused_and_changes_nothing(wrong: Chunk, code: str) -> None:
    one = taking()
    fed(one, chunk(0, 10))
    with pytest.raises(SourceFault) as refused:
        one.receive(wrong, at(20))
    assert refused.value.code == code
    assert shape(fed(one, chunk(10, 10))) == [("a", 0, 20)]
