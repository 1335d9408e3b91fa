"""A WebSocket (RFC 6455) as thin as can be, so that the load costs less than what it measures.

What is sent is masked with zeros, which leaves it as it is (§5.3 asks for a mask, and any will do here); what
comes is counted by its frames and not looked at but for the texts.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
from typing import Any, Final, cast
from urllib.parse import urlsplit

TEXT: Final = 0x81
BINARY: Final = 0x82
CLOSE: Final = 0x88
PING: Final = 0x89
PONG: Final = 0x8A
_MASKED: Final = 0x80
_NO_MASK: Final = bytes(4)
_SHORT, _MEDIUM, _LONG = 125, 126, 127


def message(opcode: int, content: bytes) -> bytes:
    """Returns the frame of one message (§5.2)."""
    size = len(content)
    if size <= _SHORT:
        head = struct.pack("!BB", opcode, _MASKED | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", opcode, _MASKED | _MEDIUM, size)
    else:
        head = struct.pack("!BBQ", opcode, _MASKED | _LONG, size)
    return head + _NO_MASK + content


class PlainSocket(asyncio.Protocol):
    """One connection. ``binary_bytes`` and ``texts`` are what has come."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.binary_bytes = 0
        self.texts: list[dict[str, Any]] = []
        self.is_open = asyncio.Event()
        self.is_closed = False
        self.close_code = 0
        """What the server said at the end (§7.4); 0 where it said nothing."""
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio."""
        self.is_closed = True

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self._buffer += data
        if not self.is_open.is_set():
            head, separator, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not separator:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"no socket: {head.splitlines()[0].decode()}")
            self._buffer = bytearray(rest)
            self.is_open.set()
        self._take()

    def send(self, whole: bytes) -> None:
        """Sends a message that ``message`` has made."""
        assert self.transport is not None
        self.transport.write(whole)

    def say(self, **word: Any) -> None:
        """Sends a text."""
        self.send(message(TEXT, json.dumps(word).encode()))

    def _take(self) -> None:
        at, buffer = 0, self._buffer
        while len(buffer) - at >= 2:
            opcode, size = buffer[at], buffer[at + 1] & 0x7F
            start = at + 2
            if size == _MEDIUM:
                start, size = at + 4, int.from_bytes(buffer[at + 2 : at + 4])
            elif size == _LONG:
                start, size = at + 10, int.from_bytes(buffer[at + 2 : at + 10])
            if len(buffer) < start + size:
                break
            if opcode == BINARY:
                self.binary_bytes += size
            elif opcode == TEXT:
                self.texts.append(json.loads(buffer[start : start + size]))
            elif opcode == CLOSE:
                self.close_code = int.from_bytes(buffer[start : start + 2])
            elif opcode == PING:
                # Who does not answer is cut (§5.5.2): a page's browser does.
                self.send(message(PONG, bytes(buffer[start : start + size])))
            at = start + size
        del buffer[:at]


async def open_socket(url: str, path: str, headers: dict[str, str]) -> PlainSocket:
    """Returns an open socket. SystemExit where the server refuses."""
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(PlainSocket, address.hostname, address.port)
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {address.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    socket.send(("\r\n".join(lines) + "\r\n\r\n").encode())
    async with asyncio.timeout(30):
        await socket.is_open.wait()
    return socket
