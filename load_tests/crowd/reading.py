"""What virtual peers say that they have sent and received, and sums of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NS_PER_MS = 1_000_000


@dataclass(frozen=True)
class Stream:
    """One stream as it was received."""

    mid: str
    kind: str
    packets: int
    spanned: int
    """Numbers from the first to the last."""
    bytes: int
    first_ns: int
    last_ns: int
    longest_gap_ms: float
    stills: int
    """Gaps of a second or more."""
    delays: tuple[int, ...]
    """Stamped packets by class of delay."""

    @property
    def lost(self) -> int:
        """Numbers that never came, not even when asked for again."""
        return self.spanned - self.packets


@dataclass(frozen=True)
class PeerReading:
    """One peer."""

    connected_ns: int
    """CLOCK_MONOTONIC; 0: not yet."""
    is_lost: bool
    key_frames_wanted: int
    unsent: int
    misdeeds: int
    """How often it did what it does to others."""
    sent: Mapping[str, int]
    """Packets by mid."""
    received: tuple[Stream, ...]


@dataclass(frozen=True)
class Reading:
    """All peers at one moment."""

    now_ns: int
    cpu_ns: int
    """Of the process that holds the peers."""
    bounds_us: tuple[float, ...]
    """Upper bounds of the classes of delay, the last class without one."""
    peers: Mapping[str, PeerReading]

    def streams(self) -> Iterable[Stream]:
        """Every stream of every peer."""
        return (stream for peer in self.peers.values() for stream in peer.received)

    def sent_packets(self) -> int:
        """By all peers."""
        return sum(sum(peer.sent.values()) for peer in self.peers.values())

    def lost_packets(self) -> int:
        """On the way to all peers."""
        return sum(stream.lost for stream in self.streams())

    def received_packets(self) -> int:
        """By all peers."""
        return sum(stream.packets for stream in self.streams())


def reading_of(told: Mapping[str, Any]) -> Reading:
    """Returns what the process told."""
    return Reading(
        now_ns=told["now_ns"],
        cpu_ns=told["cpu_ns"],
        bounds_us=tuple(told["bounds_us"]),
        peers={name: _peer(peer) for name, peer in told["peers"].items()},
    )


def delay_centile_ms(
    bounds_us: Sequence[float], delays: Iterable[Sequence[int]], centile: float
) -> float | None:
    """Returns the upper bound of the class in which this share (0 to 1) of all packets is reached.

    None without a packet; infinity for the class without a bound.
    """
    totals = [0] * (len(bounds_us) + 1)
    for counts in delays:
        for index, count in enumerate(counts):
            totals[index] += count
    wanted, passed = centile * sum(totals), 0
    for count, bound_us in zip(totals, (*bounds_us, float("inf")), strict=True):
        passed += count
        if passed and passed >= wanted:
            return bound_us / 1_000
    return None


def _peer(told: Mapping[str, Any]) -> PeerReading:
    return PeerReading(
        connected_ns=told["connected_ns"],
        is_lost=told["is_lost"],
        key_frames_wanted=told["key_frames_wanted"],
        unsent=told["unsent"],
        misdeeds=told["misdeeds"],
        sent=told["sent"],
        received=tuple(
            Stream(
                mid=stream["mid"],
                kind=stream["kind"],
                packets=counts["packets"],
                spanned=counts["spanned"],
                bytes=counts["bytes"],
                first_ns=counts["first_ns"],
                last_ns=counts["last_ns"],
                longest_gap_ms=counts["longest_gap_ns"] / NS_PER_MS,
                stills=counts["stills"],
                delays=tuple(counts["delays"]),
            )
            for stream in told["received"]
            for counts in (stream["counts"],)
        ),
    )
