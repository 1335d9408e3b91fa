"""Whether the link lives, how quick it is, and how much may be filled in at once.

Pings are the only clock: one every five seconds, one a second while something is on its way and nothing
comes back. A batch of back-fill is followed by a ping, and the next batch waits for its answer, so that never
more than one batch lies before the newest frame. The batch grows while its answer comes about as soon as
that of a bare ping, and shrinks where it does not: on a thin link it is small, on a good one an hour goes
through in seconds.
"""

from __future__ import annotations

from collections import deque
from typing import Final

PING_EVERY_US: Final = 5_000_000
PING_BUSY_US: Final = 1_000_000
"""While samples wait for their acknowledgement a dead link must be seen soon."""
DEAD_AFTER_US: Final = 5_000_000
"""Without an answer so long the connection is given up: TCP alone would wait for minutes, and the back-fill
of a ten second drop has five seconds."""
LEAST_BATCH_BYTES: Final = 4_000
"""Half a second of twelve leads: on the thinnest link that can carry the live frames (8 kB/s) the next of
them waits so long."""
MOST_BATCH_BYTES: Final = 64_000
"""What a message may hold."""
FIRST_BATCH_BYTES: Final = 16_000
QUICK_US: Final = 100_000
"""A batch that takes so little longer than a bare ping delays nobody: the next may be twice as large."""
SLOW_US: Final = 300_000
"""One that takes so much longer is felt by the reader: the next is half as large."""
RECENT_PINGS: Final = 12
"""A minute of them: LSL takes the quickest of so many, since what is quick was not queued."""


class LinkPulse:
    """One connection's pings, from its beginning at ``now_us`` (our clock) on."""

    def __init__(self, now_us: int) -> None:
        self.batch_bytes = FIRST_BATCH_BYTES
        self.offset_us: int | None = None
        """The server's clock less ours, by the quickest answer."""
        self.round_trip_us: int | None = None
        """What that answer took."""
        self._heard_us = now_us
        self._pinged_us = now_us
        self._waiting_since_us: int | None = None
        self._fill_us: int | None = None
        self._trips: deque[tuple[int, int]] = deque(maxlen=RECENT_PINGS)

    @property
    def is_filling(self) -> bool:
        """Whether a batch is on its way: none may follow yet."""
        return self._fill_us is not None

    def wants_ping(self, now_us: int, *, is_busy: bool) -> bool:
        """Whether a ping is due."""
        is_quiet = min(now_us - self._heard_us, now_us - self._pinged_us) >= PING_BUSY_US
        return now_us - self._pinged_us >= PING_EVERY_US or (is_busy and is_quiet)

    def ping(self, now_us: int, *, is_after_fill: bool = False) -> None:
        """Notes that a ping with this time goes out."""
        self._pinged_us = now_us
        if self._waiting_since_us is None:
            self._waiting_since_us = now_us
        if is_after_fill:
            self._fill_us = now_us

    def hear(self, now_us: int) -> None:
        """Notes that something came from the server."""
        self._heard_us = now_us
        self._waiting_since_us = None

    def pong(self, t1_us: int, t2_us: int, t3_us: int, now_us: int) -> None:
        """Takes the answer to the ping sent at ``t1_us``; one that was never asked tells nothing."""
        trip_us = now_us - t1_us - (t3_us - t2_us)
        if t1_us > self._pinged_us or trip_us < 0:
            return
        if t1_us == self._fill_us:
            self._fill_us = None
            self._adapt(trip_us)
            return
        self._trips.append((trip_us, (t2_us - t1_us + t3_us - now_us) // 2))
        self.round_trip_us, self.offset_us = min(self._trips)

    def is_dead(self, now_us: int) -> bool:
        """Whether a ping has waited for any sign of life for too long."""
        since = self._waiting_since_us
        return since is not None and now_us - since >= DEAD_AFTER_US

    def _adapt(self, trip_us: int) -> None:
        bare_us = min(self._trips)[0] if self._trips else 0
        if trip_us - bare_us < QUICK_US:
            self.batch_bytes = min(2 * self.batch_bytes, MOST_BATCH_BYTES)
        elif trip_us - bare_us > SLOW_US:
            self.batch_bytes = max(self.batch_bytes // 2, LEAST_BATCH_BYTES)
