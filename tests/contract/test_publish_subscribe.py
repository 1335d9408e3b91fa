"""Publishing, subscribing, muting and data (livekit-protocol.md §4, §5 and §6)."""

from __future__ import annotations

import asyncio

from livekit.protocol import models, rtc

from media_server.ids import ParticipantSid, TrackSid
from media_server.plans import ChannelKind
from media_server.rooms.demand import LESS_AFTER_NS
from media_server.rooms.presence import Media
from tests.contract.conftest import Client, Node
from tests.support.waiting import HANG_S


async def _two(node: Node) -> tuple[Client, Client]:
    first, second = await node.join_single("zhou"), await node.join_single("chen")
    for client in (first, second):
        node.connections(client)[0].connect()
        await client.settle()
    return first, second


async def test_a_published_track_is_announced_then_forwarded(node: Node) -> None:
    first, second = await _two(node)
    track = await first.publish("mic-1", name="microphone")
    assert track.sid.startswith("TR_") and track.mime_type == "audio/opus"
    assert await second.settle() == []
    await first.offer("send audio mic-1")
    update = await second.next("update")
    assert [t.sid for t in update.participants[0].tracks] == [track.sid]
    need = await second.next("media_sections_requirement")
    assert (need.num_audios, need.num_videos) == (1, 0)
    answer = await second.offer("recv audio")
    assert dict(answer.mid_to_track_id) == {"0": track.sid}
    assert first.last("track_subscribed").track_sid == track.sid


async def test_someone_who_comes_later_gets_what_is_there_with_the_first_answer(node: Node) -> None:
    first = await node.join_single("zhou")
    track = await first.publish("cam-1", video=True)
    await first.offer("send video cam-1 q,h,f")
    offer = rtc.SessionDescription(type="offer", sdp="v=0\nrecv audio\nrecv video", id=1)
    second = await node.join_single("chen", request={"publisher_offer": offer})
    assert [t.sid for p in second.join.other_participants for t in p.tracks] == [track.sid]
    answer = await second.next("answer")
    assert dict(answer.mid_to_track_id) == {"1": track.sid}


async def test_with_two_connections_subscriptions_come_by_offer(node: Node) -> None:
    first, second = await node.join("zhou"), await node.join("chen")
    opening = await second.next("offer")
    track = await first.publish("cam-1", video=True)
    await first.offer("send video cam-1")
    await second.send(answer=rtc.SessionDescription(type="answer", sdp="v=0", id=opening.id))
    offer = await second.next("offer")
    assert (offer.id, dict(offer.mid_to_track_id)) == (2, {"0": track.sid})


async def test_an_sdk_whose_sdp_names_another_id_is_matched_by_kind(node: Node) -> None:
    first, second = await _two(node)
    mic = await first.publish("mic-1")
    cam = await first.publish("cam-1", video=True)
    await first.offer("send video 085a", "send audio fd99")
    tracks = (await second.next("update")).participants[0].tracks
    tracks = (
        second.last("update").participants[0].tracks
        if len(tracks) == 2
        else ((await second.next("update")).participants[0].tracks)
    )
    assert {t.sid: t.mid for t in tracks} == {cam.sid: "0", mic.sid: "1"}


async def test_a_section_that_comes_before_its_request_is_published_when_it_comes(node: Node) -> None:
    first, second = await _two(node)
    await first.offer("send audio mic-1")
    assert await second.settle() == []
    track = await first.publish("mic-1")
    assert track.mid == "0"
    assert (await second.next("update")).participants[0].tracks[0].sid == track.sid
    assert set(node.connections(second)[0].subscriptions) == {track.sid}


async def test_a_removed_section_ends_the_track_for_everyone(node: Node) -> None:
    first, second = await _two(node)
    await first.publish("mic-1")
    await first.offer("send audio mic-1")
    await second.settle()
    await first.offer("recv audio", number=2)
    assert not (await second.next("update")).participants[0].tracks
    assert node.sfu.ended == [1]
    assert not node.connections(second)[0].subscriptions


