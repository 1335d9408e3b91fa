"""The UDP socket of one connection's datagrams: what cannot go at once does not go."""

from __future__ import annotations

import contextlib
import socket
from typing import Protocol


class DatagramLine(Protocol):
    """Where datagrams go."""

    def send(self, datagram: bytes) -> None:
        """Sends it, or not."""

    def close(self) -> None:
        """Ends the line; twice is harmless."""


class UdpLine(DatagramLine):
    """To one address. Raises OSError where there is no way there."""

    def __init__(self, host: str, port: int) -> None:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
        self._socket = socket.socket(family, kind)
        self._socket.setblocking(False)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise

    def send(self, datagram: bytes) -> None:
        """See DatagramLine. No route, a full buffer, a closed port: the server tells what came."""
        with contextlib.suppress(OSError):
            self._socket.send(datagram)

    def close(self) -> None:
        """See DatagramLine."""
        self._socket.close()
