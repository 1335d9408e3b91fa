"""Whose a connection is that the TLS port hands on: a header of the PROXY protocol, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signaling.handed_on import SIGNATURE, HandedOn, read_header

V4 = SIGNATURE + bytes.fromhex("21 11 000c c0000207 c6336401 1234 01bb")
V6 = SIGNATURE + bytes.fromhex("21 21 0024" + "20010db8" + "00" * 11 + "07" + "00" * 16 + "1234 01bb")


def test_both_versions_tell_the_client() -> None:
    assert read_header(V4 + b"GET /") == (("192.0.2.7", 0x1234), 28)
    assert read_header(V6) == (("2001:db8::7", 0x1234), 52)


@pytest.mark.parametrize("whole", [V4, V6])
def test_until_it_is_whole_it_is_waited_for(whole: bytes) -> None:
    for end in range(len(whole)):
        assert read_header(whole[:end]) is None


@pytest.mark.parametrize(
    "received",
    [
        b"GET / HTTP/1.1\r\n",
        b"PROXY TCP4 192.0.2.7 ",
        SIGNATURE + bytes.fromhex("20 11 000c") + bytes(12),  # LOCAL: on nobody's behalf
        SIGNATURE + bytes.fromhex("21 12 000c") + bytes(12),  # UDP
        SIGNATURE + bytes.fromhex("21 11 000d") + bytes(13),
    ],
)
def test_anything_else_is_refused(received: bytes) -> None:
    with pytest.raises(ValueError, match=r"signature|header"):
        read_header(received)


class _Protocol(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: Any = None
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data


class _Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__({"socket": "unix"})
        self.protocol: asyncio.BaseProtocol | None = None
        self.is_cut = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def abort(self) -> None:
        self.is_cut = True


def test_the_http_server_sees_the_client_and_tls_and_every_byte_behind_the_header() -> None:
    http, transport = _Protocol(), _Transport()
    handed_on = HandedOn(lambda: http)
    handed_on.connection_made(transport)
    handed_on.data_received(V4[:5])
    assert http.transport is None
    handed_on.data_received(V4[5:] + b"GET / HTTP/1.1\r\n")
    assert transport.protocol is http
    assert http.received == b"GET / HTTP/1.1\r\n"
    assert http.transport.get_extra_info("peername") == ("192.0.2.7", 0x1234)
    assert http.transport.get_extra_info("sslcontext") is not None
    assert http.transport.get_extra_info("socket") == "unix"
    http.transport.abort()
    assert transport.is_cut


def test_without_a_byte_behind_the_header_nothing_is_received() -> None:
    http, transport = _Protocol(), _Transport()
    handed_on = HandedOn(lambda: http)
    handed_on.connection_made(transport)
    handed_on.data_received(V4)
    assert http.transport is not None
    assert http.received == b""


def test_a_connection_that_begins_otherwise_is_cut() -> None:
    transport = _Transport()
    handed_on = HandedOn(_Protocol)
    handed_on.connection_made(transport)
    handed_on.data_received(b"GET / HTTP/1.1\r\n")
    assert transport.is_cut
    assert transport.protocol is None
