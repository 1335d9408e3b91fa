"""Numbers for pure tests: outputs from 1, synchronization sources from 101."""

from __future__ import annotations

from itertools import count

from media_server.ids import OutputNumber


class CountingNumbers:
    """Implements ``media_server.outputs.Numbers`` without chance."""

    def __init__(self) -> None:
        self._outputs = count(1)
        self._ssrcs = count(101)

    def next_output(self) -> OutputNumber:
        return OutputNumber(next(self._outputs))

    def new_ssrc(self) -> int:
        return next(self._ssrcs)
