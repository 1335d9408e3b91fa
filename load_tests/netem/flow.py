"""Decides of each packet that enters one direction of a link when it leaves it: never, once, or twice.

A packet waits in the queue for its turn, takes its time at the link's rate, and may then be lost on the way:
what is lost has used the link as well. A packet is decided when it enters. So a cut loses what enters while
it lasts, and what is on the way still arrives; and what waits already keeps the rate that it found.

Loss, jitter and duplicates each have a source of chance of their own. The same seed loses the same packets of
a sequence whatever the delay is.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from load_tests.netem.conditions import NS_PER_MS, NS_PER_S, Conditions, Loss


@dataclass
class Counts:
    """What became of the packets: ``entered + duplicated == passed + lost + overflowed + cut``."""

    entered: int = 0
    passed: int = 0
    """Decided to arrive, duplicates too; some of them may still be on the way."""
    passed_bytes: int = 0
    lost: int = 0
    """By the loss of the conditions."""
    overflowed: int = 0
    """For want of room in the queue."""
    cut: int = 0
    duplicated: int = 0


class Losing:
    """The good and the bad state of a link, packet after packet."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._is_bad = False

    def is_lost(self, loss: Loss) -> bool:
        """Returns whether the next packet is lost. Takes two numbers of the random source for every packet,
        so that other conditions let the same chance play.
        """
        turn, fate = self._random.random(), self._random.random()
        if self._is_bad:
            self._is_bad = turn >= loss.to_good
        else:
            self._is_bad = turn < loss.to_bad
        return fate < (loss.in_bad if self._is_bad else loss.in_good)


class Flow:
    """One direction of a link. Asks nobody for the time: ``now_ns`` is monotonic and never goes back."""

    def __init__(self, conditions: Conditions, seed: str) -> None:
        self.conditions = conditions
        """May be set between any two packets."""
        self.counts = Counts()
        self._losing = Losing(Random(f"{seed} loss"))
        self._jitter = Random(f"{seed} jitter")
        self._duplicates = Random(f"{seed} duplicates")
        self._free_ns = 0
        self._last_due_ns = 0

    def receive(self, now_ns: int, size_bytes: int) -> tuple[int, ...]:
        """Takes a packet of this size that enters now. Returns when it leaves, by the same clock: once,
        twice, or not at all.
        """
        conditions, counts = self.conditions, self.counts
        counts.entered += 1
        if conditions.is_cut:
            counts.cut += 1
            return ()
        sent_ns = self._sent_ns(now_ns, size_bytes)
        is_lost = self._losing.is_lost(conditions.loss)
        is_twice = self._duplicates.random() < conditions.duplicated
        if sent_ns is None:
            counts.overflowed += 1
            return ()
        if is_lost:
            counts.lost += 1
            return ()
        copies = 2 if is_twice else 1
        counts.duplicated += copies - 1
        counts.passed += copies
        counts.passed_bytes += copies * size_bytes
        return tuple(self._due_ns(sent_ns) for _ in range(copies))

    def _sent_ns(self, now_ns: int, size_bytes: int) -> int | None:
        rate_bps = self.conditions.rate_bps
        if rate_bps is None:
            return now_ns
        begins_ns = max(self._free_ns, now_ns)
        waiting_bytes = (begins_ns - now_ns) * rate_bps / (8 * NS_PER_S)
        # A link that is free takes any packet, whatever its queue is.
        if begins_ns > now_ns and waiting_bytes + size_bytes > self.conditions.queue_bytes:
            return None
        self._free_ns = begins_ns + size_bytes * 8 * NS_PER_S // rate_bps
        return self._free_ns

    def _due_ns(self, sent_ns: int) -> int:
        conditions = self.conditions
        delay_ms = conditions.delay_ms
        if conditions.jitter_ms:
            delay_ms += self._jitter.uniform(-conditions.jitter_ms, conditions.jitter_ms)
        due_ns = sent_ns + round(delay_ms * NS_PER_MS)
        if not conditions.is_reordering:
            due_ns = max(due_ns, self._last_due_ns)
        self._last_due_ns = max(due_ns, self._last_due_ns)
        return due_ns
