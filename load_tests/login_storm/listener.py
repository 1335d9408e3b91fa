"""Who listens: a process that notes when each packet arrived, and pings over its signalling connection."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import struct
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiortc import RTCPeerConnection
from livekit.protocol import rtc

from load_tests.login_storm.part import Line
from load_tests.login_storm.seat import JOIN_LIMIT_S, Seat, taken_seat
from load_tests.login_storm.stamped_sound import Stamp, stamp_of

PING_INTERVAL_S = 0.01
"""Pings leave at this pace whether or not those before are answered: a server that stands still for 100 ms
delays ten pings, not one."""
FIRST_PACKETS = 10
_NS_PER_S = 1_000_000_000
_SIOCGSTAMPNS = 0x8907
"""linux/sockios.h: when the datagram last read from a socket arrived, by the kernel (CLOCK_REALTIME)."""
_TIMESPEC = struct.Struct("@qq")


class Ping(NamedTuple):
    """When it left (CLOCK_REALTIME), and its round trip; None if no answer came."""

    sent_ns: int
    round_trip_ns: int | None


@dataclass
class Heard:
    """What arrived."""

    arrived_ns: dict[int, int] = field(default_factory=dict)
    """By the packets' numbers; of those that came twice the first time."""
    pings: list[Ping] = field(default_factory=list)


class Pinger:
    """Sends pings that carry their number as timestamp, which the server sends back."""

    def __init__(self) -> None:
        self._sent: list[tuple[int, int]] = []
        self._answered_ns: dict[int, int] = {}

    def answered(self, response: rtc.SignalResponse) -> None:
        """Takes any message from the server."""
        now_ns = time.monotonic_ns()
        if response.WhichOneof("message") == "pong_resp":
            self._answered_ns[response.pong_resp.last_ping_timestamp] = now_ns

    async def run(self, seat: Seat) -> None:
        """Pings until it is cancelled."""
        due_s = time.monotonic()
        while True:
            self._sent.append((time.time_ns(), time.monotonic_ns()))
            await seat.send(rtc.SignalRequest(ping_req=rtc.Ping(timestamp=len(self._sent))))
            due_s = max(due_s + PING_INTERVAL_S, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    def pings(self) -> list[Ping]:
        """Returns every ping so far."""
        return [
            Ping(wall_ns, None if answered is None else answered - began_ns)
            for number, (wall_ns, began_ns) in enumerate(self._sent, start=1)
            for answered in (self._answered_ns.get(number),)
        ]


async def main(line: Line, url: str, token: str) -> None:
    """Listens and pings until it is told to stop, then tells what it heard: Heard."""
    heard, pinger = Heard(), Pinger()
    async with taken_seat(url, token, pinger.answered) as seat:
        _note_arrivals(seat.downstream, heard)
        line.tell("listening")
        async with asyncio.timeout(JOIN_LIMIT_S):
            while len(heard.arrived_ns) < FIRST_PACKETS:
                await asyncio.sleep(0.05)
        line.tell("hearing")
        pinging = asyncio.create_task(pinger.run(seat))
        stopping = asyncio.create_task(line.ask())
        await asyncio.wait([pinging, stopping], return_when=asyncio.FIRST_COMPLETED)
        if pinging.done():
            pinging.result()
        pinging.cancel()
        await stopping
        heard.pings = pinger.pings()
        line.tell(heard)


def _note_arrivals(downstream: RTCPeerConnection, heard: Heard) -> None:
    """Takes packets where the socket hands them over, each with the kernel's stamp of its arrival.

    What this process was doing then does not count. aiortc itself is given the rest: consent and DTLS.
    """

    @downstream.on("connectionstatechange")
    def connected() -> None:
        if downstream.connectionState != "connected":
            return
        # The data channels' association carries the sound as well (BUNDLE).
        association = downstream.sctp
        assert association is not None
        dtls: Any = association.transport
        (pair,) = dtls.transport._connection._nominated.values()
        protocol = pair.protocol
        socket = protocol.transport.get_extra_info("socket")
        pass_on = protocol.datagram_received
        with contextlib.suppress(FileNotFoundError):
            # The first call asks the kernel to begin; there may be nothing to tell yet.
            _arrival_ns(socket.fileno())

        def received(data: bytes, address: tuple[Any, ...]) -> None:
            if not _is_rtp(data):
                pass_on(data, address)
                return
            arrived_ns = _arrival_ns(socket.fileno())
            stamp: Stamp | None = stamp_of(dtls._rx_srtp.unprotect(data))
            if stamp is not None:
                heard.arrived_ns.setdefault(stamp.number, arrived_ns)

        protocol.datagram_received = received


def _arrival_ns(descriptor: int) -> int:
    seconds: int
    ns: int
    seconds, ns = _TIMESPEC.unpack(fcntl.ioctl(descriptor, _SIOCGSTAMPNS, bytes(_TIMESPEC.size)))
    return seconds * _NS_PER_S + ns


def _is_rtp(datagram: bytes) -> bool:
    """RFC 7983 §7 and RFC 5761 §4."""
    return len(datagram) > 12 and 128 <= datagram[0] < 192 and not 192 <= datagram[1] < 224
