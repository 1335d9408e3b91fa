"""ICE over TCP on the media port: checks are answered within RFC 4571 frames, all else ends the stream."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from aioice import stun

from media_server.native_core import bind_native_cores
from media_server.ports import MediaCore
from tests.support.waiting import HANG_S

UFRAG, PASSWORD = "ours", "password-of-ours-with-22-characters"


@pytest.fixture
def core() -> Iterator[MediaCore]:
    (made,) = bind_native_cores("127.0.0.1", 0, 1)
    made.open_peer(peer=1, ufrag=UFRAG, password=PASSWORD)
    yield made
    made.close()


def _connected(core: MediaCore) -> socket.socket:
    return socket.create_connection(("127.0.0.1", core.port), timeout=HANG_S)


def _check() -> stun.Message:
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{UFRAG}:theirs"
    request.attributes["PRIORITY"] = 1
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(PASSWORD.encode())
    return request


def _framed(datagram: bytes) -> bytes:
    return struct.pack("!H", len(datagram)) + datagram


def _answer(stream: socket.socket) -> stun.Message:
    (length,) = struct.unpack("!H", _read(stream, 2))
    return stun.parse_message(_read(stream, length))


def _read(stream: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        part = stream.recv(length - len(received))
        assert part, "the stream ended"
        received += part
    return received


def test_a_check_in_pieces_is_answered_where_it_came_from_and_media_follows_it(core: MediaCore) -> None:
    with _connected(core) as stream:
        request = _check()
        bytes_ = _framed(bytes(request))
        for start in range(0, len(bytes_), 7):
            stream.sendall(bytes_[start : start + 7])
        answer = _answer(stream)
        assert answer.message_class is stun.Class.RESPONSE
        assert answer.transaction_id == request.transaction_id
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == stream.getsockname()

        core.send_datagram(peer=1, datagram=b"\x16as DTLS")
        core.send_datagram(peer=1, datagram=b"\x16and more")
        expected = _framed(b"\x16as DTLS") + _framed(b"\x16and more")
        assert _read(stream, len(expected)) == expected
    counters = core.stats()["counters"]
    assert counters["stream_accepted"] == 1
    assert counters["stream_datagrams_received"] == 1
    assert counters["stream_datagrams_sent"] == 3


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"\xff" * 12,
        bytes(12),
        _framed(bytes(_check())) + b"\xff\xff",
    ],
    ids=["http", "tls", "junk", "zeros", "a frame too long"],
)
def test_what_is_no_ice_ends_the_stream(core: MediaCore, said: bytes) -> None:
    with _connected(core) as stream:
        stream.sendall(said)
        while stream.recv(4096):
            pass
    assert core.stats()["counters"]["stream_foreign"] == 1


def test_a_stream_of_a_stranger_is_heard_and_not_answered(core: MediaCore) -> None:
    with _connected(core) as stranger, _connected(core) as known:
        request = _check()
        request.attributes["USERNAME"] = "nobody:theirs"
        request.add_message_integrity(PASSWORD.encode())
        stranger.sendall(_framed(bytes(request)))
        known.sendall(_framed(bytes(_check())))
        _answer(known)
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(1)


def test_a_reader_that_is_slow_loses_datagrams_and_holds_up_nobody(core: MediaCore) -> None:
    with _connected(core) as slow:
        slow.sendall(_framed(bytes(_check())))
        _answer(slow)
        for _ in range(40):
            for _ in range(200):
                core.send_datagram(peer=1, datagram=b"\x16" + bytes(1_199))
            dropped = core.stats()["counters"]["stream_datagrams_dropped"]
            if dropped:
                break
        assert dropped > 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.settimeout(HANG_S)
            other.sendto(bytes(_check()), ("127.0.0.1", core.port))
            assert stun.parse_message(other.recv(2_000)).message_class is stun.Class.RESPONSE


def test_a_stream_finds_its_peer_on_another_media_thread() -> None:
    first, second = bind_native_cores("127.0.0.1", 0, 2)
    try:
        second.open_peer(peer=1, ufrag=UFRAG, password=PASSWORD)
        with _connected(first) as stream:
            stream.sendall(_framed(bytes(_check())))
            assert _answer(stream).message_class is stun.Class.RESPONSE
            second.send_datagram(peer=1, datagram=b"\x16as DTLS")
            expected = _framed(b"\x16as DTLS")
            assert _read(stream, len(expected)) == expected
    finally:
        first.close()
        second.close()
