"""Named links as they are met in a county: both directions of each, and links that change over time.

The ladder L0 to L5 is the one of the product's degradation: each rung's rate lies inside the band at which
clients step down to it. The other figures are ours, of the order that mobile networks show; the moving
ambulance has no carrier 6 % of the time, as was measured in Berlin with two operators.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from load_tests.netem.conditions import NS_PER_MS, Conditions, Loss, bursts


@dataclass(frozen=True)
class Profile:
    """Both directions of a link: ``up`` from the right side (the clients) to the left (the server)."""

    up: Conditions
    down: Conditions


@dataclass(frozen=True)
class Step:
    """A stretch of time with one profile."""

    profile: Profile
    lasts_ms: int | None = None
    """None: for ever. Only the last step may."""


@dataclass(frozen=True)
class Schedule:
    """Profiles one after the other; after the last comes the first again, or the last stays."""

    steps: tuple[Step, ...]
    is_repeated: bool = False

    def __post_init__(self) -> None:
        """ValueError: no step, or one that never ends before the last or in what is repeated."""
        ending = self.steps if self.is_repeated else self.steps[:-1]
        if not self.steps or any(not step.lasts_ms or step.lasts_ms < 0 for step in ending):
            raise ValueError("a schedule has steps, and those that are left have a length")

    def at(self, elapsed_ns: int) -> Profile:
        """Returns what holds so long after the beginning."""
        if self.is_repeated:
            elapsed_ns %= sum(step.lasts_ms or 0 for step in self.steps) * NS_PER_MS
        for step in self.steps[:-1]:
            elapsed_ns -= (step.lasts_ms or 0) * NS_PER_MS
            if elapsed_ns < 0:
                return step.profile
        return self.steps[-1].profile


def both_ways(conditions: Conditions) -> Profile:
    """A link that is the same in both directions."""
    return Profile(conditions, conditions)


def with_loss(profile: Profile, loss: Loss) -> Profile:
    """The same link, with this loss in both directions."""
    return Profile(replace(profile.up, loss=loss), replace(profile.down, loss=loss))


def _mobile(kbps: int, loss: float) -> Profile:
    # A quarter of a second of queue: what mobile networks keep at the least.
    up = Conditions(
        delay_ms=40,
        jitter_ms=10,
        loss=Loss(in_good=loss),
        rate_bps=kbps * 1000,
        queue_bytes=max(3_000, kbps * 1000 // 32),
    )
    return both_ways(up)


CUT = both_ways(Conditions(is_cut=True))
CLEAN = both_ways(Conditions())
ROUND_TRIP_80_MS = both_ways(Conditions(delay_ms=40))
"""The link of the figures of remote ECG."""
LOSS_5_PERCENT = with_loss(ROUND_TRIP_80_MS, Loss(in_good=0.05))
_LINE = Conditions(delay_ms=8, jitter_ms=1, loss=Loss(in_good=0.02), rate_bps=20_000_000, queue_bytes=500_000)
_AMBULANCE_UP = Conditions(
    delay_ms=60, jitter_ms=30, loss=bursts(0.03, 4), rate_bps=1_500_000, queue_bytes=90_000
)
_AMBULANCE = Profile(
    up=_AMBULANCE_UP, down=replace(_AMBULANCE_UP, delay_ms=50, rate_bps=6_000_000, queue_bytes=200_000)
)
_LADDER = {
    "L0": _mobile(2_000, 0.0),
    "L1": _mobile(1_000, 0.01),
    "L2": _mobile(400, 0.02),
    "L3": _mobile(120, 0.08),
    "L4": _mobile(64, 0.08),
    "L5": _mobile(32, 0.10),
}

PRESETS: dict[str, Profile | Schedule] = {
    "clean": CLEAN,
    "cut": CUT,
    "round_trip_80_ms": ROUND_TRIP_80_MS,
    "loss_1_percent": with_loss(ROUND_TRIP_80_MS, Loss(in_good=0.01)),
    "loss_5_percent": LOSS_5_PERCENT,
    "loss_5_percent_in_bursts": with_loss(ROUND_TRIP_80_MS, bursts(0.05, 5)),
    "township_line": both_ways(_LINE),
    "township_4g": Profile(
        up=Conditions(
            delay_ms=30, jitter_ms=12, loss=Loss(in_good=0.01), rate_bps=5_000_000, queue_bytes=150_000
        ),
        down=Conditions(
            delay_ms=25, jitter_ms=10, loss=Loss(in_good=0.005), rate_bps=20_000_000, queue_bytes=500_000
        ),
    ),
    "ambulance": _AMBULANCE,
    "moving_ambulance": Schedule((Step(_AMBULANCE, 47_000), Step(CUT, 3_000)), is_repeated=True),
    "tunnel": Schedule((Step(_AMBULANCE, 30_000), Step(CUT, 110_000), Step(_AMBULANCE))),
    **_LADDER,
    "ladder": Schedule(tuple(Step(rung, 20_000) for rung in _LADDER.values()), is_repeated=True),
}
