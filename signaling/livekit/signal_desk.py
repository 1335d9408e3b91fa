"""What a client may ask for over its WebSocket, request by request, and what each one does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from livekit.protocol import rtc

from media_server.errors import SdpRefused
from media_server.ids import TrackSid, new_track_sid
from media_server.rooms import LeaveCause, LimitExceeded, NotPermitted, Room, RoomRefusal, VideoLayer
from signaling.errors import PeerProtocolError
from signaling.livekit import outgoing, requests
from signaling.livekit.session import ParticipantSession
from signaling.room_host import NS_PER_MS, RoomHost

_log = structlog.get_logger("signal")
_Reason: Final = rtc.RequestResponse.Reason
_REASONS: Final[Mapping[type[RoomRefusal], rtc.RequestResponse.Reason]] = {
    NotPermitted: _Reason.NOT_ALLOWED,
    LimitExceeded: _Reason.LIMIT_EXCEEDED,
}
OK_ANSWERED_SINCE_PROTOCOL: Final = 15
"""Older clients take any request_response for a refusal."""


class SignalDesk:
    """Serves the requests of all sessions. Called on the loop thread."""

    def __init__(self, host: RoomHost) -> None:
        self._host = host
        self._verbs: Mapping[str, Callable[[Room, ParticipantSession, Any], None]] = {
            "offer": self._offer,
            "answer": self._answer,
            "trickle": self._ignore,
            "add_track": self._add_track,
            "mute": self._mute,
            "subscription": self._subscription,
            "track_setting": self._track_setting,
            "leave": self._leave,
            "update_layers": self._update_layers,
            "subscription_permission": self._subscription_permission,
            "sync_state": self._sync_state,
            "ping": self._ping,
            "ping_req": self._ping_request,
            "update_metadata": self._update_metadata,
            "update_audio_track": self._update_audio_track,
            "update_video_track": self._update_video_track,
            "publish_data_track_request": self._refuse_data_track,
            "unpublish_data_track_request": self._ignore,
            "update_data_subscription": self._ignore,
        }

    def receive(self, session: ParticipantSession, request: rtc.SignalRequest) -> None:
        """Does what a client asks. What it may not do is refused to it alone and counted."""
        kind = request.WhichOneof("message")
        verb = None if kind is None else self._verbs.get(kind)
        self._host.traffic.count("messages_received")
        if kind is None or verb is None:
            self._host.traffic.count("messages_unknown")
            return
        try:
            verb(self._host.room_of(session.sid), session, getattr(request, kind))
        except SdpRefused as refusal:
            self._host.traffic.count("descriptions_refused")
            _log.warning("description_refused", code=refusal.code, participant=session.sid)
            session.refuse_description(refusal)
        except (RoomRefusal, PeerProtocolError) as refusal:
            self._host.traffic.count("messages_refused")
            _log.info("request_refused", request=kind, code=refusal.code, participant=session.sid)

    def add_tracks(self, session: ParticipantSession, messages: tuple[rtc.AddTrackRequest, ...]) -> None:
        """Serves the publications that came with the join."""
        for message in messages:
            self.receive(session, rtc.SignalRequest(add_track=message))

    # ---- media ------------------------------------------------------------------------------------------

    def _offer(self, room: Room, session: ParticipantSession, message: rtc.SessionDescription) -> None:
        session.receive_offer(message)

    def _answer(self, room: Room, session: ParticipantSession, message: rtc.SessionDescription) -> None:
        session.receive_answer(message)

    def _ignore(self, room: Room, session: ParticipantSession, message: object) -> None:
        """ICE-lite (RFC 8445 §2.5): the client's candidates are not needed, its checks tell where it is."""

    def _add_track(self, room: Room, session: ParticipantSession, message: rtc.AddTrackRequest) -> None:
        try:
            track, effects = room.publications.request(
                session.sid,
                requests.track_request(message),
                sid=new_track_sid(),
                number=self._host.media.allocate_track(),
            )
        except RoomRefusal as refusal:
            response = rtc.RequestResponse(
                reason=_REASONS.get(type(refusal), _Reason.NOT_FOUND), message=refusal.code, add_track=message
            )
            session.send(rtc.SignalResponse(request_response=response))
            raise
        session.send(outgoing.track_published(message.cid, track))
        self._host.apply(room, effects)

    def _mute(self, room: Room, session: ParticipantSession, message: rtc.MuteTrackRequest) -> None:
        effects = room.publications.mute(session.sid, TrackSid(message.sid), is_muted=message.muted)
        self._host.apply(room, effects)

    def _update_layers(self, room: Room, session: ParticipantSession, message: rtc.UpdateVideoLayers) -> None:
        layers: tuple[VideoLayer, ...] = requests.video_layers(message.layers)
        if len(layers) > requests.MAX_LIST_LENGTH:
            raise PeerProtocolError("update_layers_malformed")
        effects = room.publications.set_layers(session.sid, TrackSid(message.track_sid), layers)
        self._host.apply(room, effects)

    def _update_video_track(
        self, room: Room, session: ParticipantSession, message: rtc.UpdateLocalVideoTrack
    ) -> None:
        effects = room.publications.set_size(
            session.sid, TrackSid(message.track_sid), width=message.width, height=message.height
        )
        self._host.apply(room, effects)

    def _update_audio_track(
        self, room: Room, session: ParticipantSession, message: rtc.UpdateLocalAudioTrack
    ) -> None:
        features = tuple(int(feature) for feature in message.features[: requests.MAX_LIST_LENGTH])
        effects = room.publications.set_audio_features(session.sid, TrackSid(message.track_sid), features)
        self._host.apply(room, effects)

    # ---- subscriptions ----------------------------------------------------------------------------------

    def _subscription(self, room: Room, session: ParticipantSession, message: rtc.UpdateSubscription) -> None:
        track_sids, is_wanted = requests.subscription_change(message)
        change = room.subscribe if is_wanted else room.unsubscribe
        self._host.apply(room, change(session.sid, track_sids))

    def _track_setting(
        self, room: Room, session: ParticipantSession, message: rtc.UpdateTrackSettings
    ) -> None:
        track_sids = [TrackSid(sid) for sid in message.track_sids]
        self._host.apply(room, room.set_wish(session.sid, track_sids, requests.layer_wish(message)))

    def _subscription_permission(
        self, room: Room, session: ParticipantSession, message: rtc.SubscriptionPermission
    ) -> None:
        identities = {str(participant.sid): participant.identity for participant in room.roster}
        effects = room.set_audience(session.sid, requests.audience(message, identities))
        self._host.apply(room, effects)

    # ---- the seat ---------------------------------------------------------------------------------------

    def _leave(self, room: Room, session: ParticipantSession, message: rtc.LeaveRequest) -> None:
        self._host.leave(session.sid, LeaveCause.LEFT)

    def _sync_state(self, room: Room, session: ParticipantSession, message: rtc.SyncState) -> None:
        """What the client believes after a resume. The seat and its media never went away, so there is
        nothing to rebuild; only what it wants of its subscriptions may have changed on the way."""
        track_sids, is_wanted = requests.subscription_change(message.subscription)
        change = room.subscribe if is_wanted else room.unsubscribe
        self._host.apply(room, change(session.sid, track_sids))

    def _ping(self, room: Room, session: ParticipantSession, message: int) -> None:
        session.send(outgoing.old_pong(self._wall_ms()))

    def _ping_request(self, room: Room, session: ParticipantSession, message: rtc.Ping) -> None:
        session.round_trips.receive_ms(message.rtt)
        session.send(outgoing.pong(message.timestamp, wall_ms=self._wall_ms()))
        session.send(outgoing.old_pong(self._wall_ms()))

    def _update_metadata(
        self, room: Room, session: ParticipantSession, message: rtc.UpdateParticipantMetadata
    ) -> None:
        reason, text = _Reason.OK, ""
        try:
            effects = room.update_own(
                session.sid,
                name=message.name,
                metadata=message.metadata,
                attributes=dict(message.attributes),
            )
            self._host.apply(room, effects)
        except RoomRefusal as refusal:
            reason, text = _REASONS.get(type(refusal), _Reason.NOT_FOUND), refusal.code
            self._host.traffic.count("messages_refused")
        if reason is _Reason.OK and session.protocol < OK_ANSWERED_SINCE_PROTOCOL:
            return
        response = rtc.RequestResponse(request_id=message.request_id, reason=reason, message=text)
        response.update_metadata.CopyFrom(message)
        session.send(rtc.SignalResponse(request_response=response))

    def _refuse_data_track(
        self, room: Room, session: ParticipantSession, message: rtc.PublishDataTrackRequest
    ) -> None:
        response = rtc.RequestResponse(
            reason=_Reason.NOT_ALLOWED, message="data_tracks_unsupported", publish_data_track=message
        )
        session.send(rtc.SignalResponse(request_response=response))

    def _wall_ms(self) -> int:
        return self._host.clock.wall_ns() // NS_PER_MS
