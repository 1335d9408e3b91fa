"""Signalling frames: protobuf or protobuf JSON, and nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import rtc

from signaling.errors import PeerProtocolError
from signaling.livekit.frames import decode_request, encode_response


def test_both_encodings_are_read_and_written() -> None:
    request = rtc.SignalRequest(ping=5)
    assert decode_request(request.SerializeToString()) == request
    assert decode_request('{"ping": "5", "no_such_field": 1}') == request
    response = rtc.SignalResponse(pong=5)
    assert encode_response(response, is_text=False) == response.SerializeToString()
    assert encode_response(response, is_text=True) == '{"pong": "5"}'


@pytest.mark.parametrize(
    "frame", [b"\xff", "hello", "[" * 100_000, '{"ping": {}}', b"\x0a\xff\xff\xff\xff\x0f"]
)
def test_nonsense_is_refused(frame: bytes | str) -> None:
    with pytest.raises(PeerProtocolError) as refused:
        decode_request(frame)
    assert refused.value.code == "message_malformed"


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_frame_is_read_or_refused(frame: bytes | str) -> None:
    with contextlib.suppress(PeerProtocolError):
        decode_request(frame)
