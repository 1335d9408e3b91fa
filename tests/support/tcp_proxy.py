"""A TCP relay in the clients' namespace whose connections a test can cut, while the media goes past it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.support.namespaces import Network

_BLOCK_BYTES = 65_536


@dataclass
class TcpProxy:
    """Relays to the server until told to cut."""

    network: Network
    port: int
    server_port: int
    accepted: int = 0
    is_refusing: bool = False
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def signal_url(self) -> str:
        """Where clients connect instead of to the server."""
        return f"ws://{self.network.clients.address}:{self.port}"

    def cut(self) -> int:
        """Resets every relayed connection, as a restarted reverse proxy does. Returns how many."""
        for writer in self._writers:
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
            )
            writer.transport.abort()
        return len(self._writers)

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one client connection."""
        self.accepted += 1
        if self.is_refusing:
            writer.transport.abort()
            return
        upstream = self.network.clients.open_socket(socket.SOCK_STREAM)
        try:
            loop = asyncio.get_running_loop()
            await loop.sock_connect(upstream, (self.network.server.address, self.server_port))
        except OSError:
            upstream.close()
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_connection(sock=upstream)
        self._writers |= {writer, server_writer}
        try:
            await asyncio.gather(_pump(reader, server_writer), _pump(server_reader, writer))
        finally:
            self._writers -= {writer, server_writer}
            server_writer.close()
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while block := await reader.read(_BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
    writer.transport.abort() if writer.is_closing() else writer.close()


@contextlib.asynccontextmanager
async def tcp_proxy(network: Network, *, server_port: int, port: int = 8081) -> AsyncIterator[TcpProxy]:
    """Listens in the clients' namespace for the time of the block."""
    proxy = TcpProxy(network, port, server_port)
    listener = network.clients.open_socket(socket.SOCK_STREAM, (network.clients.address, port))
    server = await asyncio.start_server(proxy.relay, sock=listener)
    try:
        yield proxy
    finally:
        proxy.cut()
        server.close()
