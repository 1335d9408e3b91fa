"""A whole gateway against a small server: what the device took is there in the end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from clients.gateway.gateway_clock import GatewayClock
from clients.gateway.identity import Identity, new_key, write_identity
from clients.gateway.keeping import EcgState, Shelf
from clients.gateway.running import Running, Server
from clients.gateway.simulated_heart import simulated
from clients.gateway.sources.simulator import SimulatorSource
from media_server.ecg.frame import FrameFlag
from recording.clock import SystemClock
from tests.support.ecg_uplink_server import EcgUplinkServer, ecg_uplink_server

SECOND = 500


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EcgUplinkServer]:
    async with ecg_uplink_server(tmp_path / "server") as serving:
        yield serving


@asynccontextmanager
async def gateway(data: Path, server: EcgUplinkServer) -> AsyncIterator[Running]:
    """A gateway with the simulator, in this process."""
    identity, key = Identity(server.url, "dv_1", "box", "in_1"), new_key(data)
    shelf = Shelf(data)
    clock = GatewayClock(SystemClock())
    running = Running(shelf, SimulatorSource(), clock, lambda key, **_: None)
    async with aiohttp.ClientSession() as http:
        task = asyncio.create_task(running.run(Server(identity, key, http)))
        try:
            yield running
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            shelf.close()


async def test_what_is_asked_for_comes_live_until_it_is_stopped(
    tmp_path: Path, server: EcgUplinkServer
) -> None:
    async with gateway(tmp_path / "data", server) as running:
        await server.until(lambda: bool(server.hellos))
        assert server.hellos[0]["descriptor"]["model"] == "LIANZHEN SIMULATOR"
        assert server.count("ec_1") == 0
        await server.start("ec_1")
        await server.until(lambda: server.count("ec_1") > 3 * SECOND)
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
        await server.until(lambda: not running.intake.is_recording)
    first = server.ended["ec_1"]["0"][0]
    samples = server.samples("ec_1")
    assert np.array_equal(samples, simulated(first, len(samples)))
    assert set(server.flags) == {FrameFlag.SIMULATED}
    assert any(word["type"] == "selftest" and word["is_ok"] for word in server.words)
    rates = [value for word in server.words if word["type"] == "vitals" for value in word["values"]]
    assert {(value["value"], value["source"]) for value in rates} <= {(75, "counted")}


async def test_a_cut_connection_loses_nothing(tmp_path: Path, server: EcgUplinkServer) -> None:
    async with gateway(tmp_path / "data", server):
        await server.until(lambda: bool(server.hellos))
        await server.start("ec_1")
        for connections in range(1, 4):
            await server.until(lambda: server.count("ec_1") > connections * SECOND)  # noqa: B023
            server.cut()
            await server.until(lambda: len(server.hellos) > connections)  # noqa: B023
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
    samples = server.samples("ec_1")
    assert np.array_equal(samples, simulated(server.ended["ec_1"]["0"][0], len(samples)))


async def test_a_silent_server_is_left_and_what_it_missed_comes_late(
    tmp_path: Path, server: EcgUplinkServer
) -> None:
    async with gateway(tmp_path / "data", server):
        await server.until(lambda: bool(server.hellos))
        await server.start("ec_1")
        await server.until(lambda: server.count("ec_1") > SECOND)
        server.is_deaf = True
        await server.until(lambda: not server._sockets)
        server.is_deaf = False
        await server.until(lambda: len(server.hellos) > 1)
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
    samples = server.samples("ec_1")
    assert np.array_equal(samples, simulated(server.ended["ec_1"]["0"][0], len(samples)))
    assert FrameFlag.LATE | FrameFlag.SIMULATED in server.flags


async def test_a_refusal_loses_nothing(tmp_path: Path, server: EcgUplinkServer) -> None:
    async with gateway(tmp_path / "data", server):
        await server.until(lambda: bool(server.hellos))
        server.refusing = "second_device"
        await server.start("ec_1")
        await server.until(lambda: any(word["type"] == "stream" for word in server.words))
        server.refusing = ""
        server.cut()
        await server.until(lambda: server.count("ec_1") > SECOND)
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
    samples = server.samples("ec_1")
    assert np.array_equal(samples, simulated(server.ended["ec_1"]["0"][0], len(samples)))


async def test_a_killed_gateway_goes_on_with_another_epoch(tmp_path: Path, server: EcgUplinkServer) -> None:
    data = tmp_path / "data"
    new_key(data)
    write_identity(data, Identity(server.url, "dv_1", "box", "in_1"))
    arguments = (
        "-m",
        "signaling.command_line",
        "gateway",
        "run",
        "--source",
        "simulator",
        "--data",
        str(data),
    )
    first = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    try:
        await server.until(lambda: bool(server.hellos))
        await server.start("ec_1")
        await server.until(lambda: server.count("ec_1") > SECOND)
    finally:
        first.send_signal(signal.SIGKILL)
        await first.wait()
    second = await asyncio.create_subprocess_exec(sys.executable, *arguments, env={**os.environ})
    try:
        await server.until(lambda: 1 in server.logs["ec_1"].epochs and server.count("ec_1") > 2 * SECOND)
        assert server.hellos[-1]["running"] == ["ec_1"]
        await server.stop("ec_1")
        await server.until(lambda: server.is_complete("ec_1"))
        await server.until(lambda: len([w for w in server.words if w["type"] == "ended"]) == 1)
    finally:
        second.send_signal(signal.SIGTERM)
        assert await second.wait() == 0
    shelf = Shelf(data)
    kept = shelf.ecgs["ec_1"]
    assert kept.state in (EcgState.ENDED, EcgState.STORED)
    for epoch, start, end in kept.stretches():
        samples = server.samples("ec_1", epoch)
        assert np.array_equal(samples, simulated(start, end - start)), epoch
    shelf.close()
