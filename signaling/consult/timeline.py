"""Where the events of a case lie in its recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recording.summary import RecordingSummary


def recording_of(recordings: Sequence[RecordingSummary], room: str) -> RecordingSummary | None:
    """Returns the longest recording of a room, of equal ones the first: a consent taken back and given again
    leaves several, and one player shows one.
    """
    made = [summary for summary in recordings if summary.room == room]
    return max(made, key=lambda summary: (summary.duration_ms, -summary.started_at_ms), default=None)


def position_ms(fields: Mapping[str, Any], recording: RecordingSummary | None) -> int | None:
    """Returns where in the recording an event happened: as the event says itself, else by the clock; None
    outside it, and where there is none.
    """
    if recording is None:
        return None
    said = fields.get("media")
    if said is not None:
        return int(said["position_ms"]) if said["recording"] == recording.recording_id else None
    at_ms = int(fields["at_ms"]) - recording.started_at_ms
    return at_ms if 0 <= at_ms <= recording.duration_ms else None
