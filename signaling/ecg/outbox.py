"""What waits to be sent on one socket: bounded, so that who reads too slowly is cut and comes back.

Words go first, in order. Then what is live; of that, what has waited too long is left out, since whoever is
behind wants to see now, and reads the rest out of the log. What is older goes when nothing else waits.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final, Protocol

SEND_LIMIT_S: Final = 10.0
"""For one message to be taken by the network: as long as a mobile link may be silent."""
LIVE_NS: Final = 1_500_000_000
"""What is live waits no longer behind newer: the link is slower than the ECG then."""
TOO_SLOW: Final = 4408
"""Close codes (RFC 6455 §7.4.2: 4000 to 4999 are the application's)."""
GOING_AWAY: Final = 1001
TRY_AGAIN: Final = 1013


class Socket(Protocol):
    """Of aiohttp's WebSocketResponse what is needed here."""

    async def send_str(self, data: str) -> None:
        """Sends a text; returns when there is room for more."""

    async def send_bytes(self, data: bytes) -> None:
        """Sends bytes; returns when there is room for more."""

    async def close(self, *, code: int) -> bool:
        """Says goodbye."""


class Outbox:
    """One socket's. ``push`` from the loop thread; ``run`` is its one task."""

    def __init__(self, max_bytes: int) -> None:
        self.close_code = 0
        """With which the socket was ended from here; 0 while it goes on."""
        self.pushed = 0
        """How often something was to be sent."""
        self.left_out = 0
        """Of what was live: how many messages."""
        self._max_bytes = max_bytes
        self._waiting: deque[str | bytes] = deque()
        self._live: deque[tuple[int, bytes]] = deque()
        self._later: deque[bytes] = deque()
        self._size = 0
        self._wake = asyncio.Event()

    def push(self, message: str | bytes) -> None:
        """Queues a message; a full queue ends the socket."""
        if self._takes(message):
            self._waiting.append(message)

    def push_live(self, message: bytes, now_ns: int) -> None:
        """Queues what is of worth now; what waits since LIVE_NS is left out."""
        while self._live and now_ns - self._live[0][0] > LIVE_NS:
            self._size -= len(self._live.popleft()[1])
            self.left_out += 1
        if self._takes(message):
            self._live.append((now_ns, message))

    def push_later(self, message: bytes) -> None:
        """Queues what may wait for everything else; a full queue ends the socket."""
        if self._takes(message):
            self._later.append(message)

    def end(self, code: int) -> None:
        """Ends the socket; what was queued is dropped."""
        self.close_code = self.close_code or code
        for queue in (self._waiting, self._live, self._later):
            queue.clear()
        self._wake.set()

    @property
    def has_more(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting or self._live or self._later)

    @property
    def was_slow(self) -> bool:
        """Whether it was cut for reading too slowly."""
        return self.close_code == TOO_SLOW

    async def run(self, socket: Socket) -> None:
        """Sends until the socket is ended; says goodbye then. Returns where the network is gone."""
        try:
            while not self.close_code:
                self._wake.clear()
                while self.has_more:
                    message = self._next()
                    async with asyncio.timeout(SEND_LIMIT_S):
                        if isinstance(message, str):
                            await socket.send_str(message)
                        else:
                            await socket.send_bytes(message)
                if not self.close_code:
                    await self._wake.wait()
        except TimeoutError:
            self.end(TOO_SLOW)
        except OSError:
            self.end(GOING_AWAY)
            return
        with contextlib.suppress(OSError):
            await socket.close(code=self.close_code)

    def _takes(self, message: str | bytes) -> bool:
        if self.close_code:
            return False
        self.pushed += 1
        self._size += len(message)
        if self._size > self._max_bytes:
            self.end(TOO_SLOW)
            return False
        self._wake.set()
        return True

    def _next(self) -> str | bytes:
        message: str | bytes
        if self._waiting:
            message = self._waiting.popleft()
        elif self._live:
            _, message = self._live.popleft()
        else:
            message = self._later.popleft()
        self._size -= len(message)
        return message
