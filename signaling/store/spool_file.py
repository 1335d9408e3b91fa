"""Acts on disk while the store does not answer: whole lines in order, on disk before anything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from recording.audit.act import Act, DeviceTime, MediaPosition
from recording.errors import MisuseError
from recording.files import AppendFile, make_private_folder

SUFFIX: Final = ".acts"


def act_line(act: Act) -> bytes:
    """Returns the line of an act. MisuseError for one with personal fields: they must not lie in a file."""
    if act.personal:
        raise MisuseError("acts with personal fields are not spooled")
    return json.dumps(asdict(act), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def act_of(line: bytes) -> Act:
    """Returns the act of a line that ``act_line`` made. Raises ValueError, TypeError for another."""
    fields: dict[str, Any] = json.loads(line)
    device_time, media = fields.pop("device_time"), fields.pop("media")
    return Act(
        **fields,
        device_time=None if device_time is None else DeviceTime(**device_time),
        media=None if media is None else MediaPosition(**media),
    )


class SpoolFile:
    """One spool: it is made when the store fails and removed when all of it is stored."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name.removesuffix(SUFFIX)
        self._file: AppendFile | None = None

    def append(self, acts: Sequence[Act]) -> None:
        """Adds acts; on disk when this returns. Raises OSError; none of them was added then."""
        content = b"".join(map(act_line, acts))
        if self._file is None:
            make_private_folder(self.path.parent)
            self._file = AppendFile.reopen(self.path)
        self._file.append(content)
        self._file.sync()

    def read(self) -> list[Act]:
        """Returns all acts but a line that a crash cut short: it was never promised. Raises OSError."""
        lines = self.path.read_bytes().split(b"\n")[:-1]
        return [act_of(line) for line in lines]

    def remove(self) -> None:
        """Closes and removes the file."""
        if self._file is not None:
            self._file.close()
        self.path.unlink(missing_ok=True)


def leftover_spools(folder: Path) -> list[SpoolFile]:
    """Returns what a server that ended has left, oldest first."""
    return [SpoolFile(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
