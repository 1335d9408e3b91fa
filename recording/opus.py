"""How long an Opus packet lasts, and packets of silence (RFC 6716 §3.1)."""

from __future__ import annotations

OPUS_RATE_HZ = 48_000
"""RTP clock rate of Opus whatever the encoder's bandwidth is (RFC 7587 §4.1)."""

_MAX_PACKET_NS = 120_000_000
"""No Opus packet lasts longer (RFC 6716 §3.2.5, R5)."""

_SILK_FRAME_NS = (10_000_000, 20_000_000, 40_000_000, 60_000_000)
_HYBRID_FRAME_NS = (10_000_000, 20_000_000)
_CELT_FRAME_NS = (2_500_000, 5_000_000, 10_000_000, 20_000_000)

_FIRST_HYBRID_CONFIG = 12
_FIRST_CELT_CONFIG = 16
_FULLBAND_CELT_CONFIG = 28


def packet_duration_ns(packet: bytes) -> int:
    """Nanoseconds that an Opus packet lasts: 2.5 ms … 120 ms; 0 for what is no Opus packet.

    ::

         0 1 2 3 4 5 6 7
        +-+-+-+-+-+-+-+-+
        | config  |s| c |   the TOC byte
        +-+-+-+-+-+-+-+-+
    """
    if not packet:
        return 0
    config, count_code = packet[0] >> 3, packet[0] & 3
    if config < _FIRST_HYBRID_CONFIG:
        frame_ns = _SILK_FRAME_NS[config & 3]
    elif config < _FIRST_CELT_CONFIG:
        frame_ns = _HYBRID_FRAME_NS[config & 1]
    else:
        frame_ns = _CELT_FRAME_NS[config & 3]
    if count_code == 0:
        frames = 1
    elif count_code < 3:
        frames = 2
    elif len(packet) < 2:
        return 0
    else:
        frames = packet[1] & 0x3F
    duration_ns = frames * frame_ns
    return duration_ns if duration_ns <= _MAX_PACKET_NS else 0


def silence(duration_ns: int) -> list[tuple[int, bytes]]:
    """(duration in ns, packet) of stereo silence that fills ``duration_ns`` but for less than 2.5 ms.

    Each is one fullband CELT frame whose first bits say "silence" (RFC 6716 §4.3, Table 56).
    """
    packets: list[tuple[int, bytes]] = []
    for size in (3, 2, 1, 0):
        frame_ns = _CELT_FRAME_NS[size]
        toc = (_FULLBAND_CELT_CONFIG + size) << 3 | 0x04
        count, duration_ns = divmod(duration_ns, frame_ns)
        packets += [(frame_ns, bytes((toc, 0xFF, 0xFE)))] * count
    return packets
