"""What clients ask for, from protobuf into the words of rooms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from livekit.protocol import models, rtc

from media_server.ids import ParticipantIdentity, TrackSid
from media_server.rooms import Audience, Grant, OfferedCodec, TrackKind, TrackRequest, TrackSource, VideoLayer
from media_server.rooms.layers import LayerWish
from signaling.errors import PeerProtocolError
from signaling.livekit.messages import SOURCES

MAX_LIST_LENGTH: Final = 64
"""Layers, codecs, features of one track: clients send at most a handful."""
MAX_TRACK_TEXT_CHARACTERS: Final = 256
_SOURCES_BY_NUMBER: Final = {number: source for source, number in SOURCES.items()}
_KINDS: Final = {models.TrackType.AUDIO: TrackKind.AUDIO, models.TrackType.VIDEO: TrackKind.VIDEO}


def track_request(message: rtc.AddTrackRequest) -> TrackRequest:
    """Returns what a publisher says about a track. Raises PeerProtocolError."""
    kind = _KINDS.get(message.type)
    texts = (message.cid, message.name, message.stream, *(codec.codec for codec in message.simulcast_codecs))
    if kind is None or any(len(text) > MAX_TRACK_TEXT_CHARACTERS for text in texts):
        raise PeerProtocolError("add_track_malformed")
    lists: tuple[Sequence[object], ...] = (message.layers, message.simulcast_codecs, message.audio_features)
    if any(len(items) > MAX_LIST_LENGTH for items in lists):
        raise PeerProtocolError("add_track_malformed")
    return TrackRequest(
        cid=message.cid,
        kind=kind,
        source=_SOURCES_BY_NUMBER.get(message.source, TrackSource.UNKNOWN),
        name=message.name,
        is_muted=message.muted,
        width=message.width,
        height=message.height,
        layers=video_layers(message.layers),
        codecs=tuple(
            OfferedCodec(
                mime_type=_mime_type(kind, codec.codec),
                cid=codec.cid,
                layers=video_layers(codec.layers),
            )
            for codec in message.simulcast_codecs
        ),
        stream=message.stream,
        is_dtx_disabled=message.disable_dtx,
        is_stereo=message.stereo,
        is_red_disabled=message.disable_red,
        encryption=int(message.encryption),
        audio_features=tuple(int(feature) for feature in message.audio_features),
        backup_codec_policy=int(message.backup_codec_policy),
        packet_trailer_features=tuple(int(feature) for feature in message.packet_trailer_features),
    )


def video_layers(layers: Iterable[models.VideoLayer]) -> tuple[VideoLayer, ...]:
    """Returns a publisher's layers, lowest quality first."""
    return tuple(
        sorted(
            (
                VideoLayer(
                    quality=int(layer.quality),
                    width=layer.width,
                    height=layer.height,
                    bitrate_bps=layer.bitrate,
                    rid=layer.rid,
                    spatial_layer=layer.spatial_layer,
                )
                for layer in layers
            ),
            key=lambda layer: layer.quality,
        )
    )


def layer_wish(message: rtc.UpdateTrackSettings) -> LayerWish:
    """Returns what a subscriber wants of a track's layers."""
    return LayerWish(
        quality=int(message.quality),
        width=message.width,
        height=message.height,
        is_disabled=message.disabled,
        fps=message.fps,
        priority=message.priority,
    )


def subscription_change(message: rtc.UpdateSubscription) -> tuple[list[TrackSid], bool]:
    """Returns the named tracks and whether they are wanted."""
    sids = [*message.track_sids, *(sid for entry in message.participant_tracks for sid in entry.track_sids)]
    return [TrackSid(sid) for sid in dict.fromkeys(sids)], message.subscribe


def audience(message: rtc.SubscriptionPermission, identities: dict[str, ParticipantIdentity]) -> Audience:
    """Returns whom a publisher lets subscribe; ``identities`` are those present by participant sid."""
    entries = [
        (ParticipantIdentity(entry.participant_identity) or identities.get(entry.participant_sid), entry)
        for entry in message.track_permissions
    ]
    return Audience(
        is_everyone=message.all_participants,
        all_tracks=frozenset(identity for identity, entry in entries if identity and entry.all_tracks),
        some_tracks=frozenset(
            (identity, TrackSid(sid)) for identity, entry in entries if identity for sid in entry.track_sids
        ),
    )


def grant_from(message: models.ParticipantPermission, before: Grant) -> Grant:
    """Returns a grant as a server SDK sets it; what the message cannot say stays as before."""
    return Grant(
        can_publish=message.can_publish,
        sources=frozenset(
            _SOURCES_BY_NUMBER[source]
            for source in message.can_publish_sources
            if source in _SOURCES_BY_NUMBER
        ),
        can_subscribe=message.can_subscribe,
        can_publish_data=message.can_publish_data,
        can_update_own_metadata=message.can_update_metadata,
        hidden=before.hidden,
        recorder=before.recorder,
        can_subscribe_metrics=message.can_subscribe_metrics,
    )


def _mime_type(kind: TrackKind, codec: str) -> str:
    if not codec or "/" in codec:
        return codec
    if kind is TrackKind.AUDIO:
        return f"audio/{codec.lower()}"
    return f"video/{codec.upper()}"
