"""A gateway that is told to end does so at whatever moment: also while its connection ends by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from clients.gateway.gateway_clock import GatewayClock
from clients.gateway.keeping import Shelf
from clients.gateway.running import Running, _LinkGone
from clients.gateway.sources.simulator import SimulatorSource
from recording.clock import SystemClock
from tests.support.waiting import HANG_S

MOMENTS = 12
"""Turns of the loop between the connection's end and the cancellation: the last are after everything."""


class Socket:
    """A WebSocket that says nothing until it closes."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def __aiter__(self) -> Socket:
        return self

    async def __anext__(self) -> aiohttp.WSMessage:
        await self.closed.wait()
        raise StopAsyncIteration

    async def send_str(self, text: str) -> None:
        """Takes it."""


@pytest.mark.parametrize("turns", range(MOMENTS))
async def test_no_cancellation_is_lost_when_the_link_ends(tmp_path: Path, turns: int) -> None:
    running = Running(Shelf(tmp_path), SimulatorSource(), GatewayClock(SystemClock()), _tell)
    socket: Any = Socket()

    async def keep_link() -> None:
        while True:
            try:
                await running.serve(socket)
            except _LinkGone:
                await asyncio.Event().wait()

    task = asyncio.create_task(keep_link())
    for _ in range(MOMENTS):
        await asyncio.sleep(0)
    socket.closed.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=HANG_S)
    assert done, "it goes on as if nobody had told it to end"
    assert task.cancelled()


def _tell(key: str, **facts: object) -> None:
    """Nobody reads it here."""
