"""What the others may notice at most, and what they noticed more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from load_tests.hostile.course import Course

MAX_LOSS = 0.001
MIN_SHARE = 0.95
"""A picture that pauses for want of room is no loss: nothing was sent."""
MAX_KEY_FRAMES_PER_S = 2.0
KEY_FRAMES_AT_ONCE = 1
"""One in half a second is two a second and, in any stretch, the first."""
MAX_ABUSE_RISE_MS = 5.0
MAX_FLOOD_RISE_MS = 10.0
"""The design's figure for neighbours of a flood (reliability.md, noisy neighbour)."""
MAX_GROWTH_BYTES = 10_000_000


@dataclass(frozen=True)
class Flooded:
    """What was seen of a flood beside the course of the calls."""

    kind: str
    sent: int
    seconds: float
    taken: int
    """Datagrams that the service took from its socket meanwhile, the people's own among them."""
    kernel_dropped: int
    """Datagrams of anybody for which the socket had no room."""
    growth_bytes: int
    joins_ms: Sequence[float]
    joins_failed: int

    @property
    def per_s(self) -> float:
        """Junk datagrams that the kernel took of the sender."""
        return self.sent / self.seconds


def abuse_misses(quiet: Course, abused: Course, felt: int) -> Iterator[str]:
    """Yields a sentence for each limit that was passed while one subscriber misbehaved. ``felt``: how often
    the service noticed; without that nothing was measured."""
    if not felt:
        yield "nothing of it came to the service"
    yield from _course_misses(quiet, abused, MAX_ABUSE_RISE_MS)
    allowed = MAX_KEY_FRAMES_PER_S + KEY_FRAMES_AT_ONCE / abused.seconds
    if abused.key_frames_per_s > allowed:
        yield f"the publisher was asked for {abused.key_frames_per_s:.2f} key frames a second"


def flood_misses(quiet: Course, flooded: Course, flood: Flooded) -> Iterator[str]:
    """Yields a sentence for each limit that was passed while junk came."""
    if flood.taken + flood.kernel_dropped < flood.sent:
        yield f"{flood.sent - flood.taken - flood.kernel_dropped} junk datagrams never came to the service"
    yield from _course_misses(quiet, flooded, MAX_FLOOD_RISE_MS)
    if flood.growth_bytes > MAX_GROWTH_BYTES:
        yield f"memory grew by {flood.growth_bytes / 1e6:.1f} MB"
    if flood.joins_failed:
        yield f"{flood.joins_failed} joins failed"
    if not flood.joins_ms:
        yield "nobody joined meanwhile"


def _course_misses(quiet: Course, course: Course, max_rise_ms: float) -> Iterator[str]:
    if course.loss > MAX_LOSS:
        yield f"the others lost {course.loss:.2%}"
    if course.stills:
        yield f"streams stood still {course.stills} times"
    share = (course.packets / course.seconds) / (quiet.packets / quiet.seconds)
    if share < MIN_SHARE:
        yield f"the others received {share:.0%} of what they had received before"
    rise_ms = course.delay_p99_ms - quiet.delay_p99_ms
    if rise_ms > max_rise_ms:
        yield f"p99 of the others' delay rose by {rise_ms:.1f} ms"
