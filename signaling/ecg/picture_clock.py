"""Which moment of the gateway's clock a picture shows: arithmetic on what picture_anchors.py has found.

Three clocks are brought together, each by the message that was under way for the shortest time:

    publisher ── sender reports ──▶ server   each says what the publisher's clock read when it left
    gateway   ── its pings ───────▶ server   it finds the difference by four readings, and tells it

The way of a report is half the shortest round trip of the publisher's LiveKit pings. The time that those
pings carry is not used: it is the page's Date, which may be set while the page is open, and the clock of the
sender reports is then not set with it (docs/adr/0019).
"""

from __future__ import annotations

from typing import Final

from media_server.ports import OutputClock

KEPT_REPORTS: Final = 12
"""About as many seconds. The quickest of so many was not queued, as LSL finds with its probes; and two
quartzes that are 50 ppm apart have moved by 0.6 ms in that time."""
_NS_PER_US: Final = 1_000


class PublisherClock:
    """How far our monotonic clock is ahead of a publisher's, by its sender reports."""

    def __init__(self) -> None:
        self._lag_ns: dict[int, int] = {}
        """By what the publisher's clock read: all its tracks report by the same one."""

    def receive_report(self, ntp_ns: int, arrival_ns: int) -> None:
        """Takes a report; one that is known already, from another subscriber's output, changes nothing."""
        if ntp_ns not in self._lag_ns:
            self._lag_ns[ntp_ns] = arrival_ns - ntp_ns
            if len(self._lag_ns) > KEPT_REPORTS:
                del self._lag_ns[next(iter(self._lag_ns))]

    def ahead_ns(self, round_trip_ns: int) -> int:
        """Returns it. ``round_trip_ns`` is the shortest to the publisher. After the first report only."""
        return min(self._lag_ns.values()) - round_trip_ns // 2


def gateway_us_of(
    clock: OutputClock, *, publisher_ahead_ns: int, wall_ahead_ns: int, gateway_offset_us: int
) -> int:
    """Returns which moment of the gateway's clock the picture of ``clock.rtp_timestamp`` was taken at.

    ``wall_ahead_ns`` is our wall clock less our monotonic one; ``gateway_offset_us`` is our wall clock less
    the gateway's. Microseconds since the Unix epoch.
    """
    wall_ns = clock.ntp_ns + publisher_ahead_ns + wall_ahead_ns
    return wall_ns // _NS_PER_US - gateway_offset_us
