"""One stay of a participant in a room: who, with which grant, in which state, with which tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from media_server.ids import ParticipantIdentity, ParticipantSid, TrackSid
from media_server.rooms.errors import LimitExceeded, TransitionRefused
from media_server.rooms.grants import Audience, Grant, TrackKind
from media_server.rooms.presence import Presence
from media_server.rooms.tracks import EarlySection, Track, TrackRequest, TrackState, TrackView

MAX_NAME_CHARACTERS: Final = 256
"""Identities and names; LiveKit's default, and what fits on a tile many times over."""
MAX_METADATA_BYTES: Final = 64 * 1024
"""LiveKit's default for metadata and for all attributes together: they are sent to everyone at every
change."""
MAX_TRACKS: Final = 16
"""Tracks one participant may publish: four devices of sound and picture and as much again while they are
replaced."""


class ParticipantState(Enum):
    """What is true of a stay."""

    JOINED = "joined"
    """Signalling is up; media is not yet."""
    ACTIVE = "active"
    """Media has been up at least once."""
    DISCONNECTED = "disconnected"
    """The stay is over. Terminal; a return is a new stay with a new sid. LiveKit's JOINING does not exist
    here: nobody is in a room before the room has accepted."""


class ParticipantEvent(Enum):
    """What can happen to a stay."""

    ACTIVATE = "activate"
    LEAVE = "leave"


TRANSITIONS: Mapping[ParticipantState, Mapping[ParticipantEvent, ParticipantState]] = MappingProxyType(
    {
        ParticipantState.JOINED: {
            ParticipantEvent.ACTIVATE: ParticipantState.ACTIVE,
            ParticipantEvent.LEAVE: ParticipantState.DISCONNECTED,
        },
        ParticipantState.ACTIVE: {ParticipantEvent.LEAVE: ParticipantState.DISCONNECTED},
        ParticipantState.DISCONNECTED: {},
    }
)


class LeaveCause(Enum):
    """Why a stay ended."""

    LEFT = "left"
    """The participant said so."""
    REPLACED = "replaced"
    """The same identity joined again."""
    REMOVED = "removed"
    """Somebody with the right to do so asked for it."""
    ROOM_DELETED = "room_deleted"
    SERVER_SHUTDOWN = "server_shutdown"
    LINK_LOST = "link_lost"
    """Neither signalling nor media came back in time."""
    MEDIA_FAILED = "media_failed"
    """Media cannot come back in this stay; the client was told to join anew."""
    PROTOCOL_ERROR = "protocol_error"


@dataclass(frozen=True, slots=True)
class JoinIntent:
    """Who wants in and how. The integers are protocol enumerations that the room only passes on."""

    identity: ParticipantIdentity
    grant: Grant
    name: str = ""
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: int = 0
    client_protocol: int = 0
    capabilities: tuple[int, ...] = ()
    is_auto_subscribing: bool = True


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """A participant as others see it at one moment; ``tracks`` holds the published ones."""

    sid: ParticipantSid
    identity: ParticipantIdentity
    name: str
    metadata: str
    attributes: tuple[tuple[str, str], ...]
    state: ParticipantState
    leave_cause: LeaveCause | None
    grant: Grant
    kind: int
    client_protocol: int
    capabilities: tuple[int, ...]
    joined_wall_ms: int
    version: int
    tracks: tuple[TrackView, ...]


def check_name(name: str) -> None:
    """Raises LimitExceeded for a name or identity that is too long."""
    if len(name) > MAX_NAME_CHARACTERS:
        raise LimitExceeded("name_too_long", limit=MAX_NAME_CHARACTERS)


