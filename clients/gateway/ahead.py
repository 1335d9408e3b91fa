"""Live frames as datagrams, ahead of the WebSocket: the newest and as many before it as the pace says.

Nothing rests on them: what is lost has gone over the WebSocket, from the same disk. No socket, no clock.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from clients.gateway.ahead_pace import AheadPace, Heard
from media_server.ecg.datagram import MAX_DATAGRAM_BYTES, OVERHEAD_BYTES, DatagramSealer
from media_server.ecg.frame import Envelope
from media_server.ecg.repeats import MOST_REPEATS

MAX_WAITING: Final = 8
"""Taken at once at the most: a device that brings more is not live, and the oldest goes by the WebSocket."""
FRESH_US: Final = 1_000_000
"""What was taken longer ago nobody watches for; a device's own delay and a frame's length are in it."""
_ROOM_BYTES: Final = MAX_DATAGRAM_BYTES - OVERHEAD_BYTES


class Offer(NamedTuple):
    """Where the server takes datagrams, on the address of its WebSocket, and under which key."""

    port: int
    key_id: int
    key: bytes


class _Taken(NamedTuple):
    envelope: Envelope
    content: bytes


class Ahead:
    """One gateway's datagrams. Times are the gateway's clock in microseconds."""

    def __init__(self) -> None:
        self.pace = AheadPace()
        self.port = 0
        """Where they go; 0: nowhere."""
        self.sent = 0
        self.too_large = 0
        """Frames that fit no datagram."""
        self._sealer: DatagramSealer | None = None
        self._waiting: deque[_Taken] = deque(maxlen=MAX_WAITING)
        self._before: deque[_Taken] = deque(maxlen=MOST_REPEATS)

    def receive_offer(self, offer: Offer, now_us: int) -> None:
        """The server takes datagrams."""
        self.pace.receive_offer(now_us)
        self.port = offer.port
        self._sealer = DatagramSealer(offer.key_id, offer.key)

    def receive_heard(self, heard: Heard, now_us: int) -> None:
        """The server says what came of them."""
        self.pace.receive_heard(heard, now_us)

    def leave(self) -> None:
        """The connection is gone, and with it the key."""
        self.pace.leave()
        self.port = 0
        self._sealer = None
        self._waiting.clear()
        self._before.clear()

    def receive_frame(self, envelope: Envelope, content: bytes) -> None:
        """Takes a frame that is on our disk and goes over the WebSocket now."""
        if self._sealer is not None:
            self._waiting.append(_Taken(envelope, content))

    def next(self, now_us: int) -> list[bytes]:
        """Returns what is to be sent now, in order; whether it can be is all the same."""
        datagrams = []
        while self._waiting:
            taken = self._waiting.popleft()
            datagram = self._seal(taken, now_us)
            if datagram:
                datagrams.append(datagram)
            self._before.append(taken)
        self.sent += len(datagrams)
        return datagrams

    def _seal(self, newest: _Taken, now_us: int) -> bytes:
        if self._sealer is None or now_us - newest.envelope.taken_us > FRESH_US:
            return b""
        if self._sealer.is_used_up:
            self.leave()
            return b""
        if not self.pace.may_send(now_us):
            return b""
        if len(newest.content) > _ROOM_BYTES:
            self.too_large += 1
            return b""
        frames, size = [newest.content], len(newest.content)
        for taken in list(self._before)[::-1][: self.pace.repeats]:
            is_same = taken.envelope[:2] == newest.envelope[:2]
            size += len(taken.content)
            if not is_same or size > _ROOM_BYTES:
                break
            frames.append(taken.content)
        return self._sealer.seal(frames)
