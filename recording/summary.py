"""What a page is told about a recording: lanes, spans, gaps, events; times are ms on its time line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NewType, TypeAlias

RecordingId = NewType("RecordingId", str)
"""One recording, and the name of its folder: ``RC_`` and random letters."""

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"
"""What may stand in an event. No floats: their canonical form is a trap, and no fact here needs one."""

RecordingState: TypeAlias = Literal["recording", "sealed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the time line with media in it; ``from_ms`` is inside, ``to_ms`` is not."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class LaneGap:
    """A stretch of the time line where a participant's media is missing, and why (cause codes:
    ``gaps.Cause``).
    """

    from_ms: int
    to_ms: int
    cause: str


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One entry of the recording's event chain.

    ``offset_ms`` is its place on the time line, ``at_ms`` the time of day (Unix epoch).
    ``actor`` is an identity, or "recorder" for what the recorder itself did.
    """

    sequence: int
    offset_ms: int
    at_ms: int
    kind: str
    actor: str
    detail: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Lane:
    """One participant's part in a recording.

    ``starts_at_ms`` is the offset of the first media, where the exported file begins; ``media_type`` is that
    file's MIME type, or None for a participant without any media.
    """

    identity: str
    name: str
    starts_at_ms: int
    media_type: str | None
    spans: tuple[Span, ...]
    gaps: tuple[LaneGap, ...]


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """A line in the list of recordings.

    ``trouble`` is what goes wrong right now, else None: "disk_full" (media is being lost) or
    "ledger_unavailable" (events wait, media is recorded).
    ``gap_count`` counts the gaps somebody would notice: not those of mute, none shorter than 200 ms.
    """

    recording_id: RecordingId
    room: str
    title: str
    state: RecordingState
    started_by: str
    started_at_ms: int
    duration_ms: int
    participants: tuple[str, ...]
    """Display names, in order of appearance."""
    identities: tuple[str, ...]
    gap_count: int
    trouble: str | None


@dataclass(frozen=True, slots=True)
class RecordingDetail:
    """Everything the player's page shows of a recording, finished or still going on."""

    summary: RecordingSummary
    lanes: tuple[Lane, ...]
    events: tuple[LoggedEvent, ...]


@dataclass(frozen=True, slots=True)
class RecoveredRecording:
    """A recording that the end of the process had cut off, and that start() has sealed."""

    recording_id: RecordingId
    room: str
    ended_at_ms: int
    """Last sign of life on its time line."""
