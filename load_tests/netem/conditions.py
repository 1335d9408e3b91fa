"""What one direction of a link does to packets: delay, jitter, loss, rate, queue, duplicates, a cut."""

from __future__ import annotations

from dataclasses import dataclass

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
USUAL_QUEUE_BYTES = 64_000
"""Some forty full packets: what a small router keeps for a link when nobody has set it."""


@dataclass(frozen=True)
class Loss:
    """How packets get lost: the model of Gilbert (1960) and Elliott (1963).

    The link is good or bad, and changes from packet to packet with these probabilities; each of the two
    states loses packets with a probability of its own. With ``to_bad`` 0 each packet is lost as likely as
    any other.
    """

    in_good: float = 0.0
    to_bad: float = 0.0
    to_good: float = 1.0
    in_bad: float = 1.0

    def __post_init__(self) -> None:
        """ValueError: not a probability, or a bad state without an end."""
        if not all(0 <= part <= 1 for part in (self.in_good, self.to_bad, self.to_good, self.in_bad)):
            raise ValueError("a probability is from 0 to 1")
        if self.to_good == 0:
            raise ValueError("a link that never gets good again is a cut")

    @property
    def mean(self) -> float:
        """The part of many packets that is lost."""
        bad = self.to_bad / (self.to_bad + self.to_good)
        return self.in_good * (1 - bad) + self.in_bad * bad


NO_LOSS = Loss()


def bursts(mean: float, packets: float) -> Loss:
    """Loses ``mean`` of all packets, in bursts of so many on average. ValueError: not possible."""
    if packets < 1 or not 0 <= mean < 1:
        raise ValueError("a burst has one packet at least, and something passes between bursts")
    to_good = 1 / packets
    return Loss(to_bad=to_good * mean / (1 - mean), to_good=to_good)


@dataclass(frozen=True)
class Conditions:
    """One direction. The times are one way."""

    delay_ms: float = 0.0
    """On the way, besides what the rate and the queue take."""
    jitter_ms: float = 0.0
    """The delay is up to so much shorter or longer, every value as likely as any other."""
    is_reordering: bool = False
    """Whether a packet with a shorter delay overtakes; else it arrives together with the one before it."""
    loss: Loss = NO_LOSS
    duplicated: float = 0.0
    """Probability that a packet arrives twice."""
    rate_bps: int | None = None
    """Of whole IP packets; None: as fast as they come."""
    queue_bytes: int = USUAL_QUEUE_BYTES
    """What waits for its turn when there is a rate; what finds no room any more is dropped."""
    is_cut: bool = False
    """Nothing passes."""

    def __post_init__(self) -> None:
        """ValueError: a value that means nothing."""
        if not 0 <= self.jitter_ms <= self.delay_ms:
            raise ValueError("no packet arrives before it leaves")
        if not 0 <= self.duplicated <= 1:
            raise ValueError("a probability is from 0 to 1")
        if self.queue_bytes < 0 or (self.rate_bps is not None and self.rate_bps < 1):
            raise ValueError("a rate is at least 1 bit/s and a queue has a size")
