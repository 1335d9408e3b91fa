"""Datagrams a stranger may send to the media port: seeded, so that a failure can be played again."""

from __future__ import annotations

import binascii
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

_STUN_COOKIE = 0x2112A442


def hostile_datagrams(
    count: int, *, seed: int, known_ufrags: Sequence[str] = ()
) -> Iterator[tuple[str, bytes]]:
    """``count`` pairs of kind and datagram, all kinds mixed.

    ``known_ufrags`` are user fragments an eavesdropper would have seen: checks that name them are not
    authentic all the same.
    """
    rng = random.Random(seed)
    makers: dict[str, Callable[[random.Random], bytes]] = {
        "empty": lambda _: b"",
        "one byte": lambda r: bytes([r.randrange(256)]),
        "random": lambda r: r.randbytes(r.randrange(1, 1_400)),
        "longest": lambda r: r.randbytes(r.choice((1_472, 4_000, 16_000, 65_000))),
        "client hello": _client_hello,
        "fatal alert": lambda r: _dtls_record(r, 21, bytes([2, r.choice((0, 10, 20, 40, 47, 80))])),
        "close notify": lambda r: _dtls_record(r, 21, b"\x01\x00"),
        "change cipher spec": lambda r: _dtls_record(r, 20, b"\x01"),
        "application data": lambda r: _dtls_record(r, 23, r.randbytes(r.randrange(0, 200))),
        "broken record": _broken_record,
        "stun without integrity": lambda r: _stun(r, known_ufrags, integrity=None),
        "stun with wrong integrity": lambda r: _stun(r, known_ufrags, integrity=r.randbytes(20)),
        "stun cut or bent": _broken_stun,
        "stun response": lambda r: struct.pack("!HHI", 0x0101, 0, _STUN_COOKIE) + r.randbytes(12),
        "rtp lookalike": _rtp,
        "rtcp lookalike": _rtcp,
        "turn channel": lambda r: struct.pack("!HH", r.randrange(0x4000, 0x8000), 4) + r.randbytes(4),
    }
    kinds = list(makers)
    for number in range(count):
        kind = kinds[number % len(kinds)] if number < len(kinds) else rng.choice(kinds)
        yield kind, makers[kind](rng)


def send_all(
    senders: Sequence[socket.socket], target: tuple[str, int], datagrams: Iterator[tuple[str, bytes]]
) -> Counter[str]:
    """Sends each datagram from one of the sockets in turn, about 3,000 a second; counts the kinds.

    It blocks: call it in a thread. The pace keeps the clients' own packets from being crowded out of the
    kernel's receive buffer, which would test the kernel.
    """
    sent: Counter[str] = Counter()
    for number, (kind, datagram) in enumerate(datagrams):
        if number % 30 == 29:
            time.sleep(0.01)
        try:
            senders[number % len(senders)].sendto(datagram, target)
        except (BlockingIOError, ConnectionRefusedError):
            continue
        sent[kind] += 1
    return sent


def _dtls_record(rng: random.Random, content_type: int, body: bytes) -> bytes:
    version = rng.choice((0xFEFF, 0xFEFD))
    epoch, sequence = rng.choice((0, 0, 0, 1)), rng.randrange(1 << 20)
    return struct.pack("!BHHHIH", content_type, version, epoch, 0, sequence, len(body)) + body


def _client_hello(rng: random.Random) -> bytes:
    suites = struct.pack("!4H", 0xC02B, 0xC02F, 0xCCA9, 0x00FF)
    use_srtp = struct.pack("!HHHHHB", 14, 7, 4, 0x0001, 0x0007, 0)
    groups = struct.pack("!HHHHH", 10, 6, 4, 0x001D, 0x0017)
    extensions = use_srtp + groups
    body = (
        struct.pack("!H", 0xFEFD)
        + rng.randbytes(32)
        + b"\x00"
        + b"\x00"
        + struct.pack("!H", len(suites))
        + suites
        + b"\x01\x00"
        + struct.pack("!H", len(extensions))
        + extensions
    )
    if rng.random() < 0.3:
        body = body[: rng.randrange(len(body))]
    length = len(body).to_bytes(3, "big")
    handshake = b"\x01" + length + struct.pack("!H", rng.choice((0, 0, 1))) + b"\x00\x00\x00" + length + body
    return _dtls_record(rng, 22, handshake)


def _broken_record(rng: random.Random) -> bytes:
    record = bytearray(_client_hello(rng))
    for _ in range(rng.randrange(1, 8)):
        record[rng.randrange(len(record))] = rng.randrange(256)
    record[0] = rng.randrange(20, 64)
    return bytes(record[: rng.randrange(1, len(record) + 1)])


def _stun(rng: random.Random, known_ufrags: Sequence[str], *, integrity: bytes | None) -> bytes:
    ours = (
        rng.choice(known_ufrags) if known_ufrags and rng.random() < 0.5 else f"{rng.randrange(1 << 32):08x}"
    )
    username = f"{ours}:{rng.randrange(1 << 16):04x}".encode()
    attributes = struct.pack("!HH", 0x0006, len(username)) + username + bytes(-len(username) % 4)
    attributes += struct.pack("!HHI", 0x0024, 4, rng.randrange(1 << 31))
    attributes += struct.pack("!HHQ", 0x802A, 8, rng.randrange(1 << 60))
    if rng.random() < 0.5:
        attributes += struct.pack("!HH", 0x0025, 0)
    if integrity is not None:
        attributes += struct.pack("!HH", 0x0008, len(integrity)) + integrity
    message = struct.pack("!HHI", 0x0001, len(attributes) + 8, _STUN_COOKIE) + rng.randbytes(12) + attributes
    return message + struct.pack("!HHI", 0x8028, 4, binascii.crc32(message) ^ 0x5354554E)


def _broken_stun(rng: random.Random) -> bytes:
    message = bytearray(_stun(rng, (), integrity=rng.randbytes(20)))
    for _ in range(rng.randrange(1, 6)):
        message[rng.randrange(2, len(message))] = rng.randrange(256)
    return bytes(message[: rng.randrange(1, len(message) + 1)])


def _rtp(rng: random.Random) -> bytes:
    first = 0x80 | rng.choice((0, 0, 0x10, 0x20, 0x30, 0x0F))
    payload_type = rng.choice((96, 111, 63, 0)) | rng.choice((0, 0x80))
    header = struct.pack(
        "!BBHII", first, payload_type, rng.randrange(1 << 16), rng.randrange(1 << 32), rng.randrange(1 << 32)
    )
    return header + rng.randbytes(rng.randrange(0, 1_200))


def _rtcp(rng: random.Random) -> bytes:
    body = rng.randbytes(4 * rng.randrange(1, 20))
    first = 0x80 | rng.randrange(32)
    return struct.pack("!BBH", first, rng.randrange(192, 224), len(body) // 4) + body + rng.randbytes(14)
