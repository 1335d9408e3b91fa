"""How good a participant's link is, in the four words of the protocol.

The picture follows audio: a loss that conceals well is good, one that makes words unintelligible is poor
(interactive speech: ITU-T G.113 puts Opus with concealment at about 3 % before it is noticed, 10 % before it
annoys). LOST is said only of a participant that has been silent for LOST_AFTER_NS and never to itself: a
client that hears it of itself while it publishes throws its whole connection away (livekit-protocol.md §5).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

LOST_AFTER_NS: Final = 3_000_000_000
"""The others see a silent person greyed after 3 s (reliability §3.2); the core reports silence then."""
GOOD_LOSS: Final = 0.03
POOR_LOSS: Final = 0.10
GOOD_ROUND_TRIP_MS: Final = 400
"""ITU-T G.114: above 400 ms one way speech is no longer interactive; the round trip is judged as if half
were queue."""
POOR_ROUND_TRIP_MS: Final = 1_000
POOR_RUNG: Final = 3
"""No picture goes: whoever looks at the person must know why."""


class Quality(Enum):
    """The protocol's ConnectionQuality."""

    POOR = 0
    GOOD = 1
    EXCELLENT = 2
    LOST = 3


@dataclass(frozen=True, slots=True)
class LinkSample:
    """What was measured on a participant's link over one period.

    ``expected`` and ``lost`` count packets in both directions together; ``round_trip_ms`` is None where
    nothing told; ``silent_ns`` is for how long nothing authentic has come; ``rung`` is where the estimate of
    what the link carries stands on the degradation ladder (``link_rung``).
    """

    expected: int
    lost: int
    round_trip_ms: float | None
    silent_ns: int
    rung: int = 0


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """The word, and a score of 0 … 5 in the manner of a mean opinion score."""

    quality: Quality
    score: float


def judge_link(sample: LinkSample) -> LinkQuality:
    """Returns the quality of a link over one period."""
    if sample.silent_ns >= LOST_AFTER_NS:
        return LinkQuality(Quality.LOST, 0.0)
    loss = sample.lost / sample.expected if sample.expected > 0 else 0.0
    round_trip_ms = sample.round_trip_ms or 0.0
    score = max(1.0, 4.5 - 20 * min(max(loss, 0.0), 1.0) - max(0.0, round_trip_ms - 150) / 400)
    if loss >= POOR_LOSS or round_trip_ms >= POOR_ROUND_TRIP_MS or sample.rung >= POOR_RUNG:
        return LinkQuality(Quality.POOR, round(min(score, 2.5), 2))
    if loss >= GOOD_LOSS or round_trip_ms >= GOOD_ROUND_TRIP_MS or sample.rung > 0:
        return LinkQuality(Quality.GOOD, round(min(score, 3.9), 2))
    return LinkQuality(Quality.EXCELLENT, round(score, 2))
