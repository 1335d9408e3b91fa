"""An ECG at a path, whatever lies there: a file of any format, a WFDB record by its header, or the folder of
a sealed ECG.
"""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import Final

from media_server.ecg.descriptor import parse_descriptor
from media_server.ecg.errors import MalformedDescriptor
from recording.ecg.ecg_manifest import parse_ecg_manifest
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.reading import MAX_FILES_BYTES, read_recording
from recording.exchange.recorded import Recorded
from recording.exchange.session import kept_frames, session_of
from recording.exchange.wfdb_header import parse_wfdb_header, signal_files
from recording.exchange.wfdb_reader import HEADER_SUFFIX
from recording.manifest import MANIFEST_FILE, Malformed
from recording.sealed_files import read_small

_ANNOTATIONS_SUFFIX: Final = ".atr"


def recording_at(path: Path, zone: tzinfo) -> Recorded:
    """Returns the ECG. A folder is read as it stands: whether it is unaltered, ``lianzhen verify`` says.

    Raises UnreadableFile, Unwritable (a folder without samples) and OSError.
    """
    if path.is_dir():
        return _sealed(path)
    files = {path.name: _content(path)}
    if path.suffix == HEADER_SUFFIX:
        header = parse_wfdb_header(files[path.name])
        parts = [path.with_name(name) for name in signal_files(header)]
        annotations = path.with_suffix(_ANNOTATIONS_SUFFIX)
        for part in [*parts, *([annotations] if annotations.exists() else [])]:
            if not part.exists():
                raise UnreadableFile(Refusal.PART_MISSING, "signals")
            files[part.name] = _content(part)
    return read_recording(files, zone=zone)


def _sealed(folder: Path) -> Recorded:
    content = read_small(folder / MANIFEST_FILE)
    if content is None:
        raise UnreadableFile(Refusal.PART_MISSING, "manifest")
    try:
        descriptor = parse_descriptor(parse_ecg_manifest(content).descriptor)
    except (Malformed, MalformedDescriptor):
        raise UnreadableFile(Refusal.MALFORMED, "manifest") from None
    return session_of(kept_frames(folder), descriptor)


def _content(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILES_BYTES:
        raise UnreadableFile(Refusal.TOO_LARGE, "files")
    return path.read_bytes()
