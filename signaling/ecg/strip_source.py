"""The samples of marked strips, read from an ECG's kept frames: what is missing of them, and their hash.

Reading goes in pieces, so that a strip of a whole session costs no more memory than some seconds of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from clinical.ecg_report import SealedStrip, Strip
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import Samples, decode_frame
from media_server.ecg.spans import Span, Spans
from signaling.ecg.ecgs import Ecg

PIECE_S: Final = 10
"""Of samples held at once, and of one read: one page of the paper."""


class FrameSource(Protocol):
    """The kept frames of ECGs."""

    async def frames(self, ecg: Ecg, epoch: int, start: int, end: int) -> Sequence[bytes]:
        """Returns whole frames that hold any of these samples, by their first. Raises OSError."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Samples from ``start`` on, one row a sampling instant; those of ``missing`` are zero: nothing."""

    start: int
    samples: Samples
    missing: tuple[Span, ...]

    @property
    def missing_samples(self) -> int:
        """How many are not here."""
        return sum(span.length for span in self.missing)


@dataclass(frozen=True, slots=True)
class ReadStrip:
    """A strip as it can be sealed now. ``sealed`` None: ``missing_samples`` of it are not here."""

    strip: Strip
    missing_samples: int
    sealed: SealedStrip | None


def assembled(frames: Iterable[bytes], leads: int, start: int, end: int) -> Piece:
    """Returns the samples of these frames. Raises MalformedFrame, and ValueError for one of other leads."""
    samples = np.zeros((end - start, leads), np.int32)
    here = Spans()
    for content in frames:
        frame, _ = decode_frame(content)
        if frame.samples.shape[1] != leads:
            raise ValueError("a frame of other leads")
        first, last = max(frame.first_sample, start), min(frame.end_sample, end)
        if first < last:
            taken = frame.samples[first - frame.first_sample : last - frame.first_sample]
            samples[first - start : last - start] = taken
            here.add(first, last)
    return Piece(start, samples, tuple(here.missing(start, end)))


async def read_piece(source: FrameSource, ecg: Ecg, strip: Strip, leads: int, start: int, end: int) -> Piece:
    """Returns some of a strip's samples. Raises OSError, MalformedFrame, ValueError."""
    frames = await source.frames(ecg, strip.epoch, start, end)
    return await asyncio.to_thread(assembled, frames, leads, start, end)


async def read_strip(source: FrameSource, ecg: Ecg, descriptor: Descriptor, strip: Strip) -> ReadStrip:
    """Returns a strip with the hash of its samples where it is complete (``ecg_report.samples_sha256`` of all
    of them). Raises OSError, MalformedFrame, ValueError.
    """
    hashed, missing = hashlib.sha256(), 0
    for start, end in pieces(strip, PIECE_S):
        piece = await read_piece(source, ecg, strip, len(descriptor.leads), start, end)
        missing += piece.missing_samples
        hashed.update(piece.samples.astype("<i4", copy=False).tobytes())
    if missing:
        return ReadStrip(strip, missing, None)
    sealed = SealedStrip(
        strip, descriptor.leads, descriptor.resolution_nv, descriptor.is_diagnostic, hashed.hexdigest()
    )
    return ReadStrip(strip, 0, sealed)


def pieces(strip: Strip, seconds: int) -> Iterator[tuple[int, int]]:
    """Yields first sample and end of each piece of a strip, in order; the last may be shorter."""
    step = seconds * strip.rate_hz
    for start in range(strip.first_sample, strip.end_sample, step):
        yield start, min(start + step, strip.end_sample)
