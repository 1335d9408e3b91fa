"""Recorded pictures for virtual peers: VP8 made once by a real encoder, kept as RTP in an rtpdump file."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from load_tests.load.scenario import Picture

SECONDS = 10
"""Then it begins again, with its key frame."""
MAX_PAYLOAD_BYTES = 1_150
"""Chromium's packets: 1,200 bytes with everything around."""
DESCRIPTOR_BYTES = 5
PAYLOAD_TYPE = 96
TICKS_PER_S = 90_000
_FIRST_LINE = b"#!rtpplay1.0 127.0.0.1/5004\n"


class Packet(NamedTuple):
    """One RTP packet of a recording."""

    at_ms: int
    ticks: int
    is_last: bool
    payload: bytes


def recording_of(picture: Picture, folder: Path) -> Path:
    """Returns the recording of such a picture, made now if it is not there."""
    name = f"{picture.width}x{picture.height}-{picture.frames_per_s}-{picture.kbps}.rtpdump"
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(rtpdump(packets(encoded(picture), picture.frames_per_s)))
        part.rename(path)
    return path


def encoded(picture: Picture) -> Iterator[bytes]:
    """Yields SECONDS of frames: a slowly moving texture, as hard to code as the rate wants it."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuv420p"
    encoder.bit_rate = picture.kbps * 1_000
    encoder.time_base = Fraction(1, picture.frames_per_s)
    encoder.framerate = Fraction(picture.frames_per_s)
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "error-resilient": "1",
        "minrate": f"{picture.kbps}k",
        "maxrate": f"{picture.kbps}k",
        "bufsize": f"{picture.kbps}k",
        "g": str(SECONDS * picture.frames_per_s),
    }
    texture = np.random.default_rng(1).integers(0, 256, (picture.height * 2, picture.width * 2), np.uint8)
    colour = np.full((picture.height // 2, picture.width), 128, np.uint8)
    for number in range(SECONDS * picture.frames_per_s):
        left, top = number * 2 % picture.width, number % picture.height
        luma = texture[top : top + picture.height, left : left + picture.width] // 4 + 64
        frame = av.VideoFrame.from_ndarray(np.vstack((luma, colour)), "yuv420p")
        frame.pts = number
        yield b"".join(bytes(part) for part in encoder.encode(frame))


def packets(frames: Iterable[bytes], frames_per_s: int) -> Iterator[Packet]:
    """Yields the frames' packets with VP8's payload descriptor (RFC 7741 §4.2).

    Whoever plays the recording sets its picture id of 15 bits and its TL0PICIDX. A frame without bytes, which
    the encoder has dropped, is none.
    """
    room = MAX_PAYLOAD_BYTES - DESCRIPTOR_BYTES
    for number, frame in enumerate(frames):
        for start in range(0, len(frame), room):
            descriptor = bytes([0x80 if start else 0x90, 0xC0, 0x80, 0, 0])
            yield Packet(
                at_ms=number * 1_000 // frames_per_s,
                ticks=number * TICKS_PER_S // frames_per_s,
                is_last=start + room >= len(frame),
                payload=descriptor + frame[start : start + room],
            )


def rtpdump(recorded: Iterable[Packet]) -> bytes:
    """Returns an rtpdump file of these packets (rtptools' format; see virtual_peer/src/rtpdump.rs)."""
    file = bytearray(_FIRST_LINE + struct.pack("!LLLHH", 0, 0, 0x7F000001, 5_004, 0))
    for number, packet in enumerate(recorded):
        header = struct.pack(
            "!BBHLL", 0x80, packet.is_last << 7 | PAYLOAD_TYPE, number & 0xFFFF, packet.ticks & 0xFFFFFFFF, 1
        )
        length = len(header) + len(packet.payload)
        file += struct.pack("!HHL", length + 8, length, packet.at_ms) + header + packet.payload
    return bytes(file)
