"""The query of /rtc and the join_request of /rtc/v1 (livekit-protocol.md §1)."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from signaling.errors import PeerProtocolError
from signaling.livekit.join_query import MAX_JOIN_REQUEST_BYTES, JoinQuery, read_join_request, read_query


def _pack(content: bytes, *, is_gzip: bool = False, has_padding: bool = True) -> str:
    kinds = rtc.WrappedJoinRequest.Compression
    wrapped = rtc.WrappedJoinRequest(
        compression=kinds.GZIP if is_gzip else kinds.NONE,
        join_request=gzip.compress(content) if is_gzip else content,
    )
    text = base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()
    return text if has_padding else text.rstrip("=")


def test_an_empty_query_subscribes_to_everything() -> None:
    assert read_query({}) == JoinQuery(is_single_connection=False, is_auto_subscribing=True)


def test_a_query_is_read() -> None:
    attributes = base64.urlsafe_b64encode(json.dumps({"bed": "7"}).encode()).decode().rstrip("=")
    query = read_query(
        {
            "auto_subscribe": "0",
            "reconnect": "1",
            "sid": "PA_1",
            "protocol": "16",
            "client_protocol": "1",
            "sdk": "js",
            "attributes": attributes,
        }
    )
    assert not query.is_auto_subscribing
    assert (query.resumed_sid, query.protocol, query.client_protocol, query.sdk) == ("PA_1", 16, 1, "js")
    assert query.attributes == {"bed": "7"}


@pytest.mark.parametrize("attributes", ["%%%", "bm90IGpzb24", "WzFd", "eyJhIjogMX0", "W1tb" * 20_000])
def test_attributes_that_are_none_are_refused(attributes: str) -> None:
    with pytest.raises(PeerProtocolError):
        read_query({"attributes": attributes})


@pytest.mark.parametrize("number", ["", "x", "-1", "1" * 9, "١"])
def test_numbers_that_are_none_are_zero(number: str) -> None:
    assert read_query({"protocol": number}).protocol == 0


@pytest.mark.parametrize("is_gzip", [False, True])
@pytest.mark.parametrize("has_padding", [False, True])
def test_a_join_request_is_read(is_gzip: bool, has_padding: bool) -> None:
    request = rtc.JoinRequest(
        client_info=models.ClientInfo(
            sdk=models.ClientInfo.SDK.PYTHON,
            protocol=17,
            client_protocol=2,
            capabilities=[models.ClientInfo.Capability.CAP_PACKET_TRAILER],
        ),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True),
        metadata="m",
        participant_attributes={"a": "b"},
        add_track_requests=[rtc.AddTrackRequest(cid="c")],
        publisher_offer=rtc.SessionDescription(type="offer", sdp="v=0"),
        sync_state=rtc.SyncState(),
    )
    query = read_join_request(_pack(request.SerializeToString(), is_gzip=is_gzip, has_padding=has_padding))
    assert query.is_single_connection and query.is_auto_subscribing
    assert (query.sdk, query.protocol, query.client_protocol, query.capabilities) == ("python", 17, 2, (1,))
    assert (query.metadata, query.attributes) == ("m", {"a": "b"})
    assert query.offer is not None and query.offer.sdp == "v=0"
    assert [track.cid for track in query.add_tracks] == ["c"]
    assert query.sync_state is not None and query.resumed_sid is None


def test_an_absent_flag_is_false_in_a_join_request() -> None:
    query = read_join_request(_pack(b""))
    assert not query.is_auto_subscribing
    assert (query.offer, query.sync_state) == (None, None)


def test_an_sdk_of_the_future_is_nameless() -> None:
    info = models.ClientInfo()
    info.MergeFromString(b"\x08\xff\x01")
    assert read_join_request(_pack(rtc.JoinRequest(client_info=info).SerializeToString())).sdk == ""


def test_a_resume_names_its_seat() -> None:
    request = rtc.JoinRequest(reconnect=True, participant_sid="PA_1")
    assert read_join_request(_pack(request.SerializeToString())).resumed_sid == "PA_1"


def test_inflated_requests_are_bounded() -> None:
    fits = rtc.JoinRequest(metadata="m" * (MAX_JOIN_REQUEST_BYTES - 100)).SerializeToString()
    assert read_join_request(_pack(fits, is_gzip=True)).metadata
    bomb = rtc.JoinRequest(metadata="m" * (MAX_JOIN_REQUEST_BYTES + 1)).SerializeToString()
    with pytest.raises(PeerProtocolError):
        read_join_request(_pack(bomb, is_gzip=True))


@pytest.mark.parametrize(
    "packed",
    [
        "%%%",
        "a",
        base64.urlsafe_b64encode(b"\xff" * 40).decode(),
        _pack(b"\xff" * 40),
        base64.urlsafe_b64encode(
            rtc.WrappedJoinRequest(
                compression=rtc.WrappedJoinRequest.Compression.GZIP, join_request=b"not gzip"
            ).SerializeToString()
        ).decode(),
        base64.urlsafe_b64encode(
            rtc.WrappedJoinRequest(
                compression=rtc.WrappedJoinRequest.Compression.GZIP,
                join_request=gzip.compress(b"x" * 999, mtime=0)[:-9],
            ).SerializeToString()
        ).decode(),
        _pack(rtc.JoinRequest(add_track_requests=[rtc.AddTrackRequest()] * 17).SerializeToString()),
    ],
)
def test_requests_that_cannot_be_read_are_refused(packed: str) -> None:
    with pytest.raises(PeerProtocolError) as refused:
        read_join_request(packed)
    assert refused.value.code == "join_malformed"


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(packed: str) -> None:
    with contextlib.suppress(PeerProtocolError):
        read_join_request(packed)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(content: bytes, is_gzip: bool) -> None:
    with contextlib.suppress(PeerProtocolError):
        read_join_request(_pack(content, is_gzip=is_gzip))
