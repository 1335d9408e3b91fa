"""aiortc's SCTP and a connection's two data channels, within limits that a hostile peer cannot stretch.

aiortc checks neither its own receive window nor what a chunk would cost; this module does before aiortc sees
it. The private names it needs for that are in PRIVATE_NAMES, each held by a test.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import Final

import structlog
from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcsctptransport import (
    WEBRTC_DCEP,
    DataChunk,
    ForwardTsnChunk,
    RTCSctpCapabilities,
    RTCSctpTransport,
    SackChunk,
)

from media_server.counters import ControlCounters
from media_server.datagram_feed import TokenBucket
from media_server.dtls import DtlsTransport
from media_server.plans import ChannelKind
from media_server.sdp.negotiate import MAX_MESSAGE_BYTES, SCTP_PORT

PRIVATE_NAMES: Final = (
    "_advertised_rwnd",
    "_association_state",
    "_handle_data",
    "_last_received_tsn",
    "_receive",
    "_receive_data_chunk",
    "_receive_forward_tsn_chunk",
    "_receive_sack_chunk",
    "_rto",
    "_rttvar",
    "_srtt",
    "_update_rto",
)
"""Of RTCSctpTransport 1.16.0, used or overridden here."""

MAX_STREAMS: Final = 16
"""Data channels each side may open, on even or odd numbers (RFC 8832 §6); clients open three."""
MAX_TSN_AHEAD: Final = 1024
"""Chunks taken beyond the first missing one. aiortc sorts them at every chunk: 1,024 cost 0.2 ms."""
MAX_WAITING_BYTES: Final = 1024 * 1024 + MAX_MESSAGE_BYTES
"""Held back for reassembly and order: aiortc's window of 1 MiB, and one message that fills a gap."""
MAX_BYTES_PER_S: Final = 32 * 1024
"""Taken of one peer in the long run, 256 kbit/s: everybody else in the room is sent it, at the expense of
pictures. What is refused is not acknowledged: it comes again, slower, and reliable data stays reliable."""
MAX_BURST_BYTES: Final = 64 * 1024
"""Taken at once after a rest: one of the longest messages. Four of them made pictures pause for seconds."""
MIN_CHUNK_BYTES: Final = 256
"""What a short message costs: 128 of them a second are twice as many as a moving pointer makes."""
MAX_GAP_SPAN: Final = 16 * 1024
"""TSNs in the gap blocks of one SACK; aiortc walks through each. Real ones cover what we have in flight."""
MAX_OPEN_MESSAGE_BYTES: Final = 1024
"""A DCEP open message with its label and protocol; ours have 10 characters."""
INITIAL_RTO_S: Final = 0.5
"""aiortc starts at RFC 9260's 3 s: a join waits that long when the first INIT is lost."""

MIN_RTO_S: Final = 0.4
"""RFC 9260's 1 s is what the last message of a burst waits when it is lost; libwebrtc's SCTP takes 0.4 s."""
MAX_RTO_S: Final = 60.0
"""RFC 9260 §16."""

MAX_BUFFERED_BYTES: Final = {ChannelKind.RELIABLE: 1024 * 1024, ChannelKind.LOSSY: 128 * 1024}
"""Waiting to be sent. Lossy data is only worth something while it is fresh: 128 kB are 1 s at 1 Mbit/s."""

_TSN_MODULO: Final = 1 << 32
_COMMON_HEADER_BYTES: Final = 12
_PARAMETERS_AT: Final = {1: 16, 2: 16, 4: 0, 5: 0, 6: 0, 9: 0, 130: 0}
"""Chunk types whose body holds parameters (RFC 9260 §3.2, RFC 6525 §3.1), and from which byte of it on."""
_log = structlog.get_logger(__name__)


class BoundedSctpTransport(RTCSctpTransport):
    """aiortc's SCTP that refuses chunks over a limit. A refused data chunk is not acknowledged."""

    def __init__(self, transport: DtlsTransport, counters: ControlCounters) -> None:
        super().__init__(transport, port=SCTP_PORT)
        self._counters = counters
        self._window_bytes = self._advertised_rwnd
        self._rto = INITIAL_RTO_S
        self._allowance = TokenBucket(per_s=MAX_BYTES_PER_S, burst=MAX_BURST_BYTES)

    async def _handle_data(self, data: bytes) -> None:
        if has_endless_parameters(data):
            self._counters.data_chunks_refused += 1
            return
        await super()._handle_data(data)

    async def _receive_data_chunk(self, chunk: DataChunk) -> None:
        received = self._last_received_tsn
        if (
            received is None
            or chunk.stream_id >= 2 * MAX_STREAMS
            # Ahead of or behind what was received: behind is a duplicate, which aiortc acknowledges again.
            or MAX_TSN_AHEAD < (chunk.tsn - received) % _TSN_MODULO < _TSN_MODULO // 2
        ):
            self._counters.data_chunks_refused += 1
            return
        waiting_bytes = self._window_bytes - self._advertised_rwnd
        if waiting_bytes + len(chunk.user_data) > MAX_WAITING_BYTES:
            # More than the window it was told: an honest sender never gets here.
            self._counters.data_associations_aborted += 1
            await self.stop()
            return
        if not self._allowance.take(time.monotonic(), max(len(chunk.user_data), MIN_CHUNK_BYTES)):
            self._counters.data_chunks_slowed += 1
            return
        await super()._receive_data_chunk(chunk)

    async def _receive_forward_tsn_chunk(self, chunk: ForwardTsnChunk) -> None:
        if self._last_received_tsn is None:
            self._counters.data_chunks_refused += 1
            return
        chunk.streams = [(stream, number) for stream, number in chunk.streams if stream < 2 * MAX_STREAMS]
        await super()._receive_forward_tsn_chunk(chunk)

    async def _receive_sack_chunk(self, chunk: SackChunk) -> None:
        if sum(max(0, last - first + 1) for first, last in chunk.gaps) > MAX_GAP_SPAN:
            self._counters.data_chunks_refused += 1
            return
        await super()._receive_sack_chunk(chunk)

    def _update_rto(self, R: float) -> None:  # noqa: N803
        super()._update_rto(R)
        assert self._srtt is not None and self._rttvar is not None
        self._rto = max(MIN_RTO_S, min(self._srtt + 4 * self._rttvar, MAX_RTO_S))

    async def _receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        limit = MAX_OPEN_MESSAGE_BYTES if pp_id == WEBRTC_DCEP else MAX_MESSAGE_BYTES
        if len(data) > limit:
            self._counters.data_messages_refused += 1
            return
        await super()._receive(stream_id, pp_id, data)


