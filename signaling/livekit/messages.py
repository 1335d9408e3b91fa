"""Views of rooms, participants and tracks as LiveKit's protobuf messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livekit.protocol import models, rtc

from media_server.rooms import (
    Grant,
    LeaveCause,
    ParticipantState,
    ParticipantView,
    TrackKind,
    TrackSource,
    TrackView,
    VideoLayer,
)
from media_server.rooms.effects import AfterLeave, RoomView
from media_server.rooms.link_quality import LinkQuality
from media_server.rooms.speakers import Speaker
from signaling.turn_tickets import TurnServer

PROTOCOL_VERSION: Final = 16
SPOKEN_SERVER_VERSION: Final = "1.9.0"
"""Clients switch features by this number and refuse an empty one; what is really here stands in
``debug_info``."""
PING_INTERVAL_S: Final = 2
PING_TIMEOUT_S: Final = 5
"""A dead link is noticed within 7 s (LiveKit: 5 and 15). The interval must never be 0: the Rust SDK
panics."""

_TRACK_TYPES: Final = {TrackKind.AUDIO: models.TrackType.AUDIO, TrackKind.VIDEO: models.TrackType.VIDEO}
SOURCES: Final = {
    TrackSource.UNKNOWN: models.TrackSource.UNKNOWN,
    TrackSource.CAMERA: models.TrackSource.CAMERA,
    TrackSource.MICROPHONE: models.TrackSource.MICROPHONE,
    TrackSource.SCREEN_SHARE: models.TrackSource.SCREEN_SHARE,
    TrackSource.SCREEN_SHARE_AUDIO: models.TrackSource.SCREEN_SHARE_AUDIO,
}
_STATES: Final = {
    ParticipantState.JOINED: models.ParticipantInfo.State.JOINED,
    ParticipantState.ACTIVE: models.ParticipantInfo.State.ACTIVE,
    ParticipantState.DISCONNECTED: models.ParticipantInfo.State.DISCONNECTED,
}
LEAVE_REASONS: Final = {
    LeaveCause.LEFT: models.DisconnectReason.CLIENT_INITIATED,
    LeaveCause.REPLACED: models.DisconnectReason.DUPLICATE_IDENTITY,
    LeaveCause.REMOVED: models.DisconnectReason.PARTICIPANT_REMOVED,
    LeaveCause.ROOM_DELETED: models.DisconnectReason.ROOM_DELETED,
    LeaveCause.SERVER_SHUTDOWN: models.DisconnectReason.SERVER_SHUTDOWN,
    LeaveCause.LINK_LOST: models.DisconnectReason.CONNECTION_TIMEOUT,
    LeaveCause.MEDIA_FAILED: models.DisconnectReason.MEDIA_FAILURE,
    LeaveCause.PROTOCOL_ERROR: models.DisconnectReason.JOIN_FAILURE,
}
_ACTIONS: Final = {
    AfterLeave.STAY_AWAY: rtc.LeaveRequest.Action.DISCONNECT,
    AfterLeave.REJOIN: rtc.LeaveRequest.Action.RECONNECT,
}


def room_info(room: RoomView) -> models.Room:
    """Returns a room as clients and server SDKs read it."""
    return models.Room(
        sid=room.sid,
        name=room.name,
        metadata=room.metadata,
        creation_time=room.created_wall_ms // 1000,
        creation_time_ms=room.created_wall_ms,
        num_participants=room.num_participants,
        num_publishers=room.num_publishers,
        max_participants=room.max_participants,
        empty_timeout=room.empty_timeout_s,
        departure_timeout=room.departure_timeout_s,
        active_recording=room.is_recording,
        enabled_codecs=enabled_codecs(),
    )


def enabled_codecs() -> list[models.Codec]:
    """Returns the codecs that the core forwards and the recorder writes; clients try no others."""
    return [models.Codec(mime=mime) for mime in ("video/VP8", "video/H264", "audio/opus")]


def permission(grant: Grant) -> models.ParticipantPermission:
    """Returns a grant as clients read it."""
    return models.ParticipantPermission(
        can_subscribe=grant.can_subscribe,
        can_publish=grant.can_publish,
        can_publish_data=grant.can_publish_data,
        can_publish_sources=sorted(SOURCES[source] for source in grant.sources),
        hidden=grant.hidden,
        recorder=grant.recorder,
        can_update_metadata=grant.can_update_own_metadata,
        can_subscribe_metrics=grant.can_subscribe_metrics,
    )


def _video_layer(layer: VideoLayer) -> models.VideoLayer:
    return models.VideoLayer(
        quality=layer.quality,  # type: ignore[arg-type]
        width=layer.width,
        height=layer.height,
        bitrate=layer.bitrate_bps,
        spatial_layer=layer.spatial_layer,
        rid=layer.rid,
    )


def track_info(track: TrackView) -> models.TrackInfo:
    """Returns a track as clients read it."""
    request = track.request
    info = models.TrackInfo(
        sid=track.sid,
        type=_TRACK_TYPES[request.kind],
        name=request.name,
        muted=track.is_muted,
        width=request.width,
        height=request.height,
        simulcast=len(track.rids) > 1 or (not track.rids and len(request.layers) > 1),
        disable_dtx=request.is_dtx_disabled,
        source=SOURCES[request.source],
        layers=[_video_layer(layer) for layer in request.layers],
        mime_type=track.mime_type,
        mid=track.mid,
        stereo=request.is_stereo,
        disable_red=request.is_red_disabled,
        encryption=request.encryption,  # type: ignore[arg-type]
        stream=request.stream,
        audio_features=request.audio_features,  # type: ignore[arg-type]
        backup_codec_policy=request.backup_codec_policy,  # type: ignore[arg-type]
        packet_trailer_features=request.packet_trailer_features,  # type: ignore[arg-type]
    )
    for codec in request.codecs:
        info.codecs.append(
            models.SimulcastCodecInfo(
                mime_type=codec.mime_type,
                cid=codec.cid,
                mid=track.mid,
                layers=[_video_layer(layer) for layer in codec.layers or request.layers],
            )
        )
    info.version.unix_micro = track.version
    return info


def participant_info(participant: ParticipantView) -> models.ParticipantInfo:
    """Returns a participant as clients read it."""
    cause = participant.leave_cause
    return models.ParticipantInfo(
        sid=participant.sid,
        identity=participant.identity,
        name=participant.name,
        state=_STATES[participant.state],
        tracks=[track_info(track) for track in participant.tracks],
        metadata=participant.metadata,
        attributes=dict(participant.attributes),
        joined_at=participant.joined_wall_ms // 1000,
        joined_at_ms=participant.joined_wall_ms,
        version=participant.version,
        permission=permission(participant.grant),
        is_publisher=bool(participant.tracks),
        kind=participant.kind,  # type: ignore[arg-type]
        client_protocol=participant.client_protocol,
        capabilities=participant.capabilities,  # type: ignore[arg-type]
        disconnect_reason=(
            LEAVE_REASONS[cause] if cause is not None else models.DisconnectReason.UNKNOWN_REASON
        ),
    )


def server_info() -> models.ServerInfo:
    """Returns what clients are told of this server."""
    return models.ServerInfo(
        edition=models.ServerInfo.Edition.Standard,
        version=SPOKEN_SERVER_VERSION,
        protocol=PROTOCOL_VERSION,
        debug_info="lianzhen",
    )


def ice_servers(turn_servers: Sequence[TurnServer]) -> list[rtc.ICEServer]:
    """Returns the ways around a firewall as clients read them."""
    return [
        rtc.ICEServer(urls=server.urls, username=server.username, credential=server.password)
        for server in turn_servers
    ]


def join_response(
    *,
    room: RoomView,
    me: ParticipantView,
    others: list[ParticipantView],
    is_subscriber_primary: bool,
    turn_servers: Sequence[TurnServer] = (),
) -> rtc.SignalResponse:
    """Returns the first message of a new session."""
    return rtc.SignalResponse(
        join=rtc.JoinResponse(
            room=room_info(room),
            participant=participant_info(me),
            other_participants=[participant_info(other) for other in others],
            server_version=SPOKEN_SERVER_VERSION,
            server_info=server_info(),
            subscriber_primary=is_subscriber_primary,
            ice_servers=ice_servers(turn_servers),
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            fast_publish=me.grant.can_publish,
            enabled_publish_codecs=enabled_codecs(),
        )
    )


def reconnect_response(
    *, last_message_sequence: int, turn_servers: Sequence[TurnServer] = ()
) -> rtc.SignalResponse:
    """Returns the first message of a resumed session."""
    return rtc.SignalResponse(
        reconnect=rtc.ReconnectResponse(
            server_info=server_info(),
            last_message_seq=last_message_sequence,
            ice_servers=ice_servers(turn_servers),
        )
    )


def participant_update(participants: list[ParticipantView]) -> rtc.SignalResponse:
    """Returns the news of some participants."""
    return rtc.SignalResponse(
        update=rtc.ParticipantUpdate(participants=[participant_info(view) for view in participants])
    )


def room_update(room: RoomView) -> rtc.SignalResponse:
    """Returns the news of the room."""
    return rtc.SignalResponse(room_update=rtc.RoomUpdate(room=room_info(room)))


def leave_message(cause: LeaveCause, then: AfterLeave) -> rtc.SignalResponse:
    """Returns the last message of a session. ``can_reconnect`` is for clients that know no ``action``."""
    return leave_with(LEAVE_REASONS[cause], then)


def leave_with(reason: models.DisconnectReason, then: AfterLeave) -> rtc.SignalResponse:
    """Returns a leave message with a reason of the protocol."""
    return rtc.SignalResponse(
        leave=rtc.LeaveRequest(reason=reason, action=_ACTIONS[then], can_reconnect=then is AfterLeave.REJOIN)
    )


def speakers_changed(speakers: list[Speaker]) -> rtc.SignalResponse:
    """Returns changes of loudness."""
    infos = [models.SpeakerInfo(sid=s.sid, level=s.level, active=s.is_active) for s in speakers]
    return rtc.SignalResponse(speakers_changed=rtc.SpeakersChanged(speakers=infos))


def connection_quality(qualities: list[tuple[str, LinkQuality]]) -> rtc.SignalResponse:
    """Returns the link qualities of some participants, by sid."""
    updates = [
        rtc.ConnectionQualityInfo(
            participant_sid=sid,
            quality=link.quality.value,  # type: ignore[arg-type]
            score=link.score,
        )
        for sid, link in qualities
    ]
    return rtc.SignalResponse(connection_quality=rtc.ConnectionQualityUpdate(updates=updates))


def seat_lost() -> rtc.SignalResponse:
    """Returns the answer to a client that wants back a seat which is not there: it joins anew by itself."""
    return leave_with(models.DisconnectReason.STATE_MISMATCH, AfterLeave.REJOIN)


def as_offer(description: rtc.SessionDescription) -> rtc.SignalRequest:
    """Returns an offer that came with the join as the request it stands for."""
    return rtc.SignalRequest(offer=description)
