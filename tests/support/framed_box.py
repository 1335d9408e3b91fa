"""A box that speaks the framed protocol, as its maker would write it, on a TCP port or a pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from clients.gateway.simulated_heart import DESCRIPTOR, calibration, simulated
from clients.gateway.sources.framed_device import CALIBRATION_FLAG, encode_description, encode_samples
from clients.gateway.sources.framed_protocol import PacketKind, PacketReader, encode_packet


class FramedBox:
    """Answers what it is asked; samples are sent when the test says so."""

    def __init__(self, *, has_pulse: bool = True, width: int = 2, is_mute: bool = False) -> None:
        self.has_pulse, self.width, self.is_mute = has_pulse, width, is_mute
        self.boot = "b1"
        self.joined = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection to its end."""
        self._writer = writer
        packets = PacketReader()
        with contextlib.suppress(OSError):
            while content := await reader.read(1_000):
                for packet in packets.receive(content):
                    self._answer(PacketKind(packet.kind))
        writer.close()

    def samples(self, first: int, count: int) -> bytes:
        """A packet of the simulated heart's samples."""
        return encode_packet(PacketKind.SAMPLES, encode_samples(first, simulated(first, count), self.width))

    def send(self, content: bytes) -> None:
        """Whatever the test wants on the wire."""
        assert self._writer is not None
        self._writer.write(content)

    def hang_up(self) -> None:
        """The cable is pulled."""
        assert self._writer is not None
        self._writer.close()

    def _answer(self, kind: PacketKind) -> None:
        if self.is_mute:
            self.send(b"AT+OK\r\n" * 3_000)
        elif kind is PacketKind.WHO:
            self.send(encode_packet(PacketKind.DESCRIPTION, encode_description(DESCRIPTOR, self.boot)))
        elif kind is PacketKind.CALIBRATE:
            self.joined.set()
            if self.has_pulse:
                pulse = calibration()
                for at in range(0, len(pulse), 50):
                    part = encode_samples(at, pulse[at : at + 50], self.width, flags=CALIBRATION_FLAG)
                    self.send(encode_packet(PacketKind.SAMPLES, part))


@asynccontextmanager
async def box_on_tcp(box: FramedBox) -> AsyncIterator[int]:
    """A box that waits to be called; yields its port."""
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def box_on_a_line(box: FramedBox) -> AsyncIterator[Path]:
    """A box at the other end of a pseudo-terminal; yields the line's device."""
    master, slave = os.openpty()
    line = Path(os.ttyname(slave))
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    incoming, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(os.dup(master), "rb", 0))
    outgoing, _ = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(master, "wb", 0))
    writer = asyncio.StreamWriter(outgoing, protocol, reader, loop)
    task = asyncio.create_task(box.serve(reader, writer))
    try:
        yield line
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        incoming.close()
        outgoing.close()
        os.close(slave)
