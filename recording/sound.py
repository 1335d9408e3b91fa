"""Sound without holes: where Opus packets are missing, silence is put, and where there are too many, one is
left out.

Players count samples: most play packets one after the other and let a hole in the time stamps shift all that
follows. So an exported file has no hole: every packet begins where the one before ends. Each stays within
10 ms late to 15 ms early of its time on the time line, whatever the drift between clocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from recording.opus import packet_duration_ns, silence

FILL_NS = 10_000_000
DROP_NS = 15_000_000
"""Lip sync is judged at 40 ms; a packet lasts 20 ms, so dropping one from 15 ms early makes it 5 ms late."""


class Packet(NamedTuple):
    """An encoded packet on a time line."""

    time_ns: int
    duration_ns: int
    is_keyframe: bool
    data: bytes


def without_holes(packets: Iterable[Packet]) -> Iterator[Packet]:
    """The packets of a file, end to end, beginning at the time of the first."""
    position_ns: int | None = None
    for packet in packets:
        duration_ns = packet_duration_ns(packet.data)
        if not duration_ns:
            continue
        if position_ns is None:
            position_ns = packet.time_ns
        if packet.time_ns - position_ns >= FILL_NS:
            for silence_ns, data in silence(packet.time_ns - position_ns):
                yield Packet(position_ns, silence_ns, True, data)
                position_ns += silence_ns
        elif position_ns - packet.time_ns >= DROP_NS:
            continue
        yield Packet(position_ns, duration_ns, True, packet.data)
        position_ns += duration_ns
