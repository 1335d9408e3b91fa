"""One signalling message in one WebSocket frame: binary protobuf, or protobuf JSON in a text frame."""

from __future__ import annotations

from typing import Final

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from livekit.protocol import rtc

from signaling.errors import PeerProtocolError

MAX_FRAME_BYTES: Final = 256 * 1024
"""An SDP of 64 kB and metadata of 64 kB fit twice; LiveKit's own messages stay under 20 kB."""


def decode_request(frame: bytes | str) -> rtc.SignalRequest:
    """Returns the message in a frame. Raises PeerProtocolError("message_malformed")."""
    try:
        if isinstance(frame, str):
            return json_format.Parse(frame, rtc.SignalRequest(), ignore_unknown_fields=True)
        return rtc.SignalRequest.FromString(frame)
    except (DecodeError, json_format.ParseError, RecursionError, ValueError):
        raise PeerProtocolError("message_malformed") from None


def encode_response(response: rtc.SignalResponse, *, is_text: bool) -> bytes | str:
    """Returns the frame for a message, in the encoding the client used last."""
    if is_text:
        return json_format.MessageToJson(response, indent=None)
    return response.SerializeToString()
