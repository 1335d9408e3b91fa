"""Frames on their way to who watches: over each page's socket, and over the room's unreliable channel where
pages hear it.
"""

from __future__ import annotations

from collections.abc import Sequence

from media_server.ecg.frame import Envelope, FrameFlag
from signaling.ecg.ahead import Shown
from signaling.ecg.lane import Lane
from signaling.ecg.lanes import EcgCounts
from signaling.ecg.room_frames import FrameSender
from signaling.ecg.telling import tell


class Showing:
    """Of all ECGs. ``sender`` brings frames into cases' rooms, where there are any."""

    def __init__(self, counts: EcgCounts, sender: FrameSender | None) -> None:
        self._counts = counts
        self._sender = sender

    def show(
        self, lane: Lane, content: bytes, envelopes: Sequence[Envelope], now_ns: int, *, is_whole: bool
    ) -> None:
        """Tells who watches of frames of one message, all of it where it ``is_whole``."""
        if lane.is_lost:
            lane.is_lost = False
            tell(lane, {"type": "found"})
        if not lane.viewers or not envelopes:
            return
        message = content if is_whole else b"".join(content[each.start : each.end] for each in envelopes)
        for viewer in lane.viewers:
            viewer.show(message, now_ns)
        if self._sender is not None and lane.ecg.case:
            self._send_to_room(self._sender, lane, content, envelopes, now_ns)

    def unseen(self, lane: Lane, content: bytes, envelopes: Sequence[Envelope]) -> Sequence[Envelope]:
        """Returns what of the truth lane's frames has not been shown. Where it says otherwise than what was
        shown, it is told behind everything else on each socket, so that it is what stands in the end.
        """
        unseen = []
        for each in envelopes:
            frame = content[each.start : each.end]
            shown = lane.ahead.settle(each, frame)
            if shown is Shown.NOT:
                unseen.append(each)
                continue
            self._counts.frames_after += 1
            if shown is Shown.OTHER:
                self._counts.frames_corrected += 1
                # What would be repeated in the room is what was wrong.
                lane.recent.clear()
                for viewer in lane.viewers:
                    viewer.correct(frame, lane.frame_ns)
        return unseen

    def _send_to_room(
        self,
        sender: FrameSender,
        lane: Lane,
        content: bytes,
        envelopes: Sequence[Envelope],
        now_ns: int,
    ) -> None:
        live = [content[each.start : each.end] for each in envelopes if not each.flags & FrameFlag.LATE]
        if not live:
            return
        lane.recent.extend(live)
        listeners: dict[int, list[str]] = {}
        for viewer in lane.viewers:
            if viewer.lane.is_wanted(now_ns):
                listeners.setdefault(viewer.lane.repeats, []).append(viewer.caller.login)
        newest_first = list(lane.recent)[::-1]
        for repeats, identities in listeners.items():
            self._counts.room_messages += 1
            frames = b"".join(newest_first[: len(live) + repeats])
            sender.send(lane.ecg.case, lane.ecg.id, frames, identities)
