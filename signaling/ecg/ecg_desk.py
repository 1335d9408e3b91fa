"""The ECGs of this service: what pages ask of them, and what goes on by itself.

Everything runs on the loop thread but the disk (frame_disk.py). What gateways send is intake.py's, who looks
on is watching.py's, and what both work on is lanes.py's. Where the store does not answer, frames go on; where
the disk refuses, the gateway is told to come back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from recording.clock import Clock
from signaling.ecg import uplink_messages as say
from signaling.ecg.datagram_intake import DatagramIntake
from signaling.ecg.ecg_sealer import EcgSealer
from signaling.ecg.ecgs import Ecg
from signaling.ecg.frame_disk import FrameDisk, Stretches
from signaling.ecg.gateways import Gateway
from signaling.ecg.intake import Intake
from signaling.ecg.lane import Lane
from signaling.ecg.lanes import Lanes
from signaling.ecg.outbox import GOING_AWAY
from signaling.ecg.room_frames import FrameSender
from signaling.ecg.showing import Showing
from signaling.ecg.telling import lost_words, tell
from signaling.ecg.viewers import Viewer
from signaling.ecg.vitals import Vital
from signaling.ecg.watching import Watching
from signaling.store.store import Store
from signaling.tokens import Binding

TICK_S: Final = 0.25
"""Acknowledgements go at most four times a second (contract of the uplink)."""
TICKS_A_SECOND: Final = 4
PUT_OUT: Final = 4403


class EcgDesk:
    """All of them. ``run`` is its task. ``sender`` brings frames into cases' rooms, where there are any;
    ``datagram_port`` is where gateways may send live frames by UDP as well, 0 for nowhere.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        data_dir: Path,
        *,
        sealer: EcgSealer | None = None,
        sender: FrameSender | None = None,
        datagram_port: int = 0,
    ) -> None:
        self.lanes = Lanes(store, clock, data_dir, sealer)
        showing = Showing(self.lanes.counts, sender)
        self.datagrams = DatagramIntake(self.lanes, showing, datagram_port)
        self.intake = Intake(self.lanes, showing, self.datagrams)
        self.watching = Watching(self.lanes)

    @property
    def is_closed(self) -> bool:
        """Whether the service ends: nothing is opened any more."""
        return self.lanes.is_closed

    @property
    def disk(self) -> FrameDisk:
        """Where the samples lie."""
        return self.lanes.disk

    # ---- for pages --------------------------------------------------------------------------------------

    def gateway_of(self, device: str) -> Gateway | None:
        """Returns the connection of a gateway that has greeted."""
        return self.intake.find(device)

    def shown(self, ecg: Ecg) -> Ecg:
        """Returns an ECG as it stands now: its row, and what has come since the row was written."""
        return self.lanes.shown(ecg)

    def receive_request(self, ecg: Ecg) -> None:
        """Takes note of an ECG that somebody has just asked for: its gateway is asked to begin."""
        self.intake.push(ecg.device, say.start(ecg.id))

    def receive_stop(self, ecg: Ecg) -> None:
        """Takes note of an ECG that somebody has just stopped."""
        self.intake.push(ecg.device, say.stop(ecg.id))
        lane = self.lanes.find(ecg.id)
        if lane is not None:
            lane.ecg = replace(ecg, descriptor=lane.ecg.descriptor)
            self.lanes.mark_due(lane)

    def receive_given_up(self, ecg: Ecg) -> None:
        """Takes note that somebody has declared the rest of an ECG lost: who watches hears so, and its
        gateway is told to stop, should it be there.
        """
        self.intake.push(ecg.device, say.stop(ecg.id))
        lane = self.lanes.find(ecg.id)
        if lane is not None:
            self.lanes.mark_due(lane)

    async def frames(self, ecg: Ecg, epoch: int, start: int, end: int) -> list[bytes]:
        """Returns the stored frames that hold any of these samples, by their first. Raises OSError,
        StoreUnavailable.
        """
        async with self.lanes.read(ecg.id) as lane:
            return [] if lane is None else await self.disk.read(ecg.id, epoch, start, end)

    async def stretches(self, ecg: Ecg) -> Mapping[int, Stretches]:
        """Returns of each epoch what is stored and what of that came late. Raises OSError,
        StoreUnavailable.
        """
        async with self.lanes.read(ecg.id) as lane:
            return {} if lane is None else await self.disk.stretches(ecg.id)

    async def vitals(self, ecg: Ecg, from_us: int, to_us: int, limit: int) -> list[Vital]:
        """Returns the values of that time, the newest where there are more. Raises OSError."""
        # Not on the thread that writes frames: a day of values is 64 MB.
        return await asyncio.to_thread(self.disk.vitals, ecg.id, from_us, to_us, limit)

    def in_hand(self) -> list[Lane]:
        """Returns every ECG in this process's hands."""
        return self.lanes.all()

    def watched(self) -> list[Lane]:
        """Returns the ECGs that somebody watches."""
        return [lane for lane in self.lanes.all() if lane.viewers]

    # ---- bound to sessions (auth/revocation.py) ---------------------------------------------------------

    def bindings(self) -> Iterable[Binding]:
        """See BoundPlaces."""
        return [each.binding for each in self._everybody()]

    def end_bound(self, covers: Callable[[Binding], bool]) -> int:
        """See BoundPlaces."""
        ended = [each for each in self._everybody() if covers(each.binding)]
        for each in ended:
            each.outbox.end(PUT_OUT)
        return len(ended)

    def _everybody(self) -> list[Gateway | Viewer]:
        return [*self.intake.sockets, *self.watching.viewers]

    # ---- what goes on by itself -------------------------------------------------------------------------

    async def run(self) -> None:
        """Writes, acknowledges and settles as long as the task lives."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.disk.run(), name="ecg-disk")
            tasks.create_task(self._tick_on(), name="ecg-ticks")
            tasks.create_task(self.lanes.run(), name="ecg-rows")

    async def _tick_on(self) -> None:
        number = 0
        while True:
            await asyncio.sleep(TICK_S)
            number += 1
            self.tick(is_second=number % TICKS_A_SECOND == 0)

    def tick(self, *, is_second: bool) -> None:
        """Sends what is due: acknowledgements at every tick, inventories each second."""
        now_ns = self.lanes.clock.monotonic_ns()
        for lane in self.lanes.all():
            if lane.gateway is not None:
                for epoch, until in lane.stream.acknowledgements():
                    lane.gateway.outbox.push(say.stored(lane.ecg.id, epoch, until))
            for viewer in lane.viewers:
                viewer.release(now_ns)
            if not lane.is_lost and lane.is_missed(now_ns):
                lane.is_lost = True
                tell(lane, lost_words(lane))
            if is_second:
                _tell_inventory(lane)
                for person in lane.standing.take_gone(now_ns):
                    tell(lane, {"type": "pointed", "by": person, "name": "", "show": "nothing"})
                for viewer in lane.viewers:
                    viewer.tick_second()
                self.lanes.let_go(lane, now_ns)
        if is_second:
            self.intake.tick_second(now_ns)

    async def close(self) -> None:
        """Ends all sockets, writes what waits, settles once, seals what is whole. Twice is harmless."""
        self.lanes.is_closed = True
        for each in self._everybody():
            each.outbox.end(GOING_AWAY)
        await self.lanes.close()

    def stats(self) -> Mapping[str, int]:
        """Returns counters for /metrics."""
        return {
            "gateways": len(self.intake),
            "lanes": len(self.lanes),
            "viewers": len(self.watching),
            "disk_queued_bytes": self.disk.queued_bytes,
            **asdict(self.lanes.counts),
            **self.datagrams.stats(),
            **{f"disk_{name}": count for name, count in asdict(self.disk.counts).items()},
        }


def _tell_inventory(lane: Lane) -> None:
    if lane.viewers and lane.told_version != lane.stream.version:
        lane.told_version = lane.stream.version
        tell(lane, {"type": "have", "have": lane.stream.shown()})
