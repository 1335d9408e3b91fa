"""Small messages to one client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from livekit.protocol import models, rtc

from media_server.ids import ParticipantSid, TrackSid
from media_server.rooms import TrackView
from signaling.livekit.messages import track_info

Message: TypeAlias = rtc.SignalResponse
Reason: TypeAlias = rtc.RequestResponse.Reason


def track_published(cid: str, track: TrackView) -> Message:
    """Returns the answer to add_track."""
    return Message(track_published=rtc.TrackPublishedResponse(cid=cid, track=track_info(track)))


def track_unpublished(track_sid: TrackSid) -> Message:
    """Returns the news that the receiver's own track has ended."""
    return Message(track_unpublished=rtc.TrackUnpublishedResponse(track_sid=track_sid))


def track_subscribed(track_sid: TrackSid) -> Message:
    """Returns the news that the receiver's own track has its first subscriber."""
    return Message(track_subscribed=rtc.TrackSubscribed(track_sid=track_sid))


def needed_quality(track_sid: TrackSid, mime_type: str, quality: int) -> Message:
    """Returns which layers of its picture the receiver is to send: those up to ``quality``, -1 for none."""
    qualities = [
        rtc.SubscribedQuality(quality=each, enabled=each <= quality)
        for each in (models.VideoQuality.LOW, models.VideoQuality.MEDIUM, models.VideoQuality.HIGH)
    ]
    codec = rtc.SubscribedCodec(codec=mime_type.partition("/")[2].lower(), qualities=qualities)
    return Message(
        subscribed_quality_update=rtc.SubscribedQualityUpdate(
            track_sid=track_sid, subscribed_qualities=qualities, subscribed_codecs=[codec]
        )
    )


def stream_states(states: Mapping[TrackSid, tuple[ParticipantSid, bool]]) -> Message:
    """Returns which pictures the receiver's link makes pause (True), or carries again."""
    return Message(
        stream_state_update=rtc.StreamStateUpdate(
            stream_states=[
                rtc.StreamStateInfo(
                    participant_sid=participant_sid,
                    track_sid=track_sid,
                    state=rtc.StreamState.PAUSED if is_paused else rtc.StreamState.ACTIVE,
                )
                for track_sid, (participant_sid, is_paused) in states.items()
            ]
        )
    )


def subscription_refused(track_sid: TrackSid) -> Message:
    """Returns the news that there is no such track for the receiver."""
    return Message(
        subscription_response=rtc.SubscriptionResponse(
            track_sid=track_sid,
            err=models.SubscriptionError.SE_TRACK_NOTFOUND,
        )
    )


def subscription_permission(publisher: ParticipantSid, track_sid: TrackSid, *, is_allowed: bool) -> Message:
    """Returns the news that a publisher lets the receiver see a track, or no longer does."""
    return Message(
        subscription_permission_update=rtc.SubscriptionPermissionUpdate(
            participant_sid=publisher, track_sid=track_sid, allowed=is_allowed
        )
    )


def mute(track_sid: TrackSid, *, is_muted: bool) -> Message:
    """Returns the request to mute the receiver's own track."""
    return Message(mute=rtc.MuteTrackRequest(sid=track_sid, muted=is_muted))


def refresh_token(token: str) -> Message:
    """Returns a newer token for the receiver's next connection."""
    return Message(refresh_token=token)


def pong(last_ping_timestamp: int, *, wall_ms: int) -> Message:
    """Returns the answer to ping_req."""
    return Message(pong_resp=rtc.Pong(last_ping_timestamp=last_ping_timestamp, timestamp=wall_ms))


def old_pong(wall_ms: int) -> Message:
    """Returns the answer to the old ping, and beside ``pong`` for clients that wait for this one."""
    return Message(pong=wall_ms)
