"""The measuring tape is measured: numbers survive scaling and codecs, marks are found where they are."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.support.numbered_video import (
    SAMPLE_RATE_HZ,
    Painter,
    find_marks,
    judge_order,
    mark,
    marked_second,
    read_number,
    sound_behind_picture_ms,
)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 32_767, 32_768, 65_534, 65_535])
@pytest.mark.parametrize("is_hard", [False, True])
def test_a_number_is_read_back_at_any_size(number: int, is_hard: bool) -> None:
    luma = Painter(640, 360, is_hard).luma(number)
    for width, height in ((1280, 720), (640, 360), (320, 180), (160, 90)):
        assert read_number(cv2.resize(luma, (width, height))) == number


def test_a_number_survives_a_codec_at_very_low_bitrate(tmp_path: Path) -> None:
    painter = Painter(320, 180, is_hard=True)
    path = tmp_path / "low.webm"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=15)
        stream.width, stream.height, stream.bit_rate = 320, 180, 60_000
        for number in range(30):
            frame = av.VideoFrame.from_ndarray(painter.luma(number), format="gray").reformat(format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        read = [read_number(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]
    assert read == list(range(30))


def test_a_picture_without_a_number_is_not_read() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (180, 320)).astype(np.uint8)
    assert read_number(noise) is None
    assert read_number(np.zeros((180, 320), np.uint8)) is None


def test_marks_are_found_in_noise_and_nowhere_else() -> None:
    rng = np.random.default_rng(1)
    sound = np.concatenate([marked_second()] * 4).astype(np.float32) * 0.3 + rng.normal(
        0, 200, 4 * SAMPLE_RATE_HZ
    )
    assert find_marks(sound.astype(np.int16)) == pytest.approx([0, 1, 2, 3], abs=0.001)
    assert find_marks(rng.normal(0, 3_000, 2 * SAMPLE_RATE_HZ).astype(np.int16)) == []
    assert find_marks(mark()[:100]) == []


def test_order_counts_what_is_lost_repeated_and_out_of_order() -> None:
    order = judge_order([1, 2, 4, 3, None, 5, 5])
    assert (order.received, order.lost, order.repeated, order.reordered, order.unread) == (6, 2, 1, 1, 1)


def test_order_knows_the_end_of_a_repeating_file() -> None:
    order = judge_order([298, 299, 0, 1, 3], modulus=300)
    assert (order.lost, order.reordered, order.longest_gap) == (1, 0, 1)


def test_the_offset_of_a_mark_is_taken_from_a_neighbour_when_its_picture_is_lost() -> None:
    pictures = [(number / 15 + 2.0, number) for number in range(46) if number != 15]
    offsets = sound_behind_picture_ms(pictures, [2.010, 3.010, 3.990], frames_per_second=15)
    assert offsets == pytest.approx([10, 10, -10], abs=0.01)
