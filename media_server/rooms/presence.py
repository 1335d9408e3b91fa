"""Whether a participant is still there: how long a seat is kept without signalling or media.

Two lines lead to a participant, its WebSocket and its media (one or two ICE/DTLS associations). Losing one of
them is repaired by the client; losing both is a departure or a dead link, and how the WebSocket ended tells
which:

    a closed WebSocket (FIN, RST, close frame) and silent media   the page or the program is gone
    a WebSocket that fell silent, and silent media                the network is gone; it often comes back

What others see and what is kept are two things (ADR 0026). Who cannot be heard is shown as lost after 3 s;
whose two lines are both gone is absent soon after: for the others gone, with its tracks. The seat is kept
behind that for the longest outage that is repaired, and whoever comes back in time is simply there again.

A proper ``leave`` never comes here: it ends the seat at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

NS_PER_S: Final = 1_000_000_000

CLOSED_SEAT_KEPT_NS: Final = 6 * NS_PER_S
"""A closed tab must be gone within 10 s (reliability §3.2); a client whose network changed (its WebSocket is
closed by its own system) is back with a new one within 3 s."""
SILENT_SEAT_KEPT_NS: Final = 130 * NS_PER_S
"""How long a dead link keeps its seat: the longest outage of §3.2 (120 s) and the client's slowest retry (7
s ± 50 %). Later the client joins anew by itself (STATE_MISMATCH, full reconnect)."""
LINGERING_MEDIA_KEPT_NS: Final = SILENT_SEAT_KEPT_NS
"""Media that lives without signalling."""
CLOSED_ABSENT_NS: Final = 3 * NS_PER_S // 2
"""A closed tab is gone for the others within 2 s (§3.2): this and two looks at the seats."""
CLOSED_SILENCE_NS: Final = 5 * NS_PER_S // 4
"""Behind a closed WebSocket, media counts as silent after this: whoever sends sound sends every 0.4 s at
the slowest, and who only watches reports every second."""
LISTENED_FOR_NS: Final = 5 * NS_PER_S
"""So long after its WebSocket was closed somebody is listened for more closely; then the core's own word of
silence (3 s) is soon enough."""
SILENT_ABSENT_NS: Final = 9 * NS_PER_S
"""A dead link is gone for the others within 10 s (§3.2)."""
MEDIA_LOST_GRACE_NS: Final = 3 * NS_PER_S
"""DTLS closed but the WebSocket lives: a leave message may be on its way behind it."""


class Signal(Enum):
    """What is true of the participant's WebSocket."""

    OPEN = "open"
    CLOSED = "closed"
    """Ended by the other side."""
    SILENT = "silent"
    """Given up by this side: no answer to pings."""


class Media(Enum):
    """What is true of the participant's media."""

    NEVER = "never"
    """No association has been established yet."""
    HEARD = "heard"
    SILENT = "silent"
    """Nothing authentic has come for a while (the core says from when)."""
    LOST = "lost"
    """The association is closed; only a new join brings media back."""


class Verdict(Enum):
    """What presence asks of the room."""

    STAY = "stay"
    LEAVE = "leave"
    """The seat is given up."""
    REJOIN = "rejoin"
    """The WebSocket lives but media cannot come back: the client must join anew."""


_KEPT_NS: Mapping[Signal, Mapping[Media, int | None]] = MappingProxyType(
    {
        Signal.OPEN: {
            Media.NEVER: None,
            Media.HEARD: None,
            Media.SILENT: None,
            Media.LOST: MEDIA_LOST_GRACE_NS,
        },
        Signal.CLOSED: {
            Media.NEVER: CLOSED_SEAT_KEPT_NS,
            Media.HEARD: LINGERING_MEDIA_KEPT_NS,
            Media.SILENT: CLOSED_SEAT_KEPT_NS,
            Media.LOST: 0,
        },
        Signal.SILENT: {
            Media.NEVER: CLOSED_SEAT_KEPT_NS,
            Media.HEARD: LINGERING_MEDIA_KEPT_NS,
            Media.SILENT: SILENT_SEAT_KEPT_NS,
            Media.LOST: 0,
        },
    }
)


class Presence:
    """One seat's two lines and since when each is as it is (monotonic nanoseconds)."""

    def __init__(self, now_ns: int) -> None:
        self.signal, self._signal_since_ns = Signal.OPEN, now_ns
        self.media, self._media_since_ns = Media.NEVER, now_ns

    def receive_signal(self, signal: Signal, now_ns: int) -> None:
        """Notes what became of the WebSocket."""
        if signal is not self.signal:
            self.signal, self._signal_since_ns = signal, now_ns

    def receive_media(self, media: Media, now_ns: int) -> None:
        """Notes what became of the media; for SILENT ``now_ns`` is when the silence began."""
        if media is not self.media and self.media is not Media.LOST:
            self.media, self._media_since_ns = media, now_ns

    def silent_ns(self, now_ns: int) -> int:
        """Returns for how long nothing authentic has come by media, 0 while it is heard or was never
        there."""
        return now_ns - self._media_since_ns if self.media in (Media.SILENT, Media.LOST) else 0

    def is_link_lost(self) -> bool:
        """Returns whether the person cannot be reached by media: others see the seat greyed."""
        if self.media is Media.NEVER:
            return self.signal is not Signal.OPEN
        return self.media is not Media.HEARD

    def is_listened_for(self, now_ns: int) -> bool:
        """Returns whether the WebSocket was closed so lately that only the media's last packet tells a
        closed tab from a lost connection."""
        was_there = self.media in (Media.HEARD, Media.SILENT)
        return self.signal is Signal.CLOSED and was_there and now_ns - self._signal_since_ns < LISTENED_FOR_NS

    def receive_quiet(self, quiet_ns: int, now_ns: int) -> None:
        """Notes for how long nothing authentic had come when somebody was listened for."""
        if quiet_ns >= CLOSED_SILENCE_NS:
            self.receive_media(Media.SILENT, now_ns - quiet_ns)
        else:
            self.receive_media(Media.HEARD, now_ns)

    def is_absent(self, now_ns: int) -> bool:
        """Returns whether the others no longer see the person, though the seat may still be kept."""
        if self.signal is Signal.OPEN or self.media is Media.HEARD:
            return False
        if self.signal is Signal.CLOSED:
            return now_ns - self._both_since_ns() >= CLOSED_ABSENT_NS
        return now_ns - self._media_since_ns >= SILENT_ABSENT_NS

    def verdict(self, now_ns: int) -> Verdict:
        """Returns what is to be done with the seat now."""
        kept_ns = _KEPT_NS[self.signal][self.media]
        if kept_ns is None:
            return Verdict.STAY
        since_ns = self._media_since_ns if self.signal is Signal.OPEN else self._both_since_ns()
        if now_ns - since_ns < kept_ns:
            return Verdict.STAY
        return Verdict.REJOIN if self.signal is Signal.OPEN else Verdict.LEAVE

    def _both_since_ns(self) -> int:
        return max(self._signal_since_ns, self._media_since_ns)
