"""A box with the framed protocol as a source, on whichever wire it speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from clients.gateway.chunk import Chunk, Item
from clients.gateway.errors import SourceFault
from clients.gateway.sources.framed_device import FOREIGN_BYTES, FramedDevice
from clients.gateway.sources.framed_protocol import Packet, PacketKind, PacketReader, encode_packet
from clients.gateway.sources.wires import Wire
from media_server.ecg.descriptor import Descriptor

ANSWER_S: Final = 3.0
"""A board that boots needs a second or two until it answers."""
ASK_EVERY_S: Final = 1.0
SILENCE_S: Final = 5.0
"""A device that measures sends every 40 ms; one that is silent so long is hung or unplugged."""
PULSE_S: Final = 2.0
"""Half a second of pulse, and what the board needs to begin with it."""


class FramedSource:
    """One box on one wire."""

    def __init__(self, wire: Wire, now_us: Callable[[], int]) -> None:
        self._wire = wire
        self._now_us = now_us
        self._reader = PacketReader()
        self._device = FramedDevice()
        self._early: list[Item] = []

    async def open(self) -> Descriptor:
        """Asks the box what it is. Raises SourceFault: there is none, or it speaks otherwise."""
        self._reader, self._device, self._early = PacketReader(), FramedDevice(), []
        await self._wire.open()
        try:
            async with asyncio.timeout(ANSWER_S):
                while self._device.descriptor is None:
                    await self._wire.write(encode_packet(PacketKind.WHO))
                    await self._listen(ASK_EVERY_S, until=lambda: self._device.descriptor is not None)
        except TimeoutError:
            raise SourceFault("device_silent") from None
        assert self._device.descriptor is not None
        return self._device.descriptor

    async def calibrate(self) -> Chunk | None:
        """Asks for the calibration pulse; None where the box has none."""
        descriptor = self._device.descriptor
        assert descriptor is not None, "open comes first"
        await self._wire.write(encode_packet(PacketKind.CALIBRATE))
        wanted = descriptor.rate_hz // 2

        def is_whole() -> bool:
            pulse = self._device.pulse()
            return pulse is not None and len(pulse.samples) >= wanted

        await self._listen(PULSE_S, until=is_whole)
        return self._device.pulse()

    async def items(self) -> AsyncIterator[Item]:
        """Yields what comes. Raises SourceFault: the box is gone, silent, or sends what cannot be."""
        for item in self._early:
            yield item
        self._early = []
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    packets = await self._packets()
            except TimeoutError:
                raise SourceFault("device_silent") from None
            for packet in packets:
                for item in self._device.receive(packet, self._now_us()):
                    yield item

    async def close(self) -> None:
        """Lets go of the wire."""
        await self._wire.close()

    async def _listen(self, seconds: float, *, until: Callable[[], bool]) -> None:
        """Reads until it is so or so many seconds have passed; samples that come meanwhile are not lost."""
        try:
            async with asyncio.timeout(seconds):
                while not until():
                    for packet in await self._packets():
                        self._early += self._device.receive(packet, self._now_us())
        except TimeoutError:
            return

    async def _packets(self) -> list[Packet]:
        packets = self._reader.receive(await self._wire.read())
        if packets:
            self._reader.skipped_bytes = 0
        elif self._reader.skipped_bytes > FOREIGN_BYTES:
            raise SourceFault("protocol_foreign")
        return packets
