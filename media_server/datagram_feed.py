"""Stands where aiortc's DTLS expects an ICE transport, and joins it to one peer of the core."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final

from media_server.counters import ControlCounters
from media_server.ids import PeerNumber
from media_server.ports import MediaCore

MAX_WAITING_DATAGRAMS: Final = 64
"""Of 1,200 bytes: 77 kB a peer. A ClientHello takes two, an SCTP window of aiortc's burst four."""
_DTLS_FIRST_BYTES: Final = range(20, 64)
"""RFC 9443 §3. The core sends nothing else up; a wrong byte here would otherwise end aiortc's pump."""
_RECORD_HEADER_BYTES: Final = 13
MAX_DATAGRAMS_PER_S: Final = 2_000
"""2 MB/s of data at 0.1 ms of the loop each: a peer that floods its own channel takes a fifth of the loop."""
MAX_BURST_DATAGRAMS: Final = 500
"""Half of the 1 MiB window that our SCTP announces may come at once."""


class TokenBucket:
    """Says how much of a steady rate is used up. Pure: the time is an argument."""

    def __init__(self, *, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._tokens = burst
        self._at_s: float | None = None

    def take(self, now_s: float, count: float = 1) -> bool:
        """Takes so many tokens; False where fewer are left. ``now_s`` is monotonic."""
        if self._at_s is not None:
            self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._tokens < count:
            return False
        self._tokens -= count
        return True


class DatagramFeed:
    """A bounded mailbox of DTLS datagrams; when it is full the newest is dropped, as a full socket would.

    Called on the loop thread only. ``role`` and ``state`` are what aiortc asks of an ICE transport.
    """

    role: Final = "controlled"
    state: Final = "completed"

    def __init__(self, core: MediaCore, peer: PeerNumber, counters: ControlCounters) -> None:
        self._core = core
        self._peer = peer
        self._counters = counters
        self._waiting: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._is_closed = False
        self._bucket = TokenBucket(per_s=MAX_DATAGRAMS_PER_S, burst=MAX_BURST_DATAGRAMS)

    def receive(self, datagram: bytes) -> None:
        """Takes one datagram of the peer."""
        if not self._bucket.take(time.monotonic()):
            self._counters.dtls_datagrams_over_rate += 1
        elif len(datagram) < _RECORD_HEADER_BYTES or datagram[0] not in _DTLS_FIRST_BYTES:
            self._counters.dtls_datagrams_refused += 1
        elif len(self._waiting) >= MAX_WAITING_DATAGRAMS or self._is_closed:
            self._counters.dtls_datagrams_dropped += 1
        else:
            self._counters.dtls_datagrams += 1
            self._waiting.append(datagram)
            self._wake()

    @property
    def has_datagrams(self) -> bool:
        """Whether a datagram waits to be read."""
        return bool(self._waiting)

    async def next_datagram(self, timeout_s: float | None) -> bytes | None:
        """Returns the oldest datagram, waiting for it at most ``timeout_s``; None when the time is over.

        Raises:
            ConnectionError: the feed is closed.
        """
        if not self._waiting and not self._is_closed:
            await self._wait(timeout_s)
        if self._is_closed:
            raise ConnectionError
        return self._waiting.popleft() if self._waiting else None

    def send(self, datagram: bytes) -> None:
        """Hands a datagram to the core, to be sent to the peer's selected address."""
        if not self._is_closed:
            self._core.send_datagram(peer=self._peer, datagram=datagram)

    def close(self) -> None:
        """Ends all waiting with ConnectionError. Closing twice is harmless."""
        self._is_closed = True
        self._waiting.clear()
        self._wake()

    async def _send(self, data: bytes) -> None:
        """The name that aiortc calls. Never suspends: so aiortc's SCTP sends in order from many tasks."""
        self.send(data)

    async def _wait(self, timeout_s: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = None if timeout_s is None else loop.call_later(timeout_s, self._wake)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
