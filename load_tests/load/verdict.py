"""Which figures a load test may be judged by, which way each must go, and whether it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Side(Enum):
    """On which side of its target a figure must stay; the target itself is good."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True)
class Figure:
    """What a figure is, for people."""

    side: Side
    unit: str
    meaning: str


FIGURES: Mapping[str, Figure] = {
    "joins_failed": Figure(Side.AT_MOST, "", "people who could not join"),
    "connect_p50_ms": Figure(Side.AT_MOST, "ms", "from asking to join until media can flow, median"),
    "connect_p95_ms": Figure(Side.AT_MOST, "ms", "the same, 95 of 100"),
    "join_p50_ms": Figure(
        Side.AT_MOST, "ms", "from asking to join to the first packet, where somebody sent already, median"
    ),
    "join_p95_ms": Figure(Side.AT_MOST, "ms", "the same, 95 of 100"),
    "streams_missing": Figure(Side.AT_MOST, "", "streams that somebody should have received and did not"),
    "peers_lost": Figure(Side.AT_MOST, "", "peers whose connection ended before the end"),
    "voice_loss": Figure(Side.AT_MOST, "share", "voice packets that never came"),
    "voice_delay_p50_ms": Figure(Side.AT_MOST, "ms", "a voice packet's way from peer to peer, median"),
    "voice_delay_p99_ms": Figure(Side.AT_MOST, "ms", "the same, 99 of 100"),
    "voice_stills": Figure(Side.AT_MOST, "", "voices that were gone for a second"),
    "picture_loss": Figure(Side.AT_MOST, "share", "picture packets that never came, repairs counted"),
    "picture_stills": Figure(Side.AT_MOST, "", "pictures without a packet for a second"),
    "key_frames_per_s": Figure(Side.AT_MOST, "/s", "key frames asked of the busiest publisher"),
    "server_cores": Figure(Side.AT_MOST, "cores", "processor time of the server's process"),
    "server_mb": Figure(Side.AT_MOST, "MB", "the most memory that the server held"),
    "probe_freezes": Figure(Side.AT_MOST, "", "times the decoded picture of a real client stood still"),
    "probe_delay_p50_ms": Figure(
        Side.AT_MOST, "ms", "from a real client's camera to another's screen, median"
    ),
    "probe_delay_p95_ms": Figure(Side.AT_MOST, "ms", "the same, 95 of 100"),
    "probe_frames_per_s": Figure(Side.AT_LEAST, "/s", "pictures that the real client decoded"),
}


@dataclass(frozen=True)
class Judged:
    """One target and what was measured."""

    name: str
    target: float
    measured: float | None
    """None: it could not be measured."""
    is_met: bool


def judge(targets: Mapping[str, float], measured: Mapping[str, float]) -> list[Judged]:
    """Returns each target with its verdict. What was not measured is missed."""
    verdicts = []
    for name, target in targets.items():
        value = measured.get(name)
        if value is None:
            is_met = False
        elif FIGURES[name].side is Side.AT_MOST:
            is_met = value <= target
        else:
            is_met = value >= target
        verdicts.append(Judged(name, target, value, is_met))
    return verdicts
