"""Boxes with the framed protocol on a serial line (pty), called by TCP, and calling by TCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from clients.gateway.self_test import measure_pulse
from clients.gateway.simulated_heart import DESCRIPTOR, simulated
from clients.gateway.sources import framed
from clients.gateway.sources.framed import FramedSource
from clients.gateway.sources.wires import SECOND_DEVICE, ListenWire, SerialWire, TcpWire, Wire
from media_server.ecg.descriptor import Source
from tests.support.framed_box import FramedBox, box_on_a_line, box_on_tcp
from tests.support.waiting import HANG_S

T = 1_800_000_000_000_000


@asynccontextmanager
async def source_of(wire: Wire) -> AsyncIterator[FramedSource]:
    source = FramedSource(wire, lambda: T)
    try:
        yield source
    finally:
        await source.close()
        await source.close()


async def read(source: FramedSource, samples: int) -> list[Chunk]:
    chunks: list[Chunk] = []
    async with asyncio.timeout(HANG_S):
        async for item in source.items():
            assert isinstance(item, Chunk)
            chunks.append(item)
            if sum(len(chunk.samples) for chunk in chunks) >= samples:
                return chunks
    raise AssertionError("the source ended")


async def check(source: FramedSource, box: FramedBox) -> None:
    """Opened, tested, and 200 samples read, of which a packet was damaged on the way."""
    descriptor = await source.open()
    assert (descriptor.leads, descriptor.source) == (DESCRIPTOR.leads, Source.DEVICE)
    pulse = await source.calibrate()
    assert pulse is not None
    assert measure_pulse(pulse, descriptor).is_ok
    damaged = bytearray(box.samples(40, 20))
    damaged[30] ^= 1
    for content in (box.samples(0, 20), b"\xa5noise\xa5\x5a", box.samples(20, 20), bytes(damaged)):
        box.send(content)
    for first in range(60, 200, 20):
        box.send(box.samples(first, 20))
    chunks = await read(source, 180)
    assert [chunk.first_sample for chunk in chunks] == [0, 20, *range(60, 200, 20)]
    for chunk in chunks:
        assert np.array_equal(chunk.samples, simulated(chunk.first_sample, 20))


@pytest.mark.parametrize("width", [2, 3])
async def test_a_box_on_a_serial_line(width: int) -> None:
    box = FramedBox(width=width)
    async with box_on_a_line(box) as line, source_of(SerialWire(line, 230_400)) as source:
        await check(source, box)


async def test_a_box_that_is_called() -> None:
    box = FramedBox()
    async with box_on_tcp(box) as port, source_of(TcpWire("127.0.0.1", port)) as source:
        await check(source, box)
        box.hang_up()
        with pytest.raises(SourceFault) as refused:
            await read(source, 1)
        assert refused.value.code == "device_gone"


async def test_a_box_that_calls_and_a_second_one_that_is_sent_away() -> None:
    sent_away: list[bool] = []
    wire = ListenWire(0, lambda: sent_away.append(True), host="127.0.0.1")
    box = FramedBox()
    async with source_of(wire) as source:
        task = asyncio.create_task(check(source, box))
        while wire.port == 0:
            await asyncio.sleep(0.01)
        serving = asyncio.create_task(box.serve(*await asyncio.open_connection("127.0.0.1", wire.port)))
        await box.joined.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        assert await reader.read() == SECOND_DEVICE
        writer.close()
        await task
        assert sent_away == [True]
        serving.cancel()


async def test_a_box_without_a_pulse_loses_no_sample_by_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framed, "PULSE_S", 0.2)
    box = FramedBox(has_pulse=False)
    async with box_on_tcp(box) as port, source_of(TcpWire("127.0.0.1", port)) as source:
        await source.open()
        asked = asyncio.create_task(source.calibrate())
        await box.joined.wait()
        box.send(box.samples(0, 20))
        assert await asked is None
        box.send(box.samples(20, 20))
        assert [(chunk.first_sample, chunk.arrived_us) for chunk in await read(source, 40)] == [
            (0, T),
            (20, T),
        ]


async def test_what_is_no_box_of_this_protocol_is_told() -> None:
    box = FramedBox(is_mute=True)
    async with box_on_tcp(box) as port, source_of(TcpWire("127.0.0.1", port)) as source:
        with pytest.raises(SourceFault) as refused:
            await source.open()
        assert refused.value.code == "protocol_foreign"


async def test_a_box_that_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framed, "ANSWER_S", 0.3)
    monkeypatch.setattr(framed, "ASK_EVERY_S", 0.1)
    monkeypatch.setattr(framed, "SILENCE_S", 0.2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with source_of(TcpWire("127.0.0.1", port)) as source:
        with pytest.raises(SourceFault) as refused:
            await source.open()
        assert refused.value.code == "device_silent"
    server.close()
    async with box_on_tcp(FramedBox()) as port, source_of(TcpWire("127.0.0.1", port)) as source:
        await source.open()
        with pytest.raises(SourceFault) as refused:
            await read(source, 1)
        assert refused.value.code == "device_silent"


async def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "no line").touch()
    box = FramedBox()
    async with box_on_tcp(box) as port:
        for wire, code in (
            (SerialWire(tmp_path / "absent", 115_200), "line_unusable"),
            (SerialWire(tmp_path / "no line", 115_200), "line_unusable"),
            (TcpWire("127.0.0.1", 1), "device_away"),
            (ListenWire(port, lambda: None, host="127.0.0.1"), "port_taken"),
        ):
            with pytest.raises(SourceFault) as refused:
                await wire.open()
            assert refused.value.code == code
            await wire.close()