async def test_publishing_what_the_grant_forbids_is_refused(node: Node) -> None:
    client = await node.join("zhou", canPublishSources=["microphone"])
    await client.send(
        add_track=rtc.AddTrackRequest(
            cid="cam", type=models.TrackType.VIDEO, source=models.TrackSource.CAMERA
        )
    )
    response = await client.next("request_response")
    assert response.reason == rtc.RequestResponse.Reason.NOT_ALLOWED
    assert response.add_track.cid == "cam"
    await client.publish("mic-1")


async def test_mute_is_seen_by_others(node: Node) -> None:
    first, second = await _two(node)
    track = await first.publish("mic-1")
    await first.offer("send audio mic-1")
    await second.settle()
    await first.send(mute=rtc.MuteTrackRequest(sid=track.sid, muted=True))
    assert (await second.next("update")).participants[0].tracks[0].muted


async def test_versions_only_rise(node: Node) -> None:
    first, second = await _two(node)
    track = await first.publish("mic-1")
    await first.offer("send audio mic-1")
    for is_muted in (True, False, True):
        await first.send(mute=rtc.MuteTrackRequest(sid=track.sid, muted=is_muted))
    await first.settle()
    await second.settle()
    versions = [
        p.version
        for m in second.seen
        if m.HasField("update")
        for p in m.update.participants
        if p.identity == "zhou"
    ]
    assert versions == sorted(set(versions))


async def test_without_auto_subscribe_nothing_comes_until_it_is_asked_for(node: Node) -> None:
    first = await node.join("zhou")
    track = await first.publish("cam-1", video=True)
    await first.offer("send video cam-1 q,h,f")
    second = await node.join("chen", query={"auto_subscribe": "0"})
    subscriber = node.connections(second)[1]
    assert not subscriber.subscriptions
    await second.send(subscription=rtc.UpdateSubscription(track_sids=[track.sid], subscribe=True))
    await second.settle()
    assert set(subscriber.subscriptions) == {track.sid}
    await second.send(subscription=rtc.UpdateSubscription(track_sids=[track.sid], subscribe=False))
    await second.settle()
    assert not subscriber.subscriptions
    await second.send(subscription=rtc.UpdateSubscription(track_sids=["TR_none"], subscribe=True))
    refused = await second.next("subscription_response")
    assert (refused.track_sid, refused.err) == ("TR_none", models.SubscriptionError.SE_TRACK_NOTFOUND)


async def test_track_settings_choose_layers_and_pause(node: Node) -> None:
    first, second = await _two(node)
    layers = [
        models.VideoLayer(quality=quality, width=320 << quality, height=180 << quality)  # type: ignore[arg-type]
        for quality in range(3)
    ]
    track = await first.publish("cam-1", video=True, layers=layers)
    await first.offer("send video cam-1 q,h,f")
    connection = node.connections(second)[0]
    steps = [
        (rtc.UpdateTrackSettings(width=300, height=170), ("q", False)),
        (rtc.UpdateTrackSettings(width=500, height=300), ("h", False)),
        (rtc.UpdateTrackSettings(width=1280, height=720), (None, False)),
        (rtc.UpdateTrackSettings(quality=models.VideoQuality.LOW), ("q", False)),
        (rtc.UpdateTrackSettings(disabled=True, quality=models.VideoQuality.LOW), ("q", True)),
    ]
    for setting, expected in steps:
        setting.track_sids.append(track.sid)
        await second.send(track_setting=setting)
        await second.settle()
        assert connection.layers[track.sid] == expected


