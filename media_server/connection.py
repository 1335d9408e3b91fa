"""One ICE and DTLS association with its sections, data channels and numbers in the core."""

from __future__ import annotations

from media_server.plans import (
    Answer,
    ChannelKind,
    ConnectionListener,
    DisconnectReason,
    MediaConnection,
    MediaKind,
    Offer,
    PublicationPlan,
    PublishedMedia,
    SubscriptionPlan,
)

__all__ = [
    "Answer",
    "ChannelKind",
    "ConnectionListener",
    "DisconnectReason",
    "MediaConnection",
    "MediaKind",
    "Offer",
    "PublicationPlan",
    "PublishedMedia",
    "SubscriptionPlan",
]
