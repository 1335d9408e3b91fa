"""An SCTP association as a peer with good keys meets it: any packet, rightly sealed, to our data channels."""

from __future__ import annotations

import asyncio
import struct
from typing import cast

from aiortc.rtcsctptransport import RTCSctpTransport
from google_crc32c import value as crc32c

from media_server.counters import ControlCounters
from media_server.datachannels import MAX_STREAMS, MAX_WAITING_BYTES, BoundedSctpTransport
from media_server.dtls import DtlsTransport
from signaling.errors import PeerProtocolError

_TAG = 0x1234_5678
_LAST_TSN = 1_000
_HEADER_BYTES = 12
_MAX_CHANNELS = 2 * MAX_STREAMS


class _Silent:
    """A DTLS association that sends nowhere."""

    state = "connected"
    _role = "server"

    def _register_data_receiver(self, receiver: object) -> None:
        del receiver

    def _unregister_data_receiver(self, receiver: object) -> None:
        del receiver

    async def _send_data(self, data: bytes) -> None:
        del data


class Association:
    """One established association after another, each for one packet, on a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def receive(self, packet: bytes) -> None:
        """Takes a packet under a right tag and checksum, which DTLS's keys would let a peer write.

        PeerProtocolError: it was refused, by an exception that the DTLS pump survives and counts.
        """
        self._loop.run_until_complete(self._receive(_sealed(packet)))

    async def _receive(self, packet: bytes) -> None:
        sctp = BoundedSctpTransport(cast(DtlsTransport, _Silent()), ControlCounters())
        sctp._association_state = RTCSctpTransport.State.ESTABLISHED
        sctp._local_verification_tag = _TAG
        sctp._remote_verification_tag, sctp._remote_port = _TAG, 5000
        sctp._last_received_tsn = _LAST_TSN
        try:
            await sctp._handle_data(packet)
        except Exception as error:
            raise PeerProtocolError(type(error).__name__) from error
        finally:
            assert len(sctp._data_channels) <= _MAX_CHANNELS
            assert sctp._window_bytes - sctp._advertised_rwnd <= MAX_WAITING_BYTES
            await sctp.stop()


def data_packets() -> list[bytes]:
    """Packets of an honest client: INIT to message, acknowledgement, close."""
    opened = struct.pack("!BBHIHH", 3, 0, 0, 0, 9, 0) + b"_reliable"
    chunks = {
        "data": _chunk(0, 3, struct.pack("!IHHI", _LAST_TSN + 1, 0, 0, 51) + b"hello"),
        "open": _chunk(0, 3, struct.pack("!IHHI", _LAST_TSN + 1, 2, 0, 50) + opened),
        "fragment": _chunk(0, 2, struct.pack("!IHHI", _LAST_TSN + 1, 0, 0, 53) + bytes(400)),
        "sack": _chunk(3, 0, struct.pack("!IIHHHHI", 5, 65_536, 1, 1, 2, 3, 9)),
        "init": _chunk(1, 0, struct.pack("!IIHHI", 7, 65_536, 16, 16, 9)),
        "cookie": _chunk(10, 0, b"cookie"),
        "heartbeat": _chunk(4, 0, struct.pack("!HH", 1, 8) + b"time"),
        "forward": _chunk(192, 0, struct.pack("!IHH", _LAST_TSN + 5, 0, 3)),
        "reset": _chunk(130, 0, struct.pack("!HHIIIH", 13, 18, 1, 2, 3, 0)),
        "shutdown": _chunk(7, 0, struct.pack("!I", 5)),
        "abort": _chunk(6, 0, b""),
    }
    return [bytes(_HEADER_BYTES) + chunk for chunk in (*chunks.values(), b"".join(chunks.values()))]


def _chunk(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack("!BBH", kind, flags, 4 + len(body)) + body + bytes(-len(body) % 4)


def _sealed(packet: bytes) -> bytes:
    chunks = packet[_HEADER_BYTES:]
    tag = 0 if chunks[:1] == b"\x01" else _TAG
    head = struct.pack("!HHI", 5000, 5000, tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunks)) + chunks
