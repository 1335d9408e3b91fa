"""The room's lane of one viewer: whether frames also go over the unreliable channel of the case's room, with
how many repeats, and whether the viewer's socket may then wait a little with the same frames.

The page says once a second what it hears there:

    {"type": "lane", "lost": …, "of": …}      of so many messages so many did not come; 0 of 0 to begin with

It wants the lane for as long as it says so. Each message carries the newest frame and the ``repeats`` before
it: none on a clean link, two where much is lost. Once messages are heard, the socket brings the same frames a
little later and together: it is then what fills the holes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from media_server.ecg.repeats import Repeats

WANTED_NS: Final = 5_000_000_000
"""A report now and then is lost with a slow socket; after so long without one the page is not listening."""
HEARD_NS: Final = 2_500_000_000
"""Without a report of messages that came the socket is live again: a dead channel costs two seconds, once."""
_MOST_MESSAGES: Final = 1_000
MAX_CHARACTERS: Final = 100


class LaneReport(NamedTuple):
    """What a page has heard since its last report."""

    lost: int
    of: int


def read_report(text: str) -> LaneReport | None:
    """Returns what a page says of the lane; None for what is nothing of the kind."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        value = json.loads(text)
        report = LaneReport(value["lost"], value["of"])
        is_one = value["type"] == "lane" and all(type(number) is int for number in report)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return report if is_one and 0 <= report.lost <= report.of <= _MOST_MESSAGES else None


@dataclass(slots=True)
class RoomLane:
    """The lane of one viewer."""

    _asked_ns: int | None = None
    _heard_ns: int | None = None
    _repeats: Repeats = field(default_factory=lambda: Repeats(1.0))
    """Before anything is known the lane is taken for bad."""

    def receive_report(self, report: LaneReport, now_ns: int) -> None:
        """Takes what the page says."""
        self._asked_ns = now_ns
        if not report.of:
            return
        if self._heard_ns is None:
            self._repeats.loss = 0.0
        self._repeats.receive_loss(report.lost, report.of)
        if report.lost < report.of:
            self._heard_ns = now_ns

    def is_wanted(self, now_ns: int) -> bool:
        """Whether frames go over the room's channel."""
        return self._asked_ns is not None and now_ns - self._asked_ns <= WANTED_NS

    def is_heard(self, now_ns: int) -> bool:
        """Whether the socket may wait with them."""
        return self._heard_ns is not None and now_ns - self._heard_ns <= HEARD_NS

    @property
    def repeats(self) -> int:
        """How many frames go again with each."""
        return self._repeats.count
