"""What the recording pages give."""

from __future__ import annotations

from typing import Literal

from signaling.api.room_models import RoomEventLine, Titles
from signaling.api.route import Model


class RecordingLine(Model):
    """A recording as the list shows it. ``trouble`` is the cause of a loss that goes on right now."""

    recording_id: str
    room: str
    title: Titles
    state: Literal["recording", "sealed", "interrupted"]
    started_at_ms: int
    duration_ms: int
    participants: list[str]
    gap_count: int
    trouble: str | None


class RecordingList(Model):
    """The recordings that the caller may see, newest first."""

    recordings: list[RecordingLine]
    next: str | None = None


class SpanLine(Model):
    """A stretch of the recording's time line."""

    from_ms: int
    to_ms: int


class GapLine(SpanLine):
    """A stretch in which nothing was recorded, and why."""

    cause: str


class LaneLine(Model):
    """What was recorded of one participant. ``media_url`` is empty where there is nothing to play."""

    identity: str
    name: str
    media_url: str
    media_type: str
    starts_at_ms: int
    spans: list[SpanLine]
    gaps: list[GapLine]


class RecordedEventLine(RoomEventLine):
    """An event beside the recording."""

    offset_ms: int


class PictureClockLine(Model):
    """From ``offset_ms`` on: how long the way from a participant took."""

    offset_ms: int
    identity: str
    way_us: int
    is_with_patient: bool


class EcgClockLine(Model):
    """What the clock of an ECG's gateway read at ``offset_ms``; it goes on from there."""

    offset_ms: int
    ecg: str
    gateway_us: int


class RecordedClocks(Model):
    """What puts pictures and ECGs on one axis, in order of time; nothing in a recording without an ECG."""

    pictures: list[PictureClockLine]
    ecgs: list[EcgClockLine]


class RecordingView(RecordingLine):
    """One recording: lanes, gaps and events on its time line."""

    lanes: list[LaneLine]
    events: list[RecordedEventLine]
    clocks: RecordedClocks


class FaultLine(Model):
    """Where a check failed first."""

    file: str
    offset: int | None
    code: str


class KnownGapLine(GapLine):
    """A gap that the recording itself tells of."""

    track: str
    identity: str


class IntegrityLine(Model):
    """Whether anything was altered."""

    verdict: Literal["unaltered", "altered", "unchecked"]
    segments: int
    signature: Literal["valid", "invalid", "unknown_key"]
    fault: FaultLine | None


class CompletenessLine(Model):
    """Whether anything is missing that should be there."""

    verdict: Literal["nothing_missing", "something_missing", "unchecked"]
    events_from: int
    events_to: int
    known_gaps: list[KnownGapLine]
    fault: FaultLine | None


class VerdictView(Model):
    """Both verdicts on a recording."""

    integrity: IntegrityLine
    completeness: CompletenessLine
