"""One measurement: system under test, generator and sinks apart, CPU time read around a steady flow."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import secrets
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from load_tests.forwarding import sinks
from load_tests.forwarding.check import validate_address
from load_tests.forwarding.core_process import FIRST_SUBSCRIBER, PUBLISHER, PeerSecrets, Reading
from load_tests.forwarding.delay import Delay, burst_delays_ns, summary
from load_tests.forwarding.stream import BURST_PACKETS, PACKET_BYTES, PublishedStream
from media_server.precedence import REAL_TIME_PRIORITY

UDP_SEGMENT = 103
WARM_UP_S = 0.5
READING_INTERVAL_S = 0.2
MAX_READINGS = 50
"""A machine busy with other things may let the system fall some seconds behind."""


@dataclass(frozen=True)
class Load:
    """What is asked of the system under test."""

    subscribers: int
    packets_per_s: int
    seconds: float
    is_segmented: bool
    """The generator hands each burst to the kernel in one call, as a network card's GRO would deliver it."""


@dataclass(frozen=True)
class Result:
    """What one measurement showed."""

    cpu_us_per_packet: float
    forwarded: int
    arrived: int
    datagrams_per_send: float
    delay: Delay

    @property
    def loss(self) -> float:
        """The share of forwarded packets that no sink saw."""
        return 1 - self.arrived / self.forwarded


class System(Protocol):
    """What forwards."""

    port: int

    def read(self) -> Reading:
        """Its state now."""

    def close(self) -> None:
        """Ends it."""


def measure(start: Callable[[int | None, list[PeerSecrets]], System], load: Load) -> Result:
    """Runs one measurement. RuntimeError if the sinks saw more than it says that it forwarded."""
    context = multiprocessing.get_context("spawn")
    system_cpu, other_cpu = _two_cpus()
    peers = [_new_peer(PUBLISHER + index) for index in range(1 + load.subscribers)]
    sink_pipe, sink_end = context.Pipe()
    system = start(system_cpu, peers)
    receivers = context.Process(
        target=sinks.run,
        args=(sink_end, other_cpu, system.port, peers[FIRST_SUBSCRIBER - PUBLISHER :]),
        daemon=True,
    )
    receivers.start()
    sink_end.close()
    if other_cpu is not None:
        os.sched_setaffinity(0, {other_cpu})
    sink_pipe.recv()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as publisher:
        publisher.connect(("127.0.0.1", system.port))
        validate_address(publisher, peers[0])
        publisher.setblocking(True)
        stream = PublishedStream(peers[0].receive)
        burst_count = round(load.seconds * load.packets_per_s / BURST_PACKETS)
        warm_up = list(stream.bursts(round(WARM_UP_S * load.packets_per_s / BURST_PACKETS)))
        sent_wall_ns = _send(publisher, load, warm_up)
        publisher.send(stream.sender_report())
        bursts = list(stream.bursts(burst_count))
        time.sleep(0.1)
        before = system.read()
        with _at_once():
            sent_wall_ns += _send(publisher, load, bursts)
        after = _read_when_done(system, before, len(bursts) * BURST_PACKETS)
    sink_pipe.send("stop")
    report = sink_pipe.recv()
    system.close()
    receivers.join(10)
    delays_ns = burst_delays_ns(sent_wall_ns, report.departures)
    return _result(before, after, report, summary(delays_ns[-burst_count:]))


def _result(before: Reading, after: Reading, report: sinks.SinkReport, delay: Delay) -> Result:
    if report.rtp_packets > after.forwarded:
        raise RuntimeError(f"sinks saw {report.rtp_packets} packets, {after.forwarded} were forwarded")
    return Result(
        cpu_us_per_packet=(after.cpu_ns - before.cpu_ns) / 1_000 / (after.forwarded - before.forwarded),
        forwarded=after.forwarded,
        arrived=report.rtp_packets,
        datagrams_per_send=(after.datagrams_sent - before.datagrams_sent)
        / max(1, after.sends - before.sends),
        delay=delay,
    )


def _send(publisher: socket.socket, load: Load, bursts: Sequence[bytes]) -> list[int]:
    """Sends at the load's pace; returns when each burst was handed over, by the wall clock."""
    sent_wall_ns = []
    segment = [(socket.SOL_UDP, UDP_SEGMENT, struct.pack("H", PACKET_BYTES))]
    interval_s = BURST_PACKETS / load.packets_per_s
    due_s = time.monotonic()
    for burst in bursts:
        sent_wall_ns.append(time.time_ns())
        if load.is_segmented:
            publisher.sendmsg([burst], segment)
        else:
            for start in range(0, len(burst), PACKET_BYTES):
                publisher.send(burst[start : start + PACKET_BYTES])
        due_s += interval_s
        time.sleep(max(0.0, due_s - time.monotonic()))
    return sent_wall_ns


@contextlib.contextmanager
def _at_once() -> Iterator[None]:
    """Lets this thread run as soon as it wakes, where that is permitted: a burst that is held up between the
    clock and the send call would be taken for one held up in the system. Begun after all processes have been
    started, which would inherit it."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REAL_TIME_PRIORITY))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _read_when_done(system: System, before: Reading, packets: int) -> Reading:
    """The first reading after the system has taken all packets, or after it has stopped taking any."""
    last = before
    for _ in range(MAX_READINGS):
        time.sleep(READING_INTERVAL_S)
        reading = system.read()
        if reading.received - before.received >= packets or reading.received == last.received:
            return reading
        last = reading
    return last


def _new_peer(peer: int) -> PeerSecrets:
    return PeerSecrets(
        peer=peer,
        ufrag=f"load{peer}",
        password=secrets.token_hex(12),
        receive=secrets.token_bytes(28),
        transmit=secrets.token_bytes(28),
    )


def _two_cpus() -> tuple[int, int] | tuple[None, None]:
    """One processor for the core, another for everything else, where there are two."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        all_cpus = range(os.cpu_count() or 1)
        if len(all_cpus) < 2:
            return None, None
        usable = list(all_cpus)
    return usable[-1], usable[0]
