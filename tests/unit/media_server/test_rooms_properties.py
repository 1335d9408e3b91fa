"""Whatever happens in a room, in whatever order: what clients believe is what is true.

Every effect is carried out on fake clients; after each step their belief is compared with the room.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from media_server.ids import ParticipantIdentity, ParticipantSid, RoomName, RoomSid, TrackNumber, TrackSid
from media_server.rooms import (
    Audience,
    Grant,
    JoinIntent,
    LeaveCause,
    ParticipantState,
    Room,
    RoomOptions,
    RoomRefusal,
    TrackKind,
    TrackRequest,
)
from media_server.rooms.effects import (
    Announce,
    Dismiss,
    Effect,
    EndCause,
    EndMedia,
    LinkBack,
    LinkLost,
    StartForwarding,
    StopForwarding,
    TrackStarted,
    TrackStopped,
)
from media_server.rooms.layers import LayerWish
from media_server.rooms.presence import Media, Signal
from media_server.rooms.tracks import AnsweredSection

NAMES = ("zhou", "chen", "li", "wang")
S = 1_000_000_000


@dataclass
class Client:
    """What one client believes."""

    people: dict[ParticipantSid, frozenset[TrackSid]] = field(default_factory=dict)
    versions: dict[ParticipantSid, int] = field(default_factory=dict)
    receiving: set[TrackSid] = field(default_factory=set)


class RoomMachine(RuleBasedStateMachine):
    """Random people do random things."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 0
        self.count = 0
        self.room = Room(RoomName("ward"), RoomSid("RM_1"), RoomOptions(), now_ns=0, wall_ms=0)
        self.clients: dict[ParticipantSid, Client] = {}
        self.hidden: set[ParticipantSid] = set()
        self.forwarded: set[TrackSid] = set()
        self.lost: set[ParticipantSid] = set()

    # ---- carrying out ----------------------------------------------------------------------------------

    def apply(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Announce():
                    for sid in effect.to:
                        self._hear(sid, effect)
                case StartForwarding():
                    assert effect.track_sid not in self.clients[effect.subscriber].receiving
                    self.clients[effect.subscriber].receiving.add(effect.track_sid)
                case StopForwarding():
                    if effect.subscriber in self.clients:
                        self.clients[effect.subscriber].receiving.remove(effect.track_sid)
                case TrackStarted():
                    self.forwarded.add(effect.track.sid)
                case EndMedia():
                    assert all(effect.track_sid not in client.receiving for client in self.clients.values())
                case TrackStopped():
                    self.forwarded.remove(effect.track.sid)
                case Dismiss():
                    del self.clients[effect.participant]
                case LinkLost():
                    assert effect.participant.sid not in self.lost
                    self.lost.add(effect.participant.sid)
                case LinkBack():
                    self.lost.remove(effect.participant.sid)

    def _hear(self, sid: ParticipantSid, effect: Announce) -> None:
        client, view = self.clients[sid], effect.participant
        if view.grant.hidden:
            assert sid == view.sid, "a hidden participant was announced"
        assert view.version > client.versions.get(view.sid, 0), "a version did not rise"
        client.versions[view.sid] = view.version
        if view.state is ParticipantState.DISCONNECTED:
            client.people.pop(view.sid, None)
        elif view.sid != sid:
            client.people[view.sid] = frozenset(track.sid for track in view.tracks)

    def _someone(self, number: int) -> ParticipantSid | None:
        people = list(self.room.roster)
        return people[number % len(people)].sid if people else None

    # ---- what happens ----------------------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES), is_hidden=st.booleans(), auto=st.booleans(), sees=st.booleans())
    def join(self, name: str, is_hidden: bool, auto: bool, sees: bool) -> None:
        self.count += 1
        sid = ParticipantSid(f"PA_{self.count}")
        grant = Grant(hidden=is_hidden, can_subscribe=sees, can_update_own_metadata=True)
        intent = JoinIntent(ParticipantIdentity(name), grant, is_auto_subscribing=auto)
        effects = self.room.join(intent, sid=sid, now_ns=self.now_ns, wall_ms=0)
        client = Client()
        self.clients[sid] = client
        for view in self.room.roster.visible_to(sid):
            client.people[view.sid] = frozenset(track.sid for track in view.tracks)
            client.versions[view.sid] = view.version
        client.versions[sid] = self.room.roster.find(sid).version
        self.apply(effects)

    @rule(
        who=st.integers(0, 9),
        kind=st.sampled_from(list(TrackKind)),
        starts=st.booleans(),
        is_early=st.booleans(),
    )
    def publish(self, who: int, kind: TrackKind, starts: bool, is_early: bool) -> None:
        sid = self._someone(who)
        if sid is None:
            return
        self.count += 1
        track = TrackSid(f"TR_{self.count}")
        tracks = self.room.publications
        number, early = TrackNumber(self.count), TrackSid(f"TR_early{self.count}")
        try:
            request = TrackRequest(cid="c", kind=kind)
            self.apply(tracks.request(sid, request, sid=track, number=number)[1])
        except RoomRefusal:
            return
        # More sections than requests: some are early.
        planned = tracks.plan(sid, kind, "c", sid=early, number=number) if starts else None
        if planned is not None:
            self.apply(tracks.start(sid, planned[0], AnsweredSection("0", "", ("q", "h", "f"))))
        if is_early and (planned := tracks.plan(sid, kind, "d", sid=TrackSid(early + "x"), number=number)):
            self.apply(tracks.start(sid, planned[0], AnsweredSection("1", "", ())))

    @rule(who=st.integers(0, 9), which=st.integers(0, 9), cause=st.sampled_from(list(EndCause)))
    def unpublish(self, who: int, which: int, cause: EndCause) -> None:
        sid = self._someone(who)
        tracks = (
            []
            if sid is None
            else [*self.room.roster.find(sid).tracks, *self.room.roster.find(sid).early_sections]
        )
        if sid is not None and tracks:
            self.apply(self.room.publications.end(sid, tracks[which % len(tracks)], cause))

    @rule(who=st.integers(0, 9), which=st.integers(0, 9), is_muted=st.booleans())
    def mute(self, who: int, which: int, is_muted: bool) -> None:
        sid = self._someone(who)
        tracks = [] if sid is None else list(self.room.roster.find(sid).tracks)
        if sid is not None and tracks:
            self.apply(self.room.publications.mute(sid, tracks[which % len(tracks)], is_muted=is_muted))

    @rule(who=st.integers(0, 9), wanted=st.booleans())
    def change_subscriptions(self, who: int, wanted: bool) -> None:
        sid = self._someone(who)
        if sid is not None:
            everything = [*self.forwarded, TrackSid("TR_none")]
            change = self.room.subscribe if wanted else self.room.unsubscribe
            self.apply(change(sid, everything))
            self.apply(self.room.set_wish(sid, everything, LayerWish(quality=0)))

    @rule(who=st.integers(0, 9), sees=st.booleans(), speaks=st.booleans(), hides=st.booleans())
    def change_grant(self, who: int, sees: bool, speaks: bool, hides: bool) -> None:
        sid = self._someone(who)
        if sid is not None:
            self.apply(
                self.room.change_grant(sid, Grant(can_publish=speaks, can_subscribe=sees, hidden=hides))
            )

    @rule(who=st.integers(0, 9), names=st.sets(st.sampled_from(NAMES)))
    def change_audience(self, who: int, names: set[str]) -> None:
        sid = self._someone(who)
        if sid is not None:
            allowed = frozenset(ParticipantIdentity(name) for name in names)
            audience = Audience(is_everyone=len(names) == len(NAMES), all_tracks=allowed)
            self.apply(self.room.set_audience(sid, audience))

    @rule(who=st.integers(0, 9), signal=st.sampled_from(list(Signal)))
    def signal(self, who: int, signal: Signal) -> None:
        sid = self._someone(who)
        if sid is not None:
            self.apply(self.room.receive_signal(sid, signal, self.now_ns))

    @rule(who=st.integers(0, 9), media=st.sampled_from([Media.HEARD, Media.SILENT, Media.LOST]))
    def media(self, who: int, media: Media) -> None:
        sid = self._someone(who)
        if sid is not None:
            self.apply(self.room.receive_media(sid, media, self.now_ns))
            self.apply(self.room.activate(sid))

    @rule(who=st.integers(0, 9), cause=st.sampled_from(list(LeaveCause)))
    def leave(self, who: int, cause: LeaveCause) -> None:
        sid = self._someone(who)
        if sid is not None:
            self.apply(self.room.leave(sid, cause, now_ns=self.now_ns))

    @rule(seconds=st.sampled_from([1, 4, 7, 19]))
    def time_passes(self, seconds: int) -> None:
        self.now_ns += seconds * S
        if len(self.room.roster):
            self.apply(self.room.advance(self.now_ns))

    # ---- what is always true ---------------------------------------------------------------------------

    @invariant()
    def nobody_sees_a_ghost_and_everybody_sees_everybody(self) -> None:
        assert set(self.clients) == {p.sid for p in self.room.roster}
        for sid, client in self.clients.items():
            truth = {
                other.sid: frozenset(track.sid for track in other.published_tracks())
                for other in self.room.roster
                if other.sid != sid and other.is_visible()
            }
            assert client.people == truth

    @invariant()
    def what_is_received_is_published_and_allowed(self) -> None:
        for participant in self.room.roster:
            received = self.clients[participant.sid].receiving
            assert received == set(self.room.subscriptions.tracks_of(participant.sid))
            for track_sid in received:
                found = self.room.roster.track(track_sid)
                assert found is not None, "a subscription to an ended track"
                assert self.room.roster.may_receive(participant, *found)

    @invariant()
    def what_was_started_and_not_stopped_is_published(self) -> None:
        published = {t.sid for p in self.room.roster for t in p.published_tracks()}
        assert published == self.forwarded

    @invariant()
    def an_identity_has_one_seat(self) -> None:
        identities = [participant.identity for participant in self.room.roster]
        assert len(identities) == len(set(identities))


RoomMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRoom = RoomMachine.TestCase
