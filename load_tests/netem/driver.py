"""The process between the two TUN devices: reads, lets the emulation decide, writes what is due.

    python -m load_tests.netem.driver LEFT RIGHT CONTROL

The three are inherited descriptors. It ends when the other end of CONTROL is closed, that is with the process
that started it, however that ended; and the devices go with it. It sleeps until a packet comes or is due: the
kernel counts that wait in whole milliseconds, upwards, so that packets leave up to 1 ms late and together.
"""

from __future__ import annotations

import os
import select
import sys
import time
from multiprocessing.connection import Connection

from load_tests.login_storm.precedence import precedence
from load_tests.netem.conditions import NS_PER_S
from load_tests.netem.emulation import Emulation, Side
from load_tests.netem.orders import Ask, Begin, Change
from load_tests.netem.tun import MTU_BYTES

BATCH_PACKETS = 128
"""Read from one side before the other has its turn and what is due goes out: about a millisecond's work."""


def run(left: int, right: int, control: Connection) -> None:
    """Carries packets until the control's other end is closed. Answers every message: with Counts where it
    asks, else with None.
    """
    begin: Begin = control.recv()
    emulation = Emulation(begin.what, seed=begin.seed, now_ns=time.monotonic_ns())
    control.send(None)
    descriptors = {Side.LEFT: left, Side.RIGHT: right}
    sides = {left: Side.LEFT, right: Side.RIGHT}
    waiting = select.epoll()
    for readable in (left, right, control.fileno()):
        waiting.register(readable, select.EPOLLIN)
    while True:
        for ready, _ in waiting.poll(_wait_s(emulation.next_ns)):
            if ready in sides:
                _read(ready, sides[ready], emulation)
                continue
            try:
                _obey(control, emulation)
            except (EOFError, ConnectionResetError):
                return
        for side, content in emulation.deliveries(time.monotonic_ns()):
            # Without an IP address or down: the packet is lost, as it would be on a wire to such a machine.
            _write(descriptors[side], content)


def _wait_s(next_ns: int | None) -> float | None:
    if next_ns is None:
        return None
    return max(0, next_ns - time.monotonic_ns()) / NS_PER_S


def _read(descriptor: int, side: Side, emulation: Emulation) -> None:
    for _ in range(BATCH_PACKETS):
        try:
            content = os.read(descriptor, MTU_BYTES)
        except BlockingIOError:
            return
        emulation.receive(side, content, time.monotonic_ns())


def _obey(control: Connection, emulation: Emulation) -> None:
    message: Change | Ask = control.recv()
    if isinstance(message, Ask):
        control.send(emulation.counts(message.side))
        return
    emulation.set(message.what, time.monotonic_ns())
    control.send(None)


def _write(descriptor: int, content: bytes) -> None:
    try:
        os.write(descriptor, content)
    except OSError:
        return


if __name__ == "__main__":
    # A link that is late because its ends are busy is none: it takes little, and takes it first.
    with precedence():
        run(int(sys.argv[1]), int(sys.argv[2]), Connection(int(sys.argv[3])))
