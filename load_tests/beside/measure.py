"""One run: a server, a publisher and its subscribers; CPU time and packets around a steady flow."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass

from load_tests.beside.figures import Run, loss_of
from load_tests.beside.system import Candidate, cpu_time_ns
from load_tests.crowd.crowd import Crowd, Played, crowd
from load_tests.crowd.reading import Reading, delay_centile_ms

BURST_PACKETS = 10
PAYLOAD_BYTES = 1_060
"""With RTP's header, two words of extensions with theirs, and the tag of AES-GCM: 1,100 bytes of UDP payload,
as in performance.md."""
CONNECT_LIMIT_S = 60.0
WARM_UP_S = 1.5
_POLL_S = 0.05
_FIRST_PACKETS = 100


@dataclass(frozen=True)
class Load:
    """What is asked of every server."""

    subscribers: int
    packets_per_s: int
    """From the publisher."""
    seconds: float

    @property
    def played(self) -> Played:
        """For the publisher."""
        return {
            "kind": "bursts",
            "packets_per_s": self.packets_per_s,
            "burst_packets": BURST_PACKETS,
            "payload_bytes": PAYLOAD_BYTES,
        }


async def measure(candidate: Candidate, load: Load, address: str) -> Run:
    """Runs one server. TimeoutError if not every subscriber is sent to."""
    system_cpus, other_cpus = _processors()
    if other_cpus is not None:
        os.sched_setaffinity(0, other_cpus)
    async with crowd(address, cpus=other_cpus) as peers, candidate.start(address, system_cpus) as system:
        await system.publish(peers, load.played)
        for number in range(load.subscribers):
            await system.subscribe(peers, f"subscriber{number}")
        await _flowing(peers, load.subscribers)
        await asyncio.sleep(WARM_UP_S)
        before, cpu_before_ns = await peers.read(), cpu_time_ns(system.pid)
        began_s = time.monotonic()
        await asyncio.sleep(load.seconds)
        after, cpu_after_ns = await peers.read(), cpu_time_ns(system.pid)
        seconds = time.monotonic() - began_s
    holes = after.lost_packets() - before.lost_packets()
    received = after.received_packets() - before.received_packets()
    sent = after.sent_packets() - before.sent_packets()
    return Run(
        candidate.name,
        candidate.configuration,
        load.subscribers,
        cpu_us_per_packet=(cpu_after_ns - cpu_before_ns) / 1_000 / max(1, received),
        packets_per_s=received / seconds,
        wanted_per_s=float(load.packets_per_s * load.subscribers),
        loss=loss_of(sent, received, holes, load.subscribers),
        delay_ms_p50=_delay_ms(before, after, 0.5),
        delay_ms_p99=_delay_ms(before, after, 0.99),
    )


async def _flowing(peers: Crowd, subscribers: int) -> None:
    async with asyncio.timeout(CONNECT_LIMIT_S):
        while True:
            reading = await peers.read()
            flowing = [stream for stream in reading.streams() if stream.packets >= _FIRST_PACKETS]
            if len(flowing) >= subscribers:
                return
            await asyncio.sleep(_POLL_S)


def _delay_ms(before: Reading, after: Reading, centile: float) -> float:
    """Of the stamped packets between two readings."""
    earlier = {
        (name, stream.mid): stream.delays for name, peer in before.peers.items() for stream in peer.received
    }
    delays = []
    for name, peer in after.peers.items():
        for stream in peer.received:
            old = earlier.get((name, stream.mid), ()) or (0,) * len(stream.delays)
            delays.append([new - known for new, known in zip(stream.delays, old, strict=True)])
    return delay_centile_ms(after.bounds_us, delays, centile) or 0.0


def _processors() -> tuple[set[int], set[int]] | tuple[None, None]:
    """One for the server, the others for everything else."""
    usable = range(os.cpu_count() or 1)
    if len(usable) < 2:
        return None, None
    return {usable[-1]}, set(usable[:-1])