def has_endless_parameters(packet: bytes) -> bool:
    """Returns whether a parameter in an SCTP packet says that it is 0 bytes long.

    RFC 9260 §3.2.1 counts its own 4 bytes. aiortc would read it for ever, and every call would stand
    still with it.
    """
    at = _COMMON_HEADER_BYTES
    while at + 4 <= len(packet):
        kind, _flags, chunk_bytes = struct.unpack_from("!BBH", packet, at)
        if chunk_bytes < 4:
            return False  # aiortc refuses the packet here
        if kind in _PARAMETERS_AT:
            parameter_at = at + 4 + _PARAMETERS_AT[kind]
            while parameter_at + 4 <= min(at + chunk_bytes, len(packet)):
                (parameter_bytes,) = struct.unpack_from("!H", packet, parameter_at + 2)
                if parameter_bytes == 0:
                    return True
                parameter_at += parameter_bytes + -parameter_bytes % 4
        at += chunk_bytes + -chunk_bytes % 4
    return False


class DataChannels:
    """The channels of one connection, known by their labels; others (``_data_track``) stay unheard.

    ``is_opener``: we create them (in the connection where we make the offers); else the client does.
    ``data_received`` hears every message of at most 64 kB; what it raises is counted and survived.
    """

    def __init__(
        self,
        transport: DtlsTransport,
        counters: ControlCounters,
        *,
        is_opener: bool,
        data_received: Callable[[ChannelKind, bytes], None],
    ) -> None:
        self._counters = counters
        self._data_received = data_received
        self._channels: dict[ChannelKind, RTCDataChannel] = {}
        self._is_opener = is_opener
        self._is_started = False
        self._sctp = BoundedSctpTransport(transport, counters)
        self._sctp.on("datachannel", self._adopt)

    async def start(self, *, remote_port: int, max_message_bytes: int | None) -> None:
        """Starts the association once DTLS is up, and our channels where we open them. Twice is harmless.

        ``max_message_bytes`` is what the peer said it takes: None where it said nothing, 0 for any size.
        """
        if self._is_started:
            return
        self._is_started = True
        capabilities = None if max_message_bytes is None else RTCSctpCapabilities(max_message_bytes)
        if self._is_opener:
            self._adopt(self._open(ChannelKind.RELIABLE, ordered=True, max_retransmits=None))
            self._adopt(self._open(ChannelKind.LOSSY, ordered=False, max_retransmits=0))
        await self._sctp.start(capabilities, remote_port)

    def send(self, kind: ChannelKind, payload: bytes) -> bool:
        """Queues one message; False, and counted, where it cannot be sent."""
        channel = self._channels.get(kind)
        if (
            channel is None
            or channel.readyState != "open"
            or len(payload) > MAX_MESSAGE_BYTES
            or channel.bufferedAmount + len(payload) > MAX_BUFFERED_BYTES[kind]
        ):
            self._counters.data_messages_dropped += 1
            return False
        try:
            channel.send(payload)
        except ValueError:
            # The peer announced that it takes less than 64 kB.
            self._counters.data_messages_dropped += 1
            return False
        self._counters.data_messages_sent += 1
        return True

    async def close(self) -> None:
        """Aborts the association. Twice is harmless."""
        await self._sctp.stop()
        self._channels.clear()

    def _open(self, kind: ChannelKind, *, ordered: bool, max_retransmits: int | None) -> RTCDataChannel:
        return RTCDataChannel(
            self._sctp,
            RTCDataChannelParameters(label=kind.value, ordered=ordered, maxRetransmits=max_retransmits),
        )

    def _adopt(self, channel: RTCDataChannel) -> None:
        try:
            kind = ChannelKind(channel.label)
        except ValueError:
            return

        def message(payload: bytes | str) -> None:
            self._message(kind, payload)

        # A client that opens a label anew has lost the old one: the latest counts.
        self._channels[kind] = channel
        channel.on("message", message)

    def _message(self, kind: ChannelKind, payload: bytes | str) -> None:
        self._counters.data_messages_received += 1
        try:
            self._data_received(kind, payload.encode() if isinstance(payload, str) else payload)
        except Exception as error:
            # The frame of one message: a listener's bug must not cost the peer its association.
            self._counters.listener_faults += 1
            _log.error("listener_fault", listener="data_received", error=type(error).__name__)
