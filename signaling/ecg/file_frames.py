"""An ECG that came as a file, as what is kept of every ECG: frames, and what there is of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from media_server.ecg.descriptor import Source
from media_server.ecg.frame import MAX_SAMPLES, NO_FLAGS, Frame, FrameFlag, encode_frame
from media_server.ecg.spans import Span
from recording.exchange.absent import marked, stretches
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.recorded import Recorded
from signaling.ecg.inventory import EpochExtent

STREAM: Final = 1
"""Of the only device there is."""
NOTICEABLE_MS: Final = 1_000
"""Shorter gaps are not counted (contract of ``gap_count``)."""


@dataclass(frozen=True, slots=True)
class FileInventory:
    """What there is of a file's samples: everything that there will ever be."""

    extent: EpochExtent
    present: tuple[Span, ...]
    gap_count: int
    duration_ms: int


def inventory_of_file(recorded: Recorded, taken_us: int) -> FileInventory:
    """Returns what there is; ``taken_us`` is when its first row was taken. Raises UnreadableFile: nothing."""
    count, rate_hz = len(recorded.samples), recorded.descriptor.rate_hz
    present = stretches(~marked(count, recorded.missing))
    if not present:
        raise UnreadableFile(Refusal.NO_LEADS)
    first, end = present[0].start, present[-1].end
    gaps = (after.start - before.end for before, after in pairwise(present))
    return FileInventory(
        extent=EpochExtent(0, first, end, _moment(taken_us, first, rate_hz)),
        present=present,
        gap_count=sum(gap * 1000 >= NOTICEABLE_MS * rate_hz for gap in gaps),
        duration_ms=(end - first) * 1000 // rate_hz,
    )


def frames_of_file(recorded: Recorded, present: Sequence[Span], taken_us: int) -> Iterator[bytes]:
    """Yields its samples as frames of at most a second. A lead of which something is missing where others
    have it is one without contact there.
    """
    count, rate_hz = len(recorded.samples), recorded.descriptor.rate_hz
    is_simulated = recorded.descriptor.source is Source.SIMULATOR
    flags = FrameFlag.SIMULATED if is_simulated else NO_FLAGS
    off = np.column_stack([marked(count, spans) for spans in recorded.lead_missing])
    changes = np.flatnonzero((off[1:] != off[:-1]).any(axis=1)) + 1
    for span in present:
        edges = [span.start, *(int(at) for at in changes if span.start < at < span.end), span.end]
        for start, end in pairwise(edges):
            lead_off = sum(1 << lead for lead, is_off in enumerate(off[start]) if is_off)
            for at in range(start, end, min(rate_hz, MAX_SAMPLES)):
                yield encode_frame(
                    Frame(
                        stream=STREAM,
                        epoch=0,
                        first_sample=at,
                        taken_us=_moment(taken_us, at, rate_hz),
                        samples=recorded.samples[at : min(at + min(rate_hz, MAX_SAMPLES), end)],
                        lead_off=lead_off,
                        flags=flags,
                    )
                )


def _moment(taken_us: int, row: int, rate_hz: int) -> int:
    return taken_us + row * 1_000_000 // rate_hz
