"""What the room pages take and give."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from signaling.api.route import Model

MAX_MARK_CHARACTERS: Final = 500
MAX_SEQUENCE: Final = 10**15


class Titles(Model):
    """A title in both languages."""

    zh: str
    en: str


class Present(Model):
    """Somebody who is in a room."""

    identity: str
    name: str


class RoomLine(Model):
    """A room as the list shows it. ``opened_at_ms`` is null while nobody is in it."""

    room: str
    title: Titles
    recording_policy: Literal["on_request", "never", "by_case"]
    is_recording: bool
    recording_trouble: str | None
    opened_at_ms: int | None
    participants: list[Present]


class RoomList(Model):
    """The rooms that the caller may enter."""

    rooms: list[RoomLine]
    next: str | None = None


class RecordingNamed(Model):
    """The recording that began or ended."""

    recording_id: str


class Mark(Model):
    """A line to note at the present moment."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_MARK_CHARACTERS)]


class Noted(Model):
    """It is noted."""


class EventsAfter(Model):
    """Only events after this sequence number."""

    after: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)] = 0


class RoomEventLine(Model):
    """One thing that happened in a room. Kinds may be added."""

    sequence: int
    at_ms: int
    kind: str
    actor_name: str
    text: str


class RoomEvents(Model):
    """What happened in a room, oldest first."""

    events: list[RoomEventLine]
