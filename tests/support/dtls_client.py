"""A DTLS and SCTP client (stock aiortc) joined to a FakeCore by a pipe that can lose datagrams."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from aiortc.rtcsctptransport import RTCSctpCapabilities, RTCSctpTransport

from media_server.ports import DtlsDatagram
from tests.support.fake_core import FakeCore


class Pipe:
    """What aiortc sees as its ICE transport."""

    role = "controlling"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_to_server = send
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.lose_to_server = 0
        self.lose_to_client = 0
        self.is_quiet = False

    def receive(self, datagram: bytes) -> None:
        if self.lose_to_client:
            self.lose_to_client -= 1
        else:
            self._waiting.put_nowait(datagram)

    def cut(self) -> None:
        self._waiting.put_nowait(None)

    async def _recv(self) -> bytes:
        datagram = await self._waiting.get()
        if datagram is None:
            raise ConnectionError
        return datagram

    async def _send(self, datagram: bytes) -> None:
        if self.lose_to_server:
            self.lose_to_server -= 1
        elif not self.is_quiet:
            self._send_to_server(datagram)


class DtlsClient:
    """One client; what it sends goes to ``send``, its ``fingerprint`` belongs into its SDP."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.certificate = RTCCertificate.generateCertificate()
        self.fingerprint = next(
            f.value for f in self.certificate.getFingerprints() if f.algorithm == "sha-256"
        )
        self.pipe = Pipe(send)
        self.dtls = RTCDtlsTransport(self.pipe, [self.certificate])  # type: ignore[arg-type]
        self.dtls._set_role("client")
        self.sctp = RTCSctpTransport(self.dtls)
        self.channels: dict[str, RTCDataChannel] = {}
        self.messages: list[tuple[str, bytes | str]] = []
        self.sctp.on("datachannel", self._listen)

    @classmethod
    def of_peer(cls, core: FakeCore, peer: int) -> DtlsClient:
        """Returns a client joined to a peer of the core."""
        client = cls(lambda datagram: core.happen(DtlsDatagram(peer=peer, datagram=datagram)))
        heard_before = core.datagram_sent

        def heard(to: int, datagram: bytes) -> None:
            heard_before(to, datagram)
            if to == peer:
                client.pipe.receive(datagram)

        core.datagram_sent = heard
        return client

    async def connect(self, sdp: str) -> str:
        """Shakes hands with the side that wrote ``sdp``; returns the DTLS state."""
        match = re.search(r"a=fingerprint:(\S+) (\S+)", sdp)
        assert match is not None
        fingerprint = RTCDtlsFingerprint(match[1], match[2])
        await self.dtls.start(RTCDtlsParameters([fingerprint], "server"))
        return self.dtls.state

    async def open_channels(self, *labels: str) -> None:
        """Starts SCTP and opens channels as a LiveKit client does."""
        await self.sctp.start(RTCSctpCapabilities(65536), 5000)
        for label in labels:
            is_lossy = label == "_lossy"
            parameters = RTCDataChannelParameters(
                label=label, ordered=not is_lossy, maxRetransmits=0 if is_lossy else None
            )
            self._listen(RTCDataChannel(self.sctp, parameters))

    async def close(self) -> None:
        await self.sctp.stop()
        await self.dtls.stop()
        self.pipe.cut()

    def _listen(self, channel: RTCDataChannel) -> None:
        self.channels[channel.label] = channel
        channel.on("message", lambda message: self.messages.append((channel.label, message)))
