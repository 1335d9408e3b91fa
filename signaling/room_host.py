"""Carries out what rooms decide: the driver between room state, media connections and signalling sessions.

Every call into a room returns effects; ``apply`` carries all of them out before the next call. Those who
keep records (journal, recording, metrics) are observers of the facts among them. Everything runs on the loop
thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import singledispatchmethod
from typing import Final, Protocol, TypeAlias

import structlog

from media_server.ids import (
    ParticipantIdentity,
    ParticipantSid,
    RoomName,
    TrackNumber,
    TrackSid,
    new_participant_sid,
    new_room_sid,
    new_track_sid,
)
from media_server.plans import ChannelKind, MediaKind, PublicationPlan, PublishedMedia
from media_server.rooms import (
    JoinIntent,
    LeaveCause,
    NotFound,
    NotPermitted,
    ParticipantView,
    Room,
    RoomOptions,
    Rooms,
    TrackKind,
)
from media_server.rooms.effects import (
    FACTS,
    AfterLeave,
    Announce,
    AnnounceRoom,
    Dismiss,
    Effect,
    EndCause,
    EndMedia,
    Fact,
    RefreshToken,
    RefuseSubscription,
    SelectForwardedLayer,
    StartForwarding,
    StopForwarding,
    TellFirstSubscription,
    TellMuted,
    TellNeededQuality,
    TellSubscriptionPermission,
    TellUnpublished,
)
from media_server.rooms.presence import Media, Signal
from media_server.rooms.tracks import AnsweredSection
from recording.clock import Clock
from signaling.errors import PeerProtocolError
from signaling.late_looks import Looks
from signaling.livekit import outgoing
from signaling.livekit.data_packets import stamp_packet
from signaling.livekit.media_link import MediaLink
from signaling.livekit.messages import leave_message, participant_update, room_update
from signaling.livekit.session import ParticipantSession
from signaling.log import place_of
from signaling.ports import MediaPlane
from signaling.tokens import REFRESH_INTERVAL_S, REFRESH_TTL_S, Binding, Claims, TokenDesk, refreshed
from signaling.traffic import Traffic

TICK_S: Final = 0.25
"""How often seats and rooms are looked at: a quarter of the finest promise in time (reliability §3.2: 1
s)."""
NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000

_log = structlog.get_logger("rooms")


class RoomObserver(Protocol):
    """Who keeps records of rooms. Called on the loop thread, after the commands of the same change."""

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """Takes note of one fact."""


DataTaker: TypeAlias = Callable[[ParticipantSid, bytes], None]
"""Takes what a participant sends the server itself: the content of a data packet."""


class RoomHost:
    """All rooms of this node with their sessions."""

    def __init__(self, *, media: MediaPlane, clock: Clock, tokens: TokenDesk, traffic: Traffic) -> None:
        self.rooms = Rooms()
        self.media = media
        self.clock = clock
        self.traffic = traffic
        self._tokens = tokens
        self._sessions: dict[ParticipantSid, ParticipantSession] = {}
        self._claims: dict[ParticipantSid, Claims] = {}
        self._room_of: dict[ParticipantSid, Room] = {}
        self._links: dict[ParticipantSid, set[MediaLink]] = {}
        self._publisher_of: dict[TrackNumber, ParticipantSid] = {}
        self._observers: list[RoomObserver] = []
        self._takers: dict[str, DataTaker] = {}
        self._closing: set[asyncio.Task[None]] = set()

    # ---- who is where -----------------------------------------------------------------------------------

    def observe(self, observer: RoomObserver) -> None:
        """Adds someone who keeps records."""
        self._observers.append(observer)

    def session(self, sid: ParticipantSid) -> ParticipantSession | None:
        """Returns the session of a stay."""
        return self._sessions.get(sid)

    def claims_of(self, sid: ParticipantSid) -> Claims | None:
        """Returns the claims by which a participant sits here; None where the stay is over."""
        return self._claims.get(sid)

    def room_of(self, sid: ParticipantSid) -> Room:
        """Returns the room of a stay; NotFound where it is over."""
        room = self._room_of.get(sid)
        if room is None:
            raise NotFound("participant_not_found")
        return room

    def publisher_of(self, number: TrackNumber) -> ParticipantSid | None:
        """Returns who publishes a track of the core."""
        return self._publisher_of.get(number)

    def seats(self) -> Iterable[tuple[Room, ParticipantView, ParticipantSession]]:
        """Returns every participant with its room and session."""
        for sid, session in list(self._sessions.items()):
            room = self._room_of[sid]
            yield room, room.roster.find(sid).view(), session

    # ---- joining ----------------------------------------------------------------------------------------

    def open_room(self, name: RoomName, options: RoomOptions) -> Room:
        """Returns the room of that name, made now where there is none. LimitExceeded."""
        now_ns, wall_ms = self._times()
        room, effects = self.rooms.open(
            name, sid=new_room_sid(), options=options, now_ns=now_ns, wall_ms=wall_ms
        )
        self.apply(room, effects)
        return room

    def join(
        self, claims: Claims, intent: JoinIntent, *, is_single_connection: bool, protocol: int
    ) -> tuple[Room, ParticipantSession, list[Effect]]:
        """Takes a participant in; the caller sends the join message, then applies the effects.
        LimitExceeded."""
        room = self.open_room(claims.room, RoomOptions())
        sid = new_participant_sid()
        now_ns, wall_ms = self._times()
        effects = room.join(intent, sid=sid, now_ns=now_ns, wall_ms=wall_ms)
        self._room_of[sid] = room
        self._claims[sid] = claims
        self._links[sid] = set()
        session = ParticipantSession(
            sid=sid,
            identity=intent.identity,
            is_single_connection=is_single_connection,
            protocol=protocol,
            media=self.media,
            company=room.sid,
            owner=self,
            now_ns=self.clock.monotonic_ns,
        )
        self._sessions[sid] = session
        self._links[sid] = set(session.links())
        return room, session, effects

    def find_seat(self, claims: Claims, sid: ParticipantSid) -> tuple[Room, ParticipantSession] | None:
        """Returns the seat that a client wants back, if it is its own and still kept."""
        session = self._sessions.get(sid)
        if session is None or session.identity != claims.identity:
            return None
        room = self._room_of[sid]
        return (room, session) if room.name == claims.room else None

    def is_anywhere(self, identity: str) -> bool:
        """Returns whether somebody of that identity is in a room now."""
        return any(room.roster.by_identity(ParticipantIdentity(identity)) is not None for room in self.rooms)

    def leave(
        self, sid: ParticipantSid, cause: LeaveCause, *, then: AfterLeave = AfterLeave.STAY_AWAY
    ) -> None:
        """Ends a stay; harmless where it is over."""
        room = self._room_of.get(sid)
        if room is not None:
            self.apply(room, room.leave(sid, cause, now_ns=self.clock.monotonic_ns(), then=then))

    def bindings(self) -> Iterable[Binding]:
        """Returns with whose end each seat ends, for those that are bound to somebody here."""
        return [claims.binding for claims in self._claims.values() if claims.binding]

    def end_bound(self, covers: Callable[[Binding], bool]) -> int:
        """Removes everyone whose binding is covered, now; returns how many."""
        ended = [sid for sid, claims in self._claims.items() if claims.binding and covers(claims.binding)]
        for sid in ended:
            self.leave(sid, LeaveCause.REMOVED)
        return len(ended)

    def note_signal(self, sid: ParticipantSid, signal: Signal) -> None:
        """Notes what became of a participant's WebSocket; harmless where the stay is over."""
        room = self._room_of.get(sid)
        if room is not None:
            self.apply(room, room.receive_signal(sid, signal, self.clock.monotonic_ns()))

    def close_room(self, room: Room, cause: LeaveCause, *, then: AfterLeave = AfterLeave.STAY_AWAY) -> None:
        """Ends a room and every stay in it."""
        self.apply(room, room.close(cause, now_ns=self.clock.monotonic_ns(), then=then))
        self.rooms.forget_closed()

    async def close(self) -> None:
        """Ends all rooms: clients are told to come back, media connections are closed."""
        for room in self.rooms:
            self.close_room(room, LeaveCause.SERVER_SHUTDOWN, then=AfterLeave.REJOIN)
        if self._closing:
            await asyncio.wait(self._closing)

    async def run(self) -> None:
        """Looks at seats, rooms and tokens for as long as the task lives."""
        looks = Looks()
        while True:
            await asyncio.sleep(TICK_S)
            if looks.is_to_be_left_out(self.clock.monotonic_ns()):
                self.traffic.count("looks_left_out")
                continue
            self.advance()

    def advance(self) -> None:
        """Carries out what is due by now."""
        now_ns = self.clock.monotonic_ns()
        self._listen(now_ns)
        for room in self.rooms:
            self.apply(room, room.advance(now_ns))
        self.rooms.forget_closed()
        for session in list(self._sessions.values()):
            session.advance(now_ns)
            if now_ns - session.token_sent_ns >= REFRESH_INTERVAL_S * NS_PER_S:
                self._refresh_token(session)

    # ---- data -------------------------------------------------------------------------------------------

    def take_data(self, topic: str, taker: DataTaker) -> None:
        """Hands packets of a topic to ``taker``; they go to nobody else."""
        self._takers[topic] = taker

    def send_server_data(
        self, room: Room, kind: ChannelKind, payload: bytes, destinations: Iterable[ParticipantIdentity]
    ) -> None:
        """Sends a packet of the server's own to the named identities, or to everyone."""
        named = set(destinations)
        for participant in room.roster:
            if not named or participant.identity in named:
                self._sessions[participant.sid].send_data(kind, payload)

    # ---- effects ----------------------------------------------------------------------------------------

    def apply(self, room: Room, effects: Iterable[Effect]) -> None:
        """Carries effects out, in order."""
        for effect in effects:
            try:
                self._carry_out_or_tell(room, effect)
            except Exception as error:
                # The frame of one effect: those behind it belong to other people.
                self.traffic.count("effects_failed")
                _log.error("effect_failed", error=type(error).__name__, where=place_of(error), room=room.sid)

    def _carry_out_or_tell(self, room: Room, effect: Effect) -> None:
        if isinstance(effect, FACTS):
            for observer in self._observers:
                observer.receive_fact(room.name, effect)  # type: ignore[arg-type]
        else:
            self._carry_out(effect)

    @singledispatchmethod
    def _carry_out(self, effect: object) -> None:
        raise AssertionError(f"no driver for {type(effect).__name__}")

    @_carry_out.register
    def _(self, effect: Announce) -> None:
        message = participant_update([effect.participant])
        for sid in effect.to:
            self._send(sid, message)

    @_carry_out.register
    def _(self, effect: AnnounceRoom) -> None:
        message = room_update(effect.room)
        for sid in effect.to:
            self._send(sid, message)

    @_carry_out.register
    def _(self, effect: StartForwarding) -> None:
        session = self._sessions.get(effect.subscriber)
        if session is not None:
            session.start_forwarding(effect)

    @_carry_out.register
    def _(self, effect: StopForwarding) -> None:
        session = self._sessions.get(effect.subscriber)
        if session is not None:
            session.stop_forwarding(effect.track_sid)

    @_carry_out.register
    def _(self, effect: SelectForwardedLayer) -> None:
        session = self._sessions.get(effect.subscriber)
        if session is not None:
            session.select_layer(effect.track_sid, effect.choice)

    @_carry_out.register
    def _(self, effect: TellFirstSubscription) -> None:
        self._send(effect.publisher, outgoing.track_subscribed(effect.track_sid))

    @_carry_out.register
    def _(self, effect: TellNeededQuality) -> None:
        message = outgoing.needed_quality(effect.track_sid, effect.mime_type, effect.quality)
        self._send(effect.publisher, message)

    @_carry_out.register
    def _(self, effect: RefuseSubscription) -> None:
        self._send(effect.subscriber, outgoing.subscription_refused(effect.track_sid))

    @_carry_out.register
    def _(self, effect: TellSubscriptionPermission) -> None:
        message = outgoing.subscription_permission(
            effect.publisher, effect.track_sid, is_allowed=effect.is_allowed
        )
        self._send(effect.subscriber, message)

    @_carry_out.register
    def _(self, effect: TellMuted) -> None:
        self._send(effect.publisher, outgoing.mute(effect.track_sid, is_muted=effect.is_muted))

    @_carry_out.register
    def _(self, effect: TellUnpublished) -> None:
        self._send(effect.publisher, outgoing.track_unpublished(effect.track_sid))

    @_carry_out.register
    def _(self, effect: RefreshToken) -> None:
        session = self._sessions.get(effect.participant)
        if session is not None:
            self._refresh_token(session)

    @_carry_out.register
    def _(self, effect: EndMedia) -> None:
        self._publisher_of.pop(effect.number, None)
        self.media.end_track(effect.number)

    @_carry_out.register
    def _(self, effect: Dismiss) -> None:
        session = self._sessions.pop(effect.participant, None)
        self._claims.pop(effect.participant, None)
        self._links.pop(effect.participant, None)
        self._room_of.pop(effect.participant, None)
        if session is None:
            return
        is_own_wish = effect.cause is LeaveCause.LEFT
        session.dismiss(None if is_own_wish else leave_message(effect.cause, effect.then))
        task = asyncio.get_running_loop().create_task(session.close(), name="session-close")
        self._closing.add(task)
        task.add_done_callback(self._closed)

    # ---- LinkOwner --------------------------------------------------------------------------------------

    def plan_publication(self, sid: ParticipantSid, kind: MediaKind, cid: str) -> PublicationPlan | None:
        """See LinkOwner."""
        room = self._room_of.get(sid)
        if room is None:
            return None
        planned = room.publications.plan(
            sid, TrackKind(kind), cid, sid=new_track_sid(), number=self.media.allocate_track()
        )
        if planned is None:
            self.traffic.count("publication_unmatched")
            return None
        track_sid, number, mime_type, is_red_disabled = planned
        self._publisher_of[number] = sid
        return PublicationPlan(
            track_sid, number, mime_type.partition("/")[2] or None, is_red_disabled=is_red_disabled
        )

    def publication_started(self, sid: ParticipantSid, media: PublishedMedia) -> None:
        """See LinkOwner."""
        room = self._room_of.get(sid)
        if room is not None:
            section = AnsweredSection(mid=media.mid, mime_type=media.codec, rids=media.rids)
            self.apply(room, room.publications.start(sid, media.track_sid, section))

    def publication_ended(self, sid: ParticipantSid, track_sid: TrackSid) -> None:
        """See LinkOwner."""
        room = self._room_of.get(sid)
        if room is not None:
            self.apply(room, room.publications.end(sid, track_sid, EndCause.UNPUBLISHED))

    def stream_state_changed(
        self, sid: ParticipantSid, publisher: ParticipantSid, track_sid: TrackSid, *, is_paused: bool
    ) -> None:
        """See LinkOwner."""
        session = self._sessions.get(sid)
        if session is not None:
            self.traffic.count("streams_paused" if is_paused else "streams_resumed")
            session.tell_stream_state(publisher, track_sid, is_paused=is_paused)

    def data_received(self, sid: ParticipantSid, kind: ChannelKind, payload: bytes) -> None:
        """See LinkOwner."""
        session, room = self._sessions.get(sid), self._room_of.get(sid)
        if session is None or room is None:
            return
        participant = room.roster.find(sid)
        try:
            packet = stamp_packet(
                payload, sid=sid, identity=participant.identity, is_hidden=participant.grant.hidden
            )
            recipients = room.data_recipients(sid, packet.destinations)
        except PeerProtocolError:
            self.traffic.count("data_malformed")
            return
        except NotPermitted:
            self.traffic.count("data_not_permitted")
            return
        if kind is ChannelKind.RELIABLE and packet.sequence:
            if packet.sequence <= session.last_data_sequence:
                # Replayed after a resume, and it had arrived after all.
                self.traffic.count("data_duplicate")
                return
            session.last_data_sequence = packet.sequence
        taker = self._takers.get(packet.topic)
        if taker is not None:
            taker(sid, packet.content)
            return
        for recipient in recipients:
            if self._sessions[recipient].send_data(kind, packet.payload):
                self.traffic.count("data_forwarded")
            else:
                self.traffic.count("data_dropped")

    def link_changed(self, link: MediaLink) -> None:
        """See LinkOwner."""
        room, links = self._room_of.get(link.sid), self._links.get(link.sid)
        if room is None or links is None:
            return
        now_ns = self.clock.monotonic_ns()
        up = [each for each in links if each.is_connected]
        if link.is_lost:
            self.apply(room, room.receive_media(link.sid, Media.LOST, now_ns))
        elif up and all(each.silent_ms for each in up):
            since_ns = now_ns - min(each.silent_ms for each in up) * NS_PER_MS
            self.apply(room, room.receive_media(link.sid, Media.SILENT, since_ns))
        elif up:
            self.apply(room, room.receive_media(link.sid, Media.HEARD, now_ns))
        if link.is_connected and link.is_primary:
            self.apply(room, room.activate(link.sid))
            for track_sid in room.subscriptions.tracks_of(link.sid):
                found = room.roster.track(track_sid)
                if found is not None:
                    # What a publisher sent before this connection was up could not be shown.
                    self.media.request_keyframe(found[1].number)

    # ---- inside -----------------------------------------------------------------------------------------

    def _send(self, sid: ParticipantSid, message: outgoing.Message) -> None:
        session = self._sessions.get(sid)
        if session is not None:
            session.send(message)

    def _listen(self, now_ns: int) -> None:
        """Looks when those were last heard whose WebSocket was just closed."""
        sought = [
            (sid, session)
            for sid, session in self._sessions.items()
            if self._room_of[sid].roster.find(sid).presence.is_listened_for(now_ns)
        ]
        wanted = [number for _, session in sought for number in session.peers()]
        heard_ms_ago = self.media.last_heard_ms_ago(wanted) if wanted else {}
        for sid, session in sought:
            quiet_ms = [heard_ms_ago[number] for number in session.peers() if number in heard_ms_ago]
            if quiet_ms:
                room = self._room_of[sid]
                self.apply(room, room.receive_quiet(sid, min(quiet_ms) * NS_PER_MS, now_ns))

    def _refresh_token(self, session: ParticipantSession) -> None:
        participant = self._room_of[session.sid].roster.find(session.sid)
        claims = refreshed(
            self._claims[session.sid],
            grant=participant.grant,
            name=participant.name,
            metadata=participant.metadata,
            attributes=dict(participant.attributes),
        )
        token = self._tokens.issue(claims, now_s=self.clock.wall_ns() / NS_PER_S, ttl_s=REFRESH_TTL_S)
        session.token_sent_ns = self.clock.monotonic_ns()
        session.send(outgoing.refresh_token(token))

    def _closed(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.traffic.count("close_failed")
            _log.error("session_close_failed", error=type(task.exception()).__name__)

    def _times(self) -> tuple[int, int]:
        return self.clock.monotonic_ns(), self.clock.wall_ns() // NS_PER_MS
