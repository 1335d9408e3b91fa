"""What one plain loopback send costs on this machine: a yardstick that different machines share."""

from __future__ import annotations

import contextlib
import resource
import socket

from load_tests.forwarding.stream import PACKET_BYTES

REFERENCE_SEND_US = 0.65
"""The same call on the machine on which the targets were set (design/performance.md)."""
SENDS = 50_000
RUNS = 5


def send_us() -> float:
    """Returns the microseconds of the kernel's CPU for one send of a packet, the best of several runs.

    The interpreter's own share is left out: a native program, which the reference was, has none of it.
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
            began_s = _kernel_s()
            for _ in range(SENDS):
                source.send(packet)
            best_us = min(best_us, (_kernel_s() - began_s) / SENDS * 1e6)
            with contextlib.suppress(BlockingIOError):
                while True:
                    sink.recv(PACKET_BYTES)
    return best_us


def _kernel_s() -> float:
    return resource.getrusage(resource.RUSAGE_THREAD).ru_stime
