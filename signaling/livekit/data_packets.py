"""Data packets on their way through: the sender is stamped, everything else stays as it came.

A packet's kind is the channel it came by and goes out by; oneofs that this server does not know are kept by
protobuf as unknown fields, so newer clients may talk to each other through it.
"""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from livekit.protocol import models

from media_server.ids import ParticipantIdentity, ParticipantSid
from signaling.errors import PeerProtocolError


@dataclass(frozen=True, slots=True)
class StampedPacket:
    """A packet fit to be forwarded. ``sequence`` is 0 where the client does not count; ``topic`` and
    ``content`` are empty where it is no user's packet.
    """

    payload: bytes
    destinations: tuple[ParticipantIdentity, ...]
    sequence: int
    topic: str
    content: bytes


def stamp_packet(
    payload: bytes, *, sid: ParticipantSid, identity: ParticipantIdentity, is_hidden: bool
) -> StampedPacket:
    """Returns the packet with its true sender; a hidden one stays unnamed. Raises PeerProtocolError."""
    try:
        packet = models.DataPacket.FromString(payload)
    except DecodeError:
        raise PeerProtocolError("data_packet_malformed") from None
    destinations = list(packet.destination_identities)
    stamped_sid, stamped_identity = ("", "") if is_hidden else (sid, identity)
    packet.participant_sid, packet.participant_identity = stamped_sid, stamped_identity
    if packet.WhichOneof("value") == "user":
        # Clients before protocol 9 read the copies inside.
        packet.user.participant_sid, packet.user.participant_identity = stamped_sid, stamped_identity
        destinations += packet.user.destination_identities
    return StampedPacket(
        payload=packet.SerializeToString(),
        destinations=tuple(ParticipantIdentity(identity) for identity in dict.fromkeys(destinations)),
        sequence=packet.sequence,
        topic=packet.user.topic,
        content=packet.user.payload,
    )


def server_packet(
    payload: bytes, *, topic: str | None, nonce: bytes, destinations: tuple[ParticipantIdentity, ...]
) -> bytes:
    """Returns a packet that comes from the server itself: no sender."""
    packet = models.DataPacket(destination_identities=destinations)
    packet.user.payload = payload
    packet.user.destination_identities.extend(destinations)
    if topic is not None:
        packet.user.topic = topic
    packet.user.nonce = nonce
    return packet.SerializeToString()
