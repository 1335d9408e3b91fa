"""Who watches an ECG live: one socket each, told the same as all others, cut where it reads too slowly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from signaling.auth.rights import Caller
from signaling.ecg.outbox import Outbox
from signaling.ecg.pointing import PointPace
from signaling.ecg.room_lane import RoomLane
from signaling.tokens import Binding

MAX_VIEWER_BYTES: Final = 1024 * 1024
"""What waits for one viewer: the last minute, sent at once, is 360 kB of 12 leads at 500 Hz and 600 kB of the
densest; and then there is a minute without a link."""


@dataclass(eq=False, slots=True)
class Viewer:
    """One open page."""

    caller: Caller
    binding: Binding
    outbox: Outbox = field(default_factory=lambda: Outbox(MAX_VIEWER_BYTES))
    pace: PointPace = field(default_factory=PointPace)
    lane: RoomLane = field(default_factory=RoomLane)
    held: list[bytes] = field(default_factory=list)
    """Frames that the socket brings with the next tick, as the room's channel has brought them."""

    def show(self, frames: bytes, now_ns: int) -> None:
        """Tells it of frames: at once, or together with those after them."""
        if self.lane.is_heard(now_ns):
            self.held.append(frames)
        else:
            self.release()
            self.outbox.push(frames)

    def release(self) -> None:
        """Sends what was held."""
        if self.held:
            self.outbox.push(b"".join(self.held))
            self.held.clear()
