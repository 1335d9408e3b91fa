"""livekit.RoomService over Twirp, in protobuf and in JSON (livekit-protocol.md §8)."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from google.protobuf.message import Message
from livekit.protocol import models, rtc
from livekit.protocol import room as proto

from media_server.plans import ChannelKind
from tests.contract.conftest import Client, Node

_Message = TypeVar("_Message", bound=Message)


async def call(node: Node, method: str, request: Message, answer: type[_Message], **rights: Any) -> _Message:
    """One call in protobuf by an administrator of "ward"."""
    token = node.token("desk", roomAdmin=True, roomCreate=True, roomList=True, **rights)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/protobuf",
    }
    url = f"{node.url}/twirp/livekit.RoomService/{method}"
    async with node.session.post(url, data=request.SerializeToString(), headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "application/protobuf"
        return answer.FromString(await response.read())


async def refusal(node: Node, method: str, body: dict[str, Any], token: str) -> tuple[int, str]:
    """Status and code of a refused call in JSON."""
    url = f"{node.url}/twirp/livekit.RoomService/{method}"
    async with node.session.post(url, json=body, headers={"Authorization": f"Bearer {token}"}) as response:
        assert response.content_type == "application/json"
        return response.status, (await response.json())["code"]


async def _publishing(node: Node) -> tuple[Client, Client, str]:
    first, second = await node.join_single("zhou"), await node.join_single("chen")
    track = await first.publish("mic-1")
    await first.offer("send audio mic-1")
    await second.settle()
    return first, second, track.sid


async def test_rooms_are_made_listed_and_deleted(node: Node) -> None:
    made = await call(
        node,
        "CreateRoom",
        proto.CreateRoomRequest(name="ward", metadata="m", max_participants=3),
        models.Room,
    )
    assert (made.name, made.metadata, made.max_participants) == ("ward", "m", 3)
    again = await call(node, "CreateRoom", proto.CreateRoomRequest(name="ward"), models.Room)
    assert again.sid == made.sid
    client = await node.join("zhou")
    listed = await call(node, "ListRooms", proto.ListRoomsRequest(), proto.ListRoomsResponse)
    assert [(room.name, room.num_participants) for room in listed.rooms] == [("ward", 1)]
    none = await call(node, "ListRooms", proto.ListRoomsRequest(names=["other"]), proto.ListRoomsResponse)
    assert not none.rooms
    await call(node, "DeleteRoom", proto.DeleteRoomRequest(room="ward"), proto.DeleteRoomResponse)
    assert (await client.next("leave")).reason == models.DisconnectReason.ROOM_DELETED
    assert await client.closed() == 1000


async def test_participants_are_listed_and_removed(node: Node) -> None:
    first, second, _ = await _publishing(node)
    people = await call(
        node, "ListParticipants", proto.ListParticipantsRequest(room="ward"), proto.ListParticipantsResponse
    )
    assert [p.identity for p in people.participants] == ["zhou", "chen"]
    named = proto.RoomParticipantIdentity(room="ward", identity="zhou")
    one = await call(node, "GetParticipant", named, models.ParticipantInfo)
    assert one.tracks and one.sid == first.join.participant.sid
    await call(node, "RemoveParticipant", named, proto.RemoveParticipantResponse)
    assert (await first.next("leave")).reason == models.DisconnectReason.PARTICIPANT_REMOVED
    update = await second.next("update")
    assert update.participants[0].disconnect_reason == models.DisconnectReason.PARTICIPANT_REMOVED


async def test_a_track_is_muted_from_afar_but_never_opened(node: Node) -> None:
    first, second, track_sid = await _publishing(node)
    request = proto.MuteRoomTrackRequest(room="ward", identity="zhou", track_sid=track_sid, muted=True)
    muted = await call(node, "MutePublishedTrack", request, proto.MuteRoomTrackResponse)
    assert muted.track.muted
    told = await first.next("mute")
    assert (told.sid, told.muted) == (track_sid, True)
    assert (await second.next("update")).participants[0].tracks[0].muted
    body = {"room": "ward", "identity": "zhou", "track_sid": track_sid, "muted": False}
    token = node.token("desk", roomAdmin=True)
    assert await refusal(node, "MutePublishedTrack", body, token) == (412, "failed_precondition")


async def test_what_is_said_of_a_participant_and_its_rights_are_changed(node: Node) -> None:
    first, _, _ = await _publishing(node)
    request = proto.UpdateParticipantRequest(
        room="ward",
        identity="zhou",
        name="Dr Z",
        attributes={"bed": "7"},
        permission=models.ParticipantPermission(can_subscribe=True, can_publish=False),
    )
    info = await call(node, "UpdateParticipant", request, models.ParticipantInfo)
    assert (info.name, dict(info.attributes), info.permission.can_publish) == ("Dr Z", {"bed": "7"}, False)
    assert not info.tracks
    await first.next("track_unpublished")
    token = await first.next("refresh_token")
    back = await node.open("/rtc", token)
    joined = await back.next("join")
    assert (joined.participant.name, joined.participant.permission.can_publish) == ("Dr Z", False)


async def test_subscriptions_are_changed_from_afar(node: Node) -> None:
    _, second, track_sid = await _publishing(node)
    connection = node.connections(second)[0]
    request = proto.UpdateSubscriptionsRequest(room="ward", identity="chen", track_sids=[track_sid])
    await call(node, "UpdateSubscriptions", request, proto.UpdateSubscriptionsResponse)
    assert not connection.subscriptions
    request.subscribe = True
    await call(node, "UpdateSubscriptions", request, proto.UpdateSubscriptionsResponse)
    assert set(connection.subscriptions) == {track_sid}


async def test_the_server_itself_sends_data(node: Node) -> None:
    first, second, _ = await _publishing(node)
    request = proto.SendDataRequest(
        room="ward",
        data=b"call",
        kind=models.DataPacket.Kind.LOSSY,
        destination_sids=[second.join.participant.sid],
    )
    request.topic = "desk"
    await call(node, "SendData", request, proto.SendDataResponse)
    assert not node.connections(first)[0].sent
    ((kind, payload),) = node.connections(second)[0].sent
    packet = models.DataPacket.FromString(payload)
    assert (kind, packet.user.payload, packet.user.topic) == (ChannelKind.LOSSY, b"call", "desk")
    assert not packet.participant_identity


async def test_the_room_says_something_new_of_itself(node: Node) -> None:
    client = await node.join("zhou")
    request = proto.UpdateRoomMetadataRequest(room="ward", metadata="round at ten")
    room = await call(node, "UpdateRoomMetadata", request, models.Room)
    assert room.metadata == (await client.next("room_update")).room.metadata == "round at ten"


async def test_json_is_spoken_as_well_in_both_spellings(node: Node) -> None:
    await node.join("zhou")
    headers = {"Authorization": f"Bearer {node.token('desk', roomAdmin=True)}"}
    url = f"{node.url}/twirp/livekit.RoomService/UpdateParticipant"
    for body in ({"room": "ward", "identity": "zhou", "metadata": "x"},):
        async with node.session.post(url, json=body, headers=headers) as response:
            answer = await response.json()
    assert (answer["metadata"], answer["joined_at"][0].isdigit()) == ("x", True)


@pytest.mark.parametrize(
    ("method", "body", "rights", "expected"),
    [
        ("ListRooms", {}, {}, (403, "permission_denied")),
        ("CreateRoom", {"name": "ward"}, {"roomAdmin": True}, (403, "permission_denied")),
        ("CreateRoom", {"name": ""}, {"roomCreate": True}, (400, "invalid_argument")),
        ("CreateRoom", {"name": "r" * 300}, {"roomCreate": True}, (400, "invalid_argument")),
        ("DeleteRoom", {"room": "none"}, {"roomCreate": True}, (404, "not_found")),
        ("ListParticipants", {"room": "other"}, {"roomAdmin": True}, (403, "permission_denied")),
        ("ListParticipants", {"room": "ward"}, {"roomAdmin": True}, (404, "not_found")),
        ("StartEgress", {}, {"roomAdmin": True}, (501, "unimplemented")),
        ("MoveParticipant", {}, {"roomAdmin": True}, (501, "unimplemented")),
    ],
)
async def test_refusals_have_twirps_codes(
    node: Node, method: str, body: dict, rights: dict, expected: tuple[int, str]
) -> None:
    assert await refusal(node, method, body, node.token("desk", **rights)) == expected


async def test_unreadable_calls_are_refused(node: Node) -> None:
    token = node.token("desk", roomAdmin=True, roomList=True)
    url = f"{node.url}/twirp/livekit.RoomService/ListRooms"
    for content_type, data, code in (
        ("application/protobuf", b"\xff" * 9, "malformed"),
        ("application/json", b"{", "malformed"),
        ("application/json", b"\xff\xfe", "malformed"),
        ("text/plain", b"", "bad_route"),
    ):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
        async with node.session.post(url, data=data, headers=headers) as response:
            assert (await response.json())["code"] == code
    assert await refusal(node, "ListRooms", {}, "x.y.z") == (401, "unauthenticated")
    long = {"room": "ward", "data": "QUFB" * 30_000}
    await node.join("zhou")
    assert await refusal(node, "SendData", long, token) == (400, "invalid_argument")
    missing = {"room": "ward", "data": "QUFB", "destination_sids": ["PA_none"]}
    assert await refusal(node, "SendData", missing, token) == (404, "not_found")


async def test_mute_of_an_unknown_track_changes_nothing(node: Node) -> None:
    first, _, _ = await _publishing(node)
    body = {"room": "ward", "identity": "zhou", "track_sid": "TR_none", "muted": True}
    assert await refusal(node, "MutePublishedTrack", body, node.token("desk", roomAdmin=True)) == (
        404,
        "not_found",
    )
    assert "mute" not in await first.settle()
    await first.send(leave=rtc.LeaveRequest())
