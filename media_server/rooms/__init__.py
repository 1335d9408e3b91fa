"""Rooms as pure state: values and times in, effects out (architecture.md §1)."""

from media_server.rooms.errors import LimitExceeded, NotFound, NotPermitted, RoomRefusal, TransitionRefused
from media_server.rooms.grants import Audience, Grant, TrackKind, TrackSource
from media_server.rooms.participants import JoinIntent, LeaveCause, ParticipantState, ParticipantView
from media_server.rooms.registry import Rooms
from media_server.rooms.room import Room, RoomOptions
from media_server.rooms.tracks import OfferedCodec, TrackRequest, TrackView, VideoLayer

__all__ = [
    "Audience",
    "Grant",
    "JoinIntent",
    "LeaveCause",
    "LimitExceeded",
    "NotFound",
    "NotPermitted",
    "OfferedCodec",
    "ParticipantState",
    "ParticipantView",
    "Room",
    "RoomOptions",
    "RoomRefusal",
    "Rooms",
    "TrackKind",
    "TrackRequest",
    "TrackSource",
    "TrackView",
    "TransitionRefused",
    "VideoLayer",
]
