"""An ECG as a file of any format holds it: what was said of it, its samples, and what is missing of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import Samples
from media_server.ecg.spans import Span

MAX_VALUES: Final = 2**25
"""Samples times leads of a file: 134 MB as numbers; 12 leads at 500 Hz for an hour and a half."""
MAX_ANNOTATIONS: Final = 100_000
"""Beats of a day; a text file that claims more is not an ECG's."""
MAX_TEXT: Final = 200
"""Characters of an annotation or a name: longer ones are cut, they are shown in a line."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a file says of a moment, or of the whole where ``at`` is None. Not ours: shown with its source."""

    at: int | None
    """Number of the sample, from the file's first."""
    code: str
    """As the format codes it: a beat's letter, a concept's code; empty for free text."""
    text: str
    source: str
    """The format and, where the file tells, the device."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the device measured of the whole ECG, as it says itself."""

    code: str
    name: str
    value: str
    """A decimal number as it stands in the file."""
    unit: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """What a file holds. Who imports or replays it says what it is from now on (``descriptor.source``)."""

    descriptor: Descriptor
    samples: Samples
    """int32, one row a sampling instant, one column a lead, in steps of the descriptor's resolution; 0 where
    something is missing. Read-only.
    """
    missing: tuple[Span, ...]
    """Rows of which the file holds nothing, in order."""
    lead_missing: tuple[tuple[Span, ...], ...]
    """For each lead the further rows in which only it (or it and some others) is missing."""
    started_us: int | None
    """When the first row was taken, microseconds since the Unix epoch, if the file tells."""
    measurements: tuple[Measurement, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    left_out: tuple[str, ...] = ()
    """Signals of the file that are no ECG leads: breath, pressure."""


def printable(text: str, limit: int = MAX_TEXT) -> str:
    """``text`` in one line, without what controls a terminal, cut to ``limit`` characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:limit]
