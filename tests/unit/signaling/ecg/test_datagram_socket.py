"""The port of gateways' datagrams: so much a turn, and a pause where it was junk, whatever is sent to it."""

from __future__ import annotations

import asyncio
import errno
import socket

import pytest

from signaling.ecg.datagram_socket import (
    MOST_A_TURN,
    MUCH_JUNK,
    DatagramSocket,
    open_datagram_socket,
)
from tests.support.waiting import HANG_S

ENDLESS = 10**9
GOOD, JUNK = b"good", b"junk"


class FakeSocket:
    """One that has datagrams: ``good`` of them, then ``junk``."""

    def __init__(self, good: int, junk: int, error: OSError | None = None) -> None:
        self.good, self.junk, self.reads = good, junk, 0
        self.error = error or BlockingIOError()

    def recv(self, size: int) -> bytes:
        self.reads += 1
        if self.good:
            self.good -= 1
            return GOOD
        if self.junk:
            self.junk -= 1
            return JUNK
        raise self.error

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Nothing is open."""


def _is_good(datagram: bytes) -> bool:
    return datagram == GOOD


def test_a_flood_is_read_in_small_parts_with_a_pause_after_each() -> None:
    fake = FakeSocket(0, ENDLESS)
    reader = DatagramSocket(fake, _is_good)
    assert [reader.read_some() for _ in range(10)] == [True] * 10
    assert (fake.reads, reader.pauses) == (10 * MOST_A_TURN, 10)


def test_what_is_good_is_never_paused_for_but_others_have_their_turn() -> None:
    fake = FakeSocket(ENDLESS, 0)
    reader = DatagramSocket(fake, _is_good)
    assert not reader.read_some()
    assert (fake.reads, reader.pauses) == (MOST_A_TURN, 0)


@pytest.mark.parametrize(("junk", "is_much"), [(MUCH_JUNK - 1, False), (MUCH_JUNK, True)])
def test_a_little_junk_is_no_reason(junk: int, is_much: bool) -> None:
    fake = FakeSocket(5, junk)
    reader = DatagramSocket(fake, _is_good)
    assert reader.read_some() == is_much
    assert fake.reads == 5 + junk + 1


def test_an_error_ends_the_turn() -> None:
    fake = FakeSocket(1, 0, OSError(errno.ECONNRESET, "reset"))
    assert not DatagramSocket(fake, _is_good).read_some()
    assert fake.reads == 2


async def test_it_reads_and_stops_and_reads_again_and_gives_the_port_back() -> None:
    opened = open_datagram_socket("127.0.0.1", 0)
    address = opened.getsockname()
    came: list[bytes] = []
    enough = asyncio.Event()

    def receive(datagram: bytes) -> bool:
        came.append(datagram)
        if datagram == GOOD:
            enough.set()
        return datagram == GOOD

    reader = DatagramSocket(opened, receive)
    task = asyncio.create_task(reader.run())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        # No more than the kernel holds for sure before the reader's first turn.
        for _ in range(MUCH_JUNK):
            sender.sendto(JUNK, address)
        async with asyncio.timeout(HANG_S):
            while not reader.pauses:
                await asyncio.sleep(0)
            sender.sendto(GOOD, address)
            await enough.wait()
    assert came == [JUNK] * MUCH_JUNK + [GOOD]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    open_datagram_socket(*address).close()


def test_a_port_that_is_taken_is_refused() -> None:
    with open_datagram_socket("127.0.0.1", 0) as first, pytest.raises(OSError) as refused:
        open_datagram_socket(*first.getsockname())
    assert refused.value.errno == errno.EADDRINUSE


def test_both_families_are_opened() -> None:
    with open_datagram_socket("::1", 0) as opened:
        assert opened.family is socket.AF_INET6
