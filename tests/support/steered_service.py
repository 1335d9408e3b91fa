"""A `lianzhen` whose wall clock a test puts forward: ``python -m tests.support.steered_service FILE demo``.

Everything is the product's but the source of its time: the machine's clock and the milliseconds that stand in
FILE, read anew at every look, or one moment that stands there and is held. What waits for minutes in the
product then needs no minutes in a test, and no standstill of the machine lets two steps of it fall together.
"""

from __future__ import annotations

import contextlib
import mmap
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from recording.clock import SystemClock

_NUMBERS = struct.Struct("<qq")
"""How far it is ahead, and the moment at which it is held or 0, both in ms."""
_NS_PER_MS = 1_000_000


class Steering:
    """The test's hand on the clock of a service. ``program`` is what to run in place of `lianzhen`."""

    def __init__(self, file: Path) -> None:
        self.program = (sys.executable, "-m", "tests.support.steered_service", str(file))
        self._file = file
        self._ahead_ms = self._held_ms = 0
        self._file.write_bytes(_NUMBERS.pack(0, 0))

    def put_forward(self, ms: int) -> None:
        """Puts the service's wall clock forward, whether the service runs or not."""
        self._ahead_ms += ms
        if self._held_ms:
            self._held_ms += ms
        self._write()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The service's wall clock stands still in this block but for what it is put forward; afterwards it
        shows what it would show without.
        """
        self._held_ms = self.now_ms()
        self._write()
        try:
            yield
        finally:
            self._held_ms = 0
            self._write()

    def now_ms(self) -> int:
        """What the service's wall clock shows."""
        return self._held_ms or time.time_ns() // _NS_PER_MS + self._ahead_ms

    def _write(self) -> None:
        # In place: the service has the file mapped.
        with self._file.open("r+b") as file:
            file.write(_NUMBERS.pack(self._ahead_ms, self._held_ms))


class SteeredClock(SystemClock):
    """The machine's clocks, the wall clock ahead by what the file says."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._told = mmap.mmap(opened.fileno(), _NUMBERS.size, access=mmap.ACCESS_READ)

    def wall_ns(self) -> int:
        ahead_ms, held_ms = _NUMBERS.unpack(self._told[:])
        return held_ms * _NS_PER_MS if held_ms else super().wall_ns() + ahead_ms * _NS_PER_MS


def main(file: Path, arguments: list[str]) -> int:
    """Runs the command with the steered clock where the composition makes the machine's."""
    from signaling import command_line, composition

    composition.SystemClock = lambda: SteeredClock(file)  # type: ignore[assignment,misc]
    return command_line.main(arguments)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
