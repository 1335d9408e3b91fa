"""Who is speaking, from the audio levels that publishers put into their packets (RFC 6464).

Levels come about every 500 ms from the core, already smoothed. A participant speaks from a level of
SPEAKING_DBOV on and until QUIET_DBOV is passed: the gap between the two keeps a pause from flickering. Only
changes are reported, because every report goes to everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from media_server.ids import ParticipantSid

SPEAKING_DBOV: Final = 35
"""Below full scale; LiveKit's default threshold for an active speaker."""
QUIET_DBOV: Final = 42
"""7 dB under the threshold: less than the dip between two words, more than the ripple of steady speech."""
SILENT_DBOV: Final = 127
"""RFC 6464 §3: digital silence."""
_LEVEL_STEP: Final = 0.05
"""Smaller changes of the 0 … 1 level draw the same bar."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One participant's loudness: ``level`` 0 … 1, 1 loudest."""

    sid: ParticipantSid
    level: float
    is_active: bool


def loudness(level_dbov: int) -> float:
    """Returns 0 … 1 for an RFC 6464 level (0 loudest … 127 silent)."""
    return 0.0 if level_dbov >= SILENT_DBOV else round(float(10 ** (-level_dbov / 20)), 3)


class Speakers:
    """The speakers of one room as last reported."""

    def __init__(self) -> None:
        self._active: dict[ParticipantSid, Speaker] = {}

    def receive_levels(self, levels: Mapping[ParticipantSid, int]) -> list[Speaker]:
        """Returns what changed since the last call; ``levels`` holds everyone who sent sound since, in
        dBov."""
        changed: list[Speaker] = []
        for sid, level_dbov in levels.items():
            before = self._active.get(sid)
            threshold = SPEAKING_DBOV if before is None else QUIET_DBOV
            if level_dbov > threshold:
                continue
            now = Speaker(sid, loudness(level_dbov), True)
            if before is None or abs(now.level - before.level) >= _LEVEL_STEP:
                self._active[sid] = now
                changed.append(now)
        quiet = [sid for sid in self._active if levels.get(sid, SILENT_DBOV) > QUIET_DBOV]
        return changed + self._end(quiet)

    def forget(self, sids: Iterable[ParticipantSid]) -> None:
        """Drops participants who have left; clients drop them by themselves."""
        for sid in sids:
            self._active.pop(sid, None)

    def active(self) -> list[Speaker]:
        """Returns who is speaking, for those who have just come."""
        return list(self._active.values())

    def _end(self, sids: Iterable[ParticipantSid]) -> list[Speaker]:
        ended = [Speaker(sid, 0.0, False) for sid in sids]
        self.forget(speaker.sid for speaker in ended)
        return ended
