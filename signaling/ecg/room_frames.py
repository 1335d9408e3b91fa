"""Sends an ECG's frames to those who watch it in its case's room, over the room's unreliable data channel.

A packet of the server's own, as LiveKit's clients read them; the topic names the ECG.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from media_server.ids import ParticipantIdentity, RoomName
from media_server.plans import ChannelKind
from signaling.livekit.data_packets import server_packet
from signaling.room_host import RoomHost

TOPIC: Final = "lianzhen.ecg.frames/"
"""With the ECG's id behind it."""


class FrameSender(Protocol):
    """Whoever brings frames into a case's room."""

    def send(self, case: str, ecg: str, frames: bytes, identities: Sequence[str]) -> None:
        """Sends a message of frames, the newest first, to these people, where they are in the room."""


class RoomFrames(FrameSender):
    """The sender of a service with rooms."""

    def __init__(self, host: RoomHost) -> None:
        self._host = host

    def send(self, case: str, ecg: str, frames: bytes, identities: Sequence[str]) -> None:
        """See FrameSender. Who is not there, or has no channel yet, gets nothing this way."""
        room = self._host.rooms.find(RoomName(case))
        if room is None or not identities:
            return
        packet = server_packet(frames, topic=TOPIC + ecg, nonce=b"", destinations=())
        named = [ParticipantIdentity(identity) for identity in identities]
        self._host.send_server_data(room, ChannelKind.LOSSY, packet, named)
