"""A packet tells its own number and time, whatever the server writes before them."""

from __future__ import annotations

from load_tests.login_storm.stamped_sound import PAYLOAD_BYTES, Stamp, stamp_of, stamped_payload

STAMP = Stamp(4_294_967_296, 1_795_327_624_123_456_789)
HEADER = bytes([0x80, 111, 0x12, 0x34]) + bytes(8)
HEADER_WITH_EXTENSION = bytes([0x90, 63, 0xFF, 0xFE]) + bytes(8) + bytes([0xBE, 0xDE, 0, 1, 0x10, 0x30, 0, 0])


def test_the_stamp_survives_another_header() -> None:
    payload = stamped_payload(STAMP)
    assert [stamp_of(header + payload) for header in (HEADER, HEADER_WITH_EXTENSION)] == [STAMP, STAMP]


def test_a_payload_is_as_long_as_speech() -> None:
    assert len(stamped_payload(STAMP)) == PAYLOAD_BYTES


def test_other_packets_have_no_stamp() -> None:
    assert stamp_of(HEADER + bytes(PAYLOAD_BYTES)) is None
    assert stamp_of(HEADER + b"lz-storm") is None
