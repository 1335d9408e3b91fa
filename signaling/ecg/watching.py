"""The pages that watch ECGs: what each is told when it comes, and what they show one another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from signaling.auth.rights import Caller
from signaling.ecg.ecg_chain import case_of, chain_ecg_act
from signaling.ecg.ecg_views import views_of
from signaling.ecg.ecgs import Ecg
from signaling.ecg.lane import Lane
from signaling.ecg.lanes import Lanes
from signaling.ecg.outbox import GOING_AWAY
from signaling.ecg.pointing import Point, read_point
from signaling.ecg.room_lane import read_report
from signaling.ecg.telling import lost_words
from signaling.ecg.viewers import Viewer, in_pieces
from signaling.store.store import StoreUnavailable, Unit

SHOWN_AT_ONCE_S: Final = 60
"""What who comes late gets first."""
MAX_VIEWERS: Final = 2_000
MAX_VIEWERS_OF_ONE: Final = 50


class Watching:
    """All pages, of all ECGs."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._counts = lanes.counts

    def __len__(self) -> int:
        return sum(len(lane.viewers) for lane in self._lanes.all())

    @property
    def viewers(self) -> Iterable[Viewer]:
        """Every page."""
        return [viewer for lane in self._lanes.all() for viewer in lane.viewers]

    def may_watch(self, ecg: Ecg) -> bool:
        """Returns whether one more page may watch it."""
        lane = self._lanes.find(ecg.id)
        is_full = lane is not None and len(lane.viewers) >= MAX_VIEWERS_OF_ONE
        return not is_full and len(self) < MAX_VIEWERS

    async def watch(self, viewer: Viewer, ecg: Ecg) -> None:
        """Tells a page what there is and goes on telling it until ``leave``. Raises OSError,
        StoreUnavailable.
        """
        async with self._lanes.read(ecg.id) as lane:
            if lane is None:
                viewer.outbox.end(GOING_AWAY)
                return
            (view,) = await self._lanes.store.read(
                lambda connection: views_of(connection, [self._lanes.shown(lane.ecg)], viewer.caller)
            )
            stands = {"have": lane.stream.shown(), "server_us": self._lanes.wall_us()}
            viewer.outbox.push(_text({"type": "ecg", **view.model_dump(), **stands}))
            backlog = _latest(lane)
            # From here on it is told what comes; what it is then told twice it knows by its number.
            lane.viewers.add(viewer)
            for frame in lane.ahead.waiting(*lane.stream.newest()):
                viewer.outbox.push_live(frame, self._lanes.clock.monotonic_ns())
            for epoch, start, end in backlog:
                # The newest first, so that the page's line only ever grows back.
                for some in in_pieces(await self._lanes.disk.read(ecg.id, epoch, start, end))[::-1]:
                    viewer.outbox.push_later(some)
            for told in lane.standing.told_to(viewer.caller.person):
                viewer.outbox.push(told)
            if lane.is_lost:
                viewer.outbox.push(_text(lost_words(lane)))

    def leave(self, viewer: Viewer, ecg: Ecg) -> None:
        """The page is gone; harmless for one that was never there."""
        self._counts.slow_viewers += viewer.outbox.was_slow
        self._counts.frames_left_out += viewer.outbox.left_out
        lane = self._lanes.find(ecg.id)
        if lane is not None:
            lane.viewers.discard(viewer)
            lane.standing.leave(viewer, self._lanes.clock.monotonic_ns())

    async def receive_text(self, viewer: Viewer, ecg: Ecg, text: str) -> None:
        """Takes what a page says: what it hears of the room's lane, or what it shows to the others."""
        report = read_report(text)
        if report is not None:
            viewer.lane.receive_report(report, self._lanes.clock.monotonic_ns())
        else:
            await self._receive_point(viewer, ecg, text)

    async def _receive_point(self, viewer: Viewer, ecg: Ecg, text: str) -> None:
        """What cannot be, or comes too fast, is left out."""
        point, now_ns = read_point(text), self._lanes.clock.monotonic_ns()
        lane = self._lanes.find(ecg.id)
        if lane is None or point is None or not viewer.pace.receive_point(point, now_ns):
            self._counts.points_left_out += 1
            return
        self._counts.points += 1
        caller = viewer.caller
        told = _text({"type": "pointed", "by": caller.person, "name": caller.name, **point.words})
        lane.standing.receive_point(viewer, caller.person, point, told)
        for other in lane.viewers:
            if other is not viewer:
                other.outbox.push(told)
        if point.is_kept:
            await self._keep_point(caller, lane.ecg, point)

    async def _keep_point(self, caller: Caller, ecg: Ecg, point: Point) -> None:
        async def work(unit: Unit) -> None:
            case = await case_of(unit, ecg)
            chain_ecg_act(unit, caller, ecg, case, "annotation.caliper", after=point.ledger_words)

        try:
            await self._lanes.store.write(work)
        except StoreUnavailable:
            self._counts.put_off += 1


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)


def _latest(lane: Lane) -> list[tuple[int, int, int]]:
    """Returns epoch, start and end of what is shown at once, the newest first."""
    left = SHOWN_AT_ONCE_S * lane.stream.rate_hz
    found = []
    for extent in reversed(lane.stream.extents()):
        if left <= 0:
            break
        start = max(extent.first, extent.end - left)
        found.append((extent.epoch, start, extent.end))
        left -= extent.end - start
    return found
