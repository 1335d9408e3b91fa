"""/rtc and /rtc/v1: from an HTTP request to a served WebSocket, and the validate pages that explain a
refusal.

Statuses are LiveKit's (livekit-protocol.md §1): clients decide by them whether to retry, to fall back or to
give up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn, Protocol

import structlog
from aiohttp import WSMsgType, web

from media_server.rooms import JoinIntent, LeaveCause, LimitExceeded, RoomRefusal
from media_server.rooms.effects import AfterLeave
from media_server.rooms.participants import check_intent, check_name
from media_server.rooms.presence import Signal
from signaling.api.route import Refusal
from signaling.errors import PeerProtocolError, TokenRefused
from signaling.livekit import messages
from signaling.livekit.frames import MAX_FRAME_BYTES, decode_request
from signaling.livekit.join_query import JoinQuery, read_join_request, read_query
from signaling.livekit.session import ParticipantSession
from signaling.livekit.signal_desk import SignalDesk
from signaling.livekit.socket import CLOSE_MALFORMED, SignalSocket
from signaling.log import place_of
from signaling.pacing import Pacer, remote_host
from signaling.room_host import NS_PER_S, RoomHost
from signaling.tokens import Binding, Claims, TokenDesk
from signaling.turn_tickets import TurnServer, TurnTickets

HEARTBEAT_S: Final = 4.0
"""WebSocket pings beside the protocol's own, for clients that send none; aiohttp waits half of it for the
pong, so a silent link is given up after 6 s at most."""
_CORS: Final = {"Access-Control-Allow-Origin": "*"}

_log = structlog.get_logger("signal")


class Gate(Protocol):
    """Knows which tokens have ended early (signaling/auth/revocation.py)."""

    async def admits(self, binding: Binding) -> bool:
        """Returns whether a token bound so still opens its room."""

    def is_revoked(self, binding: Binding) -> bool:
        """Returns whether it was revoked lately, as far as is known at once."""


class SocketLimits(Protocol):
    """Counts the sockets of each address (signaling/api/limits.py)."""

    def open_socket(self, request: web.Request, identity: str) -> None:
        """Counts one more. Refusal: too_many, though never for somebody who is in a room."""

    def close_socket(self, request: web.Request) -> None:
        """Counts it no longer."""


class SignalEndpoint:
    """The HTTP handlers of the client protocol."""

    def __init__(
        self,
        *,
        host: RoomHost,
        desk: SignalDesk,
        tokens: TokenDesk,
        pacer: Pacer,
        gate: Gate,
        limits: SocketLimits,
        turn: TurnTickets,
    ) -> None:
        self._gate = gate
        self._limits = limits
        self._turn = turn
        self._host = host
        self._desk = desk
        self._tokens = tokens
        self._pacer = pacer

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application."""
        return [
            web.get("/rtc", self.connect),
            web.get("/rtc/v1", self.connect),
            web.get("/rtc/validate", self.validate),
            web.get("/rtc/v1/validate", self.validate),
        ]

    async def validate(self, request: web.Request) -> web.Response:
        """Says whether a connection with this token and query would be let in, and if not, why."""
        await self._admit(request)
        return web.Response(text="success", headers=_CORS)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serves one WebSocket from its upgrade to its end."""
        websocket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME_BYTES, compress=False, timeout=2.0
        )
        if not websocket.can_prepare(request):
            raise web.HTTPNotFound(text="open this address as a WebSocket", headers=_CORS)
        claims, query = await self._admit(request)
        try:
            self._limits.open_socket(request, claims.identity)
        except Refusal:
            raise web.HTTPTooManyRequests(text="too many sockets of this address", headers=_CORS) from None
        try:
            await websocket.prepare(request)
            self._host.traffic.count("sockets_opened")
            socket = SignalSocket(websocket)
            async with socket.writing():
                session = self._enter(socket, claims, query, request)
                if session is not None:
                    await self._serve_to_the_end(websocket, socket, session)
        finally:
            self._limits.close_socket(request)
        return websocket

    # ---- admission --------------------------------------------------------------------------------------

    async def _admit(self, request: web.Request) -> tuple[Claims, JoinQuery]:
        peer = remote_host(request)
        now_ns = self._host.clock.monotonic_ns()
        is_paced = not self._pacer.allows(peer, now_ns)
        try:
            claims = self._tokens.verify(bearer(request), now_s=self._host.clock.wall_ns() / NS_PER_S)
            if not claims.may_join:
                raise TokenRefused("token_without_room_join")
            if not await self._gate.admits(claims.binding):
                raise TokenRefused("token_revoked")
        except TokenRefused as refusal:
            if is_paced:
                self._refuse_paced()
            self._pacer.charge(peer, now_ns)
            self._host.traffic.count("tokens_refused")
            raise web.HTTPUnauthorized(text=f"invalid token: {refusal.code}", headers=_CORS) from None
        if is_paced and not self._host.is_anywhere(claims.identity):
            # Whoever is in a room comes back to it, whatever their neighbours behind one address have done.
            self._refuse_paced()
        try:
            query = _read(request)
            if not claims.identity or not claims.room:
                raise PeerProtocolError("identity_or_room_empty")
            check_name(claims.room)
            check_intent(_intent(claims, query))
        except (PeerProtocolError, LimitExceeded) as refusal:
            self._host.traffic.count("joins_refused")
            raise web.HTTPBadRequest(text=f"cannot join: {refusal.code}", headers=_CORS) from None
        return claims, query

    def _refuse_paced(self) -> NoReturn:
        self._host.traffic.count("requests_paced")
        raise web.HTTPTooManyRequests(text="too many refused requests", headers=_CORS) from None

    # ---- coming in --------------------------------------------------------------------------------------

    def _enter(
        self, socket: SignalSocket, claims: Claims, query: JoinQuery, request: web.Request
    ) -> ParticipantSession | None:
        if self._gate.is_revoked(claims.binding):
            # Between the check and here: nobody was seated yet who could have been removed.
            self._host.traffic.count("joins_refused")
            socket.send(messages.leave_message(LeaveCause.REMOVED, AfterLeave.STAY_AWAY))
            socket.finish(text="token_revoked")
            return None
        if query.resumed_sid is not None:
            return self._resume(socket, claims, query, request)
        return self._join(socket, claims, query, request)

    def _join(
        self, socket: SignalSocket, claims: Claims, query: JoinQuery, request: web.Request
    ) -> ParticipantSession | None:
        try:
            room, session, effects = self._host.join(
                claims,
                _intent(claims, query),
                is_single_connection=query.is_single_connection,
                protocol=query.protocol,
            )
        except RoomRefusal as refusal:
            self._host.traffic.count("joins_refused")
            socket.send(messages.leave_message(LeaveCause.PROTOCOL_ERROR, AfterLeave.STAY_AWAY))
            socket.finish(text=refusal.code)
            return None
        self._host.traffic.count("joins")
        session.attach(socket)
        participant = room.roster.find(session.sid)
        session.send(
            messages.join_response(
                room=room.view(),
                me=participant.view(),
                others=room.roster.visible_to(session.sid),
                is_subscriber_primary=not query.is_single_connection,
                turn_servers=self._turn_servers(request, session),
            )
        )
        self._host.apply(room, effects)
        self._desk.add_tracks(session, query.add_tracks)
        self._offer_of(session, query)
        session.begin()
        return session

    def _resume(
        self, socket: SignalSocket, claims: Claims, query: JoinQuery, request: web.Request
    ) -> ParticipantSession | None:
        assert query.resumed_sid is not None
        seat = self._host.find_seat(claims, query.resumed_sid)
        if seat is None:
            self._host.traffic.count("resumes_refused")
            socket.send(messages.seat_lost())
            socket.finish(text="seat_lost")
            return None
        room, session = seat
        self._host.traffic.count("resumes")
        session.attach(socket)
        self._host.note_signal(session.sid, Signal.OPEN)
        session.send(
            messages.reconnect_response(
                last_message_sequence=session.last_data_sequence,
                turn_servers=self._turn_servers(request, session),
            )
        )
        me = room.roster.find(session.sid)
        session.send(messages.participant_update([me.view(), *room.roster.visible_to(session.sid)]))
        session.send(messages.room_update(room.view()))
        self._offer_of(session, query)
        session.resume()
        self._host.apply(room, room.subscriptions.remind(session.sid))
        return session

    def _turn_servers(self, request: web.Request, session: ParticipantSession) -> list[TurnServer]:
        return self._turn.servers(
            host=request.host,
            is_secure=request.secure,
            sid=session.sid,
            now_s=self._host.clock.wall_ns() / NS_PER_S,
        )

    def _offer_of(self, session: ParticipantSession, query: JoinQuery) -> None:
        if query.offer is not None:
            self._desk.receive(session, messages.as_offer(query.offer))

    # ---- serving ----------------------------------------------------------------------------------------

    async def _serve_to_the_end(
        self, websocket: web.WebSocketResponse, socket: SignalSocket, session: ParticipantSession
    ) -> None:
        signal = Signal.CLOSED
        try:
            signal = await self._serve(websocket, socket, session)
        except Exception as error:
            # The outermost frame of a session's socket. Our bug: its owner gets a clean start, the others go
            # on.
            self._host.traffic.count("sessions_failed")
            _log.error("session_failed", error=type(error).__name__, where=place_of(error))
            self._host.leave(session.sid, LeaveCause.MEDIA_FAILED, then=AfterLeave.REJOIN)
        finally:
            if session.detach(socket):
                self._host.note_signal(session.sid, signal)

    async def _serve(
        self, websocket: web.WebSocketResponse, socket: SignalSocket, session: ParticipantSession
    ) -> Signal:
        async for message in websocket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT) or socket.is_finished:
                continue
            socket.is_text = message.type is WSMsgType.TEXT
            try:
                self._desk.receive(session, decode_request(message.data))
            except PeerProtocolError as refusal:
                self._host.traffic.count("messages_malformed")
                _log.warning("message_malformed", participant=session.sid)
                socket.finish(CLOSE_MALFORMED, refusal.code)
                break
        if isinstance(websocket.exception(), TimeoutError):
            self._host.traffic.count("sockets_lost")
            return Signal.SILENT
        return Signal.CLOSED


def bearer(request: web.Request) -> str:
    """Returns the token of a request: the Authorization header, else the access_token parameter."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.query.get("access_token", "")


def _read(request: web.Request) -> JoinQuery:
    query: Mapping[str, str] = request.query
    if not request.path.startswith("/rtc/v1"):
        return read_query(query)
    packed = query.get("join_request", "")
    if not packed:
        raise PeerProtocolError("join_request_missing")
    return read_join_request(packed)


def _intent(claims: Claims, query: JoinQuery) -> JoinIntent:
    may_describe_itself = claims.grant.can_update_own_metadata
    attributes = {**claims.attributes, **query.attributes} if may_describe_itself else claims.attributes
    metadata = query.metadata if may_describe_itself and query.metadata else claims.metadata
    return JoinIntent(
        identity=claims.identity,
        grant=claims.grant,
        name=claims.name,
        metadata=metadata,
        attributes=attributes,
        kind=claims.kind,
        client_protocol=query.client_protocol,
        capabilities=query.capabilities,
        is_auto_subscribing=query.is_auto_subscribing,
    )
