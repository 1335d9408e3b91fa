"""What the publisher sends: VP8 over SRTP, made before the measurement begins."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pylibsrtp import Policy, Session

EXTENSION_IDS = {"mid": 1, "transport_cc": 2, "video_orientation": 3}
PAYLOAD_TYPE = 96
RTX_PAYLOAD_TYPE = 97
SSRC = 0x11223344
BURST_PACKETS = 10
PACKET_BYTES = 1_100
"""A whole UDP payload, as in performance.md."""
SRTP_TAG_BYTES = 16
TICKS_PER_FRAME = 3_000


def session(key: bytes, direction: int) -> Session:
    """An SRTP session for AEAD_AES_128_GCM; ``direction`` is one of Policy.SSRC_ANY_*."""
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM))


class PublishedStream:
    """Protected packets in bursts of ten, one burst a frame; the first frame is a key frame."""

    def __init__(self, key: bytes) -> None:
        self._session = session(key, Policy.SSRC_ANY_OUTBOUND)
        self._sequence = 0
        self._frame = 0

    def bursts(self, count: int) -> Iterator[bytes]:
        """The next bursts, each as packets of PACKET_BYTES back to back."""
        for _ in range(count):
            yield b"".join(self._packet(index) for index in range(BURST_PACKETS))
            self._frame += 1

    def sender_report(self) -> bytes:
        """A protected sender report for the current frame."""
        ntp = (3_900_000_000 << 32) + (self._frame << 20)
        report = struct.pack("!BBHLQLLL", 0x80, 200, 6, SSRC, ntp, self._timestamp(), 0, 0)
        return self._session.protect_rtcp(report)

    def _timestamp(self) -> int:
        return self._frame * TICKS_PER_FRAME & 0xFFFFFFFF

    def _packet(self, index: int) -> bytes:
        self._sequence += 1
        is_last = index == BURST_PACKETS - 1
        header = struct.pack(
            "!BBHLL", 0x90, is_last << 7 | PAYLOAD_TYPE, self._sequence & 0xFFFF, self._timestamp(), SSRC
        )
        elements = (
            bytes([0x10])
            + b"0"
            + bytes([0x21])
            + struct.pack("!H", self._sequence & 0xFFFF)
            + bytes([0x30, 0])
        )
        elements += bytes(-len(elements) % 4)
        extension = struct.pack("!HH", 0xBEDE, len(elements) // 4) + elements
        picture_id = 0x8000 | self._frame & 0x7FFF
        descriptor = struct.pack("!BBHB", 0x90 if index == 0 else 0x80, 0xC0, picture_id, self._frame & 0xFF)
        is_key = self._frame == 0
        frame = bytes([0 if is_key else 1, 2, 3, 0x9D, 0x01, 0x2A, 0x00, 0x05, 0xD0, 0x02])
        plain = header + extension + descriptor + frame
        plain += bytes(PACKET_BYTES - SRTP_TAG_BYTES - len(plain))
        return self._session.protect(plain)
