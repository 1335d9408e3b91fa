"""What waits for one socket, and who is cut."""

from __future__ import annotations

import asyncio

from signaling.ecg.outbox import GOING_AWAY, TOO_SLOW, Outbox


class Socket:
    """Takes what it is given, as long as it likes."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[str | bytes] = []
        self.closed: list[int] = []
        self._error = error

    async def send_str(self, data: str) -> None:
        await self._take(data)

    async def send_bytes(self, data: bytes) -> None:
        await self._take(data)

    async def close(self, *, code: int) -> bool:
        self.closed.append(code)
        return True

    async def _take(self, data: str | bytes) -> None:
        if self._error is not None:
            raise self._error
        self.sent.append(data)


async def _run(outbox: Outbox, socket: Socket) -> None:
    running = asyncio.create_task(outbox.run(socket))
    while outbox.has_more and not running.done():
        await asyncio.sleep(0)
    outbox.end(GOING_AWAY)
    await running


async def test_everything_goes_out_in_order_and_then_goodbye() -> None:
    outbox, socket = Outbox(100), Socket()
    outbox.push("one")
    outbox.push(b"two")
    await _run(outbox, socket)
    assert (socket.sent, socket.closed, outbox.was_slow) == (["one", b"two"], [GOING_AWAY], False)


async def test_who_reads_too_slowly_is_cut() -> None:
    outbox, socket = Outbox(5), Socket()
    outbox.push("one")
    outbox.push("two")
    outbox.push("three")
    await outbox.run(socket)
    assert (socket.sent, socket.closed, outbox.was_slow) == ([], [TOO_SLOW], True)


async def test_who_takes_nothing_in_time_is_cut() -> None:
    outbox, socket = Outbox(100), Socket(TimeoutError())
    outbox.push("one")
    await outbox.run(socket)
    assert (socket.closed, outbox.was_slow) == ([TOO_SLOW], True)


async def test_a_network_that_is_gone_gets_no_goodbye() -> None:
    outbox, socket = Outbox(100), Socket(ConnectionResetError())
    outbox.push("one")
    await outbox.run(socket)
    assert (socket.closed, outbox.close_code) == ([], GOING_AWAY)


async def test_the_first_reason_stands() -> None:
    outbox = Outbox(100)
    outbox.end(4403)
    outbox.end(TOO_SLOW)
    outbox.push("late")
    assert (outbox.close_code, outbox.has_more) == (4403, False)
