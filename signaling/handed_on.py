"""HTTP connections that the TLS port hands on: whose they are stands before their first byte.

The core's front ends TLS and hands the bytes on over a Unix socket that only this user can reach, behind a
header of the PROXY protocol, version 2 (haproxy.org). Nothing else than that socket is ever believed: the
header cannot come from outside.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import struct
from collections.abc import Callable
from typing import Any, Final, cast

SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_HEADER: Final = struct.Struct("!12sBBH")
_PROXY: Final = 0x21
_SHAPES: Final = {0x11: struct.Struct("!4s4sHH"), 0x21: struct.Struct("!16s16sHH")}
"""TCP over IPv4 and over IPv6: source, destination, their ports."""

_OVER_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
"""Stands for the front's, so that requests are known to have come over TLS; it encrypts nothing."""


def read_header(received: bytes) -> tuple[tuple[str, int], int] | None:
    """Returns the client's address and the length of the header; None before it is whole. Raises ValueError
    for anything else."""
    if not received.startswith(SIGNATURE[: len(received)]):
        raise ValueError("signature")
    if len(received) < _HEADER.size:
        return None
    _, command, family, length = _HEADER.unpack_from(received)
    shape = _SHAPES.get(family)
    if command != _PROXY or shape is None or length != shape.size:
        raise ValueError("header")
    if len(received) < _HEADER.size + length:
        return None
    source, _, port, _ = shape.unpack_from(received, _HEADER.size)
    return (str(ipaddress.ip_address(source)), port), _HEADER.size + length


class HandedOn(asyncio.Protocol):
    """Reads the header, then steps aside for the HTTP server's own protocol."""

    def __init__(self, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._make_protocol = make_protocol
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol, as for the next."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hands over as soon as the header is whole; a connection that begins otherwise is cut."""
        assert self._transport is not None
        self._received += data
        try:
            read = read_header(self._received)
        except ValueError:
            self._transport.abort()
            return
        if read is None:
            return
        client, length = read
        protocol = self._make_protocol()
        self._transport.set_protocol(protocol)
        protocol.connection_made(cast(asyncio.Transport, _ClientTransport(self._transport, client)))
        if rest := self._received[length:]:
            protocol.data_received(rest)


class _ClientTransport:
    """The Unix socket's transport, with the client's address, and over TLS."""

    def __init__(self, transport: asyncio.Transport, client: tuple[str, int]) -> None:
        self._transport = transport
        self._extra = {"peername": client, "sslcontext": _OVER_TLS}

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """See asyncio.BaseTransport; all else is the transport's own."""
        if name in self._extra:
            return self._extra[name]
        return self._transport.get_extra_info(name, default)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
