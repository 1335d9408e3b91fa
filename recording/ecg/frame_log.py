"""One device's frames on disk, as they came: appended to files of some seconds, found again after a kill.

A file holds frames one after the other and nothing else, so that whoever knows the format reads it without
us. What a kill cut off at the end of the last file, or left of a file that it began, is taken back when the
log is opened again; a signed folder is left as it is found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from media_server.ecg.errors import MalformedFrame
from media_server.ecg.frame import Envelope, FrameFlag, read_envelope
from media_server.ecg.spans import Span, Spans
from recording.ecg.runs import Run, Runs
from recording.errors import MisuseError
from recording.files import PART_SUFFIX, AppendFile, make_private_folder, sync_folder
from recording.manifest import MANIFEST_FILE

FILE_SUFFIX: Final = ".e1"
FILE_SAMPLED_US: Final = 10_000_000
"""Of the gateway's clock, between a file's first frame and the frame that opens the next one: as long as a
segment of sound and picture."""
_DIGITS: Final = 6


class FrameLog:
    """The frames of one stream in a folder. Not for two threads at once; one process owns the folder.

    ``sealed`` are the files that will not change any more; they are on disk once ``later`` has done what it
    was given for them.
    """

    def __init__(self, folder: Path, *, later: Callable[[Callable[[], None]], None] | None = None) -> None:
        """Opens the folder or makes it. ``later``: has what waits for the disk done elsewhere, in order, by
        whom a frame must not wait for it; without it is done before ``append`` returns. Raises OSError.
        """
        self._later = later or _now
        make_private_folder(folder)
        self._folder = folder
        self._runs = Runs()
        self._late: dict[int, Spans] = {}
        self._file: AppendFile | None = None
        self._opened_us = 0
        for part in folder.glob("*" + FILE_SUFFIX + PART_SUFFIX):
            # A later file of that number could not be created beside it.
            part.unlink()
        paths = sorted(folder.glob("*" + FILE_SUFFIX))
        # What is damaged in signed files is evidence: nothing of it is cut off.
        growing = None if not paths or (folder / MANIFEST_FILE).exists() else paths.pop()
        for path in paths:
            self._scan(path)
        self.sealed: list[Path] = paths
        if growing is not None:
            self._reopen(growing)

    @property
    def epochs(self) -> list[int]:
        """The epochs of which there are samples, in order."""
        return list(self._runs.epochs)

    def spans(self, epoch: int) -> Spans:
        """The samples of an epoch that are kept."""
        return self._runs.spans(epoch)

    def late(self, epoch: int) -> Spans:
        """Those of them that were sent late, as their frames say."""
        return self._late.get(epoch, Spans())

    def append(self, content: bytes, envelope: Envelope) -> tuple[Span, ...]:
        """Keeps the frame that lies in ``content`` where its envelope says; survives the end of the process
        when this returns. Returns those of its samples that are new; a frame without any is not written.

        Raises OSError: the disk took nothing of it.
        """
        known = self._runs.spans(envelope.epoch)
        if known.has(envelope.first_sample, envelope.end_sample):
            return ()
        file = self._file_for(envelope.taken_us)
        frame = content[envelope.start : envelope.end]
        offset = file.length_bytes
        file.append(frame)
        return self._note(envelope, _number(file.path), offset)

    def read(self, epoch: int, start: int, end: int) -> Iterator[bytes]:
        """Yields the frames that hold any of these samples, by their first sample; one may come twice where
        frames overlap. Raises OSError.
        """
        for run in self._runs.covering(epoch, start, end):
            with self._path(run.file).open("rb") as file:
                file.seek(run.offset)
                content = file.read(run.length)
            for envelope in envelopes(content):
                if envelope.first_sample < end and envelope.end_sample > start:
                    yield content[envelope.start : envelope.end]

    def sync(self) -> None:
        """Returns when everything appended is on disk. Raises OSError."""
        if self._file is not None:
            self._file.sync()

    def close(self) -> None:
        """Puts everything on disk and closes. Closing twice is harmless. Raises OSError."""
        if self._file is not None:
            _finish(self._file)
            self.sealed.append(self._file.path)
            self._file = None

    def _file_for(self, taken_us: int) -> AppendFile:
        # A clock that was set back opens no new file; one that was set forward opens one too many.
        if self._file is not None and taken_us - self._opened_us >= FILE_SAMPLED_US:
            self._later(partial(_finish, self._file))
            self.sealed.append(self._file.path)
            self._file = None
        if self._file is None:
            number = _number(self.sealed[-1]) + 1 if self.sealed else 1
            self._file = AppendFile.create(self._path(number), b"")
            self._later(partial(self._sync_names, number))
            self._opened_us = taken_us
        return self._file

    def _sync_names(self, number: int) -> None:
        sync_folder(self._folder)
        if number == 1:
            # The folder is as new as its first file, and the one that it lies in may be.
            sync_folder(self._folder.parent)
            sync_folder(self._folder.parent.parent)

    def _reopen(self, path: Path) -> None:
        end = self._scan(path)
        os.truncate(path, end)
        self._file = AppendFile.reopen(path)
        first = next(envelopes(path.read_bytes()), None)
        self._opened_us = first.taken_us if first is not None else 0

    def _scan(self, path: Path) -> int:
        """Notes the frames of a file; returns where the last whole one ends."""
        end = 0
        for envelope in envelopes(path.read_bytes()):
            self._note(envelope, _number(path), envelope.start)
            end = envelope.end
        return end

    def _note(self, envelope: Envelope, file: int, offset: int) -> tuple[Span, ...]:
        length = envelope.end - envelope.start
        run = Run(envelope.first_sample, envelope.end_sample, file, offset, length)
        added = self._runs.add(envelope.epoch, run)
        if envelope.flags & FrameFlag.LATE:
            late = self._late.setdefault(envelope.epoch, Spans())
            for span in added:
                late.add(span.start, span.end)
        return added

    def _path(self, number: int) -> Path:
        if number >= 10**_DIGITS:
            raise MisuseError("a stream has too many files")
        return self._folder / f"{number:0{_DIGITS}d}{FILE_SUFFIX}"


def envelopes(content: bytes) -> Iterator[Envelope]:
    """Yields the frames that lie one after the other from the beginning, up to the first that is none."""
    offset = 0
    while offset < len(content):
        try:
            envelope = read_envelope(content, offset)
        except MalformedFrame:
            return
        yield envelope
        offset = envelope.end


def _now(work: Callable[[], None]) -> None:
    work()


def _finish(file: AppendFile) -> None:
    file.sync()
    file.close()


def _number(path: Path) -> int:
    return int(path.stem)
