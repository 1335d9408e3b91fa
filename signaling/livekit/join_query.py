"""How a client asks to join: the query of /rtc, or the one packed parameter of /rtc/v1, as one value.

/rtc      ?auto_subscribe=1&protocol=16&sdk=js&reconnect=1&sid=PA_…          two peer connections
/rtc/v1   ?join_request=base64url(WrappedJoinRequest{gzip?(JoinRequest)})    one peer connection
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from media_server.ids import ParticipantSid
from signaling.errors import PeerProtocolError

MAX_JOIN_REQUEST_BYTES: Final = 1024 * 1024
"""Inflated; LiveKit's own cap. Without one, 8 kB of query inflate to 8 MB."""
MAX_ADD_TRACK_REQUESTS: Final = 16
_TRUE_WORDS: Final = ("1", "true")


@dataclass(frozen=True, slots=True)
class JoinQuery:
    """What a client says when it opens the WebSocket, besides its token.

    ``resumed_sid`` is set where it wants its earlier seat back. ``metadata`` and ``attributes`` are its own
    wishes.
    """

    is_single_connection: bool
    is_auto_subscribing: bool
    resumed_sid: ParticipantSid | None = None
    client_protocol: int = 0
    protocol: int = 0
    capabilities: tuple[int, ...] = ()
    sdk: str = ""
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    add_tracks: tuple[rtc.AddTrackRequest, ...] = ()
    offer: rtc.SessionDescription | None = None
    sync_state: rtc.SyncState | None = None


def read_query(query: Mapping[str, str]) -> JoinQuery:
    """Returns what the query of /rtc says. Raises PeerProtocolError("join_malformed")."""
    is_reconnect = query.get("reconnect", "") in _TRUE_WORDS
    return JoinQuery(
        is_single_connection=False,
        is_auto_subscribing=query.get("auto_subscribe", "1") in _TRUE_WORDS,
        resumed_sid=ParticipantSid(query.get("sid", "")) if is_reconnect else None,
        client_protocol=_number(query.get("client_protocol", "")),
        protocol=_number(query.get("protocol", "")),
        sdk=query.get("sdk", "")[:16],
        attributes=_attributes(query.get("attributes", "")),
    )


def read_join_request(packed: str) -> JoinQuery:
    """Returns what the join_request of /rtc/v1 says. Raises PeerProtocolError("join_malformed")."""
    try:
        wrapped = rtc.WrappedJoinRequest.FromString(_base64url(packed))
        content = wrapped.join_request
        if wrapped.compression == rtc.WrappedJoinRequest.Compression.GZIP:
            content = _gunzip(content)
        request = rtc.JoinRequest.FromString(content)
    except DecodeError:
        raise PeerProtocolError("join_malformed") from None
    if len(request.add_track_requests) > MAX_ADD_TRACK_REQUESTS:
        raise PeerProtocolError("join_malformed")
    return JoinQuery(
        is_single_connection=True,
        is_auto_subscribing=request.connection_settings.auto_subscribe,
        resumed_sid=ParticipantSid(request.participant_sid) if request.reconnect else None,
        client_protocol=request.client_info.client_protocol,
        protocol=request.client_info.protocol,
        capabilities=tuple(int(capability) for capability in request.client_info.capabilities[:16]),
        sdk=sdk_name(request),
        metadata=request.metadata,
        attributes=dict(request.participant_attributes),
        add_tracks=tuple(request.add_track_requests),
        offer=request.publisher_offer if request.publisher_offer.sdp else None,
        sync_state=request.sync_state if request.HasField("sync_state") else None,
    )


def sdk_name(request: rtc.JoinRequest) -> str:
    """Returns the client SDK's name in lower case, "" for one that this protocol version does not know."""
    sdk = request.client_info.sdk
    names = models.ClientInfo.SDK
    return str(names.Name(sdk)).lower() if sdk in names.values() else ""


def _base64url(text: str) -> bytes:
    try:
        # Some clients leave the padding away; both alphabets have been seen in the wild.
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise PeerProtocolError("join_malformed") from None


def _gunzip(content: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        inflated = inflater.decompress(content, MAX_JOIN_REQUEST_BYTES + 1)
    except zlib.error:
        raise PeerProtocolError("join_malformed") from None
    if len(inflated) > MAX_JOIN_REQUEST_BYTES or not inflater.eof:
        raise PeerProtocolError("join_malformed")
    return inflated


def _attributes(packed: str) -> Mapping[str, str]:
    if not packed:
        return {}
    try:
        attributes = json.loads(_base64url(packed))
    except (ValueError, RecursionError):
        raise PeerProtocolError("join_malformed") from None
    if not isinstance(attributes, dict) or not all(isinstance(value, str) for value in attributes.values()):
        raise PeerProtocolError("join_malformed")
    return attributes


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
