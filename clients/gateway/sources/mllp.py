"""A monitor's gateway that sends HL7 over MLLP as a source: one connection, an acknowledgement a message.

MLLP (HL7 v2 Transport Specification): 0x0B, message, 0x1C 0x0D.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Final

from clients.gateway.chunk import Chunk, Item
from clients.gateway.errors import SourceFault
from clients.gateway.sources.hl7_waves import (
    MAX_MESSAGE_BYTES,
    Hl7Message,
    WaveCounter,
    acknowledgement,
    control_of,
    descriptor_of,
    read_hl7,
    samples_of,
)
from clients.gateway.sources.wires import ListenWire
from clients.gateway.vital_signs import Origin, Validity, measured
from media_server.ecg.descriptor import Descriptor

BEGIN: Final = b"\x0b"
END: Final = b"\x1c\x0d"
SILENCE_S: Final = 65.0
"""Waves come every second or so, values alone once a minute. A monitor whose cable was pulled says no
goodbye, and while its connection counts as the device's, it is sent away when it comes back."""


class MllpReader:
    """Finds messages in what comes over a connection. Holds no more than one message."""

    def __init__(self) -> None:
        self._held = bytearray()

    def receive(self, content: bytes) -> list[bytes]:
        """Returns the messages that became whole. Raises SourceFault: one is too large."""
        self._held += content
        messages: list[bytes] = []
        while (end := self._held.find(END)) >= 0:
            begin = self._held.rfind(BEGIN, 0, end)
            if begin >= 0:
                messages.append(bytes(self._held[begin + 1 : end]))
            del self._held[: end + len(END)]
        if len(self._held) > MAX_MESSAGE_BYTES:
            raise SourceFault("hl7_too_large")
        return messages


class MllpSource:
    """Listens; the first that connects is the device."""

    def __init__(self, port: int, now_us: Callable[[], int], sent_away: Callable[[], None]) -> None:
        self.wire = ListenWire(port, sent_away, farewell=b"")
        self._now_us = now_us
        self._reader = MllpReader()
        self._waiting: list[bytes] = []
        self._first: Hl7Message | None = None
        self._descriptor: Descriptor | None = None

    async def open(self) -> Descriptor:
        """Waits for a connection and for the first message with waves: it describes the device. Raises
        SourceFault.
        """
        await self.wire.open()
        self._reader, self._waiting, self._first = MllpReader(), [], None
        while True:
            message = await self._next()
            try:
                descriptor = descriptor_of(message)
            except SourceFault:
                await self._answer(message.control, is_taken=False)
                raise
            if descriptor is not None:
                self._first, self._descriptor = message, descriptor
                return descriptor
            await self._answer(message.control, is_taken=True)

    async def items(self) -> AsyncIterator[Item]:
        """Yields what comes. Raises SourceFault: a message that cannot be, or the device is gone or
        silent.
        """
        message, descriptor = self._first, self._descriptor
        assert message is not None, "open comes first"
        assert descriptor is not None, "open comes first"
        run, counter = secrets.token_hex(4), WaveCounter(descriptor.rate_hz)
        while True:
            try:
                described = descriptor_of(message)
                if described not in (None, descriptor):
                    raise SourceFault("descriptor_other")
                samples = None if described is None else samples_of(message, descriptor)
            except SourceFault:
                await self._answer(message.control, is_taken=False)
                raise
            if samples is not None:
                first = counter.number(message.began, len(samples))
                yield Chunk(f"{run}.{counter.runs}" if counter.runs else run, first, samples)
            for name, value in message.vitals:
                yield measured(self._now_us(), name, value, validity=Validity.VALID, source=Origin.DEVICE)
            # Whoever takes the items has them on disk when they ask for the next.
            await self._answer(message.control, is_taken=True)
            message = await self._next()

    async def calibrate(self) -> None:
        """Returns None: a monitor's gateway cannot be asked for a pulse."""

    async def close(self) -> None:
        """Lets go of the connection; listens for the next."""
        await self.wire.close()

    async def _next(self) -> Hl7Message:
        while not self._waiting:
            try:
                async with asyncio.timeout(SILENCE_S):
                    content = await self.wire.read()
            except TimeoutError:
                raise SourceFault("device_silent") from None
            self._waiting = self._reader.receive(content)
        content = self._waiting.pop(0)
        control = control_of(content)
        try:
            message = read_hl7(content)
        except SourceFault:
            await self._answer(control, is_taken=False)
            raise
        return message

    async def _answer(self, control: str, *, is_taken: bool) -> None:
        await self.wire.write(BEGIN + acknowledgement(control, is_taken=is_taken) + END)
