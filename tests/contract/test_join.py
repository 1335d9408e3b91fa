"""Joining over /rtc and /rtc/v1 (livekit-protocol.md §1 and §3)."""

from __future__ import annotations

import aiohttp
import pytest
from livekit.protocol import models, rtc

from tests.contract.conftest import Client, Node


async def test_the_first_message_is_a_join_with_all_that_clients_rely_on(node: Node) -> None:
    join = (await node.join("zhou")).join
    assert join.room.sid.startswith("RM_") and join.room.name == "ward"
    assert join.participant.sid.startswith("PA_")
    assert (join.participant.identity, join.participant.name) == ("zhou", "Dr zhou")
    assert join.participant.state == models.ParticipantInfo.State.JOINED
    assert join.ping_interval > 0 and join.ping_timeout > join.ping_interval
    assert join.server_info.version and join.server_version
    assert join.subscriber_primary and join.fast_publish
    assert {codec.mime for codec in join.enabled_publish_codecs} == {"video/VP8", "video/H264", "audio/opus"}


async def test_with_two_connections_the_server_offers_first(node: Node) -> None:
    client = await node.join("zhou")
    offer = await client.next("offer")
    assert (offer.type, offer.id) == ("offer", 1)


async def test_with_one_connection_the_offer_of_the_join_is_answered(node: Node) -> None:
    offer = rtc.SessionDescription(type="offer", sdp="v=0\nrecv audio\nrecv video", id=7)
    client = await node.join_single("zhou", request={"publisher_offer": offer})
    assert not client.join.subscriber_primary
    answer = await client.next("answer")
    assert answer.id == 7
    assert await client.settle() == []


async def test_others_hear_of_a_participant_before_its_media(node: Node) -> None:
    first = await node.join("zhou")
    await node.join("chen")
    update = await first.next("update")
    assert [p.identity for p in update.participants] == ["chen"]


async def test_a_participant_is_active_when_its_primary_connection_is_up(node: Node) -> None:
    first = await node.join("zhou")
    second = await node.join("chen")
    await first.next("update")
    publisher, subscriber = node.connections(second)
    publisher.connect()
    assert await first.settle() == ["room_update"]
    subscriber.connect()
    update = await first.next("update")
    assert update.participants[0].state == models.ParticipantInfo.State.ACTIVE


async def test_a_hidden_participant_is_seen_by_nobody_and_sees_everybody(node: Node) -> None:
    first = await node.join("zhou")
    await first.settle()
    hidden = await node.join("supervisor", hidden=True)
    assert [p.identity for p in hidden.join.other_participants] == ["zhou"]
    assert await first.settle() == []
    third = await node.join("chen")
    assert [p.identity for p in third.join.other_participants] == ["zhou"]


async def test_the_same_identity_again_ends_the_first_stay(node: Node) -> None:
    first = await node.join("zhou")
    second = await node.join("zhou")
    leave = await first.next("leave")
    assert leave.reason == models.DisconnectReason.DUPLICATE_IDENTITY
    assert leave.action == rtc.LeaveRequest.Action.DISCONNECT
    assert await first.closed() == 1000
    assert not second.join.other_participants
    assert all(connection.is_closed for connection in node.connections(first))


async def test_messages_may_be_json_in_text_frames_and_are_answered_so(node: Node) -> None:
    client = await node.join("zhou")
    await client.socket.send_str('{"pingReq": {"timestamp": "5"}}')
    while (frame := await client.socket.receive()).type is aiohttp.WSMsgType.BINARY:
        continue
    assert frame.type is aiohttp.WSMsgType.TEXT
    assert '"lastPingTimestamp": "5"' in frame.data


async def test_protobuf_garbage_closes_its_sender_only(node: Node) -> None:
    honest, hostile = await node.join("zhou"), await node.join("mallory")
    await hostile.socket.send_bytes(b"\xff" * 20)
    assert await hostile.closed() == 1007
    assert node.host.traffic.counts()["messages_malformed"] == 1
    await honest.settle()


