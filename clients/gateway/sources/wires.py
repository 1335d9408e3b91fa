"""The wires on which a device speaks: a serial line, a TCP connection to it, or one that it opens to us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from clients.gateway.errors import SourceFault
from clients.gateway.sources.framed_protocol import PacketKind, encode_packet

CONNECT_TIMEOUT_S: Final = 5.0
READ_BYTES: Final = 4_096
"""Less than a second of what a device sends; bounds what lies between the wire and the packets."""
BAUDS: Final = {
    rate: getattr(termios, f"B{rate}")
    for rate in (9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600)
    if hasattr(termios, f"B{rate}")
}
"""Twelve leads at 500 Hz in 16 bits need 12.4 kB/s with packets and start and stop bits: 230,400 or more."""


SECOND_DEVICE: Final = encode_packet(PacketKind.FAULT, b"second_device")


class Wire(Protocol):
    """Bytes in and out. One task uses it; errors are SourceFault."""

    async def open(self) -> None:
        """Returns when there is a device at the other end. Raises SourceFault."""

    async def read(self) -> bytes:
        """Returns what came, at least a byte. Raises SourceFault: the device is gone."""

    async def write(self, content: bytes) -> None:
        """Sends. Raises SourceFault."""

    async def close(self) -> None:
        """Lets go of the wire. Closing twice is harmless."""


@dataclass(slots=True)
class _Streams:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter | None = None


class StreamWire:
    """What TCP and serial lines have in common once they are open."""

    def __init__(self) -> None:
        self._streams: _Streams | None = None

    async def read(self) -> bytes:
        """See Wire."""
        assert self._streams is not None, "open comes first"
        try:
            content = await self._streams.reader.read(READ_BYTES)
        except OSError:
            content = b""
        if not content:
            raise SourceFault("device_gone")
        return content

    async def write(self, content: bytes) -> None:
        """See Wire."""
        assert self._streams is not None, "open comes first"
        assert self._streams.writer is not None, "the wire is for reading only"
        try:
            self._streams.writer.write(content)
            await self._streams.writer.drain()
        except OSError:
            raise SourceFault("device_gone") from None

    async def close(self) -> None:
        """See Wire."""
        streams, self._streams = self._streams, None
        if streams is not None and streams.writer is not None:
            streams.writer.close()
            with contextlib.suppress(OSError):
                await streams.writer.wait_closed()


class TcpWire(StreamWire):
    """A box that waits to be called."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._host, self._port = host, port

    async def open(self) -> None:
        """See Wire."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                self._streams = _Streams(*await asyncio.open_connection(self._host, self._port))
        except (OSError, TimeoutError):
            raise SourceFault("device_away", where=f"{self._host}:{self._port}") from None


class ListenWire(StreamWire):
    """A box that calls us. The first is the device; while it is there a second one is sent away."""

    def __init__(
        self,
        port: int,
        sent_away: Callable[[], None],
        *,
        farewell: bytes = SECOND_DEVICE,
        host: str = "0.0.0.0",  # noqa: S104
    ) -> None:
        """``sent_away`` is called for each device that comes while another is there; it is sent
        ``farewell``.
        """
        super().__init__()
        self.port = port
        self._host = host
        self._sent_away = sent_away
        self._farewell = farewell
        self._server: asyncio.Server | None = None
        self._came = asyncio.Event()

    async def open(self) -> None:
        """See Wire; waits for as long as it takes."""
        if self._server is None:
            try:
                self._server = await asyncio.start_server(self._accept, self._host, self.port)
            except OSError:
                raise SourceFault("port_taken", port=self.port) from None
            self.port = self._server.sockets[0].getsockname()[1]
        await self._came.wait()

    async def close(self) -> None:
        """Lets go of the device; goes on listening for the next."""
        self._came.clear()
        await super().close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._streams is not None:
            self._sent_away()
            with contextlib.suppress(OSError):
                writer.write(self._farewell)
                await writer.drain()
            writer.close()
            return
        self._streams = _Streams(reader, writer)
        self._came.set()


class SerialWire(StreamWire):
    """A serial line, 8N1, raw, without flow control (POSIX termios)."""

    def __init__(self, path: Path, baud: int) -> None:
        super().__init__()
        self._path, self._baud = path, baud
        self._incoming: asyncio.ReadTransport | None = None

    async def open(self) -> None:
        """See Wire."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise SourceFault("line_unusable", line=str(self._path), errno=error.errno) from None
        try:
            self._set(descriptor)
        except (OSError, termios.error):
            os.close(descriptor)
            raise SourceFault("line_unusable", line=str(self._path), errno=0) from None
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        incoming = os.fdopen(os.dup(descriptor), "rb", 0)
        self._incoming, _ = await loop.connect_read_pipe(lambda: protocol, incoming)
        transport, _ = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(descriptor, "wb", 0)
        )
        self._streams = _Streams(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def close(self) -> None:
        """See Wire."""
        if self._incoming is not None:
            self._incoming.close()
            self._incoming = None
        await super().close()

    def _set(self, descriptor: int) -> None:
        tty.setraw(descriptor, termios.TCSANOW)
        settings = termios.tcgetattr(descriptor)
        settings[2] = (settings[2] & ~(termios.CSTOPB | termios.PARENB)) | termios.CS8 | termios.CLOCAL
        settings[4] = settings[5] = BAUDS[self._baud]
        termios.tcsetattr(descriptor, termios.TCSANOW, settings)
