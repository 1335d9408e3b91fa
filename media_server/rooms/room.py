"""One room: who comes, goes, may do what, and receives which track.

Everything here takes values and the time and returns effects (effects.py); the caller carries all of them
out, in order, before the next call. Nothing is announced twice with the same version, a hidden participant
is announced to nobody else, and an ended track has no subscription.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from media_server.ids import ParticipantIdentity, ParticipantSid, RoomName, RoomSid, TrackSid
from media_server.rooms.effects import (
    AfterLeave,
    Announce,
    AnnounceRoom,
    Dismiss,
    Effect,
    EndCause,
    LinkBack,
    LinkLost,
    ParticipantCame,
    ParticipantWent,
    RefreshToken,
    RefuseSubscription,
    RoomClosed,
    RoomView,
    TellSubscriptionPermission,
)
from media_server.rooms.errors import LimitExceeded, NotFound, NotPermitted, TransitionRefused
from media_server.rooms.grants import Audience, Grant
from media_server.rooms.layers import LayerWish
from media_server.rooms.participants import (
    JoinIntent,
    LeaveCause,
    Participant,
    ParticipantEvent,
    ParticipantState,
    ParticipantView,
    check_metadata,
)
from media_server.rooms.presence import NS_PER_S, Media, Signal, Verdict
from media_server.rooms.publications import Publications
from media_server.rooms.roster import Roster
from media_server.rooms.subscriptions import SubscriptionTable
from media_server.rooms.tracks import Track

MAX_PARTICIPANTS: Final = 400
"""In one room: a lecture to 300 viewers, and some more. Announcements go to everyone at every change, so the
square of this is what one node has to say while a room fills (`make load SCENARIO=lecture`)."""
EMPTY_TIMEOUT_S: Final = 300
"""A room made over the API in which nobody has been yet (LiveKit's default)."""
DEPARTURE_TIMEOUT_S: Final = 20
"""A room whose last participant left (LiveKit's default): time for a full reconnect."""

_END_CAUSES: Final = {
    LeaveCause.LEFT: EndCause.LEFT,
    LeaveCause.REPLACED: EndCause.LEFT,
    LeaveCause.REMOVED: EndCause.REMOVED,
    LeaveCause.ROOM_DELETED: EndCause.ROOM_CLOSED,
    LeaveCause.SERVER_SHUTDOWN: EndCause.ROOM_CLOSED,
    LeaveCause.LINK_LOST: EndCause.LINK_LOST,
    LeaveCause.MEDIA_FAILED: EndCause.LINK_LOST,
    LeaveCause.PROTOCOL_ERROR: EndCause.LEFT,
}


class RoomState(Enum):
    """What is true of a room. A room is OPEN from its making; there is no state before it."""

    OPEN = "open"
    CLOSED = "closed"
    """Nobody is in it and nobody can get in. Terminal."""


@dataclass(frozen=True, slots=True)
class RoomOptions:
    """How a room is set up; 0 means the default."""

    metadata: str = ""
    max_participants: int = 0
    empty_timeout_s: int = 0
    departure_timeout_s: int = 0


class Room:
    """The state of one room. ``publications`` is its tracks."""

    def __init__(
        self, name: RoomName, sid: RoomSid, options: RoomOptions, *, now_ns: int, wall_ms: int
    ) -> None:
        check_metadata(options.metadata)
        self.name, self.sid = name, sid
        self.state = RoomState.OPEN
        self.metadata = options.metadata
        self.max_participants = min(options.max_participants or MAX_PARTICIPANTS, MAX_PARTICIPANTS)
        self.empty_timeout_s = options.empty_timeout_s or EMPTY_TIMEOUT_S
        self.departure_timeout_s = options.departure_timeout_s or DEPARTURE_TIMEOUT_S
        self.created_wall_ms = wall_ms
        self.is_recording = False
        self.roster = Roster()
        self.subscriptions = SubscriptionTable()
        self.publications = Publications(self.roster, self.subscriptions)
        self._has_been_used = False
        self._empty_since_ns = now_ns

    # ---- coming and going -------------------------------------------------------------------------------

    def join(self, intent: JoinIntent, *, sid: ParticipantSid, now_ns: int, wall_ms: int) -> list[Effect]:
        """Takes a participant in, in place of an earlier stay of the same identity.

        LimitExceeded where the room is full or the intent too long; TransitionRefused where the room is
        closed.
        """
        if self.state is RoomState.CLOSED:
            raise TransitionRefused(machine="room", state=self.state.value, event="join")
        participant = Participant(sid=sid, intent=intent, now_ns=now_ns, wall_ms=wall_ms)
        earlier = self.roster.by_identity(intent.identity)
        if earlier is None and len(self.roster) >= self.max_participants:
            raise LimitExceeded("room_full", limit=self.max_participants)
        effects = [] if earlier is None else self.leave(earlier.sid, LeaveCause.REPLACED, now_ns=now_ns)
        self._has_been_used = True
        self.roster.add(participant)
        effects += self.roster.announce(participant, with_self=False)
        effects += self._announce_count(participant)
        if intent.is_auto_subscribing:
            effects += self._subscribe_to_all(participant)
        return [*effects, ParticipantCame(participant.view())]

    def activate(self, sid: ParticipantSid) -> list[Effect]:
        """Media is up; announced the first time, nothing after that."""
        participant = self.roster.find(sid)
        if participant.state is not ParticipantState.JOINED:
            return []
        participant.receive(ParticipantEvent.ACTIVATE)
        return self.roster.announce(participant)

    def leave(
        self,
        sid: ParticipantSid,
        cause: LeaveCause,
        *,
        now_ns: int,
        then: AfterLeave = AfterLeave.STAY_AWAY,
    ) -> list[Effect]:
        """Ends a stay: its tracks, its subscriptions, its seat. NotFound where it is over already."""
        participant = self.roster.find(sid)
        commands, facts = self.publications.end_all(participant, _END_CAUSES[cause])
        commands += self.subscriptions.remove_subscriber(sid)
        participant.receive(ParticipantEvent.LEAVE)
        participant.leave_cause = cause
        self.roster.remove(participant)
        if not len(self.roster):
            self._empty_since_ns = now_ns
        commands += self.roster.announce(participant, with_self=False)
        commands += self._announce_count(participant)
        return [Dismiss(sid, cause, then), *commands, *facts, ParticipantWent(participant.view(), cause)]

    def receive_signal(self, sid: ParticipantSid, signal: Signal, now_ns: int) -> list[Effect]:
        """Notes what became of a participant's WebSocket."""
        participant = self.roster.find(sid)
        participant.presence.receive_signal(signal, now_ns)
        return [*self._link_facts(participant), *self._absence(participant, now_ns)]

    def receive_media(self, sid: ParticipantSid, media: Media, now_ns: int) -> list[Effect]:
        """Notes what became of a participant's media; for SILENT ``now_ns`` is when the silence began."""
        participant = self.roster.find(sid)
        participant.presence.receive_media(media, now_ns)
        return [*self._link_facts(participant), *self._absence(participant, now_ns)]

    def receive_quiet(self, sid: ParticipantSid, quiet_ns: int, now_ns: int) -> list[Effect]:
        """Notes for how long nothing authentic had come of a participant who is listened for."""
        participant = self.roster.find(sid)
        participant.presence.receive_quiet(quiet_ns, now_ns)
        return [*self._link_facts(participant), *self._absence(participant, now_ns)]

    def advance(self, now_ns: int) -> list[Effect]:
        """Hides absent people, gives up seats whose time is over, and the room when it has been empty for
        long enough."""
        effects: list[Effect] = []
        for participant in self.roster:
            effects += self._absence(participant, now_ns)
            verdict = participant.presence.verdict(now_ns)
            if verdict is Verdict.LEAVE:
                effects += self.leave(participant.sid, LeaveCause.LINK_LOST, now_ns=now_ns)
            elif verdict is Verdict.REJOIN:
                effects += self.leave(
                    participant.sid, LeaveCause.MEDIA_FAILED, now_ns=now_ns, then=AfterLeave.REJOIN
                )
        effects += self.subscriptions.advance(now_ns)
        timeout_s = self.departure_timeout_s if self._has_been_used else self.empty_timeout_s
        is_idle = self.state is RoomState.OPEN and not len(self.roster)
        if is_idle and now_ns - self._empty_since_ns >= timeout_s * NS_PER_S:
            effects += self.close(LeaveCause.ROOM_DELETED, now_ns=now_ns)
        return effects

    def close(
        self, cause: LeaveCause, *, now_ns: int, then: AfterLeave = AfterLeave.STAY_AWAY
    ) -> list[Effect]:
        """Ends every stay and the room; nothing where it is closed already."""
        if self.state is RoomState.CLOSED:
            return []
        effects = [
            effect
            for participant in self.roster
            for effect in self.leave(participant.sid, cause, now_ns=now_ns, then=then)
        ]
        self.state = RoomState.CLOSED
        return [*effects, RoomClosed(self.view())]

    # ---- what participants say of themselves and what they may do ---------------------------------------

    def update_own(
        self,
        sid: ParticipantSid,
        *,
        name: str = "",
        metadata: str = "",
        attributes: Mapping[str, str] | None = None,
    ) -> list[Effect]:
        """A participant changes what it says of itself. NotPermitted, LimitExceeded; empty means
        unchanged."""
        if not self.roster.find(sid).grant.can_update_own_metadata:
            raise NotPermitted("update_not_permitted")
        return self.update_participant(sid, name=name, metadata=metadata, attributes=attributes)

    def update_participant(
        self,
        sid: ParticipantSid,
        *,
        name: str = "",
        metadata: str = "",
        attributes: Mapping[str, str] | None = None,
    ) -> list[Effect]:
        """Changes what is said of a participant; all of it or, with LimitExceeded, nothing."""
        participant = self.roster.find(sid)
        before = (participant.name, participant.metadata, participant.attributes)
        try:
            participant.set_name(name or participant.name)
            participant.set_metadata(metadata or participant.metadata)
            participant.merge_attributes(attributes or {})
        except LimitExceeded:
            participant.name, participant.metadata, participant.attributes = before
            raise
        if (participant.name, participant.metadata, participant.attributes) == before:
            return []
        return self.roster.announce(participant)

    def change_grant(self, sid: ParticipantSid, grant: Grant) -> list[Effect]:
        """Gives a participant other rights, ends what they no longer allow, begins what they now allow.

        Whether it is hidden stays as it was at its join.
        """
        participant = self.roster.find(sid)
        # Nobody becomes invisible to people who have seen them, or visible to people who spoke without
        # knowing.
        grant = replace(grant, hidden=participant.grant.hidden)
        if grant == participant.grant:
            return []
        participant.grant = grant
        effects: list[Effect] = []
        for track in list(participant.tracks.values()):
            if not grant.allows_source(track.request.source):
                effects += self.publications.end(sid, track.sid, EndCause.NOT_PERMITTED)
        for track_sid in [] if grant.can_publish else list(participant.early_sections):
            effects += self.publications.end(sid, track_sid, EndCause.NOT_PERMITTED)
        effects += self.roster.announce(participant)
        if not grant.can_subscribe:
            effects += self.subscriptions.remove_subscriber(sid)
        elif participant.is_auto_subscribing:
            effects += self._subscribe_to_all(participant)
        return [*effects, RefreshToken(sid)]

    # ---- subscriptions ----------------------------------------------------------------------------------

    def subscribe(self, sid: ParticipantSid, track_sids: Iterable[TrackSid]) -> list[Effect]:
        """Subscribes a participant to tracks by name; each one that it cannot have is refused apart."""
        subscriber = self.roster.find(sid)
        effects: list[Effect] = []
        for track_sid in track_sids:
            found = self.roster.track(track_sid)
            if found is not None and self.roster.may_receive(subscriber, *found):
                effects += self.subscriptions.add(subscriber, *found)
            else:
                effects.append(RefuseSubscription(sid, track_sid))
        return effects

    def unsubscribe(self, sid: ParticipantSid, track_sids: Iterable[TrackSid]) -> list[Effect]:
        """Ends the named subscriptions of a participant; those that do not exist are passed over."""
        self.roster.find(sid)
        return [effect for track_sid in track_sids for effect in self.subscriptions.remove(sid, track_sid)]

    def set_wish(self, sid: ParticipantSid, track_sids: Iterable[TrackSid], wish: LayerWish) -> list[Effect]:
        """Notes what a participant wants of the named tracks' layers."""
        self.roster.find(sid)
        return [e for track_sid in track_sids for e in self.subscriptions.set_wish(sid, track_sid, wish)]

    def set_audience(self, sid: ParticipantSid, audience: Audience) -> list[Effect]:
        """A publisher chooses who may subscribe; running subscriptions end, waiting ones begin."""
        publisher = self.roster.find(sid)
        before, publisher.audience = publisher.audience, audience
        effects: list[Effect] = []
        for track in publisher.published_tracks():
            for other in self.roster:
                was_allowed = before.allows(other.identity, track.sid)
                is_allowed = audience.allows(other.identity, track.sid)
                if other.sid != sid and was_allowed != is_allowed:
                    effects += self._change_permission(publisher, other, track, is_allowed=is_allowed)
        return effects

    def data_recipients(
        self, sid: ParticipantSid, destinations: Iterable[ParticipantIdentity]
    ) -> list[ParticipantSid]:
        """Returns who gets a data message: the named identities, or everyone else. NotPermitted."""
        if not self.roster.find(sid).grant.can_publish_data:
            raise NotPermitted("data_not_permitted")
        named = set(destinations)
        return [p.sid for p in self.roster if p.sid != sid and (not named or p.identity in named)]

    # ---- the room itself --------------------------------------------------------------------------------

    def set_metadata(self, metadata: str) -> list[Effect]:
        """Changes the room's metadata. LimitExceeded."""
        check_metadata(metadata)
        self.metadata = metadata
        return self._announce_room()

    def set_recording(self, *, is_recording: bool) -> list[Effect]:
        """Shows everyone that the room is, or is no longer, being recorded."""
        if self.is_recording == is_recording:
            return []
        self.is_recording = is_recording
        return [*self._announce_room(), *self.subscriptions.keep_all(keeps_all=is_recording)]

    def view(self) -> RoomView:
        """Returns the room as it is now."""
        visible = [p for p in self.roster if p.is_visible()]
        return RoomView(
            name=self.name,
            sid=self.sid,
            metadata=self.metadata,
            created_wall_ms=self.created_wall_ms,
            num_participants=len(visible),
            num_publishers=sum(1 for p in visible if p.published_tracks()),
            max_participants=self.max_participants,
            empty_timeout_s=self.empty_timeout_s,
            departure_timeout_s=self.departure_timeout_s,
            is_recording=self.is_recording,
        )

    def participant(self, identity: ParticipantIdentity) -> Participant:
        """Returns the present stay of an identity; NotFound."""
        participant = self.roster.by_identity(identity)
        if participant is None:
            raise NotFound("participant_not_found")
        return participant

    def participants(self) -> list[ParticipantView]:
        """Returns everyone in the room, hidden ones too: for those who administer it."""
        return [participant.view() for participant in self.roster]

    # ---- inside -----------------------------------------------------------------------------------------

    def _subscribe_to_all(self, subscriber: Participant) -> list[Effect]:
        return [
            effect
            for publisher in self.roster
            for track in publisher.published_tracks()
            if self.roster.may_receive(subscriber, publisher, track)
            for effect in self.subscriptions.add(subscriber, publisher, track)
        ]

    def _change_permission(
        self, publisher: Participant, other: Participant, track: Track, *, is_allowed: bool
    ) -> list[Effect]:
        told = TellSubscriptionPermission(other.sid, publisher.sid, track.sid, is_allowed)
        if not is_allowed:
            return [*self.subscriptions.remove(other.sid, track.sid), told]
        if other.is_auto_subscribing and self.roster.may_receive(other, publisher, track):
            return [told, *self.subscriptions.add(other, publisher, track)]
        return [told]

    def _link_facts(self, participant: Participant) -> list[Effect]:
        is_lost = participant.presence.is_link_lost()
        if is_lost == participant.was_link_lost:
            return []
        participant.was_link_lost = is_lost
        return [LinkLost(participant.view()) if is_lost else LinkBack(participant.view())]

    def _absence(self, participant: Participant, now_ns: int) -> list[Effect]:
        """Returns how the others see somebody go whose seat is kept, and come back to it."""
        is_absent = participant.presence.is_absent(now_ns)
        if is_absent == participant.is_absent:
            return []
        others = self.roster.hearers(participant, with_self=False)
        participant.is_absent = is_absent
        if is_absent:
            participant.touch()
            gone = replace(
                participant.view(), state=ParticipantState.DISCONNECTED, leave_cause=LeaveCause.LINK_LOST
            )
            stopped: list[Effect] = []
            for track in participant.published_tracks():
                stopped += self.subscriptions.remove_track(track.sid)
            told: list[Effect] = [Announce(others, gone)] if others else []
            return [*stopped, *told, *self._announce_count(participant)]
        effects = self.roster.announce(participant)
        for track in participant.published_tracks():
            for other in self.roster:
                if other.is_auto_subscribing and self.roster.may_receive(other, participant, track):
                    effects += self.subscriptions.add(other, participant, track)
        return [*effects, *self._announce_count(participant)]

    def _announce_count(self, participant: Participant) -> list[Effect]:
        return [] if participant.grant.hidden else self._announce_room(but=participant.sid)

    def _announce_room(self, *, but: ParticipantSid | None = None) -> list[Effect]:
        to = tuple(participant.sid for participant in self.roster if participant.sid != but)
        return [AnnounceRoom(to, self.view())] if to else []
