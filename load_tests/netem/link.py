"""An emulated link between two network namespaces of its own: the server in the left, clients in the right.

    with Link(PRESETS["township_4g"], seed=7) as link:
        start(link.left.command("lianzhen", "serve"))
        link.set(CUT)

Its packets are carried by a process of its own (driver), so that nothing the caller does holds them up. The
devices and that process end with the caller, even when it is killed; the namespaces are then deleted by the
next link on the machine.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from load_tests.netem.emulation import Side
from load_tests.netem.flow import Counts
from load_tests.netem.namespaces import Namespace, reason_to_skip, two_namespaces
from load_tests.netem.orders import Ask, Begin, Change
from load_tests.netem.profiles import Profile, Schedule
from load_tests.netem.tun import open_tun

DEVICE = "wire"
"""The TUN device's name in both namespaces."""
ANSWER_LIMIT_S = 60.0
"""The driver answers between two packets: who does not for so long is gone or hangs."""
_REPOSITORY = Path(__file__).resolve().parents[2]


class Link:
    """The link while the context is open. ``left`` and ``right`` are its namespaces."""

    left: Namespace
    right: Namespace
    driver_pid: int
    """Of the process that carries the packets."""

    def __init__(
        self, what: Profile | Schedule, *, seed: int = 1, left: str = "10.78.0.1", right: str = "10.78.0.2"
    ) -> None:
        self._begin = Begin(what, seed)
        self._addresses = left, right
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """OSError or RuntimeError where the machine does not allow it: ask reason_to_skip_link before."""
        with contextlib.ExitStack() as stack:
            self.left, self.right = stack.enter_context(two_namespaces(*self._addresses))
            self._control, self.driver_pid = _driver(stack, self.left, self.right)
            self._stack = stack.pop_all()
        self._ask(self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def set(self, what: Profile | Schedule) -> None:
        """The link is like this when the call returns; a schedule has begun then."""
        self._ask(Change(what))

    def counts(self, side: Side) -> Counts:
        """What became of the packets that entered at this side until now."""
        counted = self._ask(Ask(side))
        assert counted is not None
        return counted

    def _ask(self, message: Begin | Change | Ask) -> Counts | None:
        self._control.send(message)
        if not self._control.poll(ANSWER_LIMIT_S):
            raise RuntimeError("the link's process does not answer")
        answer: Counts | None = self._control.recv()
        return answer


def reason_to_skip_link() -> str | None:
    """Why a link cannot be emulated here, or None."""
    reason = reason_to_skip()
    if reason is not None:
        return reason
    with two_namespaces("10.79.0.1", "10.79.0.2") as (namespace, _):
        try:
            os.close(open_tun(namespace, DEVICE))
        except OSError as error:
            return f"this machine has no TUN devices: {error.strerror}"
    return None


def _driver(stack: contextlib.ExitStack, left: Namespace, right: Namespace) -> tuple[Connection, int]:
    """Starts the process and returns the way to it and its id; the stack ends it."""
    mine, its = socket.socketpair()
    with its, contextlib.ExitStack() as handed_over:
        tuns = []
        for namespace in (left, right):
            tuns.append(open_tun(namespace, DEVICE))
            handed_over.callback(os.close, tuns[-1])
        inherited = (*tuns, its.fileno())
        process = subprocess.Popen(
            [sys.executable, "-m", "load_tests.netem.driver", *map(str, inherited)],
            pass_fds=inherited,
            cwd=_REPOSITORY,
            # Not ended by the terminal's Ctrl-C before the caller, and with a precedence of its own.
            start_new_session=True,
        )
    # In this order at the end: the control is closed, so the process ends, so the devices are gone.
    stack.callback(process.wait)
    control = Connection(mine.detach())
    stack.callback(control.close)
    return control, process.pid
