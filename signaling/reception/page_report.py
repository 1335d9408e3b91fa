"""What a page says it received over the last seconds: JSON from someone else's machine, believed only within
bounds.

It comes as a data packet with the topic TOPIC (docs/PROTOCOL.md §3). A report that could not be true is
refused whole: half of a wrong report is worth nothing as evidence.
"""

from __future__ import annotations

from typing import Annotated, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from signaling.errors import PeerProtocolError

TOPIC: Final = "lianzhen.received"
MAX_REPORT_BYTES: Final = 8_192
"""A page in a room of eight receives some 15 tracks of 150 bytes each."""
MAX_TRACKS: Final = 40
MAX_SPAN_MS: Final = 120_000
"""Browsers wake a hidden page once a minute."""
_MAX_FPS: Final = 120
_MAX_SAMPLES_PER_MS: Final = 96
"""Twice Opus's clock: after a gap a browser plays faster for a while."""
_GRACE_MS: Final = 1_000
"""Counters are read a little after the clock."""

Count = Annotated[int, Field(ge=0, le=2**40)]


class _Part(BaseModel):
    """A newer page may say more: what is not known here is passed over."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class TrackReport(_Part):
    """What came of one track: of a picture, or of a voice."""

    track: Annotated[str, Field(pattern=r"^TR_[A-Za-z0-9_-]{1,60}$")]
    is_main: bool = False
    """It is the picture shown large."""
    is_paused: bool = False
    """The server holds it back."""
    width: Annotated[int, Field(ge=0, le=16_384)] = 0
    height: Annotated[int, Field(ge=0, le=16_384)] = 0
    frames: Count = 0
    freezes: Count = 0
    frozen_ms: Annotated[int, Field(ge=0, le=86_400_000)] = 0
    """Of freezes that have ended: it may be longer than the report's span."""
    packets: Count = 0
    lost: Count = 0
    samples: Count = 0
    """0 for a picture."""
    concealed: Count = 0
    """Samples that were made up."""
    buffer_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    """How long what was heard had waited in the jitter buffer, on average."""


class PageReport(_Part):
    """Everything a page received over ``span_ms``."""

    span_ms: Annotated[int, Field(ge=1, le=MAX_SPAN_MS)]
    round_trip_ms: Annotated[int, Field(ge=0, le=60_000)] | None = None
    tracks: Annotated[list[TrackReport], Field(max_length=MAX_TRACKS)]


def parse_report(payload: bytes) -> PageReport:
    """Returns the report. Raises PeerProtocolError: report_too_large, report_malformed, report_untrue."""
    if len(payload) > MAX_REPORT_BYTES:
        raise PeerProtocolError("report_too_large")
    try:
        report = PageReport.model_validate(orjson.loads(payload))
    except (orjson.JSONDecodeError, ValidationError):
        raise PeerProtocolError("report_malformed") from None
    if not all(_can_be_true(track, report.span_ms + _GRACE_MS) for track in report.tracks):
        raise PeerProtocolError("report_untrue")
    return report


def _can_be_true(track: TrackReport, span_ms: int) -> bool:
    return (
        track.frames * 1_000 <= _MAX_FPS * span_ms
        and track.samples <= _MAX_SAMPLES_PER_MS * span_ms
        and track.concealed <= track.samples
        and track.freezes <= track.frames
    )
