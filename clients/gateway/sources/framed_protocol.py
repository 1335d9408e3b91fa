"""The framed protocol on a wire: packets to bytes, and out of a stream of bytes whatever noise is in it.

::

    0      1      2      3        4        6                 6 + length
    +------+------+------+--------+--------+-----------------+-----------+
    | 0xA5 | 0x5A | kind |    0   | length |     payload     |   crc16   |
    +------+------+------+--------+--------+-----------------+-----------+

Little endian; the check is CRC-16/CCITT-FALSE over kind to payload. Whoever writes a board's firmware reads
docs/ECG_GATEWAY.md. A packet that was damaged is passed over, and the search goes on one byte after its
beginning: what was lost with it shows in the sample counter.
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

SYNC: Final = b"\xa5\x5a"
MAX_PAYLOAD_BYTES: Final = 8_192
"""Two seconds of 12 leads at 100 Hz in 24 bits; boards send 40 ms at a time."""
_HEAD: Final = struct.Struct("<2sBBH")
_CHECK: Final = struct.Struct("<H")
_CRC_BEGIN: Final = 0xFFFF


class PacketKind(IntEnum):
    """What a packet is. Below 0x40 from the device, above to it."""

    DESCRIPTION = 0x01
    SAMPLES = 0x02
    VITALS = 0x03
    FAULT = 0x04
    WHO = 0x41
    """Describe yourself."""
    CALIBRATE = 0x42
    """Send half a second with your calibration pulse."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One whole, undamaged packet."""

    kind: int
    """A PacketKind, or one of a later version."""
    payload: bytes


def encode_packet(kind: PacketKind, payload: bytes = b"") -> bytes:
    """Returns the packet's bytes; ``payload`` has at most MAX_PAYLOAD_BYTES."""
    assert len(payload) <= MAX_PAYLOAD_BYTES, "a packet is too long"
    packet = _HEAD.pack(SYNC, kind, 0, len(payload)) + payload
    return packet + _CHECK.pack(binascii.crc_hqx(packet[len(SYNC) :], _CRC_BEGIN))


class PacketReader:
    """Finds packets in what comes over a wire, in pieces of any size. Holds no more than one packet."""

    def __init__(self) -> None:
        self.damaged = 0
        """How many beginnings were followed by no whole packet."""
        self.skipped_bytes = 0
        """How many bytes belonged to no packet."""
        self._held = bytearray()

    def receive(self, content: bytes) -> list[Packet]:
        """Returns the packets that became whole."""
        self._held += content
        packets: list[Packet] = []
        while self._find_sync() and len(self._held) >= _HEAD.size:
            _, kind, zero, length = _HEAD.unpack_from(self._held)
            end = _HEAD.size + length + _CHECK.size
            if zero or length > MAX_PAYLOAD_BYTES:
                self._pass_over()
            elif len(self._held) < end:
                break
            elif _CHECK.unpack_from(self._held, end - _CHECK.size)[0] != binascii.crc_hqx(
                bytes(self._held[len(SYNC) : end - _CHECK.size]), _CRC_BEGIN
            ):
                self._pass_over()
            else:
                packets.append(Packet(kind, bytes(self._held[_HEAD.size : end - _CHECK.size])))
                del self._held[:end]
        return packets

    def _find_sync(self) -> bool:
        at = self._held.find(SYNC)
        # The last byte may be the first half of a beginning.
        skipped = at if at >= 0 else max(0, len(self._held) - (self._held[-1:] == SYNC[:1]))
        self.skipped_bytes += skipped
        del self._held[:skipped]
        return at >= 0

    def _pass_over(self) -> None:
        self.damaged += 1
        self.skipped_bytes += 1
        del self._held[0]
