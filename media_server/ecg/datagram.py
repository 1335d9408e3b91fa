"""A datagram of live frames, sealed for one reader: to bytes and back.

::

     0     1            5                 13
    +-----+------------+-----------------+------------------------------------+-----------+
    | ver |   key id   |     number      |  1 to 3 frames, the newest first   |  tag, 16  |
    +-----+------------+-----------------+------------------------------------+-----------+
     in clear, authenticated              AES-128-GCM

All numbers are little endian. The key is one connection's and goes one way; ``number`` rises by one with each
datagram and is its nonce, so that none is used twice. In clear there is nothing but these three.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from media_server.errors import MisuseError

VERSION: Final = 1
KEY_BYTES: Final = 16
MAX_KEY_ID: Final = 2**32 - 1
MAX_NUMBER: Final = 2**27
"""Two months at 25 a second; AES-GCM bears four times as many of this size (RFC 8446 §5.5)."""
MAX_DATAGRAM_BYTES: Final = 1_200
"""Goes through every path without being cut in two (RFC 8085 §3.2; as QUIC's first, RFC 9000 §14)."""

_HEAD: Final = struct.Struct("<BIQ")
_NONCE: Final = struct.Struct("<4xQ")
_TAG_BYTES: Final = 16
OVERHEAD_BYTES: Final = _HEAD.size + _TAG_BYTES


class Head(NamedTuple):
    """What a datagram says in clear."""

    key_id: int
    number: int


class DatagramSealer:
    """One key, at its sender's."""

    def __init__(self, key_id: int, key: bytes) -> None:
        self._key_id = key_id
        self._aead = AESGCM(key)
        self._number = 0

    @property
    def is_used_up(self) -> bool:
        """Whether no more may be sealed with it."""
        return self._number >= MAX_NUMBER

    def seal(self, frames: Iterable[bytes]) -> bytes:
        """Returns the next datagram. Raises MisuseError: the key is used up."""
        if self.is_used_up:
            raise MisuseError("a nonce would be used twice")
        self._number += 1
        head = _HEAD.pack(VERSION, self._key_id, self._number)
        return head + self._aead.encrypt(_NONCE.pack(self._number), b"".join(frames), head)


class DatagramOpener:
    """One key, at its reader's."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def open(self, head: Head, datagram: bytes) -> bytes | None:
        """Returns the frames in it; None where it was not sealed with this key."""
        try:
            return self._aead.decrypt(
                _NONCE.pack(head.number), datagram[_HEAD.size :], datagram[: _HEAD.size]
            )
        except InvalidTag:
            return None


def read_head(datagram: bytes) -> Head | None:
    """Returns what a datagram says in clear; None for what cannot be one."""
    if not OVERHEAD_BYTES < len(datagram) <= MAX_DATAGRAM_BYTES:
        return None
    version, key_id, number = _HEAD.unpack_from(datagram)
    return Head(key_id, number) if version == VERSION and 0 < number <= MAX_NUMBER else None
