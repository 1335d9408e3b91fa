"""A `lianzhen` whose wall clock a test puts forward: ``python -m tests.support.steered_service FILE demo``.

Everything is the product's but the source of its time: the machine's clock and the milliseconds that stand in
FILE, read anew at every look. What waits for minutes in the product then needs no minutes in a test, and no
standstill of the machine lets two steps of it fall together.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from pathlib import Path

from recording.clock import SystemClock

_NUMBER = struct.Struct("<q")
_NS_PER_MS = 1_000_000


class Steering:
    """The test's hand on the clock of a service. ``program`` is what to run in place of `lianzhen`."""

    def __init__(self, file: Path) -> None:
        self.program = (sys.executable, "-m", "tests.support.steered_service", str(file))
        self._file = file
        self._ahead_ms = 0
        self._file.write_bytes(_NUMBER.pack(0))

    def put_forward(self, ms: int) -> None:
        """Puts the service's wall clock forward, whether the service runs or not."""
        self._ahead_ms += ms
        # In place: the service has the file mapped.
        with self._file.open("r+b") as file:
            file.write(_NUMBER.pack(self._ahead_ms))

    def now_ms(self) -> int:
        """What the service's wall clock shows."""
        return time.time_ns() // _NS_PER_MS + self._ahead_ms


class SteeredClock(SystemClock):
    """The machine's clocks, the wall clock ahead by what the file says."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._ahead = mmap.mmap(opened.fileno(), _NUMBER.size, access=mmap.ACCESS_READ)

    def wall_ns(self) -> int:
        (ahead_ms,) = _NUMBER.unpack(self._ahead[:])
        return super().wall_ns() + ahead_ms * _NS_PER_MS


def main(file: Path, arguments: list[str]) -> int:
    """Runs the command with the steered clock where the composition makes the machine's."""
    from signaling import command_line, composition

    composition.SystemClock = lambda: SteeredClock(file)  # type: ignore[assignment,misc]
    return command_line.main(arguments)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
