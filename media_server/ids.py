"""The names of things: identifiers as distinct types, so that mixing two fails the type check."""

from __future__ import annotations

import secrets
from typing import NewType

RoomName = NewType("RoomName", str)
"""What people call a room; unique on a node."""
RoomSid = NewType("RoomSid", str)
"""One life of a room: ``RM_`` and random letters."""
ParticipantIdentity = NewType("ParticipantIdentity", str)
"""Who takes part, unique in a room; comes from the token."""
ParticipantSid = NewType("ParticipantSid", str)
"""One stay of a participant in a room: ``PA_`` and random letters."""
TrackSid = NewType("TrackSid", str)
"""A published track: ``TR_`` and random letters."""

PeerNumber = NewType("PeerNumber", int)
"""One ICE and DTLS association, as the packet core knows it."""
TrackNumber = NewType("TrackNumber", int)
"""A published track, as the packet core knows it."""
OutputNumber = NewType("OutputNumber", int)
"""A subscription, as the packet core knows it."""
TapNumber = NewType("TapNumber", int)
"""A tap on a track, as the packet core knows it."""

_SID_BYTES = 9
"""72 random bits, 12 characters: room for 10^9 live ids with a collision chance below 10^-3."""


def _random_sid(prefix: str) -> str:
    return prefix + secrets.token_urlsafe(_SID_BYTES).replace("-", "x").replace("_", "y")


def new_room_sid() -> RoomSid:
    """Returns a fresh room sid; clients refuse sids without the ``RM_`` prefix."""
    return RoomSid(_random_sid("RM_"))


def new_participant_sid() -> ParticipantSid:
    """Returns a fresh participant sid; clients refuse sids without the ``PA_`` prefix."""
    return ParticipantSid(_random_sid("PA_"))


def new_track_sid() -> TrackSid:
    """Returns a fresh track sid; clients refuse sids without the ``TR_`` prefix."""
    return TrackSid(_random_sid("TR_"))
