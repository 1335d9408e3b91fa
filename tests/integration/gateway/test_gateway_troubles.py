"""What goes wrong between a device, a gateway and a server is told, and nothing that was kept is touched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from clients.gateway import running as gateway_running
from clients.gateway.chunk import Chunk, Source
from clients.gateway.errors import SourceFault
from clients.gateway.gateway_clock import GatewayClock
from clients.gateway.identity import Identity, new_key
from clients.gateway.keeping import Shelf
from clients.gateway.running import Running, Server
from clients.gateway.simulated_heart import DESCRIPTOR, simulated
from clients.gateway.sources.simulator import SimulatorSource
from media_server.ecg.descriptor import Descriptor
from recording.clock import SystemClock
from tests.support.ecg_uplink_server import EcgUplinkServer, ecg_uplink_server
from tests.support.waiting import HANG_S

SECOND = 500


class JumpingClock(SystemClock):
    """The machine's clocks; a test sets the wall clock ahead."""

    ahead_ns = 0

    def wall_ns(self) -> int:
        return super().wall_ns() + self.ahead_ns


class TroubledSource:
    """Plays what a test queues: chunks come out, faults are raised, a descriptor is what the next is."""

    def __init__(self) -> None:
        self.descriptor: Descriptor = DESCRIPTOR
        self.queue: asyncio.Queue[Chunk | SourceFault | None] = asyncio.Queue()

    async def open(self) -> Descriptor:
        return self.descriptor

    async def items(self) -> AsyncIterator[Chunk]:
        while (item := await self.queue.get()) is not None:
            if isinstance(item, SourceFault):
                raise item
            yield item

    async def calibrate(self) -> None:
        return None

    async def close(self) -> None:
        return None

    def play(self, run: str, first: int, count: int) -> None:
        self.queue.put_nowait(Chunk(run, first, simulated(first, count)))


class Heard:
    """What a gateway told, and the clock of its machine."""

    def __init__(self, clock: JumpingClock) -> None:
        self.clock = clock
        self.told: list[str] = []
        self._more = asyncio.Event()

    def tell(self, key: str, **_: object) -> None:
        self.told.append(key)
        self._more.set()

    async def until_told(self, key: str) -> None:
        async with asyncio.timeout(HANG_S):
            while key not in self.told:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def gateway(data: Path, url: str, source: Source) -> AsyncIterator[Heard]:
    clock = JumpingClock()
    shelf = Shelf(data)
    heard = Heard(clock)
    running = Running(shelf, source, GatewayClock(clock), heard.tell)
    async with aiohttp.ClientSession() as http:
        server = Server(Identity(url, "dv_1", "box", "in_1"), new_key(data), http)
        task = asyncio.create_task(running.run(server))
        try:
            yield heard
        finally:
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=0.5)
            shelf.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EcgUplinkServer]:
    async with ecg_uplink_server(tmp_path / "server") as serving:
        yield serving


async def test_a_session_that_ended_is_opened_anew(tmp_path: Path, server: EcgUplinkServer) -> None:
    async with gateway(tmp_path / "data", server.url, SimulatorSource()) as heard:
        await server.until(lambda: bool(server.hellos))
        # The server knows the token no more.
        server.sessions += 10
        server.cut()
        await server.until(lambda: len(server.hellos) >= 2)
    assert "server_handshake" in heard.told


async def test_a_server_that_talks_nonsense_is_left_and_tried_again(
    tmp_path: Path, server: EcgUplinkServer
) -> None:
    async with gateway(tmp_path / "data", server.url, SimulatorSource()) as heard:
        await server.until(lambda: bool(server.hellos))
        await server.start("ec_1")
        await server.until(lambda: server.count("ec_1") > SECOND)
        await server.say(type="have", ecg="ec_1", epochs="all of it")
        await server.until(lambda: len(server.hellos) >= 2)
        for socket in set(server._sockets):
            await socket.send_bytes(b"\xec")
        await server.until(lambda: len(server.hellos) >= 3)
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
    assert "server_unreadable" in heard.told
    samples = server.samples("ec_1")
    assert np.array_equal(samples, simulated(server.ended["ec_1"]["0"][0], len(samples)))


async def test_a_server_that_is_away_or_refuses_is_told(tmp_path: Path, server: EcgUplinkServer) -> None:
    async with gateway(tmp_path / "away", "http://127.0.0.1:9", SimulatorSource()) as heard:
        await heard.until_told("server_away")
    server.is_refusing_doors = True
    async with gateway(tmp_path / "refused", server.url, SimulatorSource()) as heard:
        await heard.until_told("door_refused")
    assert server.hellos == []


async def test_a_device_that_fails_is_opened_again_and_nothing_kept_is_touched(
    tmp_path: Path, server: EcgUplinkServer
) -> None:
    source = TroubledSource()
    async with gateway(tmp_path / "data", server.url, source) as heard:
        await server.until(lambda: bool(server.hellos))
        await server.start("ec_1")
        await heard.until_told("ecg_started")
        source.play("a", 0, 500)
        source.queue.put_nowait(SourceFault("device_gone"))
        # A sample that is none, and a table that is none: refused, and the device is opened once more.
        source.queue.put_nowait(Chunk("b", 0, np.full((20, 12), 2**30, np.int32)))
        source.play("b", 20, 480)
        source.queue.put_nowait(Chunk("b", 500, np.zeros((20, 3), np.int32)))
        source.play("c", 7, 300)
        source.queue.put_nowait(None)
        await heard.until_told("source_ended")
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
    told = [key for key in heard.told if key in ("device_gone", "sample_out_of_range", "samples_malformed")]
    assert told == ["device_gone", "sample_out_of_range", "samples_malformed"]
    for epoch, first, count in ((0, 0, 500), (1, 20, 480), (2, 7, 300)):
        assert np.array_equal(server.samples("ec_1", epoch), simulated(first, count))


async def test_another_device_is_named_to_the_server_and_not_added(
    tmp_path: Path, server: EcgUplinkServer
) -> None:
    source = TroubledSource()
    async with gateway(tmp_path / "data", server.url, source) as heard:
        await server.until(lambda: bool(server.hellos))
        await server.start("ec_1")
        await heard.until_told("ecg_started")
        source.play("a", 0, 100)
        await server.until(lambda: server.count("ec_1") == 100)
        source.descriptor = replace(DESCRIPTOR, model="ANOTHER BOX")
        source.queue.put_nowait(SourceFault("device_gone"))
        source.play("b", 0, 100)
        await heard.until_told("device_changed")
        await server.until(lambda: len(server.hellos) >= 2)
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
    assert "link_renewed" in heard.told
    assert server.hellos[1]["descriptor"]["model"] == "ANOTHER BOX"
    assert server.ended["ec_1"] == {"0": [0, 100]}


async def test_a_clock_that_is_set_is_told_and_what_is_recorded_keeps_its_time(
    tmp_path: Path, server: EcgUplinkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_running, "JUMP_LOOK_S", 0.05)
    async with gateway(tmp_path / "data", server.url, SimulatorSource()) as heard:
        await server.until(lambda: bool(server.hellos))
        await server.start("ec_1")
        await server.until(lambda: server.count("ec_1") > 0)
        heard.clock.ahead_ns = 3_600 * 10**9
        await heard.until_told("clock_jumped")
        before = server.count("ec_1")
        await server.until(lambda: server.count("ec_1") > before + SECOND)
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
    assert server.last_taken_us - server.first_taken_us < 600 * 10**6
