"""What a run comes to: figures by the names that targets use."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from load_tests.crowd.reading import NS_PER_MS, Reading, Stream, delay_centile_ms
from load_tests.load.scenario import Person, Scenario

SETTLED_NS = 1_000 * NS_PER_MS
"""Who sends and is connected so long before somebody asks to join can be received by that person at once."""


@dataclass(frozen=True)
class Use:
    """What the server's process used meanwhile."""

    cpu_s: float
    seconds: float
    peak_bytes: int


def figures_of(
    scenario: Scenario, began_ns: Mapping[str, int], failed: int, reading: Reading, use: Use
) -> dict[str, float]:
    """Returns the figures of the virtual peers and of the server.

    ``began_ns``: when each person asked to join, of those who did; ``reading``: at the end, everybody still
    there. A figure without anything to measure is missing.
    """
    voices = [stream for stream in reading.streams() if stream.kind == "audio"]
    pictures = [stream for stream in reading.streams() if stream.kind == "video"]
    connects_ms = connect_times_ms(began_ns, reading)
    joins_ms = join_times_ms(scenario.people, began_ns, reading)
    delays = [stream.delays for stream in voices]
    found: dict[str, float | None] = {
        "joins_failed": failed,
        "connect_p50_ms": centile(connects_ms, 0.50),
        "connect_p95_ms": centile(connects_ms, 0.95),
        "join_p50_ms": centile(joins_ms, 0.50),
        "join_p95_ms": centile(joins_ms, 0.95),
        "streams_missing": max(0, scenario.streams_expected() - len(voices) - len(pictures)),
        "peers_lost": sum(peer.is_lost for peer in reading.peers.values()),
        "voice_loss": loss_of(voices),
        "voice_delay_p50_ms": delay_centile_ms(reading.bounds_us, delays, 0.50),
        "voice_delay_p99_ms": delay_centile_ms(reading.bounds_us, delays, 0.99),
        "voice_stills": sum(stream.stills for stream in voices) if voices else None,
        "picture_loss": loss_of(pictures),
        "picture_stills": sum(stream.stills for stream in pictures) if pictures else None,
        "key_frames_per_s": max((peer.key_frames_wanted for peer in reading.peers.values()), default=0)
        / use.seconds,
        "server_cores": use.cpu_s / use.seconds,
        "server_mb": use.peak_bytes / 1e6,
    }
    return {name: value for name, value in found.items() if value is not None}


def connect_times_ms(began_ns: Mapping[str, int], reading: Reading) -> list[float]:
    """Returns of each person who got so far: from asking to join until a connection could carry media."""
    times_ms = []
    for name, joined_ns in began_ns.items():
        both = (reading.peers.get(peer) for peer in (name, f"{name}<"))
        connected_ns = [peer.connected_ns for peer in both if peer is not None and peer.connected_ns]
        if connected_ns:
            times_ms.append((min(connected_ns) - joined_ns) / NS_PER_MS)
    return times_ms


def join_times_ms(people: Iterable[Person], began_ns: Mapping[str, int], reading: Reading) -> list[float]:
    """Returns of each person who had somebody to receive: from asking to join to the first packet.

    Who joined a room in which nobody sent yet is left out: there the wait is for people, not for the server.
    """
    rooms: dict[str, list[Person]] = {}
    for person in people:
        rooms.setdefault(person.room, []).append(person)
    times_ms = []
    for room in rooms.values():
        sending_since_ns = {
            person.name: peer.connected_ns
            for person in room
            if (peer := reading.peers.get(person.name)) is not None and peer.connected_ns
        }
        for person in room:
            joined_ns = began_ns.get(person.name)
            peer = reading.peers.get(f"{person.name}<")
            if joined_ns is None or peer is None or not peer.received:
                continue
            others = (since for name, since in sending_since_ns.items() if name != person.name)
            if any(since + SETTLED_NS <= joined_ns for since in others):
                first_ns = min(stream.first_ns for stream in peer.received)
                times_ms.append((first_ns - joined_ns) / NS_PER_MS)
    return times_ms


def loss_of(streams: Sequence[Stream]) -> float | None:
    """Returns the share of packets that never came, None without streams."""
    spanned = sum(stream.spanned for stream in streams)
    return sum(stream.lost for stream in streams) / spanned if spanned else None


def centile(values: Sequence[float], share: float) -> float | None:
    """Returns what this share of the values (more than 0, less than 1) does not exceed; None without any."""
    if len(values) < 2:
        return values[0] if values else None
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[round(share * 100) - 1]


def probe_figures(shown_ns: Sequence[int], delays_ms: Sequence[float], seconds: float) -> dict[str, float]:
    """Returns the figures of a real client that decoded: when each picture came, and how old it was.

    Nothing came: only that.
    """
    found: dict[str, float | None] = {
        "probe_frames_per_s": len(shown_ns) / seconds,
        "probe_freezes": freezes(shown_ns) if shown_ns else None,
        "probe_delay_p50_ms": centile(delays_ms, 0.50),
        "probe_delay_p95_ms": centile(delays_ms, 0.95),
    }
    return {name: value for name, value in found.items() if value is not None}


def freezes(shown_ns: Sequence[int]) -> int:
    """Returns how often a picture stayed too long, as W3C's webrtc-stats counts ``freezeCount``.

    That is longer than three times the mean, and than the mean and 150 ms. The mean is that of all pictures.
    """
    stays_ns = [after - before for before, after in itertools.pairwise(shown_ns)]
    if not stays_ns:
        return 0
    mean_ns = statistics.fmean(stays_ns)
    limit_ns = max(3 * mean_ns, mean_ns + 150 * NS_PER_MS)
    return sum(stay > limit_ns for stay in stays_ns)
