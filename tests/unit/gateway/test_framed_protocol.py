"""Packets survive a wire, and noise between them costs no more than what it hit."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.gateway.sources.framed_protocol import (
    MAX_PAYLOAD_BYTES,
    Packet,
    PacketKind,
    PacketReader,
    encode_packet,
)

WHO = encode_packet(PacketKind.WHO)


def test_a_packet_is_what_the_document_shows() -> None:
    assert WHO.hex() == "a55a41000000e89c"
    assert encode_packet(PacketKind.SAMPLES, b"\x01\x02")[:8].hex() == "a55a020002000102"


@given(st.lists(st.binary(max_size=60), max_size=5), st.integers(1, 9))
def test_packets_come_out_however_they_are_cut(payloads: list[bytes], size: int) -> None:
    wire = b"".join(encode_packet(PacketKind.SAMPLES, payload) for payload in payloads)
    reader = PacketReader()
    found = [each for at in range(0, len(wire), size) for each in reader.receive(wire[at : at + size])]
    assert found == [Packet(PacketKind.SAMPLES, payload) for payload in payloads]
    assert (reader.damaged, reader.skipped_bytes) == (0, 0)


@given(st.binary(max_size=40))
def test_noise_before_a_packet_does_not_hide_it(noise: bytes) -> None:
    reader = PacketReader()
    # A beginning in the noise may claim a length: what follows it ends the claim.
    found = reader.receive(noise + 2 * WHO + bytes(MAX_PAYLOAD_BYTES + 20))
    assert found[-1:] == [Packet(PacketKind.WHO, b"")]


@given(st.integers(0, 7), st.integers(1, 255))
def test_a_damaged_packet_is_passed_over_and_the_next_is_found(at: int, change: int) -> None:
    damaged = bytearray(WHO)
    damaged[at] ^= change
    reader = PacketReader()
    found = reader.receive(bytes(damaged) + 2 * WHO + bytes(MAX_PAYLOAD_BYTES + 20))
    assert found[-1:] == [Packet(PacketKind.WHO, b"")]


@pytest.mark.parametrize("head", [struct.pack("<2sBBH", b"\xa5\x5a", 2, 1, 0), b"\xa5\x5a\x02\x00\xff\xff"])
def test_a_head_that_cannot_be_is_passed_over_at_once(head: bytes) -> None:
    reader = PacketReader()
    assert reader.receive(head + WHO) == [Packet(PacketKind.WHO, b"")]
    assert (reader.damaged, reader.skipped_bytes) == (1, len(head))


def test_the_first_half_of_a_beginning_is_kept() -> None:
    reader = PacketReader()
    assert reader.receive(b"noise" + WHO[:1]) == []
    assert reader.receive(WHO[1:]) == [Packet(PacketKind.WHO, b"")]
    assert reader.skipped_bytes == 5


def test_what_is_held_is_bounded() -> None:
    reader = PacketReader()
    for _ in range(100):
        reader.receive(bytes(4_096))
    assert reader.skipped_bytes == 100 * 4_096
