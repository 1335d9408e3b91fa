"""RFC 6716 §3.1 and §3.2: durations from the TOC byte."""

from __future__ import annotations

import av
import numpy as np
import pytest

from recording.opus import packet_duration_ns, silence

MS = 1_000_000


@pytest.mark.parametrize(
    ("packet", "duration_ns"),
    [
        (b"", 0),
        (bytes([0 << 3]), 10 * MS),  # SILK narrowband
        (bytes([3 << 3]), 60 * MS),
        (bytes([11 << 3 | 1]), 120 * MS),  # two frames of 60 ms
        (bytes([12 << 3]), 10 * MS),  # hybrid
        (bytes([15 << 3]), 20 * MS),
        (bytes([16 << 3]), 2_500_000),  # CELT
        (bytes([31 << 3]), 20 * MS),
        (bytes([31 << 3 | 2]), 40 * MS),
        (bytes([31 << 3 | 3]), 0),  # a count is missing
        (bytes([31 << 3 | 3, 6]), 120 * MS),
        (bytes([31 << 3 | 3, 0x80 | 3]), 60 * MS),  # variable bit rate
        (bytes([31 << 3 | 3, 7]), 0),  # longer than 120 ms
    ],
)
def test_a_packet_lasts_what_its_toc_says(packet: bytes, duration_ns: int) -> None:
    assert packet_duration_ns(packet) == duration_ns


def test_silence_fills_a_stretch_but_for_less_than_its_shortest_packet() -> None:
    packets = silence(97 * MS)
    assert [duration // 100_000 for duration, _ in packets] == [200, 200, 200, 200, 100, 50]
    assert all(packet_duration_ns(data) == duration for duration, data in packets)


def test_no_silence_is_needed_for_less_than_its_shortest_packet() -> None:
    assert silence(2_499_999) == []


@pytest.mark.parametrize("duration_ns", [2_500_000, 5 * MS, 10 * MS, 20 * MS])
def test_silence_decodes_to_zeros(duration_ns: int) -> None:
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = 48_000
    decoder.layout = "stereo"
    [(_, data)] = silence(duration_ns)
    samples = [frame.to_ndarray() for _ in range(3) for frame in decoder.decode(av.Packet(data))]
    assert (
        sum(chunk.shape[-1] // (2 if chunk.shape[0] == 1 else 1) for chunk in samples)
        == 3 * duration_ns * 48 // MS
    )
    assert np.abs(np.concatenate([chunk.ravel() for chunk in samples])).max() <= 1
