"""Subscribers that only count: one process, one socket each, many datagrams a system call (UDP GRO)."""

from __future__ import annotations

import os
import selectors
import socket
import struct
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from pylibsrtp import Policy

from load_tests.forwarding.check import validate_address
from load_tests.forwarding.core_process import PeerSecrets
from load_tests.forwarding.delay import Departure
from load_tests.forwarding.stream import session

UDP_GRO = 104
SO_TIMESTAMPNS = 35
RECEIVE_BYTES = 65_535
BUFFER_BYTES = 8 << 20
QUIET_S = 0.3
"""After the last burst, so long without a datagram means that all have come."""


@dataclass(frozen=True)
class SinkReport:
    """What all sinks together have seen."""

    rtp_packets: int
    other_packets: int
    highest_gap: int
    authentic_samples: int
    departures: list[Departure]
    """Those to the first subscriber."""


def run(pipe: Connection, cpu: int | None, port: int, peers: list[PeerSecrets]) -> None:
    """Validates an address for each peer, counts until told to stop, reports."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    selector = selectors.DefaultSelector()
    sinks = [_Sink(port, secrets) for secrets in peers]
    for sink in sinks:
        selector.register(sink.socket, selectors.EVENT_READ, sink)
    pipe.send("ready")
    is_stopping, quiet_since = False, time.monotonic()
    while not is_stopping or time.monotonic() - quiet_since < QUIET_S:
        for key, _ in selector.select(0.05):
            key.data.receive()
            quiet_since = time.monotonic()
        is_stopping = is_stopping or pipe.poll()
    pipe.send(
        SinkReport(
            rtp_packets=sum(sink.rtp_packets for sink in sinks),
            other_packets=sum(sink.other_packets for sink in sinks),
            highest_gap=max(sink.highest_gap for sink in sinks),
            authentic_samples=sum(sink.authentic_samples for sink in sinks),
            departures=sinks[0].departures,
        )
    )


class _Sink:
    def __init__(self, port: int, secrets: PeerSecrets) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self.socket.connect(("127.0.0.1", port))
        validate_address(self.socket, secrets)
        self.socket.setsockopt(socket.SOL_UDP, UDP_GRO, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self._session = session(secrets.transmit, Policy.SSRC_ANY_INBOUND)
        self._sequence: int | None = None
        self.departures: list[Departure] = []
        self.rtp_packets = self.other_packets = self.highest_gap = self.authentic_samples = 0

    def receive(self) -> None:
        """Takes one message: one datagram, or a run of equal ones."""
        message, ancillary, _, _ = self.socket.recvmsg(RECEIVE_BYTES, 128)
        stride, wall_ns = len(message), 0
        for level, kind, value in ancillary:
            if level == socket.SOL_UDP and kind == UDP_GRO:
                (stride,) = struct.unpack("i", value[:4])
            elif level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, rest_ns = struct.unpack("qq", value[:16])
                wall_ns = seconds * 1_000_000_000 + rest_ns
        if _is_rtp(message):
            packets = -(-len(message) // stride)
            self.departures.append(Departure(wall_ns, int.from_bytes(message[2:4], "big"), packets))
        for start in range(0, len(message), stride):
            self._count(message[start : start + stride])

    def _count(self, datagram: bytes) -> None:
        if not _is_rtp(datagram):
            self.other_packets += 1
            return
        sequence = int.from_bytes(datagram[2:4], "big")
        if self._sequence is not None:
            self.highest_gap = max(self.highest_gap, (sequence - self._sequence & 0xFFFF) - 1)
        self._sequence = sequence
        self.rtp_packets += 1
        # A sample is decrypted, so that the cheap way of forwarding nonsense would be seen.
        if self.rtp_packets % 500 == 1:
            self._session.unprotect(datagram)
            self.authentic_samples += 1


def _is_rtp(datagram: bytes) -> bool:
    return 128 <= datagram[0] < 192 and not 192 <= datagram[1] < 224
