"""Which stretches of a track are missing, and why.

The rules, in the order in which they are tried on a stretch between two pieces of recorded media:

* ``muted``: from mute to unmute, as the events say; what else is missing is looked for outside of it.
* ``disk_full``: frames came and the disk refused them (full, or an input/output error).
* ``tap_overflow``: frames came faster than the recorder read them, and the tap dropped some.
* ``bad_media``: frames came that no container takes.
* ``no_keyframe``: video frames came that cannot be decoded for want of a key frame before them.
* ``link_lost``: the participant's link was lost at some time in the stretch.
* ``packets_lost``: packets went missing for good before the next frame, and media time went missing with
  them.
* ``silent``: nothing came for more than 2 s and nothing of the above explains it.

``process_ended`` is found at the next start (``recovery``): from the last fragment to the last sign of life.

Opus DTX is no gap: the sender stops sending in silence, but sends one packet each 400 ms (RFC 6716 §2.1.9),
the RTP time stamp goes on, and no packet is lost; the 2 s of ``silent`` are five such packets. Video may
pause as well (a still screen): up to 2 s of that is the frame before being held.

Losses of one cause less than 200 ms apart are one gap, whose ``lost_packets`` is the sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Cause(StrEnum):
    """Cause codes of gaps; stable, they stand in manifests."""

    MUTED = "muted"
    DISK_FULL = "disk_full"
    TAP_OVERFLOW = "tap_overflow"
    BAD_MEDIA = "bad_media"
    NO_KEYFRAME = "no_keyframe"
    LINK_LOST = "link_lost"
    PACKETS_LOST = "packets_lost"
    SILENT = "silent"
    PROCESS_ENDED = "process_ended"


SILENT_NS = 2_000_000_000
"""Longer than any pause a healthy sender makes (DTX: 0.4 s; a still screen in browsers: 1 s)."""

SLACK_NS = 2_000_000
"""Missing time below this is rounding: WebM counts milliseconds."""

MERGE_NS = 200_000_000
"""Losses closer than this are one to an eye or ear, and a lossy hour does not make a manifest of 10,000 gaps.
"""

SETTLED_NS = 1_000_000_000
"""Media is written within 0.6 s of its time: a gap this old has all its losses."""

NOTICEABLE_NS = 200_000_000
"""A gap below this is bridged by concealment; it is in the manifest, not in the count that people see."""

_DROP_CAUSES = (Cause.DISK_FULL, Cause.TAP_OVERFLOW, Cause.BAD_MEDIA, Cause.NO_KEYFRAME)


@dataclass(frozen=True, slots=True)
class Gap:
    """Media missing from ``from_ns`` (inside) to ``to_ns`` (not); ``lost_packets`` where
    they were counted.
    """

    from_ns: int
    to_ns: int
    cause: Cause
    lost_packets: int = 0

    @property
    def is_noticeable(self) -> bool:
        """Whether somebody watching would notice that something is missing."""
        return self.cause is not Cause.MUTED and self.to_ns - self.from_ns >= NOTICEABLE_NS


class GapFinder:
    """Finds the gaps of one track, whose life begins at ``start_ns`` on the recording's time line.

    After each ``receive_*`` take what ``next_gaps`` returns.
    """

    def __init__(self, *, start_ns: int) -> None:
        self._covered_until_ns = start_ns
        self._drop_causes: set[Cause] = set()
        self._lost_packets = 0
        self._muted_since_ns: int | None = None
        self._mutes: list[tuple[int, int]] = []
        self._link_lost_since_ns: int | None = None
        self._has_link_loss = False
        self._ready: list[Gap] = []
        self._open: Gap | None = None

    @property
    def covered_until_ns(self) -> int:
        """Up to here everything is recorded or explained, but for what ``pending`` tells."""
        return self._covered_until_ns

    def receive_frame(self, time_ns: int, duration_ns: int, *, lost_packets: int) -> None:
        """A frame was written."""
        self._lost_packets += lost_packets
        self._explain(time_ns)
        self._covered_until_ns = max(self._covered_until_ns, time_ns + duration_ns)
        if self._open is not None and self._covered_until_ns - self._open.to_ns >= MERGE_NS:
            self._flush()

    def receive_drop(self, cause: Cause, *, lost_packets: int = 0) -> None:
        """Frames after the last one recorded were lost on our side: disk, tap, container or key frame."""
        self._drop_causes.add(cause)
        self._lost_packets += lost_packets

    def receive_mute(self, now_ns: int) -> None:
        """The track was muted. Muting twice changes nothing."""
        if self._muted_since_ns is None:
            self._muted_since_ns = now_ns

    def receive_unmute(self, now_ns: int) -> None:
        """The track was unmuted. Unmuting twice changes nothing."""
        if self._muted_since_ns is not None:
            self._close_mute(now_ns)

    def receive_link_lost(self, now_ns: int) -> None:
        """The publisher's link is lost."""
        self._link_lost_since_ns = now_ns
        self._has_link_loss = True

    def receive_link_back(self) -> None:
        """The publisher's link is back; the stretch up to the next frame is still explained by the loss."""
        self._link_lost_since_ns = None

    def receive_end(self, now_ns: int) -> None:
        """The track's life ends."""
        self.receive_unmute(now_ns)
        self._explain(now_ns)
        self._covered_until_ns = max(self._covered_until_ns, now_ns)
        self._flush()

    def receive_time(self, now_ns: int) -> None:
        """Tells that it is ``now_ns``: a gap into which nothing can be merged any more becomes complete."""
        if self._open is not None and now_ns - self._open.to_ns >= SETTLED_NS:
            self._flush()

    def next_gaps(self) -> list[Gap]:
        """Gaps that are complete, in the order in which they were found; each is returned once."""
        gaps, self._ready = self._ready, []
        return gaps

    def pending(self, now_ns: int) -> list[Gap]:
        """What would be added if the track ended now; changes nothing. For pages that watch a recording."""
        trial = GapFinder(start_ns=self._covered_until_ns)
        trial._drop_causes = set(self._drop_causes)
        trial._lost_packets = self._lost_packets
        trial._muted_since_ns = self._muted_since_ns
        trial._mutes = list(self._mutes)
        trial._has_link_loss = self._has_link_loss
        trial._open = self._open
        trial.receive_end(max(now_ns, self._covered_until_ns))
        return trial.next_gaps()

    def _close_mute(self, now_ns: int) -> None:
        assert self._muted_since_ns is not None
        from_ns, self._muted_since_ns = self._muted_since_ns, None
        if now_ns > from_ns:
            self._mutes.append((from_ns, now_ns))
            self._ready.append(Gap(from_ns, now_ns, Cause.MUTED))

    def _explain(self, until_ns: int) -> None:
        """Turns what is missing up to ``until_ns`` into gaps, and forgets the evidence."""
        mutes = list(self._mutes)
        if self._muted_since_ns is not None:
            mutes.append((self._muted_since_ns, until_ns))
        for from_ns, to_ns in _without(self._covered_until_ns, until_ns, mutes):
            cause = self._cause_of(to_ns - from_ns)
            if cause is not None:
                self._add(Gap(from_ns, to_ns, cause, self._lost_packets))
                self._lost_packets = 0
        self._lost_packets = 0
        self._drop_causes.clear()
        self._mutes = [mute for mute in self._mutes if mute[1] > until_ns]
        self._has_link_loss = self._link_lost_since_ns is not None

    def _cause_of(self, missing_ns: int) -> Cause | None:
        if missing_ns <= SLACK_NS:
            return None
        for cause in _DROP_CAUSES:
            if cause in self._drop_causes:
                return cause
        if self._has_link_loss and (self._lost_packets or missing_ns > SILENT_NS):
            return Cause.LINK_LOST
        if self._lost_packets:
            return Cause.PACKETS_LOST
        return Cause.SILENT if missing_ns > SILENT_NS else None

    def _add(self, gap: Gap) -> None:
        before = self._open
        if before is not None and before.cause is gap.cause and gap.from_ns - before.to_ns < MERGE_NS:
            self._open = replace(before, to_ns=gap.to_ns, lost_packets=before.lost_packets + gap.lost_packets)
            return
        self._flush()
        self._open = gap

    def _flush(self) -> None:
        if self._open is not None:
            self._ready.append(self._open)
            self._open = None


def _without(from_ns: int, to_ns: int, holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of [from, to) outside of ``holes``, which are in order."""
    parts: list[tuple[int, int]] = []
    for hole_from_ns, hole_to_ns in holes:
        if hole_from_ns > from_ns:
            parts.append((from_ns, min(hole_from_ns, to_ns)))
        from_ns = max(from_ns, hole_to_ns)
    if from_ns < to_ns:
        parts.append((from_ns, to_ns))
    return parts
