"""Recorded pictures as RTP (RFC 7741 §4.2, rtptools' rtpdump)."""

from __future__ import annotations

from pathlib import Path

from load_tests.load.recording import MAX_PAYLOAD_BYTES, SECONDS, Packet, packets, recording_of, rtpdump
from load_tests.load.scenario import Picture


def test_a_frame_is_cut_into_packets_the_last_one_marked() -> None:
    frame = bytes(range(256)) * 10
    cut = list(packets([frame, b"", b"\x01"], 20))
    assert [len(packet.payload) for packet in cut] == [1_150, 1_150, 275, 6]
    assert [packet.payload[0] for packet in cut] == [0x90, 0x80, 0x80, 0x90]
    assert [packet.is_last for packet in cut] == [False, False, True, True]
    assert [(packet.at_ms, packet.ticks) for packet in cut][2:] == [(0, 0), (100, 9_000)]
    assert b"".join(packet.payload[5:] for packet in cut[:3]) == frame


def test_a_frame_that_fills_its_packets_ends_with_a_full_one() -> None:
    cut = list(packets([bytes(2 * (MAX_PAYLOAD_BYTES - 5))], 20))
    assert [packet.is_last for packet in cut] == [False, True]


def test_the_file_is_as_rtptools_write_it() -> None:
    file = rtpdump([Packet(33, 3_000, True, b"ab")])
    head, rest = file.split(b"\n", 1)
    assert head == b"#!rtpplay1.0 127.0.0.1/5004"
    assert len(rest[:16]) == 16
    assert rest[16:24] == bytes([0, 22, 0, 14, 0, 0, 0, 33])
    assert rest[24:] == bytes([0x80, 0xE0, 0, 0, 0, 0, 0x0B, 0xB8, 0, 0, 0, 1]) + b"ab"


def test_a_picture_is_encoded_once_at_about_its_rate(tmp_path: Path) -> None:
    picture = Picture(320, 180, 10, 100)
    path = recording_of(picture, tmp_path)
    made = path.stat()
    assert 0.3 < made.st_size * 8 / SECONDS / 100_000 < 2.0
    assert recording_of(picture, tmp_path).stat().st_mtime_ns == made.st_mtime_ns
