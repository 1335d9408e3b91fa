"""The ECGs in this process's hands: opened from their logs, their rows and the ledger brought up to what has
come, let go when nobody needs them, and sealed then.

Where the store does not answer, frames go on and rows follow later.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.exc import SQLAlchemyError

from clinical.ids import EcgId
from recording.clock import Clock
from recording.errors import RecordingError
from signaling.ecg.ecg_sealer import EcgSealer
from signaling.ecg.ecgs import Ecg, find_ecg
from signaling.ecg.frame_disk import FrameDisk, Written
from signaling.ecg.lane import Lane, lane_of
from signaling.ecg.outbox import TRY_AGAIN
from signaling.ecg.settling import settle
from signaling.ecg.telling import tell_state
from signaling.store.store import Store, StoreUnavailable

IDLE_NS: Final = 60_000_000_000
"""An ECG that nobody needs stays in memory for that long: whoever comes back finds it there."""
RETRY_S: Final = 1.0
"""While the store does not answer."""
MAX_LANES: Final = 1_000
_NS_PER_US: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_log = structlog.get_logger("ecg")


@dataclass(slots=True)
class EcgCounts:
    """What has been done since the start."""

    frames: int = 0
    frames_known: int = 0
    """That brought nothing new."""
    refused: int = 0
    vitals: int = 0
    points: int = 0
    points_left_out: int = 0
    slow_viewers: int = 0
    frames_left_out: int = 0
    """Messages that viewers behind were not sent: they read them out of the log."""
    room_messages: int = 0
    """Sent over the unreliable channels of rooms."""
    frames_ahead: int = 0
    """Shown out of datagrams, before the truth lane brought them."""
    frames_after: int = 0
    """Of those: brought by the truth lane since, and not shown again."""
    frames_corrected: int = 0
    """Of those: brought by the truth lane with other samples."""
    frames_ahead_known: int = 0
    """Of datagrams: the truth lane was quicker, or they had been shown."""
    frames_ahead_refused: int = 0
    """Of datagrams: not to be shown (Stream.refusal_of_ahead)."""
    gateways_lost: int = 0
    disk_failures: int = 0
    put_off: int = 0
    """How often the store did not answer."""
    failed: int = 0
    """Rows that could not be brought up to date, by a fault of their own: they are looked into."""


class Lanes:
    """All of them, by id. ``run`` is its task."""

    def __init__(self, store: Store, clock: Clock, data_dir: Path, sealer: EcgSealer | None) -> None:
        self.counts = EcgCounts()
        self.store = store
        self.clock = clock
        self.disk = FrameDisk(data_dir, written=self._receive_written, failed=self._receive_failed)
        self.is_closed = False
        self._sealer = sealer
        self._lanes: dict[EcgId, Lane] = {}
        self._opening: WeakValueDictionary[EcgId, asyncio.Lock] = WeakValueDictionary()
        """One opens an ECG at a time; several ECGs are opened at once."""
        self._shutting: dict[EcgId, asyncio.Task[None]] = {}
        """Logs that are being closed and sealed: they are opened again after that."""
        self._is_due = asyncio.Event()
        self._began_ms = self.wall_ms()
        """Before that nobody could have been heard."""

    def __len__(self) -> int:
        return len(self._lanes)

    def all(self) -> list[Lane]:
        """Returns those in hand."""
        return list(self._lanes.values())

    def find(self, ecg: EcgId) -> Lane | None:
        """Returns the lane of an ECG that is in hand."""
        return self._lanes.get(ecg)

    async def open(self, name: EcgId) -> Lane | None:
        """Returns the lane of an ECG, opened where it is not; None where there is no such ECG. Raises
        StoreUnavailable, OSError.
        """
        opening = self._opening.setdefault(name, asyncio.Lock())
        async with opening:
            lane = self._lanes.get(name)
            if lane is not None:
                return lane
            if self.is_closed:
                raise StoreUnavailable("unavailable")
            if len(self._lanes) >= MAX_LANES:
                raise StoreUnavailable("connections_full")
            if name in self._shutting:
                await asyncio.wait([self._shutting[name]])
            ecg = await self.store.read(lambda connection: find_ecg(connection, name))
            if ecg is None:
                return None
            lane = lane_of(ecg, await self.disk.open(ecg.id))
            lane.idle_since_ns = self.clock.monotonic_ns()
            lane.frame_ns = lane.idle_since_ns
            self._lanes[ecg.id] = lane
            if lane.stream.is_complete != ecg.is_complete:
                self.mark_due(lane)
            return lane

    @asynccontextmanager
    async def read(self, ecg: EcgId) -> AsyncIterator[Lane | None]:
        """The same, for as long as somebody reads its log. Raises StoreUnavailable, OSError."""
        lane = await self.open(ecg)
        if lane is None:
            yield None
            return
        lane.readers += 1
        try:
            yield lane
        finally:
            lane.readers -= 1

    def shown(self, ecg: Ecg) -> Ecg:
        """Returns an ECG as it stands now: its row, and what has come since the row was written."""
        lane = self._lanes.get(ecg.id)
        if lane is None:
            return replace(ecg, heard_at_ms=max(ecg.heard_at_ms, self._began_ms))
        stream = lane.stream
        return replace(
            ecg,
            descriptor=ecg.descriptor or lane.ecg.descriptor,
            source=ecg.source or lane.ecg.source,
            extents=stream.extents(),
            missing_ms=stream.missing_ms,
            gap_count=stream.gap_count,
            late_ms=stream.late_ms,
            missing=stream.missing(),
            heard_at_ms=max(lane.heard_ms, self._began_ms) if lane.gateway is None else self.wall_ms(),
        )

    # ---- rows and ledger --------------------------------------------------------------------------------

    def mark_due(self, lane: Lane) -> None:
        """Has its row and the ledger brought up to date soon."""
        lane.is_due = True
        self._is_due.set()

    async def settled(self, ecg: Ecg) -> Ecg:
        """Returns an ECG as it stands once its row says so. Raises StoreUnavailable, OSError."""
        lane = await self.open(ecg.id)
        if lane is None or not await self._settle(lane):
            raise StoreUnavailable
        return self.shown(lane.ecg)

    async def run(self) -> None:
        """Brings rows up to date as long as the task lives."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            if not await self.settle_all():
                await asyncio.sleep(RETRY_S)
                self._is_due.set()

    async def settle_all(self) -> bool:
        """Brings rows and ledger up to what has come; returns whether the store has taken everything."""
        is_done = True
        for lane in [lane for lane in self._lanes.values() if lane.is_due]:
            is_done &= await self._settle(lane)
        return is_done

    async def _settle(self, lane: Lane) -> bool:
        # It is not let go meanwhile: what it then is decides whether it is sealed.
        lane.readers += 1
        try:
            return await self._write_row(lane)
        finally:
            lane.readers -= 1

    async def _write_row(self, lane: Lane) -> bool:
        before = lane.ecg
        lane.is_due = False
        progress = lane.progress()
        is_safe = not progress.is_complete or before.is_complete or await self._is_synced(lane)
        if not is_safe:
            # Tried again; until then the row tells the rest.
            progress = replace(progress, is_complete=False)
        try:
            after = await self.store.write(lambda unit: settle(unit, before.id, progress))
        except StoreUnavailable:
            self.counts.put_off += 1
            lane.take_back(progress)
            return False
        except (RecordingError, SQLAlchemyError, ValueError, KeyError, TypeError) as error:
            # The fault of one keeps no other from going on. Its news is not tried again, nor in a circle: its
            # row follows with whatever comes of it next.
            self.counts.failed += 1
            _log.error("ecg_not_settled", ecg=before.id, error=type(error).__name__)
            return True
        if after is None:
            return True
        lane.ecg = after
        if _standing(after) != _standing(before):
            with contextlib.suppress(StoreUnavailable):
                await tell_state(self.store, lane, self.shown(after))
        lane.is_due = lane.is_due or not is_safe
        return is_safe

    async def _is_synced(self, lane: Lane) -> bool:
        """Whether what is written is on the platter: a power cut takes what is not. While the row does not
        say complete, the gateway, which keeps everything for a day, is asked for it again.
        """
        try:
            await self.disk.sync(lane.ecg.id)
        except OSError as error:
            self.counts.disk_failures += 1
            _log.error("ecg_not_synced", ecg=lane.ecg.id, error=type(error).__name__)
            return False
        return True

    # ---- what the disk says -----------------------------------------------------------------------------

    def _receive_written(self, written: Sequence[Written]) -> None:
        touched: set[EcgId] = set()
        for ecg, epoch, start, end in written:
            lane = self._lanes.get(ecg)
            if lane is not None:
                lane.stream.receive_stored(epoch, start, end)
                touched.add(ecg)
        for ecg in touched:
            lane = self._lanes[ecg]
            if lane.stream.is_complete != lane.ecg.is_complete:
                self.mark_due(lane)

    def _receive_failed(self, ecg: EcgId) -> None:
        """The disk has refused frames: what of them is there is read anew when the gateway comes back."""
        self.counts.disk_failures += 1
        _log.error("ecg_not_stored", ecg=ecg)
        lane = self._lanes.get(ecg)
        if lane is None:
            return
        for each in (lane.gateway, *lane.viewers):
            if each is not None:
                each.outbox.end(TRY_AGAIN)
        self._forget(lane)

    # ---- the end ----------------------------------------------------------------------------------------

    def let_go(self, lane: Lane, now_ns: int) -> None:
        """Takes a lane out of hand that nobody has needed for a while."""
        if not lane.is_idle or self.is_closed:
            lane.idle_since_ns = now_ns
        elif now_ns - lane.idle_since_ns > IDLE_NS:
            self._forget(lane)

    def _forget(self, lane: Lane) -> None:
        del self._lanes[lane.ecg.id]
        # Whoever opens it anew waits for this: what still waits for the disk is written before it is closed.
        self._shutting[lane.ecg.id] = asyncio.create_task(self._shut(lane.ecg))

    async def _shut(self, ecg: Ecg) -> None:
        try:
            await self.disk.shut(ecg.id)
        except OSError as error:
            self.counts.disk_failures += 1
            _log.error("ecg_not_closed", ecg=ecg.id, error=type(error).__name__)
        else:
            await self.seal(ecg)
        finally:
            del self._shutting[ecg.id]

    async def seal(self, ecg: Ecg) -> None:
        """Signs what there is of an ECG whose log is closed, where nobody waits for more of it."""
        if self._sealer is not None:
            await self._sealer.seal(ecg, self.disk.folder(ecg.id))

    async def close(self) -> None:
        """Writes what waits, settles once, seals what is whole; after ``is_closed`` was set."""
        await self.disk.flush()
        await self.settle_all()
        await asyncio.gather(*self._shutting.values())
        await self.disk.close()
        for lane in self.all():
            await self.seal(lane.ecg)

    def wall_us(self) -> int:
        """Returns the time of day."""
        return self.clock.wall_ns() // _NS_PER_US

    def wall_ms(self) -> int:
        """The same, in milliseconds."""
        return self.clock.wall_ns() // _NS_PER_MS


def _standing(ecg: Ecg) -> tuple[object, ...]:
    return ecg.state, ecg.is_complete, ecg.given_up
