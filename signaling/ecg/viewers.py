"""Who watches an ECG live: one socket each, told the same as all others, cut where it reads too slowly."""

from __future__ import annotations

from collections.abc import Sequence
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

SIGN: Final = '{"type": "here"}'
SIGN_AFTER_S: Final = 2
"""The page takes a socket that says nothing for 6 s for dead (clients/web/src/io/ecg_socket.ts)."""
PIECE_BYTES: Final = 8_192
"""Of the last minute: a link as slow as the ECG brings one in a second, and what is live between them."""


def in_pieces(frames: Sequence[bytes]) -> list[bytes]:
    """Returns the frames in order, as many together as make a message."""
    pieces: list[bytes] = []
    some = bytearray()
    for frame in frames:
        if some and len(some) + len(frame) > PIECE_BYTES:
            pieces.append(bytes(some))
            some.clear()
        some += frame
    return [*pieces, bytes(some)] if some else pieces


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
    _pushed: int = 0
    _quiet_s: int = 0

    def show(self, frames: bytes, now_ns: int) -> None:
        """Tells it of frames: at once, or together with those after them."""
        if self.lane.is_heard(now_ns):
            self.held.append(frames)
        else:
            self.release(now_ns)
            self.outbox.push_live(frames, now_ns)

    def release(self, now_ns: int) -> None:
        """Sends what was held."""
        if self.held:
            self.outbox.push_live(b"".join(self.held), now_ns)
            self.held.clear()

    def correct(self, frame: bytes, now_ns: int) -> None:
        """Tells it of samples that are not what it was shown: after all that was said of them before."""
        self.release(now_ns)
        self.outbox.push_later(frame)

    def tick_second(self) -> None:
        """Says that the service is there, where it has said nothing else for a while."""
        self._quiet_s = self._quiet_s + 1 if self._pushed == self.outbox.pushed else 0
        if self._quiet_s >= SIGN_AFTER_S:
            self.outbox.push(SIGN)
            self._quiet_s = 0
        self._pushed = self.outbox.pushed
