"""Who receives which track of one room, and who may.

A subscription exists only between two participants who are in the room and for a track that is published;
its room ends it before either is gone. What a subscriber wants of a layer outlives pauses, not the
subscription.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from media_server.ids import ParticipantSid, TrackSid
from media_server.rooms.effects import (
    Effect,
    SelectForwardedLayer,
    StartForwarding,
    StopForwarding,
    TellFirstSubscription,
)
from media_server.rooms.grants import TrackKind
from media_server.rooms.layers import LayerChoice, LayerWish, choose_layer
from media_server.rooms.participants import Participant
from media_server.rooms.tracks import Track


@dataclass(slots=True)
class _Subscription:
    subscriber: ParticipantSid
    publisher: ParticipantSid
    track: Track
    choice: LayerChoice = field(default_factory=lambda: LayerChoice(rid=None, is_paused=False))


class SubscriptionTable:
    """All subscriptions of one room."""

    def __init__(self) -> None:
        self._subscriptions: dict[tuple[ParticipantSid, TrackSid], _Subscription] = {}
        self._told: set[TrackSid] = set()

    def add(self, subscriber: Participant, publisher: Participant, track: Track) -> list[Effect]:
        """Returns how the subscription comes about; nothing where it exists. The caller has checked the
        rights."""
        key = (subscriber.sid, track.sid)
        if key in self._subscriptions:
            return []
        self._subscriptions[key] = _Subscription(subscriber.sid, publisher.sid, track)
        effects: list[Effect] = [
            StartForwarding(subscriber.sid, publisher.sid, track.sid, track.number, track.request.kind)
        ]
        if track.sid not in self._told:
            self._told.add(track.sid)
            effects.append(TellFirstSubscription(publisher.sid, track.sid))
        return effects

    def remove(self, subscriber: ParticipantSid, track_sid: TrackSid) -> list[Effect]:
        """Returns how one subscription ends; nothing where there is none."""
        if self._subscriptions.pop((subscriber, track_sid), None) is None:
            return []
        return [StopForwarding(subscriber, track_sid)]

    def remove_track(self, track_sid: TrackSid) -> list[Effect]:
        """Returns how all subscriptions to a track end."""
        self._told.discard(track_sid)
        keys = [key for key in self._subscriptions if key[1] == track_sid]
        return [effect for key in keys for effect in self.remove(*key)]

    def remove_subscriber(self, subscriber: ParticipantSid) -> list[Effect]:
        """Returns how all subscriptions of a participant end."""
        keys = [key for key in self._subscriptions if key[0] == subscriber]
        return [effect for key in keys for effect in self.remove(*key)]

    def set_wish(self, subscriber: ParticipantSid, track_sid: TrackSid, wish: LayerWish) -> list[Effect]:
        """Returns the layer change that a subscriber's wish asks for; nothing where it changes nothing."""
        subscription = self._subscriptions.get((subscriber, track_sid))
        if subscription is None:
            return []
        track = subscription.track
        rids = track.rids if track.request.kind is TrackKind.VIDEO else ()
        layers = next((codec.layers for codec in track.request.codecs if codec.layers), track.request.layers)
        choice = choose_layer(wish, rids=rids, layers=layers)
        if choice == subscription.choice:
            return []
        subscription.choice = choice
        return [SelectForwardedLayer(subscriber, track_sid, choice)]

    def tracks_of(self, subscriber: ParticipantSid) -> Collection[TrackSid]:
        """Returns the sids of the tracks a participant receives."""
        return [track_sid for sid, track_sid in self._subscriptions if sid == subscriber]
