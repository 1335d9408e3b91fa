"""Which look at everybody's silence comes so late that this process must have stood still before it."""

from __future__ import annotations

from typing import Final

LATE_NS: Final = 500_000_000
"""Between looks that are due every 250 ms: a busy loop comes some 10 ms late, a machine that stood still by
seconds."""


class Looks:
    """Says before each look whether to leave it out once: what came during a standstill waits in the sockets
    and is to be read before anybody is given up for having said nothing.
    """

    def __init__(self) -> None:
        self._before_ns: int | None = None
        self._was_left_out = False

    def is_to_be_left_out(self, now_ns: int) -> bool:
        """Returns it for a look at this time; never twice in a row: one that is always late still looks."""
        since_ns = 0 if self._before_ns is None else now_ns - self._before_ns
        self._before_ns = now_ns
        self._was_left_out = not self._was_left_out and since_ns >= LATE_NS
        return self._was_left_out
