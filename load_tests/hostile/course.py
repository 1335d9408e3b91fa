"""What honest people received between two readings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from load_tests.crowd.reading import Reading, Stream, delay_centile_ms


@dataclass(frozen=True)
class Course:
    """A stretch of time as the watchers saw it."""

    seconds: float
    packets: int
    loss: float
    """Share of the packets sent to them that never came, not even when asked for again."""
    stills: int
    """Times that a stream was gone for a second."""
    delay_p99_ms: float
    """A stamped packet's way from the publisher to a watcher."""
    key_frames_per_s: float
    """Asked of the publisher."""
    misdeeds: int
    """Of the hostile one."""


def course(before: Reading, after: Reading, *, watchers: Collection[str], shows: str, hostile: str) -> Course:
    """Returns what happened in between. ValueError where nothing was received."""
    then, now = _streams(before, watchers), _streams(after, watchers)
    spanned = _sum(stream.spanned for stream in now) - _sum(stream.spanned for stream in then)
    lost = _sum(stream.lost for stream in now) - _sum(stream.lost for stream in then)
    seconds = (after.now_ns - before.now_ns) / 1e9
    delays = [a - b for a, b in zip(_classes(after, now), _classes(before, then), strict=True)]
    p99_ms = delay_centile_ms(after.bounds_us, [delays], 0.99)
    if p99_ms is None or spanned == 0:
        raise ValueError("nothing was received")
    asked = after.peers[shows].key_frames_wanted - before.peers[shows].key_frames_wanted
    return Course(
        seconds=seconds,
        packets=spanned - lost,
        loss=max(0, lost) / spanned,
        stills=_sum(stream.stills for stream in now) - _sum(stream.stills for stream in then),
        delay_p99_ms=p99_ms,
        key_frames_per_s=asked / seconds,
        misdeeds=after.peers[hostile].misdeeds if hostile in after.peers else 0,
    )


def _streams(reading: Reading, watchers: Collection[str]) -> list[Stream]:
    return [stream for name in watchers for stream in reading.peers[name].received]


def _sum(counts: Iterable[int]) -> int:
    return sum(counts)


def _classes(reading: Reading, streams: Iterable[Stream]) -> list[int]:
    totals = [0] * (len(reading.bounds_us) + 1)
    for stream in streams:
        for index, count in enumerate(stream.delays):
            totals[index] += count
    return totals
