"""The frames of all ECGs on disk: written in small batches on a thread of their own, read from there as well.

The loop hands frames over and goes on; what was written is told back on the loop. A disk that hangs keeps
acknowledgements back, and gateways when too much waits; it keeps no call waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from clinical.ids import EcgId
from media_server.ecg.frame import Envelope, read_envelope
from media_server.ecg.spans import Span
from recording.ecg.ecg_sealing import is_sealed, is_whole, set_aside
from recording.ecg.frame_log import FrameLog
from recording.files import AppendFile, make_private_folder
from signaling.ecg.vitals import Vital, vitals_in

FOLDER: Final = "ecg"
VITALS_FILE: Final = "vitals.jsonl"
MAX_OPENED_AT_ONCE: Final = 2
BATCH_PAUSE_S: Final = 0.02
"""Between two batches: 60 streams then cost 50 turns of the thread a second, not 1,500. An acknowledgement
is that much later; nothing that is shown waits for it."""
MAX_QUEUED_BYTES: Final = 8 * 1024 * 1024
"""Of frames that wait for the disk: some 20 s of 60 streams. Beyond it gateways are read no further; they
have everything on their own disk."""
MAX_READ_BYTES: Final = 8 * 1024 * 1024
"""Of one answer: a minute of the densest device is 4 MB."""
MAX_VITALS_BYTES: Final = 64 * 1024 * 1024
"""Of one ECG: a day of ten values a second."""
T = TypeVar("T")


class Written(NamedTuple):
    """Samples that the log now holds."""

    ecg: EcgId
    epoch: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What a log holds already. ``first_taken_us`` is the time of each epoch's first sample."""

    spans: Mapping[int, Sequence[Span]]
    first_taken_us: Mapping[int, int]


class Stretches(NamedTuple):
    """What a log holds of an epoch, and what of that came late, both in order."""

    stored: tuple[Span, ...]
    late: tuple[Span, ...]


class _Queued(NamedTuple):
    ecg: EcgId
    content: bytes
    envelopes: Sequence[Envelope]


@dataclass(slots=True)
class DiskCounts:
    """What has been done since the start."""

    batches: int = 0
    frames: int = 0
    bytes: int = 0
    failed: int = 0
    """Batches in which the disk refused frames of some ECG."""
    vitals_left_out: int = 0


