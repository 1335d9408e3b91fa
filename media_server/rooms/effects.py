"""What a room asks its driver to do, in order. Every method of a room returns a list of these.

Two kinds: commands (send this, forward that) and facts, which change nothing and are for those who keep
records: journal, recorder, metrics. Facts follow the commands of the same change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from media_server.ids import ParticipantSid, RoomName, RoomSid, TrackNumber, TrackSid
from media_server.rooms.grants import TrackKind
from media_server.rooms.layers import LayerChoice
from media_server.rooms.participants import LeaveCause, ParticipantView
from media_server.rooms.tracks import TrackView


class AfterLeave(Enum):
    """What a dismissed client should do."""

    STAY_AWAY = "stay_away"
    REJOIN = "rejoin"


class EndCause(Enum):
    """Why a track ended."""

    UNPUBLISHED = "unpublished"
    LEFT = "left"
    LINK_LOST = "link_lost"
    REMOVED = "removed"
    NOT_PERMITTED = "not_permitted"
    ROOM_CLOSED = "room_closed"


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as its participants see it at one moment; hidden participants are not counted."""

    name: RoomName
    sid: RoomSid
    metadata: str
    created_wall_ms: int
    num_participants: int
    num_publishers: int
    max_participants: int
    empty_timeout_s: int
    departure_timeout_s: int
    is_recording: bool


# ---- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Announce:
    """Send ``participant`` to each of ``to`` as a participant update."""

    to: tuple[ParticipantSid, ...]
    participant: ParticipantView


@dataclass(frozen=True, slots=True)
class AnnounceRoom:
    """Send ``room`` to each of ``to`` as a room update."""

    to: tuple[ParticipantSid, ...]
    room: RoomView


@dataclass(frozen=True, slots=True)
class StartForwarding:
    """Forward ``track_sid`` of ``publisher`` to ``subscriber``."""

    subscriber: ParticipantSid
    publisher: ParticipantSid
    track_sid: TrackSid
    number: TrackNumber
    kind: TrackKind


@dataclass(frozen=True, slots=True)
class StopForwarding:
    """Stop forwarding ``track_sid`` to ``subscriber``."""

    subscriber: ParticipantSid
    track_sid: TrackSid


@dataclass(frozen=True, slots=True)
class SelectForwardedLayer:
    """Forward another layer of ``track_sid`` to ``subscriber``, or pause it."""

    subscriber: ParticipantSid
    track_sid: TrackSid
    choice: LayerChoice


@dataclass(frozen=True, slots=True)
class TellFirstSubscription:
    """Tell ``publisher`` that its track has its first subscriber."""

    publisher: ParticipantSid
    track_sid: TrackSid


@dataclass(frozen=True, slots=True)
class TellNeededQuality:
    """Tell ``publisher`` that of its picture nobody needs more than ``quality``; -1: nothing at all."""

    publisher: ParticipantSid
    track_sid: TrackSid
    mime_type: str
    quality: int


@dataclass(frozen=True, slots=True)
class RefuseSubscription:
    """Tell ``subscriber`` that there is no such track for it."""

    subscriber: ParticipantSid
    track_sid: TrackSid


@dataclass(frozen=True, slots=True)
class TellSubscriptionPermission:
    """Tell ``subscriber`` whether ``publisher`` lets it see ``track_sid``."""

    subscriber: ParticipantSid
    publisher: ParticipantSid
    track_sid: TrackSid
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class TellMuted:
    """Tell ``publisher`` that its own track has been muted for it."""

    publisher: ParticipantSid
    track_sid: TrackSid
    is_muted: bool


@dataclass(frozen=True, slots=True)
class TellUnpublished:
    """Tell ``publisher`` that its own track is no longer published."""

    publisher: ParticipantSid
    track_sid: TrackSid


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Send ``participant`` a new token that carries its present grant, name and metadata."""

    participant: ParticipantSid


@dataclass(frozen=True, slots=True)
class EndMedia:
    """Take the track out of the core, with its outputs and taps."""

    track_sid: TrackSid
    number: TrackNumber


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Send ``participant`` a leave message (unless it left by itself), then close its WebSocket and its
    media."""

    participant: ParticipantSid
    cause: LeaveCause
    then: AfterLeave


# ---- facts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomOpened:
    """The room has come to life."""

    room: RoomView


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """The room's life is over; nobody is in it."""

    room: RoomView


@dataclass(frozen=True, slots=True)
class ParticipantCame:
    """A stay has begun."""

    participant: ParticipantView


@dataclass(frozen=True, slots=True)
class ParticipantWent:
    """A stay has ended."""

    participant: ParticipantView
    cause: LeaveCause


@dataclass(frozen=True, slots=True)
class LinkLost:
    """Neither signalling nor media of a participant is there; the seat is kept for a while."""

    participant: ParticipantView


@dataclass(frozen=True, slots=True)
class LinkBack:
    """A participant whose link was lost is back in the same seat."""

    participant: ParticipantView


@dataclass(frozen=True, slots=True)
class TrackStarted:
    """A track is published: the core forwards it."""

    participant: ParticipantView
    track: TrackView


@dataclass(frozen=True, slots=True)
class TrackStopped:
    """A published track has ended."""

    participant: ParticipantView
    track: TrackView
    cause: EndCause


@dataclass(frozen=True, slots=True)
class TrackMuteChanged:
    """A published track has been muted or unmuted."""

    participant: ParticipantView
    track: TrackView


Fact: TypeAlias = (
    RoomOpened
    | RoomClosed
    | ParticipantCame
    | ParticipantWent
    | LinkLost
    | LinkBack
    | TrackStarted
    | TrackStopped
    | TrackMuteChanged
)
Effect: TypeAlias = (
    Announce
    | AnnounceRoom
    | StartForwarding
    | StopForwarding
    | SelectForwardedLayer
    | TellFirstSubscription
    | TellNeededQuality
    | RefuseSubscription
    | TellSubscriptionPermission
    | TellMuted
    | TellUnpublished
    | RefreshToken
    | EndMedia
    | Dismiss
    | Fact
)
FACTS: tuple[type, ...] = (
    RoomOpened,
    RoomClosed,
    ParticipantCame,
    ParticipantWent,
    LinkLost,
    LinkBack,
    TrackStarted,
    TrackStopped,
    TrackMuteChanged,
)
"""The facts as classes, for isinstance."""
