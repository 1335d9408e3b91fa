"""The small requests of clients, old pings, and what happens when something of ours fails."""

from __future__ import annotations

import pytest
from livekit.protocol import models, rtc

from media_server.rooms.presence import Signal
from signaling.livekit import socket as socket_module
from signaling.livekit.session import NEGOTIATION_RETRY_NS
from tests.contract.conftest import Client, Node


async def _publisher(node: Node, *, video: bool = False) -> tuple[Client, Client, str]:
    first, second = await node.join_single("zhou"), await node.join_single("chen")
    track = await first.publish("t", video=video)
    await first.offer("send video t" if video else "send audio t")
    await first.settle()
    await second.settle()
    return first, second, track.sid


async def test_both_pings_are_answered(node: Node) -> None:
    client = await node.join("zhou")
    await client.send(ping=1)
    assert await client.next("pong") > 1_700_000_000_000
    await client.send(ping_req=rtc.Ping(timestamp=42))
    assert (await client.next("pong_resp")).last_ping_timestamp == 42


async def test_new_sizes_layers_and_features_reach_the_others(node: Node) -> None:
    first, second, sid = await _publisher(node, video=True)

    async def seen() -> models.TrackInfo:
        return (await second.next("update")).participants[0].tracks[0]

    await first.send(update_video_track=rtc.UpdateLocalVideoTrack(track_sid=sid, width=320, height=180))
    assert (await seen()).width == 320
    layers = [models.VideoLayer(quality=models.VideoQuality.HIGH, width=640, height=360)]
    await first.send(update_layers=rtc.UpdateVideoLayers(track_sid=sid, layers=layers))
    assert (await seen()).layers[0].width == 640
    features = [models.AudioTrackFeature.TF_NOISE_SUPPRESSION]
    await first.send(update_audio_track=rtc.UpdateLocalAudioTrack(track_sid=sid, features=features))
    assert list((await seen()).audio_features) == features
    await first.send(update_layers=rtc.UpdateVideoLayers(track_sid=sid, layers=layers * 65))
    assert await second.settle() == []


async def test_what_a_client_believes_of_its_subscriptions_after_a_resume_is_taken_over(node: Node) -> None:
    _, second, sid = await _publisher(node)
    subscriptions = node.connections(second)[0].subscriptions
    state = rtc.SyncState(subscription=rtc.UpdateSubscription(track_sids=[sid], subscribe=False))
    await second.send(sync_state=state)
    await second.settle()
    assert not subscriptions
    state.subscription.subscribe = True
    await second.send(sync_state=state)
    await second.settle()
    assert set(subscriptions) == {sid}


async def test_data_tracks_are_refused_and_candidates_are_not_needed(node: Node) -> None:
    client = await node.join("zhou")
    await client.send(publish_data_track_request=rtc.PublishDataTrackRequest(pub_handle=3, name="ecg"))
    response = await client.next("request_response")
    assert (response.message, response.publish_data_track.pub_handle) == ("data_tracks_unsupported", 3)
    await client.send(trickle=rtc.TrickleRequest(candidateInit="{}"))
    await client.send(simulate=rtc.SimulateScenario(speaker_update=1))
    await client.settle()
    assert node.host.traffic.counts()["messages_unknown"] == 1


async def test_an_old_client_hears_only_refusals_of_its_metadata(node: Node) -> None:
    client = await node.open("/rtc", node.token("zhou", canUpdateOwnMetadata=True), protocol="9")
    await client.next("join")
    await client.send(update_metadata=rtc.UpdateParticipantMetadata(metadata="x"))
    assert "request_response" not in await client.settle()


async def test_tracks_of_the_join_request_are_published_with_its_offer(node: Node) -> None:
    request = {
        "add_track_requests": [rtc.AddTrackRequest(cid="mic", type=models.TrackType.AUDIO)],
        "publisher_offer": rtc.SessionDescription(type="offer", sdp="v=0\nsend audio mic", id=1),
    }
    first = await node.join_single("zhou")
    await node.join_single("chen", request=request)
    await first.next("update")
    assert (await first.next("update")).participants[0].tracks


async def test_a_requirement_that_nobody_answers_is_repeated(node: Node) -> None:
    first, second = await node.join_single("zhou"), await node.join_single("chen")
    await first.publish("t")
    await first.offer("send audio t")
    assert (await second.next("media_sections_requirement")).num_audios == 1
    session = node.host.session(second.join.participant.sid)  # type: ignore[arg-type]
    assert session is not None
    now_ns = node.host.clock.monotonic_ns()
    session.advance(now_ns)
    assert await second.settle() == []
    session.advance(now_ns + NEGOTIATION_RETRY_NS)
    assert (await second.next("media_sections_requirement")).num_audios == 1


