"""The outgoing side of one signalling WebSocket: a bounded queue and the one task that empties it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import ClientError, web
from livekit.protocol import rtc

from signaling.livekit.frames import encode_response

MAX_QUEUED_MESSAGES: Final = 512
"""A client that is so far behind is cut off: it resumes with a snapshot, which is shorter than what it
missed."""
WRITE_TIMEOUT_S: Final = 10.0
"""A peer that takes nothing for so long is gone or hostile."""
CLOSE_TIMEOUT_S: Final = 1.0

CLOSE_NORMAL: Final = 1000
CLOSE_MALFORMED: Final = 1007
"""RFC 6455 §7.4.1: data inconsistent with the type of the message."""
CLOSE_TOO_SLOW: Final = 4408
CLOSE_REPLACED: Final = 4409


class SignalSocket:
    """What a session holds of its WebSocket. ``send`` never waits; the WebSocket belongs to the endpoint."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self._websocket = websocket
        self._queue: asyncio.Queue[rtc.SignalResponse | None] = asyncio.Queue()
        self._close_code = CLOSE_NORMAL
        self._close_text = b""
        self.is_finished = False
        self.is_text = False

    def send(self, message: rtc.SignalResponse) -> None:
        """Queues a message; dropped after ``finish``. A full queue finishes the socket."""
        if self.is_finished:
            return
        if self._queue.qsize() >= MAX_QUEUED_MESSAGES:
            self.finish(CLOSE_TOO_SLOW, "too_slow")
            return
        self._queue.put_nowait(message)

    def finish(self, code: int = CLOSE_NORMAL, text: str = "") -> None:
        """Closes the WebSocket once everything queued before has been written. Twice is harmless."""
        if not self.is_finished:
            self.is_finished = True
            self._close_code, self._close_text = code, text.encode()
            self._queue.put_nowait(None)

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Owns the writer task for as long as the endpoint reads."""
        writer = asyncio.create_task(self._write(), name="signal-writer")
        try:
            yield
        finally:
            self.finish()
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    await writer
            except TimeoutError:
                pass

    async def _write(self) -> None:
        try:
            while (message := await self._queue.get()) is not None:
                await self._write_one(message)
        except (OSError, ClientError, TimeoutError):
            self.is_finished = True
        with contextlib.suppress(OSError, ClientError, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._websocket.close(code=self._close_code, message=self._close_text)

    async def _write_one(self, message: rtc.SignalResponse) -> None:
        frame = encode_response(message, is_text=self.is_text)
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            if isinstance(frame, str):
                await self._websocket.send_str(frame)
            else:
                await self._websocket.send_bytes(frame)
