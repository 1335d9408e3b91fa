"""A client at the other end of a real UDP socket: STUN checks, SRTP both ways, plain RTP packets by hand."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from aioice import stun
from lianzhen_core import PacketCore
from pylibsrtp import Policy, Session

from tests.support.waiting import HANG_S

KEY_BYTES = {"SRTP_AEAD_AES_128_GCM": 28, "SRTP_AES128_CM_SHA1_80": 30}
PROFILES = {
    "SRTP_AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "SRTP_AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
Found = TypeVar("Found")


@dataclass
class Rtp:
    """A received RTP packet, in plain."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    extensions: dict[int, bytes]
    payload: bytes

    @classmethod
    def parse(cls, packet: bytes) -> Rtp:
        first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHLL", packet)
        at, extensions = 12 + 4 * (first & 15), {}
        if first & 0x10:
            profile, words = struct.unpack_from("!HH", packet, at)
            assert profile == 0xBEDE
            at += 4
            end = at + 4 * words
            while at < end:
                head = packet[at]
                at += 1
                if head:
                    length = (head & 15) + 1
                    extensions[head >> 4] = packet[at : at + length]
                    at += length
            at = end
        stop = len(packet) - (packet[-1] if first & 0x20 else 0)
        return cls(second & 127, bool(second & 128), sequence, timestamp, ssrc, extensions, packet[at:stop])


def rtp_packet(
    *,
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
    padding: int = 0,
) -> bytes:
    """A plain RTP packet with one-byte header extension elements."""
    elements = b"".join(
        bytes([id_ << 4 | len(value) - 1]) + value for id_, value in (extensions or {}).items()
    )
    elements += bytes(-len(elements) % 4)
    first = 0x80 | (0x10 if elements else 0) | (0x20 if padding else 0)
    header = struct.pack(
        "!BBHLL", first, marker << 7 | payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc
    )
    if elements:
        header += struct.pack("!HH", 0xBEDE, len(elements) // 4) + elements
    return header + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


@dataclass
class FakeClient:
    """A peer of the core."""

    core: PacketCore
    peer: int
    profile: str = "SRTP_AEAD_AES_128_GCM"
    host: str = "127.0.0.1"
    ufrag: str = field(init=False)
    password: str = field(init=False)

    def __post_init__(self) -> None:
        """Opens the peer in the core, without any packet yet."""
        self.ufrag, self.password = f"uf{self.peer:04d}", f"password-of-peer-{self.peer:08d}"
        self.core.open_peer(peer=self.peer, ufrag=self.ufrag, password=self.password)
        self.socket = self.new_socket()

    def new_socket(self) -> socket.socket:
        """A socket at an address of its own."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind((self.host, 0))
        sock.connect((self.host, self.core.port))
        sock.setblocking(False)
        return sock

    def check(self, *, password: str | None = None, ufrag: str | None = None, nominate: bool = True) -> bytes:
        """A binding request."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{ufrag or self.ufrag}:them"
        request.attributes["PRIORITY"] = 1853824767
        request.attributes["ICE-CONTROLLING"] = 7
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity((password or self.password).encode())
        return bytes(request)

    def connect(self) -> FakeClient:
        """Validates the address and sets keys."""
        self.socket.send(self.check())
        answer = stun.parse_message(self.receive(lambda datagram: datagram if datagram[0] < 4 else None))
        assert answer.check_message_integrity(self.password.encode())
        assert answer.message_class == stun.Class.RESPONSE
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == self.socket.getsockname()[:2]
        self.set_keys()
        return self

    def set_keys(self) -> None:
        """Random keys for both directions."""
        ours, theirs = (os.urandom(KEY_BYTES[self.profile]) for _ in range(2))
        self.core.set_keys(peer=self.peer, profile=self.profile, receive=ours, transmit=theirs)
        profile = PROFILES[self.profile]
        self.protecting = Session(Policy(key=ours, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self.unprotecting = Session(
            Policy(key=theirs, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile)
        )

    def send_rtp(self, packet: bytes) -> None:
        """Protects and sends."""
        self.socket.send(self.protecting.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Protects and sends."""
        self.socket.send(self.protecting.protect_rtcp(packet))

    def receive(self, find: Callable[[bytes], Found | None]) -> Found:
        """The first thing that `find` makes of a datagram."""
        deadline = time.monotonic() + HANG_S
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.socket], [], [], left)[0]:
                found = find(self.socket.recv(65536))
                if found is not None:
                    return found
        raise TimeoutError("nothing like it came")

    def receive_rtp(self) -> Rtp:
        """The next RTP packet."""
        return self.receive(self._as_rtp)

    def receive_rtcp(self, packet_type: int, count: int | None = None) -> bytes:
        """The next RTCP packet of a type (and FMT or count), alone out of its compound."""

        def as_rtcp(datagram: bytes) -> bytes | None:
            if not (128 <= datagram[0] < 192 and 192 <= datagram[1] < 224):
                return None
            compound, at = self.unprotecting.unprotect_rtcp(datagram), 0
            while at < len(compound):
                end = at + 4 + 4 * int.from_bytes(compound[at + 2 : at + 4], "big")
                if compound[at + 1] == packet_type and (count is None or compound[at] & 31 == count):
                    return compound[at:end]
                at = end
            return None

        return self.receive(as_rtcp)

    def _as_rtp(self, datagram: bytes) -> Rtp | None:
        if not 128 <= datagram[0] < 192 or 192 <= datagram[1] < 224:
            return None
        return Rtp.parse(self.unprotecting.unprotect(datagram))

    def close(self) -> None:
        """Closes the socket."""
        self.socket.close()
