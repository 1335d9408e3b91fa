"""ECGs on the gateway's own disk: frames and what they mean, found again after a kill.

::

    <data>/gateway.lock          one process at a time
    <data>/ecg/<id>/ecg.json     stream number, state, descriptor and counter run of each epoch
    <data>/ecg/<id>/000001.e1    frames (recording.ecg.frame_log)
    <data>/ecg/<id>/vitals.jsonl vital signs, one a line

A frame is here before it goes anywhere else. A folder is deleted only when its ECG has ended, the server has
all of it, and a day has passed: until then whoever doubts the server can still look here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from clients.gateway.disk_thread import DiskThread
from clients.gateway.errors import GatewayUnfit, SourceFault
from clients.gateway.holding import Stretch
from clients.gateway.taking import Taken
from clients.gateway.vital_signs import Origin, Validity, VitalSign, measured
from media_server.ecg.descriptor import Descriptor, parse_descriptor
from media_server.ecg.errors import MalformedDescriptor
from media_server.ecg.frame import Frame, encode_frame, read_envelope
from recording.ecg.frame_log import FrameLog
from recording.files import make_private_folder, write_all, write_atomically

KEPT_US: Final = 24 * 3_600 * 1_000_000
"""A day and half a gigabyte (12 leads, 500 Hz): long enough to be missed by somebody."""
MAX_STREAM: Final = 65_535
LOCK_FILE: Final = "gateway.lock"
META_FILE: Final = "ecg.json"
VITALS_FILE: Final = "vitals.jsonl"
MOST_VITALS_AGAIN: Final = 2_000
"""After a restart so many of the newest are sent once more: half an hour of one a second. They have no
acknowledgement; the server tells values that come twice by their time.
"""


class EcgState(StrEnum):
    """What is true of a kept ECG."""

    RECORDING = "recording"
    """Samples are added to it; after a kill it goes on."""
    ENDED = "ended"
    """Nothing will be added; the server may lack some of it."""
    STORED = "stored"
    """The server has said that it has all of it."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One run of the device's counter."""

    run: str
    descriptor: Descriptor