async def test_an_offer_that_nobody_answers_is_repeated(node: Node) -> None:
    client = await node.join("zhou")
    offer = await client.next("offer")
    session = node.host.session(client.join.participant.sid)  # type: ignore[arg-type]
    assert session is not None
    session.advance(node.host.clock.monotonic_ns() + NEGOTIATION_RETRY_NS)
    assert (await client.next("offer")).id == offer.id


async def test_an_answer_to_an_earlier_offer_is_passed_over(node: Node) -> None:
    client = await node.join("zhou")
    offer = await client.next("offer")
    await client.send(answer=rtc.SessionDescription(type="answer", sdp="nonsense", id=offer.id + 7))
    assert await client.settle() == []
    await client.send(answer=rtc.SessionDescription(type="answer", sdp="nonsense", id=0))
    assert (await client.next("request_response")).message == "sdp_malformed"


async def test_a_client_that_reads_nothing_is_cut_off_and_resumes(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await node.join("zhou")
    monkeypatch.setattr(socket_module, "MAX_QUEUED_MESSAGES", 3)
    session = node.host.session(client.join.participant.sid)  # type: ignore[arg-type]
    assert session is not None
    for number in range(10):
        session.send(rtc.SignalResponse(pong=number))
    assert await client.closed() == 4408
    query = {"reconnect": "1", "sid": client.join.participant.sid}
    back = await node.open("/rtc", node.token("zhou"), **query)
    await back.next("reconnect")


async def test_a_second_websocket_of_a_seat_closes_the_first(node: Node) -> None:
    client = await node.join("zhou")
    query = {"reconnect": "1", "sid": client.join.participant.sid}
    back = await node.open("/rtc", node.token("zhou"), **query)
    await back.next("reconnect")
    assert await client.closed() == 4409
    await back.settle()
    room = node.host.room_of(client.join.participant.sid)  # type: ignore[arg-type]
    assert room.roster.find(client.join.participant.sid).presence.signal is Signal.OPEN  # type: ignore[arg-type]


async def test_a_fault_of_ours_in_one_request_gives_its_sender_a_new_start(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await node.join("zhou"), await node.join("chen")

    def fail(sdp: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(node.connections(first)[0], "receive_offer", fail)
    await first.send(offer=rtc.SessionDescription(type="offer", sdp="v=0"))
    assert (await first.next("leave")).action == rtc.LeaveRequest.Action.RECONNECT
    await second.settle()
    assert node.host.traffic.counts()["sessions_failed"] == 1


async def test_a_fault_of_ours_with_one_subscriber_leaves_the_others(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = [await node.join_single(name) for name in ("zhou", "chen", "li")]

    def fail(plan: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(node.connections(second)[0], "subscribe", fail)
    await first.publish("t")
    await first.offer("send audio t")
    assert (await third.next("media_sections_requirement")).num_audios == 1
    assert node.host.traffic.counts()["effects_failed"] == 1


async def test_tokens_are_renewed_while_the_session_lasts(node: Node) -> None:
    client = await node.join("zhou")
    session = node.host.session(client.join.participant.sid)  # type: ignore[arg-type]
    assert session is not None
    session.token_sent_ns -= 5 * 60 * 1_000_000_000
    node.host.advance()
    token = await client.next("refresh_token")
    assert (await (await node.open("/rtc", token)).next("join")).participant.identity == "zhou"


async def test_silence_of_one_of_two_connections_is_not_the_silence_of_a_person(node: Node) -> None:
    client = await node.join("zhou")
    publisher, subscriber = node.connections(client)
    for connection in (publisher, subscriber):
        connection.connect()
    room = node.host.room_of(client.join.participant.sid)  # type: ignore[arg-type]
    presence = room.roster.find(client.join.participant.sid).presence  # type: ignore[arg-type]
    publisher.listener.silent(3_000)
    assert not presence.is_link_lost()
    subscriber.listener.silent(3_000)
    assert presence.is_link_lost()
    publisher.listener.heard()
    assert not presence.is_link_lost()


async def test_behind_a_closed_websocket_the_last_packet_tells_who_is_gone(node: Node) -> None:
    closed = await node.join_single("zhou")
    (connection,) = node.connections(closed)
    connection.connect()
    sid = closed.join.participant.sid
    room = node.host.room_of(sid)  # type: ignore[arg-type]
    participant = room.roster.find(sid)  # type: ignore[arg-type]
    node.host.note_signal(sid, Signal.CLOSED)  # type: ignore[arg-type]
    node.host.advance()
    assert not participant.presence.is_link_lost()
    node.sfu.heard_ms_ago = {int(connection.peer): 1_800}
    node.host.advance()
    assert participant.presence.is_link_lost() and not participant.is_absent
    node.sfu.heard_ms_ago = {}
    node.host.advance()
    assert participant.presence.is_link_lost()
    node.sfu.heard_ms_ago = {int(connection.peer): 20}
    node.host.advance()
    assert not participant.presence.is_link_lost()
