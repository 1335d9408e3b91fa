"""What waits for one socket, and who is cut."""

from __future__ import annotations

import asyncio

from signaling.ecg.outbox import GOING_AWAY, LIVE_NS, TOO_SLOW, Outbox


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


async def test_words_go_before_what_is_live_and_that_before_what_is_older() -> None:
    outbox, socket = Outbox(100), Socket()
    outbox.push_later(b"older")
    outbox.push_live(b"live", 1)
    outbox.push("word")
    outbox.push_live(b"newer", LIVE_NS)
    await _run(outbox, socket)
    assert (socket.sent, outbox.left_out) == (["word", b"live", b"newer", b"older"], 0)


async def test_what_is_live_is_left_out_once_it_has_waited_too_long() -> None:
    outbox, socket = Outbox(6), Socket()
    for second in range(5):
        outbox.push_live(b"%d" % second, second * 1_000_000_000)
    await _run(outbox, socket)
    assert (socket.sent, outbox.left_out, outbox.pushed) == ([b"3", b"4"], 3, 5)


async def test_each_kind_counts_and_none_is_taken_after_the_end() -> None:
    outbox = Outbox(5)
    outbox.push_later(b"123")
    outbox.push_live(b"456", 1)
    assert (outbox.was_slow, outbox.has_more) == (True, False)
    outbox.push_later(b"7")
    outbox.push_live(b"8", 2)
    assert not outbox.has_more
