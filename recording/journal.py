"""The entries of the journal that an open recording keeps, as lines of JSON, so that nothing depends on
memory.

Append only. A fragment's entry is written before the fragment: so every whole fragment on disk has its entry,
and an entry without its bytes tells of a fragment that never was. Times are milliseconds on the recording's
time line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TypeAlias

from recording.canonical import canonical_json, parse_canonical
from recording.summary import JsonValue

JOURNAL_FILE = "journal.jsonl"
JOURNAL_VERSION = 1


@dataclass(frozen=True, slots=True)
class RecordingBegun:
    """First line of every journal. ``monotonic_start_ms`` is the machine's uptime clock at time line zero."""

    recording: str
    room: str
    title: str
    started_by: str
    started_at_ms: int
    monotonic_start_ms: int
    version: int = JOURNAL_VERSION


@dataclass(frozen=True, slots=True)
class ParticipantSeen:
    """Somebody takes part, with or without tracks."""

    identity: str
    name: str
    from_ms: int


@dataclass(frozen=True, slots=True)
class ParticipantGone:
    """Somebody left."""

    identity: str
    to_ms: int


@dataclass(frozen=True, slots=True)
class TrackBegun:
    """A track is recorded from now on; ``kind`` is "audio" or "video"."""

    track: str
    identity: str
    kind: str
    source: str
    from_ms: int


@dataclass(frozen=True, slots=True)
class TrackEnded:
    """The track's life is over."""

    track: str
    to_ms: int
    cause: str


@dataclass(frozen=True, slots=True)
class SegmentBegun:
    """A segment file comes into being with its first fragment."""

    file: str
    track: str
    codec: str
    width: int
    height: int
    starts_with_keyframe: bool


@dataclass(frozen=True, slots=True)
class FragmentWritten:
    """A fragment is about to be appended to ``file``; ``number`` counts the track's fragments from 1."""

    file: str
    number: int
    bytes: int
    sha256: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class SegmentSealed:
    """The file is finished and on disk; it has this many fragments: what was announced beyond never was."""

    file: str
    fragments: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class GapFound:
    """Media of a track is missing: see ``gaps``."""

    track: str
    from_ms: int
    to_ms: int
    cause: str
    lost_packets: int


@dataclass(frozen=True, slots=True)
class GapPending:
    """A gap that is going on: what ``GapFound`` would say if the recording ended now. The next one replaces
    it.
    """

    track: str
    from_ms: int
    to_ms: int
    cause: str
    lost_packets: int


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life while nothing else is written."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The recording was stopped on purpose; what follows is only its sealing."""

    at_ms: int
    cause: str


Entry: TypeAlias = (
    RecordingBegun
    | ParticipantSeen
    | ParticipantGone
    | TrackBegun
    | TrackEnded
    | SegmentBegun
    | FragmentWritten
    | SegmentSealed
    | GapFound
    | GapPending
    | Alive
    | Stopped
)

_KINDS: Mapping[str, Callable[..., Entry]] = {
    "begun": RecordingBegun,
    "participant": ParticipantSeen,
    "participant_gone": ParticipantGone,
    "track": TrackBegun,
    "track_end": TrackEnded,
    "segment": SegmentBegun,
    "fragment": FragmentWritten,
    "sealed": SegmentSealed,
    "gap": GapFound,
    "gap_pending": GapPending,
    "alive": Alive,
    "stopped": Stopped,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def entry_line(entry: Entry) -> bytes:
    """The line of an entry, with its line end."""
    fields: dict[str, JsonValue] = asdict(entry)
    return canonical_json({"entry": _NAMES[type(entry)], **fields}) + b"\n"


def parse_entry(line: bytes) -> Entry | None:
    """The entry in a line without its line end; None for what is none."""
    fields = parse_canonical(line)
    if isinstance(fields, int):
        return None
    kind = _KINDS.get(str(fields.pop("entry", "")))
    if kind is None:
        return None
    try:
        return kind(**fields)
    except TypeError:
        return None
