"""LiveKit's RoomService and the grants of tokens, as clients in the room feel them."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from tests.support.namespaces import Network
from tests.support.sdk_client import SdkRefused, sdk_client
from tests.support.server import Server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.beside


async def _call(server: Server, room: str, method: str, /, **body: Any) -> dict[str, Any]:
    token = server.token("admin", room, roomAdmin=True, roomList=True, roomCreate=True)
    path = f"/twirp/livekit.RoomService/{method}"
    answer = await asyncio.to_thread(server.request, "POST", path, token=token, body=body)
    assert answer.status == 200, (method, answer.status, answer.body)
    return dict(answer.json())


async def test_an_administrator_lists_mutes_writes_and_removes(
    net: Network, server: Server, room: str
) -> None:
    async with sdk_client(net.clients, "speaker") as speaker, sdk_client(net.clients, "listener") as listener:
        await speaker.run("join", url=server.signal_url, token=server.token("speaker", room))
        await listener.run("join", url=server.signal_url, token=server.token("listener", room))
        sids = (await speaker.run("publish", width=320, height=180))["tracks"]
        await listener.wait_for_media("speaker")

        rooms = (await _call(server, room, "ListRooms"))["rooms"]
        assert {(one["name"], one.get("num_participants", one.get("numParticipants"))) for one in rooms} >= {
            (room, 2)
        }
        people = (await _call(server, room, "ListParticipants", room=room))["participants"]
        assert {one["identity"] for one in people} == {"speaker", "listener"}

        await _call(
            server,
            room,
            "SendData",
            room=room,
            data=base64.b64encode(b"from the desk").decode(),
            kind="RELIABLE",
        )
        await listener.wait_for_event("data", lambda event: event["text"] == "from the desk")

        microphone = sids["microphone"]
        await _call(
            server,
            room,
            "MutePublishedTrack",
            room=room,
            identity="speaker",
            track_sid=microphone,
            muted=True,
        )
        await listener.wait_for_event("track_muted", lambda event: "speaker" in event["about"])

        await _call(
            server, room, "UpdateParticipant", room=room, identity="speaker", attributes={"place": "county"}
        )
        await wait_until(
            listener.report,
            what="attributes set by the administrator",
            accept=lambda report: report["participants"]["speaker"]["attributes"].get("place") == "county",
        )

        await _call(server, room, "RemoveParticipant", room=room, identity="speaker")
        await speaker.wait_for_event("disconnected")
        await listener.wait_for_event("participant_disconnected", lambda event: event["about"] == ["speaker"])
        await _call(server, room, "DeleteRoom", room=room)
        await listener.wait_for_event("disconnected")


async def test_a_participant_may_not_administrate(server: Server, room: str) -> None:
    token = server.token("speaker", room)
    path = "/twirp/livekit.RoomService/ListParticipants"
    answer = await asyncio.to_thread(server.request, "POST", path, token=token, body={"room": room})
    assert (answer.status, answer.json()["code"]) == (403, "permission_denied")


async def test_a_token_without_publishing_watches_and_a_hidden_one_is_not_seen(
    net: Network, server: Server, room: str
) -> None:
    async with (
        sdk_client(net.clients, "speaker") as speaker,
        sdk_client(net.clients, "student") as student,
        sdk_client(net.clients, "supervisor") as supervisor,
    ):
        await speaker.run("join", url=server.signal_url, token=server.token("speaker", room))
        await speaker.run("publish", width=320, height=180)
        await student.run(
            "join", url=server.signal_url, token=server.token("student", room, canPublish=False)
        )
        await supervisor.run(
            "join", url=server.signal_url, token=server.token("supervisor", room, hidden=True)
        )
        await asyncio.gather(student.wait_for_media("speaker"), supervisor.wait_for_media("speaker"))
        with pytest.raises((SdkRefused, TimeoutError)):
            await student.run("publish", video=False, timeout_s=15)
        assert set((await speaker.report())["participants"]) == {"student"}
        assert set((await supervisor.report())["participants"]) == {"speaker", "student"}


async def test_a_second_seat_with_the_same_identity_ends_the_first(
    net: Network, server: Server, room: str
) -> None:
    async with sdk_client(net.clients, "here") as here, sdk_client(net.clients, "there") as there:
        await here.run("join", url=server.signal_url, token=server.token("doctor", room))
        await there.run("join", url=server.signal_url, token=server.token("doctor", room))
        told = await here.wait_for_event("disconnected")
        assert told["about"] == [2], told  # DUPLICATE_IDENTITY
        assert not [event for event in there.events if event["event"] == "disconnected"]
