"""One line of the record: what one person received over some seconds, and who says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from enum import Enum

from signaling.reception.page_report import PageReport


class Source(Enum):
    """Who says what was received."""

    RECEIVER = "receiver"
    """The receiver's own page: only it knows what was shown and heard."""
    SERVER = "server"
    """This server: what it sent, and what the receiver's reports say was lost on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What one person received over ``span_ms``; None is what its source cannot know."""

    source: Source
    span_ms: int
    pictures: int = 0
    paused: int = 0
    """Of the pictures, those held back by the server because of the link."""
    picture: str = ""
    """The track of the picture that the next five tell of: the one shown large, else the largest."""
    width: int = 0
    height: int = 0
    frames: int | None = None
    freezes: int | None = None
    frozen_ms: int | None = None
    voices: int = 0
    samples: int | None = None
    """Of all voices together."""
    concealed: int | None = None
    packets: int = 0
    """Of all tracks together."""
    lost: int = 0
    buffer_ms: int | None = None
    """Of the voice that waited longest."""
    round_trip_ms: int | None = None
    sent_bytes: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to receive."""
        return not (self.pictures or self.voices)

    def line(self) -> str:
        """Returns ``name=value`` pairs in a fixed order, those that are known (docs/RECORDING_FORMAT.md)."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self) if field.name != "source")
        told = (f"{name}={value}" for name, value in pairs if value is not None and value != "")
        return " ".join((f"source={self.source.value}", *told))


def said_by_receiver(report: PageReport, sent_to_it: Collection[str]) -> Reception:
    """Returns what a page says, of the tracks alone that were being sent to it."""
    tracks = [track for track in report.tracks if track.track in sent_to_it]
    voices = [track for track in tracks if track.samples]
    pictures = [track for track in tracks if not track.samples and (track.height or track.is_paused)]
    main = max(pictures, key=lambda each: (each.is_main, each.width * each.height), default=None)
    return Reception(
        source=Source.RECEIVER,
        span_ms=report.span_ms,
        pictures=len(pictures),
        paused=sum(each.is_paused for each in pictures),
        picture=main.track if main else "",
        width=main.width if main else 0,
        height=main.height if main else 0,
        frames=main.frames if main else None,
        freezes=main.freezes if main else None,
        frozen_ms=main.frozen_ms if main else None,
        voices=len(voices),
        samples=sum(each.samples for each in voices) if voices else None,
        concealed=sum(each.concealed for each in voices) if voices else None,
        packets=sum(each.packets for each in tracks),
        lost=sum(each.lost for each in tracks),
        buffer_ms=max((each.buffer_ms for each in voices), default=None),
        round_trip_ms=report.round_trip_ms,
    )
