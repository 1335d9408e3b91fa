"""A few handshakes at a time."""

import asyncio

import pytest

from media_server.handshake_gate import HandshakeGate
from tests.support.listening import until
from tests.support.waiting import HANG_S


class Runner:
    """Holds a place until told to leave."""

    def __init__(self, gate: HandshakeGate) -> None:
        self._gate = gate
        self.inside: list[int] = []
        self.leave = [asyncio.Event() for _ in range(8)]

    async def run(self, number: int) -> None:
        async with self._gate.turn():
            self.inside.append(number)
            await self.leave[number].wait()


async def test_only_so_many_are_inside_and_the_next_follows_in_order() -> None:
    runner = Runner(HandshakeGate(places=2, patience_s=60))
    tasks = [asyncio.create_task(runner.run(number)) for number in range(4)]
    await until(lambda: len(runner.inside) == 2)
    await asyncio.sleep(0.01)
    assert runner.inside == [0, 1]
    runner.leave[1].set()
    await until(lambda: len(runner.inside) == 3)
    assert runner.inside == [0, 1, 2]
    for event in runner.leave:
        event.set()
    await asyncio.gather(*tasks)


async def test_one_who_takes_too_long_gives_its_place_up_once() -> None:
    runner = Runner(HandshakeGate(places=1, patience_s=0.01))
    tasks = [asyncio.create_task(runner.run(number)) for number in range(3)]
    await until(lambda: len(runner.inside) == 3)
    for event in runner.leave:
        event.set()
    await asyncio.gather(*tasks)


async def test_a_fault_inside_gives_the_place_back() -> None:
    gate = HandshakeGate(places=1, patience_s=60)
    with pytest.raises(ValueError, match="inside"):
        async with gate.turn():
            raise ValueError("inside")
    async with asyncio.timeout(HANG_S), gate.turn():
        pass


async def test_cancelled_while_waiting_it_holds_no_place() -> None:
    gate = HandshakeGate(places=1, patience_s=60)
    runner = Runner(gate)
    holder = asyncio.create_task(runner.run(0))
    waiter = asyncio.create_task(runner.run(1))
    await until(lambda: runner.inside)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    runner.leave[0].set()
    await holder
    async with asyncio.timeout(HANG_S), gate.turn():
        pass
