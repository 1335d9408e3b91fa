"""One room: who comes and goes, who hears of whom, who may do what."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from media_server.ids import ParticipantIdentity, ParticipantSid, RoomName, RoomSid, TrackNumber, TrackSid
from media_server.rooms import (
    Audience,
    Grant,
    JoinIntent,
    LeaveCause,
    LimitExceeded,
    NotFound,
    NotPermitted,
    ParticipantState,
    Room,
    RoomOptions,
    TrackKind,
    TrackRequest,
    TrackSource,
    TransitionRefused,
    VideoLayer,
)
from media_server.rooms.effects import (
    AfterLeave,
    Announce,
    AnnounceRoom,
    Dismiss,
    Effect,
    EndCause,
    EndMedia,
    LinkBack,
    LinkLost,
    ParticipantCame,
    ParticipantWent,
    RefreshToken,
    RefuseSubscription,
    RoomClosed,
    SelectForwardedLayer,
    StartForwarding,
    StopForwarding,
    TellFirstSubscription,
    TellMuted,
    TellNeededQuality,
    TellSubscriptionPermission,
    TellUnpublished,
    TrackMuteChanged,
    TrackStarted,
    TrackStopped,
)
from media_server.rooms.layers import PRIORITY_SCREEN, LayerWish
from media_server.rooms.presence import Media, Signal
from media_server.rooms.tracks import AnsweredSection

S = 1_000_000_000


def of(effects: Iterable[Effect], kind: type) -> list:
    return [effect for effect in effects if isinstance(effect, kind)]


class Ward:
    """A room with a clock and short names."""

    def __init__(self, **options: int) -> None:
        self.now_ns = 0
        self.room = Room(RoomName("ward"), RoomSid("RM_1"), RoomOptions(**options), now_ns=0, wall_ms=1_000)  # type: ignore[arg-type]
        self.count = 0

    def join(self, name: str, *, auto: bool = True, **grant: object) -> tuple[ParticipantSid, list[Effect]]:
        self.count += 1
        sid = ParticipantSid(f"PA_{name}{self.count}")
        intent = JoinIntent(ParticipantIdentity(name), Grant(**grant), is_auto_subscribing=auto)  # type: ignore[arg-type]
        return sid, self.room.join(intent, sid=sid, now_ns=self.now_ns, wall_ms=5)

    def request(self, publisher: ParticipantSid, name: str = "cam", **fields: object) -> TrackSid:
        self.count += 1
        sid = TrackSid(f"TR_{name}{self.count}")
        kind = TrackKind.VIDEO if name == "cam" else TrackKind.AUDIO
        source = TrackSource.CAMERA if name == "cam" else TrackSource.MICROPHONE
        request = TrackRequest(cid=name, kind=kind, source=source, **fields)  # type: ignore[arg-type]
        self.room.publications.request(publisher, request, sid=sid, number=TrackNumber(self.count))
        return sid

    def publish(
        self, publisher: ParticipantSid, name: str = "cam", **fields: object
    ) -> tuple[TrackSid, list[Effect]]:
        sid = self.request(publisher, name, **fields)
        kind = TrackKind.VIDEO if name == "cam" else TrackKind.AUDIO
        assert self.plan(publisher, kind, name) == sid
        rids = ("q", "h", "f") if name == "cam" else ()
        return sid, self.room.publications.start(publisher, sid, AnsweredSection("0", "", rids))

    def plan(self, publisher: ParticipantSid, kind: TrackKind, cid: str) -> TrackSid | None:
        self.count += 1
        sid, number = TrackSid(f"TR_early{self.count}"), TrackNumber(self.count)
        planned = self.room.publications.plan(publisher, kind, cid, sid=sid, number=number)
        return None if planned is None else planned[0]


# ---- coming and going -------------------------------------------------------------------------------------


def test_a_join_is_announced_to_those_who_are_there() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    chen, effects = ward.join("chen")
    (announce,) = of(effects, Announce)
    assert (announce.to, announce.participant.sid) == ((zhou,), chen)
    (told,) = of(effects, AnnounceRoom)
    assert (told.to, told.room.num_participants) == ((zhou,), 2)
    assert of(effects, ParticipantCame)[0].participant.sid == chen


def test_a_second_stay_of_an_identity_ends_the_first() -> None:
    ward = Ward()
    first, _ = ward.join("zhou")
    second, effects = ward.join("zhou")
    assert effects[0] == Dismiss(first, LeaveCause.REPLACED, AfterLeave.STAY_AWAY)
    assert [p.sid for p in ward.room.roster] == [second]
    with pytest.raises(NotFound):
        ward.room.leave(first, LeaveCause.LEFT, now_ns=0)


def test_a_full_room_refuses_but_not_someone_who_returns() -> None:
    ward = Ward(max_participants=1)
    ward.join("zhou")
    with pytest.raises(LimitExceeded) as refused:
        ward.join("chen")
    assert (refused.value.code, refused.value.limit) == ("room_full", 1)
    assert "1" in str(refused.value)
    ward.join("zhou")


def test_activation_is_announced_once() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    assert of(ward.room.activate(zhou), Announce)[0].participant.state is ParticipantState.ACTIVE
    assert ward.room.activate(zhou) == []


def test_a_leaver_is_announced_as_disconnected_with_its_cause() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    chen, _ = ward.join("chen")
    track, _ = ward.publish(chen)
    effects = ward.room.leave(chen, LeaveCause.LEFT, now_ns=1)
    assert isinstance(effects[0], Dismiss)
    assert of(effects, StopForwarding) == [StopForwarding(zhou, track)]
    assert [e.track_sid for e in of(effects, EndMedia)] == [track]
    (announce,) = of(effects, Announce)
    assert announce.to == (zhou,)
    assert announce.participant.state is ParticipantState.DISCONNECTED
    assert announce.participant.leave_cause is LeaveCause.LEFT
    assert not announce.participant.tracks
    assert of(effects, TrackStopped) and of(effects, ParticipantWent)


def test_an_empty_room_closes_after_its_time() -> None:
    ward = Ward(empty_timeout_s=300, departure_timeout_s=20)
    assert ward.room.advance(299 * S) == []
    zhou, _ = ward.join("zhou")
    assert ward.room.advance(1_000 * S) == []
    ward.room.leave(zhou, LeaveCause.LEFT, now_ns=1_000 * S)
    assert ward.room.advance(1_019 * S) == []
    assert of(ward.room.advance(1_020 * S), RoomClosed)
    assert ward.room.advance(2_000 * S) == []
    with pytest.raises(TransitionRefused, match="room: join is not allowed in state closed"):
        ward.join("chen")


def test_a_room_nobody_ever_came_to_closes_too() -> None:
    assert of(Ward(empty_timeout_s=5).room.advance(5 * S), RoomClosed)


def test_closing_dismisses_everyone_and_happens_once() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    chen, _ = ward.join("chen")
    effects = ward.room.close(LeaveCause.SERVER_SHUTDOWN, now_ns=0, then=AfterLeave.REJOIN)
    assert [(e.participant, e.then) for e in of(effects, Dismiss)] == [
        (zhou, AfterLeave.REJOIN),
        (chen, AfterLeave.REJOIN),
    ]
    assert isinstance(effects[-1], RoomClosed)
    assert ward.room.close(LeaveCause.ROOM_DELETED, now_ns=0) == []


def test_a_lost_link_is_told_once_and_so_is_its_return() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    ward.room.receive_media(zhou, Media.HEARD, 0)
    assert ward.room.receive_signal(zhou, Signal.SILENT, 1 * S) == []
    assert of(ward.room.receive_media(zhou, Media.SILENT, 2 * S), LinkLost)
    assert ward.room.receive_media(zhou, Media.SILENT, 3 * S) == []
    assert of(ward.room.receive_media(zhou, Media.HEARD, 4 * S), LinkBack)


def test_a_seat_is_given_up_when_its_time_is_over() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    ward.room.receive_signal(zhou, Signal.CLOSED, 0)
    assert ward.room.advance(5 * S) == []
    (went,) = of(ward.room.advance(6 * S), ParticipantWent)
    assert went.cause is LeaveCause.LINK_LOST


def test_media_that_cannot_come_back_asks_for_a_new_join() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    ward.room.receive_media(zhou, Media.LOST, 0)
    (dismiss,) = of(ward.room.advance(3 * S), Dismiss)
    assert (dismiss.cause, dismiss.then) == (LeaveCause.MEDIA_FAILED, AfterLeave.REJOIN)


# ---- hidden -----------------------------------------------------------------------------------------------


def test_a_hidden_participant_is_announced_to_itself_only() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    hidden, effects = ward.join("supervisor", hidden=True)
    assert not of(effects, Announce) and not of(effects, AnnounceRoom)
    assert of(ward.room.activate(hidden), Announce)[0].to == (hidden,)
    assert ward.room.view().num_participants == 1
    assert [p.identity for p in ward.room.roster.visible_to(zhou)] == []
    _track, effects = ward.publish(hidden)
    assert not of(effects, StartForwarding)
    assert not of(ward.room.leave(hidden, LeaveCause.LEFT, now_ns=0), Announce)


def test_nobody_becomes_hidden_or_visible_later() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    assert ward.room.change_grant(zhou, Grant(hidden=True)) == []
    assert not ward.room.roster.find(zhou).grant.hidden


# ---- tracks -----------------------------------------------------------------------------------------------


def test_a_track_is_announced_then_forwarded_then_its_publisher_told() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    chen, _ = ward.join("chen")
    track, effects = ward.publish(zhou)
    kinds = [type(effect) for effect in effects]
    assert kinds == [Announce, StartForwarding, TellFirstSubscription, TrackStarted]
    assert effects[0].to == (zhou, chen)  # type: ignore[union-attr]
    assert effects[1].subscriber == chen  # type: ignore[union-attr]
    _li, effects = ward.join("li")
    assert [e.track_sid for e in of(effects, StartForwarding)] == [track]
    assert not of(effects, TellFirstSubscription)


def test_a_section_finds_its_request_by_id_then_by_kind() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    first, second = ward.request(zhou, "cam"), ward.request(zhou, "cam")
    assert ward.plan(zhou, TrackKind.VIDEO, "unknown") == first
    assert ward.plan(zhou, TrackKind.VIDEO, "cam") == second


def test_a_section_that_comes_before_its_request_waits_for_it() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    _chen, _ = ward.join("chen")
    mic, cam = ward.plan(zhou, TrackKind.AUDIO, "mic"), ward.plan(zhou, TrackKind.VIDEO, "cam")
    tracks = ward.room.publications
    assert tracks.start(zhou, cam, AnsweredSection("1", "video/H264", ("q", "h"))) == []
    request = TrackRequest(cid="cam", kind=TrackKind.VIDEO)
    view, effects = tracks.request(zhou, request, sid=TrackSid("TR_new"), number=TrackNumber(99))
    assert (view.sid, view.mid, view.mime_type, view.rids) == (cam, "1", "video/H264", ("q", "h"))
    assert [type(effect) for effect in effects] == [
        Announce,
        StartForwarding,
        TellFirstSubscription,
        TrackStarted,
    ]
    # The other one was never answered: its request begins anew.
    request = TrackRequest(cid="mic", kind=TrackKind.AUDIO)
    view, effects = tracks.request(zhou, request, sid=TrackSid("TR_new"), number=TrackNumber(99))
    assert (view.sid, effects) == (TrackSid("TR_new"), [])
    assert [e.track_sid for e in tracks.end(zhou, mic, EndCause.UNPUBLISHED)] == [mic]


def test_early_sections_end_with_their_publisher_or_its_right() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    early = ward.plan(zhou, TrackKind.VIDEO, "cam")
    effects = ward.room.change_grant(zhou, Grant(can_publish=False))
    assert [e.track_sid for e in of(effects, EndMedia)] == [early]
    assert ward.plan(zhou, TrackKind.VIDEO, "cam") is None
    chen, _ = ward.join("chen")
    early = ward.plan(chen, TrackKind.VIDEO, "cam")
    effects = ward.room.leave(chen, LeaveCause.LEFT, now_ns=0)
    assert [e.track_sid for e in of(effects, EndMedia)] == [early]


def test_the_best_matching_early_section_is_taken() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    first, second = ward.plan(zhou, TrackKind.VIDEO, "a"), ward.plan(zhou, TrackKind.VIDEO, "b")
    for sid in (first, second):
        ward.room.publications.start(zhou, sid, AnsweredSection("0", "", ()))
    for cid, expected in (("b", second), ("other", first)):
        request = TrackRequest(cid=cid, kind=TrackKind.VIDEO)
        view, _ = ward.room.publications.request(zhou, request, sid=TrackSid("TR_x"), number=TrackNumber(99))
        assert view.sid == expected


def test_a_track_cannot_start_before_its_plan() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    track = ward.request(zhou)
    start = ward.room.publications.start
    with pytest.raises(TransitionRefused):
        start(zhou, track, AnsweredSection("0", "", ()))
    with pytest.raises(NotFound):
        start(zhou, TrackSid("TR_none"), AnsweredSection("0", "", ()))


def test_grants_bound_what_may_be_published() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou", sources=frozenset({TrackSource.MICROPHONE}))
    ward.request(zhou, "mic")
    with pytest.raises(NotPermitted):
        ward.request(zhou, "cam")
    watcher, _ = ward.join("student", can_publish=False)
    with pytest.raises(NotPermitted):
        ward.request(watcher, "mic")


def test_the_number_of_tracks_is_bounded() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    for _ in range(16):
        ward.request(zhou)
    with pytest.raises(LimitExceeded):
        ward.request(zhou)
    assert ward.plan(zhou, TrackKind.AUDIO, "mic") is None


def test_mute_is_announced_when_it_changes_something_that_others_know() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    waiting = ward.request(zhou, "mic")
    assert ward.room.publications.mute(zhou, waiting, is_muted=True) == []
    track, _ = ward.publish(zhou)
    effects = ward.room.publications.mute(zhou, track, is_muted=True)
    assert [type(e) for e in effects] == [Announce, TrackMuteChanged]
    assert ward.room.publications.mute(zhou, track, is_muted=True) == []
    remote = ward.room.publications.mute_remotely(zhou, track, is_muted=False)
    assert remote[0] == TellMuted(zhou, track, False)


def test_a_publisher_is_told_of_an_end_that_it_did_not_ask_for() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    track, _ = ward.publish(zhou)
    effects = ward.room.change_grant(zhou, Grant(can_publish=False))
    assert of(effects, TellUnpublished) == [TellUnpublished(zhou, track)]
    assert isinstance(effects[-1], RefreshToken)
    assert not ward.room.roster.find(zhou).tracks


def test_ending_what_is_not_there_changes_nothing() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    assert ward.room.publications.end(zhou, TrackSid("TR_none"), EndCause.UNPUBLISHED) == []
    waiting = ward.request(zhou)
    effects = ward.room.publications.end(zhou, waiting, EndCause.UNPUBLISHED)
    assert [type(e) for e in effects] == [EndMedia]


def test_sizes_layers_and_features_are_announced_for_published_tracks_only() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    waiting = ward.request(zhou, "mic")
    tracks = ward.room.publications
    assert tracks.set_size(zhou, waiting, width=640, height=360) == []
    track, _ = ward.publish(zhou)
    view = of(tracks.set_size(zhou, track, width=320, height=180), Announce)[0].participant.tracks[0]
    assert (view.request.width, view.request.height) == (320, 180)
    layers = (VideoLayer(0, 160, 90),)
    assert (
        of(tracks.set_layers(zhou, track, layers), Announce)[0].participant.tracks[0].request.layers == layers
    )
    features = of(tracks.set_audio_features(zhou, track, (3,)), Announce)[0].participant.tracks[0].request
    assert features.audio_features == (3,)


# ---- subscriptions ----------------------------------------------------------------------------------------


def test_without_auto_subscribe_only_what_is_asked_for_comes() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    track, _ = ward.publish(zhou)
    chen, effects = ward.join("chen", auto=False)
    assert not of(effects, StartForwarding)
    assert of(ward.room.subscribe(chen, [track]), StartForwarding)
    assert ward.room.subscribe(chen, [track]) == []
    assert of(ward.room.unsubscribe(chen, [track]), StopForwarding)
    assert ward.room.unsubscribe(chen, [track]) == []


def test_subscriptions_that_cannot_be_are_refused_one_by_one() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    track, _ = ward.publish(zhou)
    waiting = ward.request(zhou, "mic")
    assert ward.room.subscribe(zhou, [track]) == [RefuseSubscription(zhou, track)]
    student, _ = ward.join("student", can_subscribe=False)
    sids = [track, waiting, TrackSid("TR_none")]
    assert ward.room.subscribe(student, sids) == [RefuseSubscription(student, sid) for sid in sids]


def test_rights_to_subscribe_can_be_taken_and_given_back() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    _track, _ = ward.publish(zhou)
    chen, _ = ward.join("chen")
    assert of(ward.room.change_grant(chen, Grant(can_subscribe=False)), StopForwarding)
    assert of(ward.room.change_grant(chen, Grant()), StartForwarding)
    manual, _ = ward.join("manual", auto=False)
    ward.room.change_grant(manual, Grant(can_subscribe=False))
    assert not of(ward.room.change_grant(manual, Grant()), StartForwarding)


def test_layers_follow_wishes_and_only_changes_are_told() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    track, _ = ward.publish(zhou)
    chen, _ = ward.join("chen")
    low = LayerWish(quality=0)
    (change,) = ward.room.set_wish(chen, [track], low)
    assert isinstance(change, SelectForwardedLayer) and change.choice.rid == "q"
    assert ward.room.set_wish(chen, [track], low) == []
    assert ward.room.set_wish(zhou, [track], low) == []


def needed(effects: Iterable[Effect]) -> list[int]:
    return [effect.quality for effect in of(effects, TellNeededQuality)]


def test_a_publisher_sends_what_somebody_needs() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    track, _ = ward.publish(zhou)
    ward.publish(zhou, "mic")
    # Nobody has subscribed: the smallest layer, for whoever comes.
    assert needed(ward.room.advance(0)) == []
    assert ward.room.advance(5 * S) == [TellNeededQuality(zhou, track, "video/VP8", 0)]
    chen, effects = ward.join("chen")
    assert needed(effects) == [2]
    li, _ = ward.join("li")
    ward.room.set_wish(chen, [track], LayerWish(is_disabled=True))
    assert needed(ward.room.set_wish(li, [track], LayerWish(quality=0))) == []
    assert needed(ward.room.advance(6 * S)) == []
    assert needed(ward.room.advance(11 * S)) == [0]
    assert needed(ward.room.set_wish(chen, [track], LayerWish(quality=1))) == [1]
    for viewer in (chen, li):
        ward.room.set_wish(viewer, [track], LayerWish(is_disabled=True))
    ward.room.advance(12 * S)
    assert needed(ward.room.advance(17 * S)) == [-1]
    # A publisher that comes back is told again; others have nothing to hear.
    assert needed(ward.room.subscriptions.remind(zhou)) == [-1]
    assert ward.room.subscriptions.remind(chen) == []
    # A recording wants all of it, whatever the viewers want.
    assert needed(ward.room.set_recording(is_recording=True)) == [2]
    assert needed(ward.room.advance(30 * S)) == []
    assert needed(ward.room.set_recording(is_recording=False)) == []
    ward.room.advance(31 * S)
    assert needed(ward.room.advance(36 * S)) == [-1]
    ward.room.publications.end(zhou, track, EndCause.UNPUBLISHED)
    assert ward.room.subscriptions.remind(zhou) == []


def test_a_shared_screen_comes_first_without_anybody_saying_so() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    _chen, _ = ward.join("chen")
    request = TrackRequest(cid="s", kind=TrackKind.VIDEO, source=TrackSource.SCREEN_SHARE)
    ward.room.publications.request(zhou, request, sid=TrackSid("TR_s"), number=TrackNumber(90))
    sid = ward.plan(zhou, TrackKind.VIDEO, "s")
    assert sid is not None
    effects = ward.room.publications.start(zhou, sid, AnsweredSection("0", "", ()))
    (change,) = of(effects, SelectForwardedLayer)
    assert change.choice.priority == PRIORITY_SCREEN


def test_a_publisher_chooses_its_audience() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    track, _ = ward.publish(zhou)
    ward.request(zhou, "mic")
    chen, _ = ward.join("chen")
    manual, _ = ward.join("manual", auto=False)
    nobody = ward.room.set_audience(zhou, Audience(is_everyone=False))
    assert of(nobody, StopForwarding) == [StopForwarding(chen, track)]
    assert len(of(nobody, TellSubscriptionPermission)) == 2
    assert ward.room.set_audience(zhou, Audience(is_everyone=False)) == []
    li, effects = ward.join("li")
    assert not of(effects, StartForwarding)
    some = Audience(is_everyone=False, some_tracks=frozenset({(ParticipantIdentity("chen"), track)}))
    assert [e.subscriber for e in of(ward.room.set_audience(zhou, some), StartForwarding)] == [chen]
    everyone = ward.room.set_audience(zhou, Audience())
    assert {e.subscriber for e in of(everyone, TellSubscriptionPermission)} == {
        manual,
        li,
    }


# ---- what is said -----------------------------------------------------------------------------------------


def test_own_words_need_the_right_and_fit_the_bounds() -> None:
    ward = Ward()
    plain, _ = ward.join("zhou")
    with pytest.raises(NotPermitted):
        ward.room.update_own(plain, name="Zhou")
    chen, _ = ward.join("chen", can_update_own_metadata=True)
    ward.room.update_own(chen, name="Chen", metadata="m", attributes={"bed": "7", "ward": "3"})
    view = of(ward.room.update_own(chen, attributes={"bed": ""}), Announce)[0].participant
    assert (view.name, view.metadata, view.attributes) == ("Chen", "m", (("ward", "3"),))
    assert ward.room.update_own(chen, attributes={"ward": "3"}) == []
    for wrong in ({"name": "n" * 257}, {"metadata": "字" * 30_000}, {"attributes": {"a": "b" * 70_000}}):
        with pytest.raises(LimitExceeded):
            ward.room.update_own(chen, **{"name": "other", **wrong})  # type: ignore[arg-type]
    assert ward.room.roster.find(chen).name == "Chen"


def test_room_metadata_and_recording_are_told_to_everyone() -> None:
    ward = Ward()
    assert ward.room.set_metadata("nobody hears") == []
    _zhou, _ = ward.join("zhou")
    assert of(ward.room.set_metadata("x"), AnnounceRoom)[0].room.metadata == "x"
    assert of(ward.room.set_recording(is_recording=True), AnnounceRoom)[0].room.is_recording
    assert ward.room.set_recording(is_recording=True) == []
    with pytest.raises(LimitExceeded):
        ward.room.set_metadata("m" * 70_000)


def test_data_goes_to_everyone_else_or_to_the_named() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    chen, _ = ward.join("chen")
    li, _ = ward.join("li", can_publish_data=False)
    assert ward.room.data_recipients(zhou, []) == [chen, li]
    names = [ParticipantIdentity("li"), ParticipantIdentity("nobody"), ParticipantIdentity("zhou")]
    assert ward.room.data_recipients(zhou, names) == [li]
    with pytest.raises(NotPermitted):
        ward.room.data_recipients(li, [])


def test_people_are_found_by_identity() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    assert ward.room.participant(ParticipantIdentity("zhou")).sid == zhou
    with pytest.raises(NotFound):
        ward.room.participant(ParticipantIdentity("nobody"))
    assert [view.sid for view in ward.room.participants()] == [zhou]
    assert ward.room.view().num_publishers == 0


def test_an_absent_person_is_gone_for_the_others_and_keeps_the_seat() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    chen, _ = ward.join("chen")
    mic, _ = ward.publish(zhou)
    ward.room.receive_media(zhou, Media.HEARD, 0)
    ward.room.receive_media(zhou, Media.SILENT, 1 * S)
    ward.room.receive_signal(zhou, Signal.SILENT, 7 * S)
    assert of(ward.room.advance(10 * S - 1), Announce) == []

    effects = ward.room.advance(10 * S)
    (gone,) = of(effects, Announce)
    assert (gone.to, gone.participant.state) == ((chen,), ParticipantState.DISCONNECTED)
    assert gone.participant.leave_cause is LeaveCause.LINK_LOST
    assert of(effects, StopForwarding) == [StopForwarding(chen, mic)]
    assert of(effects, ParticipantWent) == of(effects, TrackStopped) == []
    assert [e.room.num_participants for e in of(effects, AnnounceRoom)] == [1]
    assert ward.room.advance(11 * S) == []

    # Who comes meanwhile does not see it either, and what it changes is told to itself alone.
    late, joined = ward.join("late")
    assert of(joined, StartForwarding) == []
    assert [view.sid for view in ward.room.roster.visible_to(late)] == [chen]
    assert [e.to for e in of(ward.room.update_participant(zhou, name="Zhou"), Announce)] == [(zhou,)]


def test_who_comes_back_to_a_kept_seat_is_there_with_the_same_tracks() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    chen, _ = ward.join("chen")
    mic, _ = ward.publish(zhou)
    ward.room.receive_media(zhou, Media.SILENT, 0)
    ward.room.receive_signal(zhou, Signal.SILENT, 6 * S)
    ward.room.advance(9 * S)

    effects = ward.room.receive_signal(zhou, Signal.OPEN, 125 * S)
    (back,) = of(effects, Announce)
    assert set(back.to) == {zhou, chen} and [track.sid for track in back.participant.tracks] == [mic]
    assert back.participant.state is not ParticipantState.DISCONNECTED
    assert [(e.subscriber, e.track_sid) for e in of(effects, StartForwarding)] == [(chen, mic)]


def test_an_absent_person_who_never_comes_back_leaves_without_a_second_farewell() -> None:
    ward = Ward()
    zhou, _ = ward.join("zhou")
    ward.join("chen")
    ward.room.receive_media(zhou, Media.HEARD, 0)
    ward.room.receive_signal(zhou, Signal.CLOSED, 0)
    ward.room.receive_quiet(zhou, 1_250_000_000, 1_250_000_000)
    assert of(ward.room.advance(2 * S), Announce)
    effects = ward.room.advance(6 * S)
    assert of(effects, Announce) == []
    assert [fact.cause for fact in of(effects, ParticipantWent)] == [LeaveCause.LINK_LOST]
