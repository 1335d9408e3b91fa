"""Which layers of a picture its publisher must send: what nobody needs costs a township's uplink for nothing.

More is asked for at once, less only after a while: a viewer who changes pages, or comes back after a short
loss, wants again what it had. What a viewer's link cannot carry is asked for all the same: as soon as the
link carries it again, it must be there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media_server.ids import ParticipantSid, TrackSid
from media_server.rooms.layers import QUALITY_HIGH, QUALITY_LOW

NO_QUALITY: Final = -1
"""Everybody who subscribed has switched the picture off."""

UNWATCHED_QUALITY: Final = QUALITY_LOW
"""What is sent while nobody has subscribed: whoever comes sees something at once, for 150 kbit/s."""

LESS_AFTER_NS: Final = 5_000_000_000
"""As LiveKit's server waits."""


@dataclass(slots=True)
class LayerDemand:
    """What the publisher of one track was told last; every client begins with all layers."""

    publisher: ParticipantSid
    track_sid: TrackSid
    mime_type: str
    told: int = QUALITY_HIGH
    _less_since_ns: int | None = None

    def rise(self, needed: int) -> bool:
        """Takes what is needed now; returns whether the publisher must be told to send more."""
        if needed > self.told:
            self.told, self._less_since_ns = needed, None
            return True
        return False

    def review(self, needed: int, now_ns: int) -> bool:
        """Takes what is needed now; returns whether the publisher must be told, of more or of less."""
        if needed >= self.told:
            self._less_since_ns = None
            return self.rise(needed)
        if self._less_since_ns is None:
            self._less_since_ns = now_ns
        if now_ns - self._less_since_ns < LESS_AFTER_NS:
            return False
        self.told, self._less_since_ns = needed, None
        return True
