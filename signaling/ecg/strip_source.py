"""What a report asks of an ECG's samples: which of a strip are missing, and what they are. A port.

Reading goes in pieces, so that a strip of a whole session costs no more memory than a minute of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from clinical.ecg_report import SealedStrip, Strip
from clinical.ids import EcgId
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import Samples
from media_server.ecg.spans import Span

PIECE_S: Final = 60
"""Of samples held at once: 12 leads at 1000 Hz are 3 MB."""


class StripSource(Protocol):
    """The kept samples of ECGs. Its calls read files: callers take a thread. They raise OSError."""

    def missing(self, ecg: EcgId, epoch: int, start: int, end: int) -> Sequence[Span]:
        """Returns the stretches that are not kept, in order."""

    def samples(self, ecg: EcgId, epoch: int, start: int, end: int) -> Samples:
        """Returns the samples; what is missing of them is zero there."""


@dataclass(frozen=True, slots=True)
class ReadStrip:
    """A strip as it can be sealed now. ``sealed`` None: ``missing_samples`` of it are not here."""

    strip: Strip
    missing_samples: int
    sealed: SealedStrip | None


def missing_samples(source: StripSource, ecg: EcgId, strip: Strip) -> int:
    """Returns how many samples of a strip are not here. Raises OSError."""
    found = source.missing(ecg, strip.epoch, strip.first_sample, strip.end_sample)
    return sum(span.length for span in found)


def read_strip(source: StripSource, ecg: EcgId, descriptor: Descriptor, strip: Strip) -> ReadStrip:
    """Returns a strip with the hash of its samples where it is complete. Raises OSError."""
    missing = missing_samples(source, ecg, strip)
    if missing:
        return ReadStrip(strip, missing, None)
    sealed = SealedStrip(
        strip,
        descriptor.leads,
        descriptor.resolution_nv,
        descriptor.is_diagnostic,
        strip_sha256(source, ecg, strip),
    )
    return ReadStrip(strip, 0, sealed)


def strip_sha256(source: StripSource, ecg: EcgId, strip: Strip) -> str:
    """Returns ``ecg_report.samples_sha256`` of a strip, piece by piece. Raises OSError."""
    hashed = hashlib.sha256()
    for start, end in pieces(strip, PIECE_S):
        hashed.update(np.ascontiguousarray(source.samples(ecg, strip.epoch, start, end), "<i4").tobytes())
    return hashed.hexdigest()


def pieces(strip: Strip, seconds: int) -> Iterator[tuple[int, int]]:
    """Yields first sample and end of each piece of a strip, in order; the last may be shorter."""
    step = seconds * strip.rate_hz
    for start in range(strip.first_sample, strip.end_sample, step):
        yield start, min(start + step, strip.end_sample)
