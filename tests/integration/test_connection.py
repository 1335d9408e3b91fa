"""Two stock aiortc peers over the real packet core on 127.0.0.1: DTLS, SCTP, sound and picture."""

from __future__ import annotations

import asyncio
import fractions
from collections.abc import AsyncIterator

import numpy as np
import pytest
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from av import VideoFrame

from media_server.connection import Connection
from media_server.ids import ParticipantSid, TrackSid
from media_server.plans import ChannelKind, DisconnectReason, PublicationPlan, SubscriptionPlan
from media_server.sfu import Sfu, start_native_cores
from tests.support.listening import KeepingListener, until
from tests.support.waiting import HANG_S

pytestmark = pytest.mark.alone

WIDTH, HEIGHT = 160, 120


class Brightness(VideoStreamTrack):
    """Grey frames that grow lighter, one step in each."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        image = np.full((HEIGHT, WIDTH, 3), min(40 + 2 * self._count, 250), np.uint8)
        self._count += 1
        frame = VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts, frame.time_base = pts, fractions.Fraction(time_base)
        return frame


class Client:
    """An aiortc peer that makes the offers, as clients of a single connection do."""

    def __init__(self, sfu: Sfu) -> None:
        self.listener = KeepingListener()
        self.connection: Connection = sfu.open_connection(self.listener, offers=False)
        self.pc = RTCPeerConnection()
        self.channel: RTCDataChannel = self.pc.createDataChannel("_reliable")
        self.messages: list[bytes] = []
        self.tracks: list[MediaStreamTrack] = []
        self.channel.on("message", self.messages.append)
        self.pc.on("track", self.tracks.append)

    async def negotiate(self) -> dict[str, TrackSid]:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = self.connection.receive_offer(self.pc.localDescription.sdp)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        return answer.mid_to_track

    async def up(self) -> None:
        await until(lambda: self.listener.is_connected and self.channel.readyState == "open")


@pytest.fixture
async def sfu() -> AsyncIterator[Sfu]:
    made = Sfu(*start_native_cores("127.0.0.1", 0), addresses=["127.0.0.1"])
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def clients(sfu: Sfu) -> AsyncIterator[list[Client]]:
    made = [Client(sfu), Client(sfu)]
    yield made
    await asyncio.gather(*(client.pc.close() for client in made))


async def test_data_passes_both_ways(clients: list[Client]) -> None:
    client = clients[0]
    await client.negotiate()
    await client.up()
    client.channel.send(b"up")
    await until(lambda: client.listener.messages)
    assert client.listener.messages == [(ChannelKind.RELIABLE, b"up")]
    big = bytes(range(256)) * 256
    assert client.connection.send_data(ChannelKind.RELIABLE, big)
    await until(lambda: client.messages)
    assert client.messages == [big]


async def test_a_client_that_closes_is_heard(clients: list[Client]) -> None:
    client = clients[0]
    await client.negotiate()
    await client.up()
    await client.pc.close()
    await until(lambda: client.listener.reasons)
    assert client.listener.reasons == [DisconnectReason.CLOSED_BY_PEER]


async def test_sound_and_picture_reach_a_subscriber(sfu: Sfu, clients: list[Client]) -> None:
    publisher, subscriber = clients
    plans = {
        "audio": PublicationPlan(TrackSid("TR_a"), sfu.allocate_track()),
        "video": PublicationPlan(TrackSid("TR_v"), sfu.allocate_track(), "VP8"),
    }
    publisher.listener.plans.update(plans)  # type: ignore[arg-type]
    publisher.pc.addTrack(AudioStreamTrack())
    publisher.pc.addTrack(Brightness())
    await publisher.negotiate()
    await publisher.up()
    assert [media.codec for media in publisher.listener.started] == ["audio/opus", "video/VP8"]

    for kind, plan in plans.items():
        subscriber.connection.subscribe(
            SubscriptionPlan(ParticipantSid("PA_p"), plan.track_sid, plan.track, kind)  # type: ignore[arg-type]
        )
    assert subscriber.connection.missing_sections() == (1, 1)
    for kind in plans:
        subscriber.pc.addTransceiver(kind, direction="recvonly")
    mids = await subscriber.negotiate()
    assert sorted(mids.values()) == ["TR_a", "TR_v"]
    await subscriber.up()

    by_kind = {track.kind: track for track in subscriber.tracks}
    async with asyncio.timeout(HANG_S):
        pictures = [await by_kind["video"].recv() for _ in range(15)]
        sounds = [await by_kind["audio"].recv() for _ in range(25)]
    assert {(picture.width, picture.height) for picture in pictures} == {(WIDTH, HEIGHT)}
    light = [int(picture.to_ndarray(format="gray").mean()) for picture in pictures]
    assert light == sorted(light) and light[-1] - light[0] >= 10
    assert len(sounds) == 25

    publisher.pc.getTransceivers()[1].direction = "inactive"
    await publisher.negotiate()
    assert publisher.listener.ended == ["TR_v"]
    assert subscriber.connection.mid_to_track() == {mid: sid for mid, sid in mids.items() if sid == "TR_a"}


async def test_a_tap_gets_whole_frames(sfu: Sfu, clients: list[Client]) -> None:
    publisher = clients[0]
    plan = PublicationPlan(TrackSid("TR_v"), sfu.allocate_track(), "VP8")
    publisher.listener.plans["video"] = plan
    publisher.pc.addTrack(Brightness())
    await publisher.negotiate()
    tap = sfu.open_tap(plan.track)
    frames: list[object] = []

    def read() -> bool:
        frames.extend(tap.read())
        return len(frames) >= 10

    await until(read)
    tap.close()
