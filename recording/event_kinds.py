"""The names of events in a recording's chain: stable, they stand in ledgers and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RECORDING_STARTED: Final = "recording.started"
RECORDING_STOPPED: Final = "recording.stopped"
RECORDING_INTERRUPTED: Final = "recording.interrupted"
RECORDING_TROUBLE: Final = "recording.trouble"
RECORDING_TROUBLE_OVER: Final = "recording.trouble_over"
EVENTS_DROPPED: Final = "recording.events_dropped"
MANIFEST_SEALED: Final = "manifest.sealed"
SEGMENT_SEALED: Final = "segment.sealed"
TAIL_REMOVED: Final = "segment.tail_removed"
FILE_SET_ASIDE: Final = "file.set_aside"
MEDIA_GAP: Final = "media.gap"
TRACK_PUBLISHED: Final = "track.published"
TRACK_ENDED: Final = "track.ended"
TRACK_MUTED: Final = "track.muted"
TRACK_UNMUTED: Final = "track.unmuted"
PARTICIPANT_JOINED: Final = "participant.joined"
PARTICIPANT_LEFT: Final = "participant.left"
PARTICIPANT_LOST: Final = "participant.lost"
PARTICIPANT_RESUMED: Final = "participant.resumed"
MARK_ADDED: Final = "mark.added"
CLOCK_PICTURE: Final = "clock.picture"
CLOCK_ECG: Final = "clock.ecg"
RECEPTION_NOTED: Final = "reception.noted"

ACTOR_RECORDER: Final = "recorder"
"""Who did what nobody in the room did."""

_SHORT_NAMES: Mapping[str, str] = {
    "joined": PARTICIPANT_JOINED,
    "participant_joined": PARTICIPANT_JOINED,
    "left": PARTICIPANT_LEFT,
    "participant_left": PARTICIPANT_LEFT,
    "link_lost": PARTICIPANT_LOST,
    "link_back": PARTICIPANT_RESUMED,
    "muted": TRACK_MUTED,
    "unmuted": TRACK_UNMUTED,
    "mark": MARK_ADDED,
}


def ledger_kind(kind: str) -> str:
    """One name for one fact: the room's short names ("mark", "link_lost") become the
    ledger's; others stay.
    """
    return _SHORT_NAMES.get(kind, kind)
