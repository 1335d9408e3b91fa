"""Who receives which track of one room, and who may.

A subscription exists only between two participants who are in the room and for a track that is published;
its room ends it before either is gone. What a subscriber wants of a layer outlives pauses, not the
subscription.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from media_server.ids import ParticipantSid, TrackSid
from media_server.rooms.demand import NO_QUALITY, UNWATCHED_QUALITY, LayerDemand
from media_server.rooms.effects import (
    Effect,
    SelectForwardedLayer,
    StartForwarding,
    StopForwarding,
    TellFirstSubscription,
    TellNeededQuality,
)
from media_server.rooms.grants import TrackKind, TrackSource
from media_server.rooms.layers import QUALITY_HIGH, LayerChoice, LayerWish, choose_layer
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
        self._demands: dict[TrackSid, LayerDemand] = {}
        self._keeps_all = False

    def begin(self, publisher: ParticipantSid, track: Track) -> None:
        """A track is published: from now on its publisher is told which of its layers are needed."""
        if track.request.kind is TrackKind.VIDEO:
            self._demands[track.sid] = LayerDemand(publisher, track.sid, track.mime_type)

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
        if track.request.source is TrackSource.SCREEN_SHARE:
            # What is being talked about comes first also for those who never say what they want.
            effects += self.set_wish(subscriber.sid, track.sid, LayerWish())
        if track.sid not in self._told:
            self._told.add(track.sid)
            effects.append(TellFirstSubscription(publisher.sid, track.sid))
        return effects + self._rise(track.sid)

    def remove(self, subscriber: ParticipantSid, track_sid: TrackSid) -> list[Effect]:
        """Returns how one subscription ends; nothing where there is none."""
        if self._subscriptions.pop((subscriber, track_sid), None) is None:
            return []
        return [StopForwarding(subscriber, track_sid)]

    def remove_track(self, track_sid: TrackSid) -> list[Effect]:
        """Returns how all subscriptions to a track end."""
        self._told.discard(track_sid)
        self._demands.pop(track_sid, None)
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
        is_screen = track.request.source is TrackSource.SCREEN_SHARE
        choice = choose_layer(wish, rids=rids, layers=layers, is_screen=is_screen)
        if choice == subscription.choice:
            return []
        subscription.choice = choice
        return [SelectForwardedLayer(subscriber, track_sid, choice), *self._rise(track_sid)]

    def keep_all(self, *, keeps_all: bool) -> list[Effect]:
        """A recording wants every picture as good as it is, whatever the viewers want."""
        self._keeps_all = keeps_all
        return [effect for track_sid in self._demands for effect in self._rise(track_sid)]

    def advance(self, now_ns: int) -> list[Effect]:
        """Returns which publishers are to send more, or have sent more than needed for a while."""
        return [
            _tell(demand)
            for demand in self._demands.values()
            if demand.review(self._needed(demand.track_sid), now_ns)
        ]

    def remind(self, publisher: ParticipantSid) -> list[Effect]:
        """Returns what a publisher that comes back must know again of its pictures."""
        return [_tell(demand) for demand in self._demands.values() if demand.publisher == publisher]

    def _rise(self, track_sid: TrackSid) -> list[Effect]:
        demand = self._demands.get(track_sid)
        return [_tell(demand)] if demand is not None and demand.rise(self._needed(track_sid)) else []

    def _needed(self, track_sid: TrackSid) -> int:
        if self._keeps_all:
            return QUALITY_HIGH
        wanted = [one.choice.quality for (_, of), one in self._subscriptions.items() if of == track_sid]
        qualities = (NO_QUALITY if quality is None else quality for quality in wanted)
        return max(qualities, default=UNWATCHED_QUALITY)

    def tracks_of(self, subscriber: ParticipantSid) -> Collection[TrackSid]:
        """Returns the sids of the tracks a participant receives."""
        return [track_sid for sid, track_sid in self._subscriptions if sid == subscriber]


def _tell(demand: LayerDemand) -> TellNeededQuality:
    return TellNeededQuality(demand.publisher, demand.track_sid, demand.mime_type, demand.told)
