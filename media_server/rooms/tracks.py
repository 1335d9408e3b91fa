"""A published track from the publisher's request to its end.

The publisher asks (REQUESTED) and is answered at once; its SDP offer follows and is matched to the request
(PLANNED); when the section is answered and the core forwards it, others may know of it (PUBLISHED). A mute is
not a state but a flag: a track may be muted before it is published, and mute survives every transition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from media_server.ids import TrackNumber, TrackSid
from media_server.rooms.errors import TransitionRefused
from media_server.rooms.grants import TrackKind, TrackSource


class TrackState(Enum):
    """What is true of a track."""

    REQUESTED = "requested"
    """The publisher has announced it; no media section belongs to it yet. Only the publisher knows."""
    PLANNED = "planned"
    """A section of the publisher's offer belongs to it, the answer is being made. Only the publisher
    knows."""
    PUBLISHED = "published"
    """The core forwards it; everyone who may see the publisher knows of it."""
    ENDED = "ended"
    """Nothing is forwarded any more and nothing will be. Terminal."""


class TrackEvent(Enum):
    """What can happen to a track."""

    PLAN = "plan"
    START = "start"
    END = "end"


TRANSITIONS: Mapping[TrackState, Mapping[TrackEvent, TrackState]] = MappingProxyType(
    {
        TrackState.REQUESTED: {TrackEvent.PLAN: TrackState.PLANNED, TrackEvent.END: TrackState.ENDED},
        TrackState.PLANNED: {TrackEvent.START: TrackState.PUBLISHED, TrackEvent.END: TrackState.ENDED},
        TrackState.PUBLISHED: {TrackEvent.END: TrackState.ENDED},
        TrackState.ENDED: {},
    }
)


@dataclass(frozen=True, slots=True)
class VideoLayer:
    """One encoding a publisher offers: ``quality`` 0 low, 1 medium, 2 high; pixels; bit/s."""

    quality: int
    width: int
    height: int
    bitrate_bps: int = 0
    rid: str = ""
    spatial_layer: int = 0


@dataclass(frozen=True, slots=True)
class OfferedCodec:
    """A codec the publisher means to send, with the client's id of the media stream track that carries it."""

    mime_type: str
    cid: str = ""
    layers: tuple[VideoLayer, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """What a publisher says about a track. The integers are protocol enumerations that the room only passes
    on."""

    cid: str
    kind: TrackKind
    source: TrackSource = TrackSource.UNKNOWN
    name: str = ""
    is_muted: bool = False
    width: int = 0
    height: int = 0
    layers: tuple[VideoLayer, ...] = ()
    codecs: tuple[OfferedCodec, ...] = ()
    stream: str = ""
    is_dtx_disabled: bool = False
    is_stereo: bool = False
    is_red_disabled: bool = False
    encryption: int = 0
    audio_features: tuple[int, ...] = ()
    backup_codec_policy: int = 0
    packet_trailer_features: tuple[int, ...] = ()

    def mime_type(self) -> str:
        """Returns the codec the publisher prefers; the protocol's default of its kind where it names none."""
        if self.codecs and self.codecs[0].mime_type:
            return self.codecs[0].mime_type
        return "audio/opus" if self.kind is TrackKind.AUDIO else "video/VP8"

    def answers_to(self, client_track_id: str) -> bool:
        """Returns whether the client calls this track, or one of its codecs, by that id."""
        return bool(client_track_id) and (
            client_track_id == self.cid or any(client_track_id == codec.cid for codec in self.codecs)
        )


@dataclass(frozen=True, slots=True)
class TrackView:
    """A track as others see it at one moment."""

    sid: TrackSid
    number: TrackNumber
    request: TrackRequest
    mime_type: str
    mid: str
    is_muted: bool
    rids: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class AnsweredSection:
    """What an answered section carries: its mid, the codec sent first, and its layers."""

    mid: str
    mime_type: str
    rids: tuple[str, ...]


@dataclass(slots=True)
class EarlySection:
    """A section that was offered before its track was asked for; nobody but the core knows of it yet.

    Clients that publish while they reconnect send the offer at once and hold the request back
    (livekit-client 2.23: ``passThroughQueueSignals``); with two connections nothing could ask for another
    offer.
    """

    sid: TrackSid
    number: TrackNumber
    kind: TrackKind
    client_track_id: str
    answered: AnsweredSection | None = None


class Track:
    """One track's state. Only its room changes it."""

    def __init__(self, *, sid: TrackSid, number: TrackNumber, request: TrackRequest) -> None:
        self.sid = sid
        self.number = number
        self.request = request
        self.state = TrackState.REQUESTED
        self.is_muted = request.is_muted
        self.mime_type = request.mime_type()
        self.mid = ""
        self.rids: tuple[str, ...] = ()
        self.version = 1

    def receive(self, event: TrackEvent) -> None:
        """Moves along the table; TransitionRefused where it lists nothing, and then nothing has changed."""
        target = TRANSITIONS[self.state].get(event)
        if target is None:
            raise TransitionRefused(machine="track", state=self.state.value, event=event.value)
        self.state = target
        self.version += 1

    def bind(self, section: AnsweredSection) -> None:
        """Notes what the answered section carries."""
        self.mid, self.rids = section.mid, section.rids
        self.mime_type = section.mime_type or self.mime_type

    def set_muted(self, *, is_muted: bool) -> bool:
        """Sets the mute flag; returns whether that changed anything."""
        if self.is_muted == is_muted:
            return False
        self.is_muted = is_muted
        self.version += 1
        return True

    def set_size(self, *, width: int, height: int) -> None:
        """Notes a new picture size, in pixels."""
        self.request = replace(self.request, width=width, height=height)
        self.version += 1

    def set_layers(self, layers: tuple[VideoLayer, ...]) -> None:
        """Notes new layer sizes and bitrates."""
        self.request = replace(self.request, layers=layers)
        self.version += 1

    def set_audio_features(self, features: tuple[int, ...]) -> None:
        """Notes what the capturing side does to the sound (protocol enumeration)."""
        self.request = replace(self.request, audio_features=features)
        self.version += 1

    def is_published(self) -> bool:
        """Returns whether others may know of it and subscribe to it."""
        return self.state is TrackState.PUBLISHED

    def view(self) -> TrackView:
        """Returns the track as it is now."""
        return TrackView(
            sid=self.sid,
            number=self.number,
            request=self.request,
            mime_type=self.mime_type,
            mid=self.mid,
            is_muted=self.is_muted,
            rids=self.rids,
            version=self.version,
        )
