"""What one plain loopback send costs on this machine: a yardstick that different machines share."""

from __future__ import annotations

import contextlib
import socket
import time

from load_tests.forwarding.stream import PACKET_BYTES

REFERENCE_SEND_US = 0.65
"""The same call on the machine on which the targets were set (design/performance.md)."""
SENDS = 20_000
RUNS = 5


def send_us() -> float:
    """Returns the microseconds of CPU for one send of a packet, the best of several runs.

    Includes the interpreter's share of the call, about 0.1 µs.
    """
    packet = bytes(PACKET_BYTES)
    best_us = float("inf")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source,
    ):
        sink.bind(("127.0.0.1", 0))
        sink.setblocking(False)
        source.connect(sink.getsockname())
        for _ in range(RUNS):
            began_ns = time.thread_time_ns()
            for _ in range(SENDS):
                source.send(packet)
            best_us = min(best_us, (time.thread_time_ns() - began_ns) / SENDS / 1_000)
            with contextlib.suppress(BlockingIOError):
                while True:
                    sink.recv(PACKET_BYTES)
    return best_us