async def test_track_settings_tell_the_publisher_what_is_needed(node: Node) -> None:
    first, second = await _two(node)
    track = await first.publish("cam-1", video=True)
    await first.offer("send video cam-1 q,h,f")
    connection = node.connections(second)[0]
    setting = rtc.UpdateTrackSettings(track_sids=[track.sid], disabled=True)
    await second.send(track_setting=setting)
    await second.settle()
    setting = rtc.UpdateTrackSettings(
        track_sids=[track.sid], quality=models.VideoQuality.MEDIUM, fps=15, priority=7
    )
    room = node.host.room_of(ParticipantSid(first.join.participant.sid))
    apply = node.host.apply
    apply(room, room.subscriptions.advance(0))
    apply(room, room.subscriptions.advance(LESS_AFTER_NS))
    told = await first.next("subscribed_quality_update")
    assert (told.track_sid, told.subscribed_codecs[0].codec) == (track.sid, "vp8")
    assert [each.enabled for each in told.subscribed_codecs[0].qualities] == [False, False, False]
    await second.send(track_setting=setting)
    told = await first.next("subscribed_quality_update")
    assert [each.enabled for each in told.subscribed_qualities] == [True, True, False]
    assert connection.precedence[track.sid] == (7, 15)
    query = {"reconnect": "1", "sid": first.join.participant.sid}
    back = await node.open("/rtc", node.token("zhou"), **query)
    told = await back.next("subscribed_quality_update")
    assert [each.enabled for each in told.subscribed_qualities] == [True, True, False]


async def test_a_picture_that_the_link_does_not_carry_is_told_of_also_after_a_resume(node: Node) -> None:
    first, second = await _two(node)
    track = await first.publish("cam-1", video=True)
    await first.offer("send video cam-1 q,h,f")
    publisher, sid = ParticipantSid(first.join.participant.sid), TrackSid(track.sid)
    listener = node.connections(second)[0].listener
    listener.stream_state_changed(publisher, sid, is_paused=True)
    (state,) = (await second.next("stream_state_update")).stream_states
    assert (state.participant_sid, state.track_sid) == (publisher, sid)
    assert state.state == rtc.StreamState.PAUSED
    query = {"reconnect": "1", "sid": second.join.participant.sid}
    back = await node.open("/rtc", node.token("chen"), **query)
    (state,) = (await back.next("stream_state_update")).stream_states
    assert state.state == rtc.StreamState.PAUSED
    listener.stream_state_changed(publisher, sid, is_paused=False)
    (state,) = (await back.next("stream_state_update")).stream_states
    assert state.state == rtc.StreamState.ACTIVE
    counts = node.host.traffic.counts()
    assert (counts["streams_paused"], counts["streams_resumed"]) == (1, 1)


async def test_a_publisher_may_choose_who_sees_it(node: Node) -> None:
    first, second = await _two(node)
    track = await first.publish("cam-1", video=True)
    await first.offer("send video cam-1")
    await second.settle()
    subscriptions = node.connections(second)[0].subscriptions
    assert track.sid in subscriptions
    await first.send(subscription_permission=rtc.SubscriptionPermission(all_participants=False))
    told = await second.next("subscription_permission_update")
    assert (told.track_sid, told.allowed) == (track.sid, False)
    assert not subscriptions
    permission = rtc.TrackPermission(participant_identity="chen", all_tracks=True)
    await first.send(subscription_permission=rtc.SubscriptionPermission(track_permissions=[permission]))
    assert (await second.next("subscription_permission_update")).allowed
    assert track.sid in subscriptions


async def test_attributes_and_metadata_need_the_right_to_change_them(node: Node) -> None:
    plain, other = await node.join("zhou"), await node.join("chen", canUpdateOwnMetadata=True)
    await plain.send(update_metadata=rtc.UpdateParticipantMetadata(metadata="x", request_id=4))
    refused = await plain.next("request_response")
    assert (refused.request_id, refused.reason) == (4, rtc.RequestResponse.Reason.NOT_ALLOWED)
    change = rtc.UpdateParticipantMetadata(attributes={"bed": "7", "gone": ""}, request_id=5)
    await other.send(update_metadata=change)
    assert (await other.next("request_response")).reason == rtc.RequestResponse.Reason.OK
    assert dict((await plain.next("update")).participants[0].attributes) == {"bed": "7"} or dict(
        (await plain.next("update")).participants[0].attributes
    ) == {"bed": "7"}
    long = rtc.UpdateParticipantMetadata(metadata="m" * 65_537, request_id=6)
    await other.send(update_metadata=long)
    assert (await other.next("request_response")).reason == rtc.RequestResponse.Reason.LIMIT_EXCEEDED


def _packet(**fields: object) -> bytes:
    packet = models.DataPacket(participant_identity="forged", participant_sid="PA_forged", **fields)  # type: ignore[arg-type]
    packet.user.payload = b"BP 120/80"
    packet.user.topic = "vitals"
    packet.user.participant_identity = "forged"
    return packet.SerializeToString()


