"""Numbered UDP packets through a link and back: how long they take, and which never come."""

from __future__ import annotations

import select
import socket
import statistics
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass

from load_tests.netem.conditions import NS_PER_MS, NS_PER_S
from load_tests.netem.namespaces import Namespace

PORT = 9
_HEAD = struct.Struct("!QQ")
LINGER_S = 2.0
"""For packets under way at the end: longer than any queue of the presets."""


@dataclass(frozen=True)
class Probed:
    """What a row of packets met, one way."""

    sent: int
    numbers: Sequence[int]
    """Of those that came, 0 the first sent, in the order of arrival."""
    delays_ms: Sequence[float]
    """Of the same."""
    copies: int
    """That came besides."""
    overtaken: int
    """How many arrived after one that left later."""
    took_s: float
    """From the first arrival to the last."""
    size_bytes: int

    @property
    def lost(self) -> float:
        """The part of them that never came."""
        return 1 - len(self.delays_ms) / self.sent

    @property
    def median_ms(self) -> float:
        """Of the delays, NaN where nothing came."""
        return statistics.median(self.delays_ms) if self.delays_ms else float("nan")

    @property
    def rate_bps(self) -> float:
        """At which IP packets arrived, NaN with fewer than two."""
        if self.took_s <= 0:
            return float("nan")
        return (len(self.delays_ms) - 1) * self.size_bytes * 8 / self.took_s

    def __str__(self) -> str:
        return (
            f"{self.sent} sent, {self.lost:.1%} lost, {self.copies} twice, {self.overtaken} overtaken, "
            f"median {self.median_ms:.1f} ms, {self.rate_bps / 1000:.0f} kbit/s"
        )


def probe(
    sender: Namespace,
    receiver: Namespace,
    *,
    packets: int,
    every_ms: float,
    size_bytes: int = 200,
    arrivals_at_most: int | None = None,
    linger_s: float = LINGER_S,
) -> Probed:
    """Sends packets one way through whatever joins the two; ``size_bytes`` is an IP packet's, 44 at least.

    Ends when ``arrivals_at_most`` have come, copies included and by default as many as are sent, or
    ``linger_s`` after the last was sent.
    """
    enough = packets if arrivals_at_most is None else arrivals_at_most
    out = sender.open_socket(socket.SOCK_DGRAM)
    into = receiver.open_socket(socket.SOCK_DGRAM, (receiver.address, PORT))
    into.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    filling = bytes(size_bytes - 28 - _HEAD.size)
    arrivals: list[tuple[int, int, int]] = []
    with out, into:
        began_ns = time.monotonic_ns()
        for number in range(packets):
            due_ns = began_ns + round(number * every_ms * NS_PER_MS)
            _receive_until(into, arrivals, due_ns, packets * 2)
            out.sendto(_HEAD.pack(number, time.monotonic_ns()) + filling, (receiver.address, PORT))
        _receive_until(into, arrivals, time.monotonic_ns() + round(linger_s * NS_PER_S), enough)
    return _probed(packets, size_bytes, arrivals)


def _receive_until(
    into: socket.socket, arrivals: list[tuple[int, int, int]], until_ns: int, enough: int
) -> None:
    while len(arrivals) < enough:
        left_s = (until_ns - time.monotonic_ns()) / NS_PER_S
        if not select.select([into], [], [], max(0.0, left_s))[0]:
            return
        number, sent_ns = _HEAD.unpack_from(into.recv(2048))
        arrivals.append((number, sent_ns, time.monotonic_ns()))


def _probed(packets: int, size_bytes: int, arrivals: Sequence[tuple[int, int, int]]) -> Probed:
    delays_ms: dict[int, float] = {}
    overtaken, newest = 0, -1
    for number, sent_ns, came_ns in arrivals:
        if number in delays_ms:
            continue
        overtaken += number < newest
        newest = max(newest, number)
        delays_ms[number] = (came_ns - sent_ns) / NS_PER_MS
    took_ns = arrivals[-1][2] - arrivals[0][2] if arrivals else 0
    return Probed(
        sent=packets,
        numbers=list(delays_ms),
        delays_ms=list(delays_ms.values()),
        copies=len(arrivals) - len(delays_ms),
        overtaken=overtaken,
        took_s=took_ns / NS_PER_S,
        size_bytes=size_bytes,
    )
