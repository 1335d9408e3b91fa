"""MLLP: messages between 0x0B and 0x1C 0x0D, however they are cut."""

from __future__ import annotations

import pytest

from clients.gateway.errors import SourceFault
from clients.gateway.sources.hl7_waves import MAX_MESSAGE_BYTES
from clients.gateway.sources.mllp import MllpReader


def test_messages_come_out_however_they_are_cut() -> None:
    wire = b"noise\x0bone\x1c\x0d\x0btwo\x1c\x0d\x1c\x0d\x0bthr"
    reader = MllpReader()
    found = [each for at in range(len(wire)) for each in reader.receive(wire[at : at + 1])]
    assert found == [b"one", b"two"]
    assert reader.receive(b"ee\x1c\x0d") == [b"three"]


def test_a_message_that_never_ends_is_refused() -> None:
    reader = MllpReader()
    with pytest.raises(SourceFault) as refused:
        reader.receive(b"\x0b" + bytes(MAX_MESSAGE_BYTES))
    assert refused.value.code == "hl7_too_large"
