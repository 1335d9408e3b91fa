"""The UDP port of gateways' datagrams: reads what comes, a little at a turn of the loop.

Whoever floods it with junk gets MOST_A_TURN of it read every PAUSE_S, some 3 % of a core, whatever they send;
the kernel drops the rest. What a flood crowds out comes by the WebSockets, which it does not touch.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from media_server.ecg.datagram import MAX_DATAGRAM_BYTES

MOST_A_TURN: Final = 64
"""Read before others have their turn: a fifth of a millisecond of junk, one of good ones."""
MUCH_JUNK: Final = MOST_A_TURN // 2
PAUSE_S: Final = 0.005
"""After a turn that brought much junk; a live frame may wait so long."""
BUFFER_BYTES: Final = 1024 * 1024
"""Asked of the kernel: 500 gateways' datagrams of a second in which the loop stands still are some 10 MB, of
sixty 1 MB. It may give less."""


class Readable(Protocol):
    """Of a socket what is needed here."""

    def recv(self, size: int, /) -> bytes:
        """Returns a datagram. Raises BlockingIOError: there is none."""

    def fileno(self) -> int:
        """Its number."""

    def close(self) -> None:
        """Ends it."""


def open_datagram_socket(address: str, port: int) -> socket.socket:
    """Returns a socket bound there. Raises OSError: EADDRINUSE where another program has the port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        opened.bind((address, port))
    except OSError:
        opened.close()
        raise
    return opened


class DatagramSocket:
    """Reads for as long as ``run`` does. ``receive`` takes a datagram and returns whether it was no junk."""

    def __init__(self, opened: Readable, receive: Callable[[bytes], bool]) -> None:
        self.pauses = 0
        """How often it stopped reading for junk."""
        self._socket = opened
        self._receive = receive

    async def run(self) -> None:
        """Reads until it is cancelled; then the port is free."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                junk_came = asyncio.Event()
                loop.add_reader(self._socket.fileno(), self._turn, junk_came)
                try:
                    await junk_came.wait()
                finally:
                    loop.remove_reader(self._socket.fileno())
                await asyncio.sleep(PAUSE_S)
        finally:
            self._socket.close()

    def read_some(self) -> bool:
        """Reads what has come, MOST_A_TURN at most; returns whether so much of it was junk that others come
        first now.
        """
        junk = 0
        for _ in range(MOST_A_TURN):
            try:
                datagram = self._socket.recv(MAX_DATAGRAM_BYTES + 1)
            except OSError:
                break
            junk += not self._receive(datagram)
        is_much = junk >= MUCH_JUNK
        self.pauses += is_much
        return is_much

    def stats(self) -> Mapping[str, int]:
        """Returns counters for /metrics."""
        return {"pauses": self.pauses}

    def _turn(self, junk_came: asyncio.Event) -> None:
        if self.read_some():
            # Not later: this turn of the loop may still call the reader again.
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            junk_came.set()