async def test_data_is_stamped_and_keeps_its_kind(node: Node) -> None:
    first, second = await _two(node)
    up, down = node.connections(first)[0], node.connections(second)[0]
    for kind in ChannelKind:
        up.listener.data_received(kind, _packet())
    assert [kind for kind, _ in down.sent] == list(ChannelKind)
    packet = models.DataPacket.FromString(down.sent[0][1])
    assert (packet.participant_identity, packet.participant_sid) == ("zhou", first.join.participant.sid)
    assert packet.user.participant_identity == "zhou"
    assert (packet.user.payload, packet.user.topic) == (b"BP 120/80", "vitals")
    assert not up.sent


async def test_data_goes_to_the_named_only(node: Node) -> None:
    first, second = await _two(node)
    third = await node.join_single("li")
    up = node.connections(first)[0]
    up.listener.data_received(ChannelKind.RELIABLE, _packet(destination_identities=["li"]))
    assert len(node.connections(third)[0].sent) == 1
    assert not node.connections(second)[0].sent


async def test_unknown_content_of_newer_clients_passes_untouched(node: Node) -> None:
    first, second = await _two(node)
    unknown = b"\xaa\x7f\x05hello"
    node.connections(first)[0].listener.data_received(ChannelKind.LOSSY, unknown)
    assert unknown in node.connections(second)[0].sent[0][1]


async def test_data_without_the_right_and_garbage_are_dropped_and_counted(node: Node) -> None:
    mute = await node.join_single("zhou", canPublishData=False)
    second = await node.join_single("chen")
    node.connections(mute)[0].listener.data_received(ChannelKind.RELIABLE, _packet())
    node.connections(second)[0].listener.data_received(ChannelKind.RELIABLE, b"\xff\xff")
    counts = node.host.traffic.counts()
    assert (counts["data_not_permitted"], counts["data_malformed"]) == (1, 1)
    assert not any(connection.sent for connection in node.sfu.connections)


async def test_a_resume_tells_the_last_sequence_and_replays_are_not_doubled(node: Node) -> None:
    first, second = await _two(node)
    up, down = node.connections(first)[0], node.connections(second)[0]
    for sequence in (1, 2, 3):
        up.listener.data_received(ChannelKind.RELIABLE, _packet(sequence=sequence))
    query = {"reconnect": "1", "sid": first.join.participant.sid}
    back = await node.open("/rtc", node.token("zhou"), **query)
    assert (await back.next("reconnect")).last_message_seq == 3
    for sequence in (3, 4):
        up.listener.data_received(ChannelKind.RELIABLE, _packet(sequence=sequence))
    assert [models.DataPacket.FromString(payload).sequence for _, payload in down.sent] == [1, 2, 3, 4]


async def test_lossy_packets_with_old_sequences_pass(node: Node) -> None:
    first, second = await _two(node)
    for _ in range(2):
        node.connections(first)[0].listener.data_received(ChannelKind.LOSSY, _packet(sequence=1))
    assert len(node.connections(second)[0].sent) == 2


async def test_closed_dtls_beside_a_living_websocket_asks_for_a_new_join(node: Node) -> None:
    first, second = await _two(node)
    await first.settle()
    room = node.host.room_of(second.join.participant.sid)
    long_ago_ns = node.host.clock.monotonic_ns() - 4_000_000_000
    node.host.apply(room, room.receive_media(second.join.participant.sid, Media.LOST, long_ago_ns))
    leave = await second.next("leave")
    assert leave.action == rtc.LeaveRequest.Action.RECONNECT
    update = await first.next("update")
    assert update.participants[0].state == models.ParticipantInfo.State.DISCONNECTED


async def test_a_flood_of_requests_reaches_nobody_else(node: Node) -> None:
    first, second = await _two(node)
    for _ in range(200):
        await first.send(mute=rtc.MuteTrackRequest(sid="TR_none", muted=True))
    assert await asyncio.wait_for(second.settle(), HANG_S) == []
    assert node.host.traffic.counts()["messages_refused"] == 200
