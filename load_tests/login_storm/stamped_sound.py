"""Opus packets that say which they are and when they were sent: nothing on the way renumbers that."""

from __future__ import annotations

import struct
from typing import NamedTuple

PACKET_MS = 20
"""What one packet sounds for, as browsers send Opus."""
SAMPLE_RATE_HZ = 48_000
SAMPLES = SAMPLE_RATE_HZ * PACKET_MS // 1_000
PAYLOAD_BYTES = 80
"""Speech at 32 kbit/s."""
_TOC = 0xF8
"""RFC 6716 §3.1: one CELT frame of 20 ms, mono. Nobody decodes it: the server does not look inside."""
_STAMP = struct.Struct("!8sQQ")
_MAGIC = b"lz-storm"


class Stamp(NamedTuple):
    """Which packet, counted from 0, and when it was sent (CLOCK_REALTIME, which kernel stamps are in)."""

    number: int
    sent_ns: int


def stamped_payload(stamp: Stamp) -> bytes:
    """Returns a payload of PAYLOAD_BYTES that ends with the stamp."""
    return bytes([_TOC]) + bytes(PAYLOAD_BYTES - 1 - _STAMP.size) + _STAMP.pack(_MAGIC, *stamp)


def stamp_of(packet: bytes) -> Stamp | None:
    """Returns the stamp at the end of an RTP packet in the clear; None where there is none."""
    if len(packet) < PAYLOAD_BYTES:
        return None
    magic, number, sent_ns = _STAMP.unpack_from(packet, len(packet) - _STAMP.size)
    return Stamp(number, sent_ns) if magic == _MAGIC else None
