"""Frames of one ECG that were shown before the truth lane had brought them: to know each again when it does.

They were shown and nothing else. When the truth lane brings one, it is not shown twice; where it brings other
samples under the same numbers, those are the ECG's, and who watches is told them.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from media_server.ecg.frame import Envelope

MOST_FRAMES: Final = 256
"""Ten seconds of them: further ahead of the truth nothing is shown (Stream.refusal_of_ahead)."""
_BODY: Final = slice(4, -4)
"""Of a frame what is the same when the gateway has marked it late meanwhile: all but flags and check."""


class Shown(Enum):
    """What is known of a frame that the truth lane brings."""

    NOT = "nobody has seen it"
    SAME = "it has been shown"
    OTHER = "something else has been shown under its numbers"


class Ahead:
    """Of one ECG."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], bytes] = {}
        self.newest: tuple[int, int] = (0, 0)
        """Epoch and end of the newest that was shown; (0, 0) before the first."""

    def __len__(self) -> int:
        return len(self._held)

    def receive(self, envelope: Envelope, frame: bytes) -> bool:
        """Takes a frame that may be shown; returns whether it has not been yet."""
        key = envelope.epoch, envelope.first_sample
        if key in self._held:
            return False
        if len(self._held) >= MOST_FRAMES:
            del self._held[next(iter(self._held))]
        self._held[key] = frame
        self.newest = max(self.newest, (envelope.epoch, envelope.end_sample))
        return True

    def settle(self, envelope: Envelope, frame: bytes) -> Shown:
        """Takes a frame of the truth lane, which brings each once; returns what is known of it."""
        held = self._held.pop((envelope.epoch, envelope.first_sample), None)
        if held is None:
            return Shown.NOT
        return Shown.SAME if held[_BODY] == frame[_BODY] else Shown.OTHER

    def waiting(self, epoch: int, after: int) -> list[bytes]:
        """Returns what is ahead of the truth, which goes up to before ``after`` of that epoch."""
        return [
            held for (number, first), held in sorted(self._held.items()) if number == epoch and first >= after
        ]

    def clear(self) -> None:
        """Forgets everything: what comes now is shown, be it for the second time."""
        self._held.clear()
        self.newest = (0, 0)
