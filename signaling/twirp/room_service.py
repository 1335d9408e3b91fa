"""livekit.RoomService: rooms and participants administered from outside, by token.

Rights: ``roomCreate`` makes and deletes rooms, ``roomList`` lists them, ``roomAdmin`` with ``room`` does the
rest in that one room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from google.protobuf.message import Message
from livekit.protocol import models
from livekit.protocol import room as room_service

from media_server.ids import ParticipantIdentity, RoomName, TrackSid
from media_server.plans import ChannelKind
from media_server.rooms import LeaveCause, LimitExceeded, NotFound, Room, RoomOptions, RoomRefusal
from media_server.rooms.participants import Participant, check_name
from signaling.errors import TokenRefused
from signaling.livekit import messages
from signaling.livekit.data_packets import server_packet
from signaling.livekit.endpoint import bearer
from signaling.livekit.requests import grant_from
from signaling.pacing import Pacer, remote_host
from signaling.room_host import NS_PER_S, RoomHost
from signaling.tokens import Claims, TokenDesk
from signaling.twirp.wire import TwirpError, content_type_of, decode, encode

MAX_DATA_BYTES: Final = 60_000
"""What fits one data channel message of 64 kB with its envelope."""
MAX_TOPIC_CHARACTERS: Final = 256
_KINDS: Final = {
    models.DataPacket.Kind.RELIABLE: ChannelKind.RELIABLE,
    models.DataPacket.Kind.LOSSY: ChannelKind.LOSSY,
}


@dataclass(frozen=True, slots=True)
class _Method:
    request: type[Message]
    serve: Callable[[Claims, Any], Message]


class RoomService:
    """The handlers of /twirp/livekit.RoomService. Called on the loop thread."""

    def __init__(self, *, host: RoomHost, tokens: TokenDesk, pacer: Pacer) -> None:
        self._host = host
        self._tokens = tokens
        self._pacer = pacer
        self._methods: Mapping[str, _Method] = {
            "CreateRoom": _Method(room_service.CreateRoomRequest, self._create_room),
            "ListRooms": _Method(room_service.ListRoomsRequest, self._list_rooms),
            "DeleteRoom": _Method(room_service.DeleteRoomRequest, self._delete_room),
            "ListParticipants": _Method(room_service.ListParticipantsRequest, self._list_participants),
            "GetParticipant": _Method(room_service.RoomParticipantIdentity, self._get_participant),
            "RemoveParticipant": _Method(room_service.RoomParticipantIdentity, self._remove_participant),
            "MutePublishedTrack": _Method(room_service.MuteRoomTrackRequest, self._mute_track),
            "UpdateParticipant": _Method(room_service.UpdateParticipantRequest, self._update_participant),
            "UpdateSubscriptions": _Method(
                room_service.UpdateSubscriptionsRequest, self._update_subscriptions
            ),
            "SendData": _Method(room_service.SendDataRequest, self._send_data),
            "UpdateRoomMetadata": _Method(room_service.UpdateRoomMetadataRequest, self._update_metadata),
        }

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application."""
        return [web.post("/twirp/{service}/{method}", self.call)]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Serves one call."""
        try:
            content_type = content_type_of(request)
            claims = self._claims(request)
            method = self._method(request)
            message = decode(await request.read(), content_type, method.request)
            return encode(self._serve(method, claims, message), content_type)
        except TwirpError as error:
            return error.response()

    def _serve(self, method: _Method, claims: Claims, message: Message) -> Message:
        try:
            return method.serve(claims, message)
        except NotFound as error:
            raise TwirpError("not_found", error.code) from None
        except LimitExceeded as error:
            raise TwirpError("invalid_argument", error.code) from None
        except RoomRefusal as error:
            raise TwirpError("failed_precondition", error.code) from None

    def _claims(self, request: web.Request) -> Claims:
        peer, now_ns = remote_host(request), self._host.clock.monotonic_ns()
        if not self._pacer.allows(peer, now_ns):
            raise TwirpError("resource_exhausted", "too many refused requests")
        try:
            return self._tokens.verify(bearer(request), now_s=self._host.clock.wall_ns() / NS_PER_S)
        except TokenRefused as refusal:
            self._pacer.charge(peer, now_ns)
            self._host.traffic.count("tokens_refused")
            raise TwirpError("unauthenticated", refusal.code) from None

    def _method(self, request: web.Request) -> _Method:
        service, name = request.match_info["service"], request.match_info["method"]
        method = self._methods.get(name) if service == "livekit.RoomService" else None
        if method is None:
            raise TwirpError("unimplemented", "this server does not offer that method")
        return method

    # ---- rooms ------------------------------------------------------------------------------------------

    def _create_room(self, claims: Claims, message: room_service.CreateRoomRequest) -> Message:
        _require(claims.api.may_create_rooms)
        if not message.name:
            raise TwirpError("invalid_argument", "room_name_empty")
        options = RoomOptions(
            metadata=message.metadata,
            max_participants=message.max_participants,
            empty_timeout_s=message.empty_timeout,
            departure_timeout_s=message.departure_timeout,
        )
        return messages.room_info(self._host.open_room(RoomName(message.name), options).view())

    def _list_rooms(self, claims: Claims, message: room_service.ListRoomsRequest) -> Message:
        _require(claims.api.may_list_rooms)
        names = set(message.names)
        rooms = [room.view() for room in self._host.rooms if not names or room.name in names]
        return room_service.ListRoomsResponse(rooms=[messages.room_info(room) for room in rooms])

    def _delete_room(self, claims: Claims, message: room_service.DeleteRoomRequest) -> Message:
        # LiveKit's own rule is roomCreate; whoever may administer a room may also end it.
        is_its_admin = claims.api.is_room_admin and claims.room == message.room
        _require(claims.api.may_create_rooms or is_its_admin)
        self._host.close_room(self._host.rooms.get(RoomName(message.room)), LeaveCause.ROOM_DELETED)
        return room_service.DeleteRoomResponse()

    def _update_metadata(self, claims: Claims, message: room_service.UpdateRoomMetadataRequest) -> Message:
        room = self._room(claims, message.room)
        self._host.apply(room, room.set_metadata(message.metadata))
        return messages.room_info(room.view())

    # ---- participants -----------------------------------------------------------------------------------

    def _list_participants(self, claims: Claims, message: room_service.ListParticipantsRequest) -> Message:
        room = self._room(claims, message.room)
        infos = [messages.participant_info(participant) for participant in room.participants()]
        return room_service.ListParticipantsResponse(participants=infos)

    def _get_participant(self, claims: Claims, message: room_service.RoomParticipantIdentity) -> Message:
        _, participant = self._participant(claims, message.room, message.identity)
        return messages.participant_info(participant.view())

    def _remove_participant(self, claims: Claims, message: room_service.RoomParticipantIdentity) -> Message:
        _, participant = self._participant(claims, message.room, message.identity)
        self._host.leave(participant.sid, LeaveCause.REMOVED)
        return room_service.RemoveParticipantResponse()

    def _mute_track(self, claims: Claims, message: room_service.MuteRoomTrackRequest) -> Message:
        room, participant = self._participant(claims, message.room, message.identity)
        if not message.muted:
            # As LiveKit by default: nobody's microphone is opened from afar.
            raise TwirpError("failed_precondition", "remote_unmute_not_allowed")
        track_sid = TrackSid(message.track_sid)
        self._host.apply(room, room.publications.mute_remotely(participant.sid, track_sid, is_muted=True))
        track = participant.tracks[track_sid]
        return room_service.MuteRoomTrackResponse(track=messages.track_info(track.view()))

    def _update_participant(self, claims: Claims, message: room_service.UpdateParticipantRequest) -> Message:
        room, participant = self._participant(claims, message.room, message.identity)
        effects = room.update_participant(
            participant.sid,
            name=message.name,
            metadata=message.metadata,
            attributes=dict(message.attributes),
        )
        self._host.apply(room, effects)
        if message.HasField("permission"):
            grant = grant_from(message.permission, participant.grant)
            self._host.apply(room, room.change_grant(participant.sid, grant))
        return messages.participant_info(participant.view())

    def _update_subscriptions(
        self, claims: Claims, message: room_service.UpdateSubscriptionsRequest
    ) -> Message:
        room, participant = self._participant(claims, message.room, message.identity)
        named = [*message.track_sids, *(sid for one in message.participant_tracks for sid in one.track_sids)]
        track_sids = [TrackSid(sid) for sid in dict.fromkeys(named)]
        change = room.subscribe if message.subscribe else room.unsubscribe
        self._host.apply(room, change(participant.sid, track_sids))
        return room_service.UpdateSubscriptionsResponse()

    def _send_data(self, claims: Claims, message: room_service.SendDataRequest) -> Message:
        room = self._room(claims, message.room)
        if len(message.data) > MAX_DATA_BYTES or len(message.topic) > MAX_TOPIC_CHARACTERS:
            raise TwirpError("invalid_argument", "data_too_long")
        by_sid = {str(participant.sid): participant.identity for participant in room.roster}
        destinations = tuple(
            dict.fromkeys(
                [
                    *(ParticipantIdentity(identity) for identity in message.destination_identities),
                    *(by_sid[sid] for sid in message.destination_sids if sid in by_sid),
                ]
            )
        )
        if message.destination_sids and not destinations:
            raise TwirpError("not_found", "participant_not_found")
        packet = server_packet(
            message.data,
            topic=message.topic if message.HasField("topic") else None,
            nonce=message.nonce,
            destinations=destinations,
        )
        self._host.send_server_data(room, _KINDS[message.kind], packet, destinations)
        return room_service.SendDataResponse()

    # ---- inside -----------------------------------------------------------------------------------------

    def _room(self, claims: Claims, name: str) -> Room:
        _require(claims.api.is_room_admin and claims.room == name)
        check_name(name)
        return self._host.rooms.get(RoomName(name))

    def _participant(self, claims: Claims, name: str, identity: str) -> tuple[Room, Participant]:
        room = self._room(claims, name)
        return room, room.participant(ParticipantIdentity(identity))


def _require(is_permitted: bool) -> None:
    if not is_permitted:
        raise TwirpError("permission_denied", "the token does not allow this")
