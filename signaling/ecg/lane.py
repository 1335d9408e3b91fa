"""One ECG in this process's hands: its row as last read, its samples, who sends and who watches."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from media_server.ecg.frame import MAX_MESSAGE_FRAMES
from signaling.ecg.ahead import Ahead
from signaling.ecg.ecgs import Ecg
from signaling.ecg.frame_disk import Kept
from signaling.ecg.gateways import Gateway
from signaling.ecg.pointing import StandingPoints
from signaling.ecg.settling import Progress
from signaling.ecg.stream import GapFilled, GapFound, Stream
from signaling.ecg.viewers import Viewer

MAX_NEWS: Final = 1_000
"""Gaps and fillings that wait for the store; beyond it the ledger hears of the newest."""
LOST_NS: Final = 2_000_000_000
"""Without a frame: a link that is slow is not yet lost."""


@dataclass(eq=False, slots=True)
class Lane:
    """The ECG."""

    ecg: Ecg
    stream: Stream
    gateway: Gateway | None = None
    viewers: set[Viewer] = field(default_factory=set)
    readers: int = 0
    """Who needs its log just now."""
    news: deque[GapFound | GapFilled] = field(default_factory=lambda: deque(maxlen=MAX_NEWS))
    is_due: bool = False
    """Whether row and ledger are behind."""
    told_version: int = -1
    """Of the inventory that viewers were told."""
    frame_ns: int = 0
    """When the last frame came by the truth lane, monotonic."""
    ahead: Ahead = field(default_factory=Ahead)
    """What was shown before the truth lane brought it."""
    ahead_ns: int = 0
    """When the last such frame came, monotonic."""
    frame_us: int = 0
    """The same by the wall; after a start of the service, when the last sample was taken."""
    heard_ms: int = 0
    """When its gateway was last heard of it, by the wall."""
    is_lost: bool = False
    idle_since_ns: int = 0
    standing: StandingPoints = field(default_factory=StandingPoints)
    recent: deque[bytes] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGE_FRAMES))
    """The newest frames that came live, for the room's channel."""

    @property
    def is_idle(self) -> bool:
        """Whether nobody needs it in memory: a gateway, which stays connected for weeks, only while there is
        something to come.
        """
        is_awaited = self.gateway is not None and not self.ecg.is_complete
        return not (is_awaited or self.viewers or self.readers or self.is_due)

    def is_missed(self, now_ns: int) -> bool:
        """Whether frames should come and have not for a while."""
        seen_ns = max(self.frame_ns, self.ahead_ns)
        return self.ecg.state.value == "recording" and now_ns - seen_ns > LOST_NS

    @property
    def behind_ms(self) -> int:
        """How far the truth lane is behind what was shown before it; 0 where it is not."""
        epoch, end = self.ahead.newest
        newest = self.stream.newest()
        is_ahead = epoch == newest[0] and end > newest[1] and self.stream.rate_hz
        return (end - newest[1]) * 1_000 // self.stream.rate_hz if is_ahead else 0

    def progress(self) -> Progress:
        """Returns how far it has come; what the ledger has not heard yet is taken out."""
        stream = self.stream
        news, self.news = list(self.news), deque(maxlen=MAX_NEWS)
        return Progress(
            descriptor=self.ecg.descriptor,
            extents=stream.extents(),
            declared=stream.declared,
            is_complete=stream.is_complete,
            missing_ms=stream.missing_ms,
            gap_count=stream.gap_count,
            late_ms=stream.late_ms,
            missing=stream.missing(),
            heard_at_ms=self.heard_ms,
            news=news,
        )

    def take_back(self, progress: Progress) -> None:
        """Keeps for the next time what the store has not taken."""
        self.news.extendleft(reversed(progress.news))
        self.is_due = True


def lane_of(ecg: Ecg, kept: Kept) -> Lane:
    """Returns the lane of an ECG whose log holds this."""
    stream = Stream(declared=ecg.declared, gap_count=ecg.gap_count)
    if ecg.descriptor is not None:
        stream.describe(ecg.descriptor)
        stream.late_samples = ecg.late_ms * ecg.descriptor.rate_hz // 1000
    stream.load(kept.spans, kept.first_taken_us)
    lane = Lane(ecg, stream, heard_ms=ecg.heard_at_ms)
    for extent in stream.extents()[-1:]:
        lane.frame_us = extent.first_taken_us + (extent.end - extent.first) * 1_000_000 // max(
            1, stream.rate_hz
        )
    return lane