class FrameDisk:
    """Logs below ``<data>/ecg``. ``written`` and ``failed`` are called on the loop thread."""

    def __init__(
        self,
        data_dir: Path,
        *,
        written: Callable[[Sequence[Written]], None],
        failed: Callable[[EcgId], None],
    ) -> None:
        self.counts = DiskCounts()
        self._folder = data_dir / FOLDER
        self._written = written
        self._failed = failed
        # One thread: a log is not for two at once, and what is asked for comes after what was written before.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ecg-disk")
        # Looking through a long log takes a second or so, and after a restart there are many: nothing waits.
        self._openers = ThreadPoolExecutor(max_workers=MAX_OPENED_AT_ONCE, thread_name_prefix="ecg-open")
        self._logs: dict[EcgId, FrameLog] = {}
        self._signed: set[EcgId] = set()
        """Open logs whose folders are sealed."""
        self._queue: list[_Queued] = []
        self._queued_bytes = 0
        self._is_due = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._turn = asyncio.Lock()
        self._is_closed = False

    def folder(self, ecg: EcgId) -> Path:
        """Returns where an ECG's files lie."""
        return self._folder / ecg

    async def open(self, ecg: EcgId) -> Kept:
        """Opens a log, or makes it; returns what it holds. Raises OSError."""
        where = self._thread if ecg in self._logs else self._openers
        return await self._do(self._open, ecg, where=where)

    async def shut(self, ecg: EcgId) -> None:
        """Puts a log on disk and closes it; harmless where it is not open. Raises OSError."""
        await self.flush()
        await self._do(self._shut, ecg)

    def put(self, ecg: EcgId, content: bytes, envelopes: Sequence[Envelope]) -> None:
        """Hands frames over that lie in ``content``. What is written is told to ``written``."""
        self._queue.append(_Queued(ecg, content, envelopes))
        self._queued_bytes += len(content)
        if self._queued_bytes > MAX_QUEUED_BYTES:
            self._has_room.clear()
        self._is_due.set()

    async def room(self) -> None:
        """Returns when more may be handed over."""
        await self._has_room.wait()

    @property
    def queued_bytes(self) -> int:
        """How much waits for the disk."""
        return self._queued_bytes

    async def read(self, ecg: EcgId, epoch: int, start: int, end: int) -> list[bytes]:
        """Returns the frames of an open log that hold any of these samples, at most MAX_READ_BYTES of them;
        among them all that were handed over before. Raises OSError, also where the log is not open.
        """
        await self.flush()
        return await self._do(self._read, ecg, epoch, start, end)

    async def stretches(self, ecg: EcgId) -> Mapping[int, Stretches]:
        """Returns of each epoch of an open log what it holds. Raises OSError, also where it is not open."""
        await self.flush()
        return await self._do(self._stretches, ecg)

    async def sync(self, ecg: EcgId) -> None:
        """Returns when everything that was handed over before is on the platter, where a power cut does not
        take it. Raises OSError, also where the log is not open.
        """
        await self.flush()
        await self._do(self._sync, ecg)

    async def keep_vitals(self, ecg: EcgId, lines: bytes) -> None:
        """Keeps lines (vitals.py), but not of an ECG that is sealed whole. Raises OSError."""
        await self._do(self._keep_vitals, ecg, lines)

    def vitals(self, ecg: EcgId, from_us: int, to_us: int, limit: int) -> list[Vital]:
        """Returns the values of that time, the newest where there are more. Any thread may ask. Raises
        OSError.
        """
        path = self.folder(ecg) / VITALS_FILE
        if not path.exists():
            return []
        with path.open("rb") as lines:
            return vitals_in(lines, from_us, to_us, limit)

    async def flush(self) -> None:
        """Returns when what was handed over before has been written, or refused by the disk."""
        async with self._turn:
            batch, self._queue = self._queue, []
            if not batch or self._is_closed:
                # What comes after the end is kept by its gateway, which hears no acknowledgement.
                return
            written, failed = await self._do(self._write, batch)
            self._queued_bytes -= sum(len(each.content) for each in batch)
            if self._queued_bytes <= MAX_QUEUED_BYTES:
                self._has_room.set()
            self.counts.batches += 1
            self.counts.frames += len(written)
            self.counts.bytes += sum(len(each.content) for each in batch)
            self.counts.failed += bool(failed)
            self._written(written)
            for ecg in failed:
                self._failed(ecg)

    async def run(self) -> None:
        """Writes as long as the task lives."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            await self.flush()
            await asyncio.sleep(BATCH_PAUSE_S)

    async def close(self) -> None:
        """Writes what waits and closes all logs. Twice is harmless."""
        if self._is_closed:
            return
        await self.flush()
        for ecg in list(self._logs):
            await self._do(self._shut_quietly, ecg)
        self._is_closed = True
        self._thread.shutdown(wait=False)
        self._openers.shutdown(wait=False)

    # ---- on the threads ---------------------------------------------------------------------------------

    def _open(self, ecg: EcgId) -> Kept:
        log = self._logs.get(ecg)
        if log is None:
            log = self._logs[ecg] = FrameLog(self.folder(ecg))
            if is_sealed(self.folder(ecg)):
                self._signed.add(ecg)
        spans = {epoch: tuple(log.spans(epoch)) for epoch in log.epochs}
        return Kept(spans, {epoch: _first_taken_us(log, epoch, kept[0]) for epoch, kept in spans.items()})

    def _shut(self, ecg: EcgId) -> None:
        self._signed.discard(ecg)
        log = self._logs.pop(ecg, None)
        if log is not None:
            log.close()

    def _shut_quietly(self, ecg: EcgId) -> None:
        try:
            self._shut(ecg)
        except OSError:
            self.counts.failed += 1

    def _sync(self, ecg: EcgId) -> None:
        log = self._logs.get(ecg)
        if log is None:
            raise OSError("not open")
        log.sync()

    def _write(self, batch: Sequence[_Queued]) -> tuple[list[Written], set[EcgId]]:
        written: list[Written] = []
        failed: set[EcgId] = set()
        for queued in batch:
            log = self._logs.get(queued.ecg)
            if log is None:
                # Nobody would write it later, and whoever sent it would not hear so.
                failed.add(queued.ecg)
            if log is None or queued.ecg in failed:
                continue
            try:
                if queued.ecg in self._signed:
                    set_aside(self.folder(queued.ecg))
                    self._signed.discard(queued.ecg)
                for envelope in queued.envelopes:
                    log.append(queued.content, envelope)
                    at = envelope.epoch, envelope.first_sample, envelope.end_sample
                    written.append(Written(queued.ecg, *at))
            except OSError:
                failed.add(queued.ecg)
        return written, failed

    def _read(self, ecg: EcgId, epoch: int, start: int, end: int) -> list[bytes]:
        log = self._logs.get(ecg)
        if log is None:
            raise OSError("not open")
        found: list[bytes] = []
        size = 0
        for frame in log.read(epoch, start, end):
            size += len(frame)
            if size > MAX_READ_BYTES:
                break
            found.append(frame)
        return found

    def _stretches(self, ecg: EcgId) -> Mapping[int, Stretches]:
        log = self._logs.get(ecg)
        if log is None:
            raise OSError("not open")
        return {each: Stretches(tuple(log.spans(each)), tuple(log.late(each))) for each in log.epochs}

    def _keep_vitals(self, ecg: EcgId, lines: bytes) -> None:
        if is_whole(self.folder(ecg)):
            # Whoever was away says its last values again; what is signed stays as it is.
            self.counts.vitals_left_out += lines.count(b"\n")
            return
        set_aside(self.folder(ecg))
        make_private_folder(self.folder(ecg))
        file = AppendFile.reopen(self.folder(ecg) / VITALS_FILE)
        try:
            if file.length_bytes + len(lines) > MAX_VITALS_BYTES:
                self.counts.vitals_left_out += lines.count(b"\n")
                return
            file.append(lines)
        finally:
            file.close()

    async def _do(
        self, work: Callable[..., T], *arguments: object, where: ThreadPoolExecutor | None = None
    ) -> T:
        if self._is_closed:
            raise OSError("closed")
        return await asyncio.get_running_loop().run_in_executor(where or self._thread, work, *arguments)


def _first_taken_us(log: FrameLog, epoch: int, span: Span) -> int:
    frame = next(log.read(epoch, span.start, span.start + 1))
    return read_envelope(frame).taken_us
