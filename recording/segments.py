"""Where a track is cut into segments and fragments: decides from times and key frames, writes nothing.

A segment is a file; it starts at a key frame and is cut at the first key frame after 10 s. A fragment is what
is written at once: at most 0.4 s of media, held no longer than 0.4 s. Feed ``receive_frame`` and
``receive_time``; carry out the actions each returns, in order, before the next call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

SEGMENT_NS = 10_000_000_000
"""A sealed segment is proven as a whole: shorter ones make more files, longer ones prove later."""

HARD_SEGMENT_NS = 60_000_000_000
"""A publisher that ignores requests for a key frame is cut here all the same, so that segments get sealed;
the next file then starts between key frames and is decoded with the one before."""

FRAGMENT_NS = 400_000_000
"""With 0.1 s between reads and 0.25 s of waiting for late packets a kill loses less than 1 s."""

KEYFRAME_REQUEST_NS = 1_000_000_000
"""Between two requests for the key frame at which to cut; the core lets one in 500 ms through."""


@dataclass(frozen=True, slots=True)
class SegmentFormat:
    """What a segment's header says: a change of it needs a new file. Sizes are 0 for sound."""

    codec: str
    width: int = 0
    height: int = 0
    parameter_sets: bytes = b""
    """H.264: the SPS and PPS NAL units in Annex B."""

    @property
    def is_video(self) -> bool:
        """Whether frames depend on key frames before them."""
        return self.codec != "opus"


@dataclass(frozen=True, slots=True)
class PlacedFrame:
    """A frame on the recording's time line. ``format`` is None where the frame does not
    tell (no key frame).
    """

    time_ns: int
    duration_ns: int
    arrival_ns: int
    is_keyframe: bool
    codec: str
    format: SegmentFormat | None
    data: bytes


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """Start a file of this format; the next fragment is its first."""

    format: SegmentFormat
    starts_with_keyframe: bool


@dataclass(frozen=True, slots=True)
class WriteFragment:
    """Write these frames as one fragment of the open file."""

    frames: tuple[PlacedFrame, ...]


@dataclass(frozen=True, slots=True)
class SealSegment:
    """Finish the open file."""


@dataclass(frozen=True, slots=True)
class RefuseFrame:
    """The frame just received cannot be decoded from any key frame recorded: it is dropped."""


CutAction: TypeAlias = OpenSegment | WriteFragment | SealSegment | RefuseFrame


class SegmentCutter:
    """Cuts one track."""

    def __init__(self) -> None:
        self._format: SegmentFormat | None = None
        self._segment_start_ns = 0
        self._frames: list[PlacedFrame] = []
        self._is_waiting_for_keyframe = False
        self._keyframe_asked_ns: int | None = None
        self._newest_ns = 0

    def receive_frame(self, frame: PlacedFrame) -> list[CutAction]:
        """Takes the next frame of the track; its time is after the last one's."""
        actions: list[CutAction] = []
        self._newest_ns = frame.time_ns
        current = self._format
        if current is not None and self._must_cut(current, frame):
            actions += self._cut()
        if self._format is None:
            following = self._following_format(current, frame)
            if following is None:
                self._is_waiting_for_keyframe = True
                return [*actions, RefuseFrame()]
            self._format = following
            self._segment_start_ns = frame.time_ns
            self._is_waiting_for_keyframe = False
            self._keyframe_asked_ns = None
            actions.append(OpenSegment(following, starts_with_keyframe=frame.is_keyframe))
        elif self._frames and self._is_fragment_full(frame):
            actions.append(self._take_fragment())
        self._frames.append(frame)
        return actions

    def receive_time(self, now_ns: int) -> list[CutAction]:
        """Tells that it is ``now_ns`` on the clock of arrivals: what has been held long enough is written."""
        if not self._frames or now_ns - self._frames[0].arrival_ns < FRAGMENT_NS:
            return []
        return [self._take_fragment()]

    def end(self) -> list[CutAction]:
        """Nothing follows: writes what is held and seals. Ending twice is harmless."""
        return self._cut() if self._format is not None else []

    def abandon(self) -> None:
        """The open file could not be written to and is closed: frames held are lost, a
        key frame is needed.
        """
        self._format = None
        self._frames = []
        self._is_waiting_for_keyframe = True

    def wants_keyframe(self, now_ns: int) -> bool:
        """Whether to ask the publisher for a key frame now; each True is to be followed by asking."""
        is_overdue = (
            self._format is not None
            and self._format.is_video
            and self._newest_ns - self._segment_start_ns >= SEGMENT_NS
        )
        if not is_overdue and not self._is_waiting_for_keyframe:
            return False
        if self._keyframe_asked_ns is not None and now_ns - self._keyframe_asked_ns < KEYFRAME_REQUEST_NS:
            return False
        self._keyframe_asked_ns = now_ns
        return True

    def _must_cut(self, current: SegmentFormat, frame: PlacedFrame) -> bool:
        if frame.codec != current.codec:
            return True
        if frame.format is not None and frame.format != current:
            return True
        age_ns = frame.time_ns - self._segment_start_ns
        return age_ns >= (SEGMENT_NS if frame.is_keyframe else HARD_SEGMENT_NS)

    def _following_format(self, before: SegmentFormat | None, frame: PlacedFrame) -> SegmentFormat | None:
        """The format of the file that ``frame`` starts; None where it cannot start one."""
        if frame.is_keyframe:
            return frame.format
        return before if before is not None and before.codec == frame.codec else None

    def _is_fragment_full(self, frame: PlacedFrame) -> bool:
        first = self._frames[0]
        return (
            frame.time_ns - first.time_ns >= FRAGMENT_NS or frame.arrival_ns - first.arrival_ns >= FRAGMENT_NS
        )

    def _take_fragment(self) -> WriteFragment:
        frames, self._frames = self._frames, []
        return WriteFragment(tuple(frames))

    def _cut(self) -> list[CutAction]:
        """Writes what is held and seals the open file."""
        actions: list[CutAction] = [self._take_fragment()] if self._frames else []
        self._format = None
        return [*actions, SealSegment()]
