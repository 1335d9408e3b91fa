"""What one participant may do in one room: the only thing below ``signaling`` that remembers a token."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from media_server.ids import ParticipantIdentity, TrackSid


class TrackKind(Enum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"


class TrackSource(Enum):
    """Where a track's media comes from; the value is the word used in tokens."""

    UNKNOWN = "unknown"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN_SHARE = "screen_share"
    SCREEN_SHARE_AUDIO = "screen_share_audio"


@dataclass(frozen=True, slots=True)
class Grant:
    """Permissions of one participant. ``sources`` empty means every source may be published.

    ``hidden`` participants are announced to nobody and count nowhere; they may still subscribe.
    """

    can_publish: bool = True
    sources: frozenset[TrackSource] = frozenset()
    can_subscribe: bool = True
    can_publish_data: bool = True
    can_update_own_metadata: bool = False
    hidden: bool = False
    recorder: bool = False
    can_subscribe_metrics: bool = False

    def allows_source(self, source: TrackSource) -> bool:
        """Returns whether a track of this source may be published."""
        return self.can_publish and (not self.sources or source in self.sources)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a publisher lets subscribe: everyone, or per participant all tracks or the named ones."""

    is_everyone: bool = True
    all_tracks: frozenset[ParticipantIdentity] = frozenset()
    some_tracks: frozenset[tuple[ParticipantIdentity, TrackSid]] = frozenset()

    def allows(self, subscriber: ParticipantIdentity, track_sid: TrackSid) -> bool:
        """Returns whether that participant may receive that track."""
        return (
            self.is_everyone or subscriber in self.all_tracks or (subscriber, track_sid) in self.some_tracks
        )
