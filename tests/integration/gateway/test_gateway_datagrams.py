"""A gateway and the service over a UDP port of this machine and a line that drops some datagrams, beside a
WebSocket that stands still, as TCP does for a lost packet, and goes on.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from clients.gateway.datagram_line import UdpLine
from clients.gateway.gateway_clock import GatewayClock
from clients.gateway.keeping import Shelf
from clients.gateway.running import Running
from clients.gateway.sources.simulator import SimulatorSource
from media_server.ecg.frame import decode_frame, read_envelope
from recording.clock import SystemClock
from signaling.ecg.datagram_socket import DatagramSocket, open_datagram_socket
from tests.support.consult_world import LI
from tests.support.ecg_world import (
    DATAGRAM_PORT,
    EcgWorld,
    Line,
    ecg_world,
    gateway_caller,
    split_frames,
)
from tests.support.waiting import wait_until

DROPPED_OF = 5
"""Every fifth datagram does not come."""


class Held:
    """A WebSocket of which no frame leaves while it is held; words do."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.passed = 0
        """Frames that were not held."""
        self.may_go = asyncio.Event()
        self.may_go.set()

    def __aiter__(self) -> Any:
        return self._socket.__aiter__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    async def send_bytes(self, data: bytes) -> None:
        await self.may_go.wait()
        self.passed += len(split_frames(data))
        await self._socket.send_bytes(data)


class Dropping(UdpLine):
    """A line to where the service listens, whatever it was told; it loses some of what is sent."""

    def __init__(self, port: int) -> None:
        super().__init__("127.0.0.1", port)
        self.sent = self.dropped = 0

    def send(self, datagram: bytes) -> None:
        self.sent += 1
        if self.sent % DROPPED_OF == 0:
            self.dropped += 1
        else:
            super().send(datagram)


async def test_while_the_websocket_stands_still_a_reader_sees_what_goes_on_and_then_all_of_it(
    tmp_path: Path,
) -> None:
    opened = open_datagram_socket("127.0.0.1", 0)
    lines: list[Dropping] = []

    def open_line(host: str, port: int) -> Dropping:
        assert (host, port) == ("127.0.0.1", DATAGRAM_PORT)
        lines.append(Dropping(opened.getsockname()[1]))
        return lines[0]

    async with ecg_world(tmp_path) as world:
        shelf = Shelf(tmp_path / "gateway")
        running = Running(
            shelf, SimulatorSource(), GatewayClock(SystemClock()), lambda key, **_: None, open_line=open_line
        )
        async with world.api.session.ws_connect(
            f"{world.api.url}/ecg/uplink", headers=world.api.header(gateway_caller())
        ) as websocket:
            held: Any = Held(websocket)
            port = DatagramSocket(opened, world.desk.datagrams.receive)
            tasks = [
                asyncio.create_task(work) for work in (running.read_source(), running.serve(held), port.run())
            ]
            try:
                ecg = await _watched(world, running)
                async with world.viewer(ecg) as viewer:
                    await _stands_still(world, held, viewer, lines)
                    await _ends(world, ecg, viewer)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        shelf.close()


async def _watched(world: EcgWorld, running: Running) -> str:
    await wait_until(lambda: world.desk.gateway_of("dv_gateway"), what="the gateway")
    ecg = await world.request()
    await wait_until(lambda: running.intake.is_recording, what="it records")
    await wait_until(lambda: world.desk.stats()["frames"] > 0, what="the first frames")
    return ecg


async def _stands_still(world: EcgWorld, held: Held, viewer: Line, lines: list[Dropping]) -> None:
    # The gateway is told within a second that somebody watches, and begins.
    await wait_until(lambda: lines and lines[0].sent > 2 * DROPPED_OF, what="datagrams")
    held.may_go.clear()
    # What had left before it was held still comes: a second's frames at once, where the machine stood still.
    await wait_until(lambda: world.desk.stats()["frames"] == held.passed, what="what was on its way")
    ahead, seen = world.desk.stats()["frames_ahead"], len(viewer.frames)
    await wait_until(lambda: world.desk.stats()["frames_ahead"] > ahead + 15, what="frames ahead")
    await wait_until(lambda: len(viewer.frames) > seen + 15, what="the reader to see them")
    assert world.desk.stats()["frames"] == held.passed
    held.may_go.set()


async def _ends(world: EcgWorld, ecg: str, viewer: Line) -> None:
    answer = await world.ask(LI, "POST", f"/ecgs/{ecg}/stop")
    assert answer.status == 200, answer.body
    show = await world.becomes(ecg, is_complete=True, missing_ms=0)
    assert (show["state"], show["gap_count"]) == ("ended", 0)
    stats = world.desk.stats()
    assert stats["frames_ahead"] >= 15
    assert (stats["frames_ahead"], stats["frames_corrected"]) == (stats["frames_after"], 0)
    assert (stats["datagrams_junk_foreign"], stats["datagrams_junk_forged"]) == (0, 0)
    kept = {read_envelope(one).first_sample: decode_frame(one)[0] for one in await world.stored_frames(ecg)}
    await wait_until(
        lambda: {read_envelope(one).first_sample for one in viewer.frames} == set(kept), what="all frames"
    )
    for content in viewer.frames:
        frame, _ = decode_frame(content)
        assert (frame.samples == kept[frame.first_sample].samples).all()