async def test_a_refused_offer_says_why_and_the_session_goes_on(node: Node) -> None:
    client = await node.join("zhou")
    await client.send(offer=rtc.SessionDescription(type="offer", sdp="nonsense", id=1))
    assert (await client.next("request_response")).message == "sdp_malformed"
    assert (await client.offer("recv audio", number=2)).id == 2


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"exp": 1_000_000_000}, 401),
        ({"iss": "another"}, 401),
        ({"video": {"room": "ward"}}, 401),
        ({"sub": ""}, 400),
        ({"sub": "x" * 300}, 400),
        ({"video": {"roomJoin": True}}, 400),
        ({"metadata": "m" * 70_000}, 401),
    ],
)
async def test_bad_tokens_are_refused_and_validate_says_why(node: Node, change: dict, status: int) -> None:
    token = node.token("zhou", claims=change)
    if len(token) > 8_000:
        headers = {"Authorization": f"Bearer {token[:7_000]}"}
    else:
        headers = {"Authorization": f"Bearer {token}"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await node.session.ws_connect(f"{node.url}/rtc", headers=headers)
    assert refused.value.status == status
    async with node.session.get(f"{node.url}/rtc/validate", headers=headers) as answer:
        assert answer.status == status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert len(await answer.text()) > 5


async def test_validate_accepts_what_connect_would(node: Node) -> None:
    params = {"access_token": node.token("zhou")}
    async with node.session.get(f"{node.url}/rtc/validate", params=params) as answer:
        assert (answer.status, await answer.text()) == (200, "success")


async def test_a_plain_get_of_rtc_is_not_found(node: Node) -> None:
    async with node.session.get(f"{node.url}/rtc", params={"access_token": node.token("zhou")}) as answer:
        assert answer.status == 404


async def test_refused_tokens_are_paced_and_good_ones_of_other_requests_too(
    node: Node, nothing_is_forgiven: None
) -> None:
    for _ in range(130):
        async with node.session.get(f"{node.url}/rtc/validate", params={"access_token": "x.y.z"}) as answer:
            last = answer.status
    assert last == 429


async def test_a_full_room_is_refused_with_a_leave(node: Node) -> None:
    from media_server.ids import RoomName
    from media_server.rooms import RoomOptions

    node.host.open_room(RoomName("ward"), RoomOptions(max_participants=1))
    await node.join("zhou")
    late = await node.open("/rtc", node.token("chen"))
    assert (await late.next("leave")).reason == models.DisconnectReason.JOIN_FAILURE
    assert await late.closed() == 1000


async def test_leaving_is_seen_at_once(node: Node) -> None:
    first, second = await node.join("zhou"), await node.join("chen")
    await first.next("update")
    await second.send(leave=rtc.LeaveRequest(reason=models.DisconnectReason.CLIENT_INITIATED))
    update = await first.next("update")
    assert update.participants[0].state == models.ParticipantInfo.State.DISCONNECTED
    assert await second.closed() == 1000


def _resumed(client: Client) -> dict[str, str]:
    return {"reconnect": "1", "sid": client.join.participant.sid}


async def test_a_lost_websocket_resumes_into_the_same_seat(node: Node) -> None:
    first, second = await node.join("zhou"), await node.join("chen")
    for connection in node.connections(second):
        connection.connect()
    await second.socket.close()
    await first.settle()
    back = await node.open("/rtc", node.token("chen"), **_resumed(second))
    await back.next("reconnect")
    update = await back.next("update")
    assert {p.identity for p in update.participants} == {"zhou", "chen"}
    assert update.participants[0].sid == second.join.participant.sid
    assert (await back.next("room_update")).room.name == "ward"
    assert [p.state for m in first.seen if m.HasField("update") for p in m.update.participants].count(
        models.ParticipantInfo.State.DISCONNECTED
    ) == 0


async def test_a_resume_with_two_connections_restarts_ice_on_the_subscriber(node: Node) -> None:
    client = await node.join("zhou")
    offer = await client.next("offer")
    await client.send(answer=rtc.SessionDescription(type="answer", sdp="v=0", id=offer.id))
    await client.settle()
    back = await node.open("/rtc", node.token("zhou"), **_resumed(client))
    assert (await back.next("offer")).id == offer.id + 1
    assert node.connections(client)[1].ice_restarts == 1


async def test_an_offer_that_went_down_with_its_websocket_is_made_again(node: Node) -> None:
    client = await node.join("zhou")
    offer = await client.next("offer")
    back = await node.open("/rtc", node.token("zhou"), **_resumed(client))
    again = await back.next("offer")
    assert (again.id, again.sdp) == (offer.id, offer.sdp)
    await back.send(answer=rtc.SessionDescription(type="answer", sdp="v=0", id=again.id))
    assert (await back.next("offer")).id == offer.id + 1


@pytest.mark.parametrize("whose", ["another identity", "unknown sid", "another room"])
async def test_a_seat_is_given_back_to_its_owner_only(node: Node, whose: str) -> None:
    client = await node.join("zhou")
    query = _resumed(client) if whose != "unknown sid" else {"reconnect": "1", "sid": "PA_none"}
    identity = "mallory" if whose == "another identity" else "zhou"
    room = "elsewhere" if whose == "another room" else "ward"
    back = await node.open("/rtc", node.token(identity, room), **query)
    leave = await back.next("leave")
    assert leave.reason == models.DisconnectReason.STATE_MISMATCH
    assert leave.action == rtc.LeaveRequest.Action.RECONNECT
    await client.settle()
