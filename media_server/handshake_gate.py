"""How many DTLS handshakes burn the loop's time at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

MAX_HANDSHAKES: Final = 4
"""Each holds the loop for 1 to 2 ms (seam.md): others wait less than 10 ms behind a burst of joins."""
PATIENCE_S: Final = 1.0
"""A handshake that takes longer waits for its peer, not for us: it gives up its place, else four silent peers
would keep everybody out."""


class HandshakeGate:
    """Lets a few handshakes run at a time, in the order of their coming."""

    def __init__(self, *, places: int = MAX_HANDSHAKES, patience_s: float = PATIENCE_S) -> None:
        self._places = asyncio.Semaphore(places)
        self._patience_s = patience_s

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a place and keeps it until the block ends, ``patience_s`` at most."""
        await self._places.acquire()
        is_held = True

        def give_back() -> None:
            nonlocal is_held
            if is_held:
                is_held = False
                self._places.release()

        timer = asyncio.get_running_loop().call_later(self._patience_s, give_back)
        try:
            yield
        finally:
            timer.cancel()
            give_back()
