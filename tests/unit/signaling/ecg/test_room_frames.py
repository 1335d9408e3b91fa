"""Frames as packets of a room: to whom, how, and under which topic."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from livekit.protocol import models

from media_server.plans import ChannelKind
from signaling.ecg.room_frames import TOPIC, RoomFrames


class Host:
    """A host with one room, which keeps what it is given."""

    def __init__(self) -> None:
        self.rooms = SimpleNamespace(find=lambda name: "the room" if name == "ca_1" else None)
        self.sent: list[tuple[Any, ...]] = []

    def send_server_data(self, *packet: Any) -> None:
        self.sent.append(packet)


def test_those_who_watch_get_them_and_nobody_else() -> None:
    host = Host()
    sender = RoomFrames(host)  # type: ignore[arg-type]
    sender.send("ca_1", "ec_1", b"frames", ["wang"])
    ((room, kind, payload, identities),) = host.sent
    assert (room, kind, identities) == ("the room", ChannelKind.LOSSY, ["wang"])
    packet = models.DataPacket.FromString(payload)
    assert (packet.user.payload, packet.user.topic) == (b"frames", TOPIC + "ec_1")
    assert not packet.participant_identity


def test_without_a_room_or_anybody_nothing_is_sent() -> None:
    host = Host()
    sender = RoomFrames(host)  # type: ignore[arg-type]
    sender.send("ca_2", "ec_1", b"frames", ["wang"])
    # To nobody would be to everybody (RoomHost.send_server_data).
    sender.send("ca_1", "ec_1", b"frames", [])
    assert host.sent == []
