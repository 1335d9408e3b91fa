"""ITU-T H.264 Annex B: parameter sets in an access unit."""

from __future__ import annotations

import pytest

from recording.h264 import parameter_sets

SPS = b"\x67\x42\xc0\x1f"
PPS = b"\x68\xce\x0f\xc8"
IDR = b"\x65\x88\x82"
START3, START4 = b"\x00\x00\x01", b"\x00\x00\x00\x01"


@pytest.mark.parametrize(
    ("access_unit", "sets"),
    [
        (b"", b""),
        (b"no start code", b""),
        (START4 + IDR, b""),
        (START4 + SPS + START4 + PPS + START4 + IDR, START4 + SPS + START4 + PPS),
        (START3 + SPS + START3 + PPS + START3 + IDR, START4 + SPS + START4 + PPS),
        (START4 + IDR + START4 + SPS, START4 + SPS),
        (START4 + SPS + b"\x00\x00" + START3 + IDR, START4 + SPS),
        (IDR + START3, b""),
    ],
)
def test_parameter_sets_are_found_whatever_the_start_codes(access_unit: bytes, sets: bytes) -> None:
    assert parameter_sets(access_unit) == sets
