"""A device's clock against the server's: measured at every sign-in as NTP does (RFC 5905 §8), kept with its
error.

What a device reports later is told in server time by it. A clock that is far off stops an enrolment, where
somebody stands who can set it, and no sign-in: an ambulance must not stay silent for its clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CLOCK_OFF_MS: Final = 10 * 60_000
"""A clock that is kept at all is within a minute; a wrong time zone or date is off by an hour or more."""
ONE_READING_ERROR_MS: Final = 5_000
"""Of a request that may have taken that long on its way. The first sign-in measures better."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Server time = device time + offset_ms, give or take error_ms."""

    offset_ms: int
    error_ms: int

    @property
    def is_off(self) -> bool:
        """Whether it is certainly further off than a kept clock is."""
        return abs(self.offset_ms) - self.error_ms > CLOCK_OFF_MS


def read_clock(device_ms: int, *, now_ms: int) -> ClockReading:
    """Returns what one reading of a device's clock tells."""
    return ClockReading(now_ms - device_ms, ONE_READING_ERROR_MS)


def measure_clock(*, asked_ms: int, received_ms: int, sent_ms: int, answered_ms: int) -> ClockReading:
    """Returns the reading of one exchange: asked and answered by the server's clock, received and sent by the
    device's.

    A device that claims to have held the question for longer than the exchange took (its clock was set
    meanwhile) is believed only its last reading.
    """
    round_trip_ms = (answered_ms - asked_ms) - (sent_ms - received_ms)
    if sent_ms < received_ms or round_trip_ms < 0:
        return ClockReading(answered_ms - sent_ms, max(0, answered_ms - asked_ms))
    return ClockReading(((asked_ms - received_ms) + (answered_ms - sent_ms)) // 2, (round_trip_ms + 1) // 2)


def hours_and_minutes(offset_ms: int) -> tuple[int, int]:
    """Returns how far off that is, as people say it."""
    return divmod(round(abs(offset_ms) / 60_000), 60)
