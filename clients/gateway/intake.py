"""Where what is taken goes: into every ECG being recorded, onto the disk, and only then to the uplink.

Called on the loop's thread. Writing a frame is one write(2) of some 250 bytes; what waits for the disk itself
is done on a thread of its own (disk_thread.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from clients.gateway.chunk import Chunk, Item
from clients.gateway.errors import SourceFault
from clients.gateway.heart_count import HeartCount
from clients.gateway.holding import Stretch
from clients.gateway.keeping import EcgState, KeptEcg, Shelf
from clients.gateway.messages import CHINESE
from clients.gateway.self_test import measure_pulse
from clients.gateway.taking import Taken, Taking
from clients.gateway.uplink import AllStored, Asked, Event, Uplink
from clients.gateway.vital_signs import VitalSign
from media_server.ecg.descriptor import Descriptor

DISK_RETOLD_US: Final = 10_000_000
"""A full disk refuses every frame: it is told so often."""


class Tell(Protocol):
    """Says something to whoever looks after the gateway: a key of messages.py and its facts."""

    def __call__(self, key: str, **facts: object) -> None:
        """Says it."""


class Intake:
    """Owns the ECGs on disk and their place in the uplink."""

    def __init__(self, shelf: Shelf, uplink: Uplink, tell: Tell, settle: Callable[[], None]) -> None:
        self._shelf = shelf
        self._uplink = uplink
        self._tell = tell
        self._settle = settle
        self._descriptor: Descriptor | None = None
        self._taking: Taking | None = None
        self._heart: HeartCount | None = None
        self._disk_told_us = 0
        self._foreign: set[str] = set()
        self.unwritten_frames = 0
        """Frames that the disk did not take: they are lost, and were told."""
        for ecg in shelf.damaged:
            tell("folder_damaged", folder=ecg)
        for kept in shelf.ecgs.values():
            if kept.state is not EcgState.STORED:
                self._add(kept)

    @property
    def is_recording(self) -> bool:
        """Whether samples are being kept."""
        return any(True for _ in self._recording())

    def open_source(self, descriptor: Descriptor, pulse: Chunk | None) -> None:
        """A device is there and has described itself; ``pulse``: what came of its calibration. Raises
        SourceFault: the pulse is none of its.
        """
        self._descriptor = descriptor
        self._taking, self._heart = Taking(descriptor), HeartCount(descriptor)
        self._foreign.clear()
        self._uplink.describe(descriptor)
        tell_of_device(descriptor, self._tell)
        if pulse is not None:
            reading = measure_pulse(pulse, descriptor)
            self._uplink.tell_selftest(
                is_ok=reading.is_ok, pulse_uv=reading.pulse_uv, pulse_ms=reading.pulse_ms
            )
            key = "selftest_ok" if reading.is_ok else "selftest_bad"
            self._tell(key, lead=reading.lead, uv=reading.pulse_uv, ms=reading.pulse_ms)

    def close_source(self, now_us: int) -> None:
        """The device is gone: what was held of it is kept. Doing so twice is harmless."""
        if self._taking is not None:
            self._keep_all(self._taking.flush(), now_us)
        self._taking = self._heart = self._descriptor = None
        self._uplink.describe(None)

    def receive(self, item: Item, now_us: int) -> None:
        """Takes what came from the source. Raises SourceFault: it cannot be an ECG of that device."""
        if not isinstance(item, Chunk):
            self._keep_vital(item)
            return
        if self._taking is None:
            raise SourceFault("samples_malformed")
        arrived_us = now_us if item.arrived_us is None else item.arrived_us
        jumps = self._taking.counter_jumps
        taken = self._taking.receive(item, arrived_us)
        if self._taking.counter_jumps > jumps:
            self._tell("counter_jumped")
        self._keep_all(taken, now_us)

    def handle(self, event: Event, now_us: int) -> None:
        """Does what the server asked, notes what it told."""
        if isinstance(event, Asked):
            (self._start if event.is_start else self._stop)(event.ecg, now_us)
        elif isinstance(event, AllStored):
            self._turn(self._shelf.ecgs[event.ecg], EcgState.STORED, now_us)
            self._tell("ecg_stored", ecg=event.ecg)
        else:
            key = f"refused_{event.code}"
            key = key if key in CHINESE else "server_refused"
            self._tell(key, ecg=event.ecg or "-", code=event.code)

    def read(self, ecg: str, gaps: tuple[Stretch, ...]) -> Iterator[bytes]:
        """Yields the frames that hold these samples, read as they are taken: a gap may be hours long. What
        the disk does not give is left out and told.
        """
        for gap in gaps:
            try:
                yield from self._shelf.ecgs[ecg].read(gap)
            except OSError as error:
                self._tell("disk_unreadable", ecg=ecg, errno=error.errno)

    def sweep(self, now_us: int) -> None:
        """Deletes what is a day old and stored."""
        try:
            for ecg in self._shelf.sweep(now_us):
                self._tell("ecg_deleted", ecg=ecg)
        except OSError as error:
            self._tell("disk_full", errno=error.errno)

    # ---- inside -----------------------------------------------------------------------------------------

    def _recording(self) -> list[KeptEcg]:
        return [kept for kept in self._shelf.ecgs.values() if kept.state is EcgState.RECORDING]

    def _add(self, kept: KeptEcg) -> None:
        self._uplink.add(
            kept.ecg, stream=kept.stream, descriptors=kept.descriptors, kept=list(kept.stretches())
        )
        for value in kept.vitals():
            self._uplink.receive_vital(kept.ecg, value)
        if kept.state is EcgState.ENDED:
            self._uplink.end(kept.ecg)

    def _start(self, ecg: str, now_us: int) -> None:
        known = self._shelf.ecgs.get(ecg)
        if known is not None:
            if known.state is not EcgState.RECORDING:
                self._tell("ecg_ended_before", ecg=ecg)
            return
        if not self.is_recording:
            # Nothing tears by it now.
            self._settle()
        for other in self._recording():
            # One device, one patient: what it takes from now on is of no other ECG.
            self._stop(other.ecg, now_us)
        try:
            self._add(self._shelf.begin(ecg, now_us))
        except OSError as error:
            self._tell("disk_full", errno=error.errno)
            return
        self._tell("ecg_started", ecg=ecg)

    def _stop(self, ecg: str, now_us: int) -> None:
        kept = self._shelf.ecgs.get(ecg)
        if kept is None:
            self._tell("ecg_unknown", ecg=ecg)
            return
        if kept.state is EcgState.RECORDING:
            if self._taking is not None:
                self._keep_all(self._taking.flush(), now_us)
            self._turn(kept, EcgState.ENDED, now_us)
            self._uplink.end(ecg)
            self._tell("ecg_stopped", ecg=ecg)
        elif kept.state is EcgState.STORED:
            # The server lacks its end: the word was lost with the link, or with a server that was killed.
            self._turn(kept, EcgState.ENDED, now_us)
            self._add(kept)

    def _turn(self, kept: KeptEcg, state: EcgState, now_us: int) -> None:
        try:
            kept.turn(state, now_us)
        except OSError as error:
            # It holds in this process; after a kill the server asks again.
            kept.state = state
            self._tell("disk_full", errno=error.errno)

    def _keep_all(self, frames: list[Taken], now_us: int) -> None:
        assert not frames or (self._descriptor is not None and self._heart is not None)
        for taken in frames:
            for kept in self._recording():
                self._keep(kept, taken, now_us)
            rate = self._heart.receive(taken) if self._heart is not None else None
            if rate is not None:
                self._keep_vital(rate)

    def _keep_vital(self, value: VitalSign) -> None:
        for kept in self._recording():
            try:
                kept.keep_vital(value)
            except OSError as error:
                self._tell("disk_full", errno=error.errno)
            self._uplink.receive_vital(kept.ecg, value)

    def _keep(self, kept: KeptEcg, taken: Taken, now_us: int) -> None:
        assert self._descriptor is not None
        if kept.epochs and kept.epochs[-1].descriptor != self._descriptor:
            # Another device than the one this ECG began with: its numbers mean something else.
            if kept.ecg not in self._foreign:
                self._foreign.add(kept.ecg)
                self._tell("device_changed", ecg=kept.ecg)
            return
        try:
            if kept.is_new_epoch(taken.run):
                epoch = kept.begin_epoch(taken.run, self._descriptor)
                self._uplink.begin_epoch(kept.ecg, epoch, self._descriptor)
            content = kept.keep(taken)
        except OSError as error:
            self.unwritten_frames += 1
            self._tell_disk(error, now_us)
            return
        if content:
            self._uplink.receive_frame(kept.ecg, content)
        unsynced = self._shelf.disk.failed()
        if unsynced is not None:
            self._tell_disk(unsynced, now_us)

    def _tell_disk(self, error: OSError, now_us: int) -> None:
        if now_us - self._disk_told_us >= DISK_RETOLD_US:
            self._disk_told_us = now_us
            self._tell("disk_full", errno=error.errno)


def tell_of_device(descriptor: Descriptor, tell: Tell) -> None:
    """Says which device is there and whether it is diagnostic."""
    rate, leads = descriptor.rate_hz, len(descriptor.leads)
    if descriptor.model:
        tell("source_open", model=descriptor.model, rate=rate, leads=leads)
    else:
        # As of a WFDB file, whose comments are not read: they are where these files name patients.
        tell("source_open_unnamed", rate=rate, leads=leads)
    if not descriptor.is_diagnostic:
        tell("monitor_only", rate=rate, step=descriptor.resolution_nv / 1000)