class KeptEcg:
    """One ECG's folder. Not for two threads at once."""

    def __init__(
        self, folder: Path, disk: DiskThread, *, stream: int, state: EcgState, at_us: int, epochs: list[Epoch]
    ) -> None:
        self.ecg = folder.name
        self.stream = stream
        self.state = state
        self.epochs = epochs
        self._at_us = at_us
        self._folder = folder
        self._log = FrameLog(folder, later=disk.later)

    @classmethod
    def create(cls, folder: Path, disk: DiskThread, *, stream: int, now_us: int) -> KeptEcg:
        """Returns a new one. Raises OSError."""
        make_private_folder(folder)
        kept = cls(folder, disk, stream=stream, state=EcgState.RECORDING, at_us=now_us, epochs=[])
        kept._write()
        return kept

    @classmethod
    def open(cls, folder: Path, disk: DiskThread) -> KeptEcg:
        """Returns one that is there. Raises OSError; GatewayUnfit: what describes it is damaged."""
        try:
            meta = json.loads((folder / META_FILE).read_bytes())
            return cls(
                folder,
                disk,
                stream=int(meta["stream"]),
                state=EcgState(meta["state"]),
                at_us=int(meta["at_us"]),
                epochs=[
                    Epoch(str(each["run"]), parse_descriptor(each["descriptor"])) for each in meta["epochs"]
                ],
            )
        except (KeyError, TypeError, ValueError, MalformedDescriptor):
            raise GatewayUnfit("folder_damaged", folder=folder.name) from None

    @property
    def descriptors(self) -> dict[int, Descriptor]:
        """What the device said of itself, by epoch."""
        return {number: epoch.descriptor for number, epoch in enumerate(self.epochs)}

    @property
    def at_us(self) -> int:
        """When its state was last changed, on the gateway's clock."""
        return self._at_us

    def stretches(self) -> Iterator[Stretch]:
        """Yields what is kept."""
        for epoch in self._log.epochs:
            for start, end in self._log.spans(epoch):
                yield Stretch(epoch, start, end)

    def is_new_epoch(self, run: str) -> bool:
        """Whether samples of this run of the device's counter would begin an epoch."""
        return not self.epochs or self.epochs[-1].run != run

    def begin_epoch(self, run: str, descriptor: Descriptor) -> int:
        """Returns the number of a new epoch, on disk. Raises OSError."""
        self.epochs.append(Epoch(run, descriptor))
        try:
            self._write()
        except OSError:
            # Frames of an epoch that nothing describes would mean nothing after a kill.
            self.epochs.pop()
            raise
        return len(self.epochs) - 1

    def keep(self, taken: Taken) -> bytes:
        """Returns the frame's bytes, which now survive this process; empty where all of them were here
        before. Raises OSError: the disk took nothing of it.
        """
        content = encode_frame(
            Frame(
                self.stream,
                len(self.epochs) - 1,
                taken.first_sample,
                taken.taken_us,
                taken.samples,
                taken.lead_off,
                taken.flags,
            )
        )
        return content if self._log.append(content, read_envelope(content)) else b""

    def keep_vital(self, value: VitalSign) -> None:
        """Keeps a value; survives this process. Raises OSError."""
        descriptor = os.open(self._folder / VITALS_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # It begins its line itself: one that a kill cut short spoils no other.
            write_all(descriptor, b"\n" + json.dumps(asdict(value)).encode())
        finally:
            os.close(descriptor)

    def vitals(self) -> list[VitalSign]:
        """Returns the newest values that were kept; a line that a kill cut short is left out."""
        try:
            lines = (self._folder / VITALS_FILE).read_bytes().split(b"\n")
        except OSError:
            return []
        found: list[VitalSign] = []
        for line in lines[-MOST_VITALS_AGAIN:]:
            with contextlib.suppress(ValueError, TypeError, KeyError, SourceFault):
                value = json.loads(line)
                validity, source = Validity(value["validity"]), Origin(value["source"])
                found.append(
                    measured(value["t_us"], value["code"], value["value"], validity=validity, source=source)
                )
        return found

    def read(self, stretch: Stretch) -> Iterator[bytes]:
        """Yields the frames that hold these samples. Raises OSError."""
        return self._log.read(*stretch)

    def turn(self, state: EcgState, now_us: int) -> None:
        """Notes a new state, with everything before it on disk. Raises OSError."""
        self._log.sync()
        self.state, self._at_us = state, now_us
        self._write()

    def close(self) -> None:
        """Puts everything on disk. Closing twice is harmless. Raises OSError."""
        self._log.close()

    def delete(self) -> None:
        """Removes the folder. Raises OSError."""
        self.close()
        shutil.rmtree(self._folder)

    def _write(self) -> None:
        meta: dict[str, Any] = {
            "stream": self.stream,
            "state": self.state,
            "at_us": self._at_us,
            "epochs": [{"run": epoch.run, "descriptor": epoch.descriptor.as_json()} for epoch in self.epochs],
        }
        write_atomically(self._folder / META_FILE, json.dumps(meta).encode())


class Shelf:
    """All ECGs of a data folder, which one process owns."""

    def __init__(self, data: Path) -> None:
        """Opens the folder. Raises GatewayUnfit: another process has it, or it cannot be written."""
        self.ecgs: dict[str, KeptEcg] = {}
        self.damaged: list[str] = []
        """Folders that cannot be read; they are left as they are."""
        self._folder = data / "ecg"
        try:
            make_private_folder(self._folder)
            self._lock = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise GatewayUnfit("folder_unwritable", errno=error.errno) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise GatewayUnfit("folder_in_use") from None
        self.disk = DiskThread()
        for folder in sorted(self._folder.iterdir()):
            try:
                self.ecgs[folder.name] = KeptEcg.open(folder, self.disk)
            except (OSError, GatewayUnfit):
                self.damaged.append(folder.name)

    def begin(self, ecg: str, now_us: int) -> KeptEcg:
        """Returns the folder of a new ECG. Raises OSError."""
        stream = max((kept.stream for kept in self.ecgs.values()), default=0) % MAX_STREAM + 1
        kept = self.ecgs[ecg] = KeptEcg.create(self._folder / ecg, self.disk, stream=stream, now_us=now_us)
        return kept

    def sweep(self, now_us: int) -> list[str]:
        """Deletes what has done its duty; returns their ids. Raises OSError."""
        old = [
            ecg
            for ecg, kept in self.ecgs.items()
            if kept.state is EcgState.STORED and now_us - kept.at_us >= KEPT_US
        ]
        for ecg in old:
            self.ecgs.pop(ecg).delete()
        return old

    def close(self) -> None:
        """Puts everything on disk and lets go of the folder. Raises OSError."""
        self.disk.close()
        for kept in self.ecgs.values():
            kept.close()
        os.close(self._lock)
