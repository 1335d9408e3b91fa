"""Data packets on their way through (livekit-protocol.md §6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models

from media_server.ids import ParticipantIdentity, ParticipantSid
from signaling.errors import PeerProtocolError
from signaling.livekit.data_packets import server_packet, stamp_packet

SID, IDENTITY = ParticipantSid("PA_1"), ParticipantIdentity("zhou")


def _stamp(packet: models.DataPacket, *, is_hidden: bool = False) -> tuple[models.DataPacket, object]:
    stamped = stamp_packet(packet.SerializeToString(), sid=SID, identity=IDENTITY, is_hidden=is_hidden)
    return models.DataPacket.FromString(stamped.payload), stamped


def test_the_sender_is_who_it_is() -> None:
    packet = models.DataPacket(participant_identity="forged", participant_sid="PA_forged", sequence=7)
    packet.chat_message.message = "hello"
    out, stamped = _stamp(packet)
    assert (out.participant_identity, out.participant_sid) == (IDENTITY, SID)
    assert (out.chat_message.message, out.sequence, stamped.sequence) == ("hello", 7, 7)  # type: ignore[attr-defined]


def test_what_a_user_s_packet_is_about_is_told_and_its_content() -> None:
    packet = models.DataPacket()
    packet.user.topic, packet.user.payload = "lianzhen.received", b"{}"
    _, stamped = _stamp(packet)
    assert (stamped.topic, stamped.content) == ("lianzhen.received", b"{}")  # type: ignore[attr-defined]
    _, stamped = _stamp(models.DataPacket())
    assert (stamped.topic, stamped.content) == ("", b"")  # type: ignore[attr-defined]


def test_destinations_of_old_and_new_clients_are_read() -> None:
    packet = models.DataPacket(destination_identities=["a", "b"])
    packet.user.payload = b"x"
    packet.user.destination_identities.extend(["b", "c"])
    _, stamped = _stamp(packet)
    assert stamped.destinations == ("a", "b", "c")  # type: ignore[attr-defined]


def test_a_hidden_sender_stays_unnamed() -> None:
    packet = models.DataPacket(participant_identity="zhou")
    packet.user.participant_identity = "zhou"
    out, _ = _stamp(packet, is_hidden=True)
    assert (out.participant_identity, out.participant_sid, out.user.participant_identity) == ("", "", "")


@given(st.binary(max_size=100))
def test_any_bytes_are_stamped_or_refused(payload: bytes) -> None:
    try:
        stamped = stamp_packet(payload, sid=SID, identity=IDENTITY, is_hidden=False)
    except PeerProtocolError as refusal:
        assert refusal.code == "data_packet_malformed"
    else:
        assert models.DataPacket.FromString(stamped.payload).participant_sid == SID


def test_garbage_is_refused() -> None:
    with pytest.raises(PeerProtocolError):
        stamp_packet(b"\xff", sid=SID, identity=IDENTITY, is_hidden=False)


def test_the_servers_own_packet_has_no_sender() -> None:
    packet = models.DataPacket.FromString(
        server_packet(b"x", topic=None, nonce=b"n", destinations=(ParticipantIdentity("a"),))
    )
    assert not packet.participant_identity and not packet.user.HasField("topic")
    assert list(packet.destination_identities) == ["a"]
