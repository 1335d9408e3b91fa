"""Records one track: reads its tap and carries out what timeline, gap finder and cutter decide."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from recording.errors import BadMedia
from recording.fragments import mux_fragment
from recording.gaps import Cause, Gap, GapFinder
from recording.h264 import parameter_sets
from recording.opus import OPUS_RATE_HZ, packet_duration_ns
from recording.segments import (
    CutAction,
    OpenSegment,
    PlacedFrame,
    RefuseFrame,
    SealSegment,
    SegmentCutter,
    SegmentFormat,
    WriteFragment,
)
from recording.tap_records import FrameRecord, RecordedTap, TapRecord, is_clock, is_frame, is_overflow
from recording.timeline import PublisherClock, TrackTimeline

VIDEO_RATE_HZ = 90_000
"""RTP clock rate of VP8 and H.264 (RFC 7741 §6.1, RFC 6184 §8.2.1)."""

READ_RECORDS = 256
READS_AT_ONCE = 16
"""Up to 4,096 records a pass, half a minute of a track: more would let one track keep the others waiting."""

_MIN_VIDEO_FRAME_NS = 10_000_000
_MAX_VIDEO_FRAME_NS = 100_000_000
_FIRST_VIDEO_FRAME_NS = 33_000_000
"""How long a video frame is shown is known only by the next; the last one's is taken to be the one before's,
within these bounds (100 to 10 frames a second)."""


class SegmentStore(Protocol):
    """Where a track's segments go. Methods raise OSError where the disk refuses; nothing of that call then
    counts.
    """

    def begin_segment(self, track: str, segment: SegmentFormat, *, starts_with_keyframe: bool) -> None:
        """The next fragment of the track begins a file."""

    def write_fragment(self, track: str, content: bytes, *, from_ns: int, to_ns: int) -> None:
        """Appends a fragment to the track's open file."""

    def next_fragment(self, track: str) -> tuple[int, int]:
        """(its index in the open file from 0, its number in the track from 1)."""

    def seal_segment(self, track: str) -> None:
        """Finishes the track's open file, if it has one. Never raises: what the disk
        refuses is tried again.
        """

    def note_gap(self, track: str, gap: Gap) -> None:
        """Takes down a gap."""

    def note_pending_gap(self, track: str, gap: Gap) -> None:
        """Takes down a gap that is going on."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What the gap finder is told of a frame once it is known whether it was written."""

    lost_packets: int
    drops_before: tuple[Cause, ...]


