"""What waits to be sent on one socket: bounded, so that who reads too slowly is cut and comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final, Protocol

SEND_LIMIT_S: Final = 10.0
"""For one message to be taken by the network: as long as a mobile link may be silent."""
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
        self._max_bytes = max_bytes
        self._waiting: deque[str | bytes] = deque()
        self._size = 0
        self._wake = asyncio.Event()

    def push(self, message: str | bytes) -> None:
        """Queues a message; a full queue ends the socket."""
        if self.close_code:
            return
        self._size += len(message)
        if self._size > self._max_bytes:
            self.end(TOO_SLOW)
            return
        self._waiting.append(message)
        self._wake.set()

    def end(self, code: int) -> None:
        """Ends the socket; what was queued is dropped."""
        self.close_code = self.close_code or code
        self._waiting.clear()
        self._wake.set()

    @property
    def has_more(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting)

    @property
    def was_slow(self) -> bool:
        """Whether it was cut for reading too slowly."""
        return self.close_code == TOO_SLOW

    async def run(self, socket: Socket) -> None:
        """Sends until the socket is ended; says goodbye then. Returns where the network is gone."""
        try:
            while not self.close_code:
                self._wake.clear()
                while self._waiting:
                    message = self._waiting.popleft()
                    self._size -= len(message)
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