def check_metadata(metadata: str) -> None:
    """Raises LimitExceeded for metadata over the bound, counted in UTF-8 bytes."""
    if len(metadata.encode()) > MAX_METADATA_BYTES:
        raise LimitExceeded("metadata_too_long", limit=MAX_METADATA_BYTES)


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Raises LimitExceeded where keys and values together are over the bound, counted in UTF-8 bytes."""
    if sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items()) > MAX_METADATA_BYTES:
        raise LimitExceeded("attributes_too_long", limit=MAX_METADATA_BYTES)


def check_intent(intent: JoinIntent) -> None:
    """Raises LimitExceeded where anything in it is too long."""
    check_name(intent.identity)
    check_name(intent.name)
    check_metadata(intent.metadata)
    check_attributes(intent.attributes)


class Participant:
    """One stay's state. Only its room changes it."""

    def __init__(self, *, sid: ParticipantSid, intent: JoinIntent, now_ns: int, wall_ms: int) -> None:
        check_intent(intent)
        self.sid = sid
        self.identity = intent.identity
        self.name = intent.name
        self.metadata = intent.metadata
        self.attributes = {key: value for key, value in intent.attributes.items() if value}
        self.grant = intent.grant
        self.kind = intent.kind
        self.client_protocol = intent.client_protocol
        self.capabilities = intent.capabilities
        self.is_auto_subscribing = intent.is_auto_subscribing
        self.joined_wall_ms = wall_ms
        self.state = ParticipantState.JOINED
        self.leave_cause: LeaveCause | None = None
        self.presence = Presence(now_ns)
        self.was_link_lost = False
        self.is_absent = False
        """The seat is kept, and nobody else sees it (presence.py)."""
        self.audience = Audience()
        self.tracks: dict[TrackSid, Track] = {}
        self.early_sections: dict[TrackSid, EarlySection] = {}
        self.version = 1

    def receive(self, event: ParticipantEvent) -> None:
        """Moves along the table; TransitionRefused where it lists nothing, and then nothing has changed."""
        target = TRANSITIONS[self.state].get(event)
        if target is None:
            raise TransitionRefused(machine="participant", state=self.state.value, event=event.value)
        self.state = target

    def touch(self) -> None:
        """Counts a change that others must hear of: clients drop updates whose version did not rise."""
        self.version += 1

    def set_name(self, name: str) -> None:
        """Takes a new name; LimitExceeded leaves the old one."""
        check_name(name)
        self.name = name

    def set_metadata(self, metadata: str) -> None:
        """Takes new metadata; LimitExceeded leaves the old."""
        check_metadata(metadata)
        self.metadata = metadata

    def merge_attributes(self, changes: Mapping[str, str]) -> None:
        """Sets the named attributes; an empty value deletes its key. LimitExceeded changes nothing."""
        merged = {key: value for key, value in {**self.attributes, **changes}.items() if value}
        check_attributes(merged)
        self.attributes = merged

    def requested_track(self, kind: TrackKind, client_track_id: str) -> Track | None:
        """Returns the request that an offered section of this kind answers: by the client's id, else the
        oldest."""
        waiting = [
            track
            for track in self.tracks.values()
            if track.state is TrackState.REQUESTED and track.request.kind is kind
        ]
        # Native SDKs put another id into the SDP than into the request (livekit-protocol.md §4).
        return next(
            (t for t in waiting if t.request.answers_to(client_track_id)), waiting[0] if waiting else None
        )

    def early_section(self, request: TrackRequest) -> EarlySection | None:
        """Returns the answered section that has been waiting for this request: by the client's id, else the
        oldest."""
        waiting = [
            section
            for section in self.early_sections.values()
            if section.kind is request.kind and section.answered is not None
        ]
        matching = (section for section in waiting if request.answers_to(section.client_track_id))
        return next(matching, waiting[0] if waiting else None)

    def media_count(self) -> int:
        """Returns how many tracks and sections it has."""
        return len(self.tracks) + len(self.early_sections)

    def is_visible(self) -> bool:
        """Returns whether others see it at all."""
        return not self.grant.hidden and not self.is_absent

    def published_tracks(self) -> list[Track]:
        """Returns the tracks that others may know of, oldest first."""
        return [track for track in self.tracks.values() if track.is_published()]

    def view(self) -> ParticipantView:
        """Returns the participant as it is now."""
        return ParticipantView(
            sid=self.sid,
            identity=self.identity,
            name=self.name,
            metadata=self.metadata,
            attributes=tuple(sorted(self.attributes.items())),
            state=self.state,
            leave_cause=self.leave_cause,
            grant=self.grant,
            kind=self.kind,
            client_protocol=self.client_protocol,
            capabilities=self.capabilities,
            joined_wall_ms=self.joined_wall_ms,
            version=self.version,
            tracks=tuple(track.view() for track in self.published_tracks()),
        )