class TrackRecorder:
    """One track of one recording. Every method belongs to the recorder's thread."""

    def __init__(
        self,
        track: str,
        *,
        codec: str,
        tap: RecordedTap,
        store: SegmentStore,
        publisher: PublisherClock,
        zero_ns: int,
        start_ns: int,
    ) -> None:
        self.track = track
        self.tap_ended_ns: int | None = None
        self._zero_ns = zero_ns
        self._tap = tap
        self._is_video = codec != "opus"
        self._held: deque[_Held] = deque()
        self._drops: list[Cause] = []
        self._store = store
        rate_hz = OPUS_RATE_HZ if codec == "opus" else VIDEO_RATE_HZ
        self._timeline = TrackTimeline(publisher, clock_rate_hz=rate_hz, zero_ns=zero_ns)
        self._finder = GapFinder(start_ns=start_ns)
        self._cutter = SegmentCutter()
        self._format: SegmentFormat | None = None
        self._open_format = SegmentFormat(codec)
        self._last_time_ns: int | None = None
        self._video_frame_ns = _FIRST_VIDEO_FRAME_NS

    def pump(self, now_ns: int) -> None:
        """Takes what the tap has; writes what has been held long enough. ``now_ns`` is monotonic."""
        for _ in range(READS_AT_ONCE):
            records = self._tap.read(READ_RECORDS)
            for record in records:
                self._receive(record)
            if len(records) < READ_RECORDS:
                break
        self._carry_out(self._cutter.receive_time(now_ns))
        self._report_gaps()

    def note_silence(self, now_ns: int) -> None:
        """Takes down the gap that is going on, if any, so that a crash finds it explained. Once a second."""
        self._finder.receive_time(now_ns - self._zero_ns)
        self._report_gaps()
        pending = self._finder.pending(now_ns - self._zero_ns)
        if pending:
            self._store.note_pending_gap(self.track, max(pending, key=lambda gap: gap.to_ns))

    def wants_keyframe(self, now_ns: int) -> bool:
        """Whether to ask the publisher for a key frame now."""
        return self._is_video and self._cutter.wants_keyframe(now_ns)

    def receive_mute(self, now_ns: int, *, is_muted: bool) -> None:
        """The publisher muted or unmuted; ``now_ns`` on the recording's time line."""
        if is_muted:
            self._finder.receive_mute(now_ns)
        else:
            self._finder.receive_unmute(now_ns)

    def receive_link(self, now_ns: int, *, is_lost: bool) -> None:
        """The publisher's link was lost or is back; ``now_ns`` on the recording's time line."""
        if is_lost:
            self._finder.receive_link_lost(now_ns)
        else:
            self._finder.receive_link_back()

    def end(self, now_ns: int) -> None:
        """Takes what the tap still has, writes it and seals; the tap is closed. ``now_ns`` is monotonic."""
        self.pump(now_ns)
        self._tap.close()
        self._carry_out(self._cutter.end())
        for cause in self._drops:
            self._finder.receive_drop(cause)
        self._finder.receive_end(now_ns - self._zero_ns)
        self._report_gaps()

    def close(self) -> None:
        """Closes the tap; what it still has is lost. For a recording that is given up."""
        self._tap.close()

    def _receive(self, record: TapRecord) -> None:
        if is_frame(record):
            self._receive_frame(record)
        elif is_clock(record):
            self._timeline.receive_report(record.rtp_timestamp, record.ntp_ns, record.arrival_ns)
        elif is_overflow(record):
            self._drops.append(Cause.TAP_OVERFLOW)
        else:
            self.tap_ended_ns = record.arrival_ns

    def _receive_frame(self, record: FrameRecord) -> None:
        frame = self._placed(record)
        self._held.append(_Held(record.lost_packets, tuple(self._drops)))
        self._drops.clear()
        self._carry_out(self._cutter.receive_frame(frame))

    def _placed(self, record: FrameRecord) -> PlacedFrame:
        time_ns = self._timeline.place(record.rtp_timestamp, record.arrival_ns)
        is_video = record.codec != "opus"
        if is_video and self._last_time_ns is not None:
            passed_ns = time_ns - self._last_time_ns
            self._video_frame_ns = min(max(passed_ns, _MIN_VIDEO_FRAME_NS), _MAX_VIDEO_FRAME_NS)
        self._last_time_ns = time_ns
        is_keyframe = record.is_keyframe or not is_video
        if is_keyframe:
            self._format = _format_of(record, self._format)
        return PlacedFrame(
            time_ns=time_ns,
            duration_ns=self._video_frame_ns if is_video else packet_duration_ns(record.data),
            arrival_ns=record.arrival_ns,
            is_keyframe=is_keyframe,
            codec=record.codec,
            format=self._format if is_keyframe else None,
            data=record.data,
        )

    def _carry_out(self, actions: list[CutAction]) -> None:
        """Carries out the actions; where one fails, the segment ends and all frames held are lost."""
        for action in actions:
            try:
                self._carry_out_one(action)
            except (OSError, BadMedia) as error:
                self._cutter.abandon()
                self._store.seal_segment(self.track)
                cause = Cause.BAD_MEDIA if isinstance(error, BadMedia) else Cause.DISK_FULL
                while self._held:
                    self._account_for_drop(cause)
                return

    def _carry_out_one(self, action: CutAction) -> None:
        match action:
            case OpenSegment():
                self._store.begin_segment(
                    self.track, action.format, starts_with_keyframe=action.starts_with_keyframe
                )
                self._open_format = action.format
            case WriteFragment():
                self._write(action.frames)
            case SealSegment():
                self._store.seal_segment(self.track)
            case RefuseFrame():
                self._account_for_drop(Cause.NO_KEYFRAME)

    def _write(self, frames: tuple[PlacedFrame, ...]) -> None:
        index, number = self._store.next_fragment(self.track)
        content = mux_fragment(self._open_format, frames, index=index, number=number)
        end_ns = frames[-1].time_ns + frames[-1].duration_ns
        self._store.write_fragment(self.track, content, from_ns=frames[0].time_ns, to_ns=end_ns)
        for frame in frames:
            held = self._held.popleft()
            for cause in held.drops_before:
                self._finder.receive_drop(cause)
            self._finder.receive_frame(frame.time_ns, frame.duration_ns, lost_packets=held.lost_packets)

    def _account_for_drop(self, cause: Cause) -> None:
        """The oldest frame held is lost, together with what was lost before it."""
        held = self._held.popleft()
        for earlier in held.drops_before:
            self._finder.receive_drop(earlier)
        self._finder.receive_drop(cause, lost_packets=held.lost_packets)

    def _report_gaps(self) -> None:
        for gap in self._finder.next_gaps():
            self._store.note_gap(self.track, gap)


def _format_of(record: FrameRecord, before: SegmentFormat | None) -> SegmentFormat:
    """What a key frame's segment has to say; a key frame that does not tell its size keeps the one before."""
    if record.codec == "opus":
        return SegmentFormat("opus")
    sets = parameter_sets(record.data) if record.codec == "H264" else b""
    if before is not None and before.codec == record.codec:
        return SegmentFormat(
            record.codec,
            record.width or before.width,
            record.height or before.height,
            sets or before.parameter_sets,
        )
    return SegmentFormat(record.codec, record.width, record.height, sets)
