"""Reading files that may be anything: only regular ones, never through a link, never more than fits."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from recording.manifest import FragmentLine

MAX_SMALL_FILE_BYTES = 256 * 1024 * 1024
"""Manifest and sidecars are read whole: a day of a full room has a manifest of some 20 MB; this keeps a
forged one from filling the memory."""

_READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SegmentReading:
    """What a segment file holds; ``fault_at`` is where the first fragment begins that is
    not as it was written.
    """

    sha256: str
    bytes: int
    fault_at: int | None


def read_small(path: Path) -> bytes | None:
    """The content of a regular file; None where there is none that can be read, or it is absurdly large."""
    descriptor = _open_regular(path)
    if descriptor is None:
        return None
    try:
        if os.fstat(descriptor).st_size > MAX_SMALL_FILE_BYTES:
            return None
        return _read_exactly(descriptor, MAX_SMALL_FILE_BYTES)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def read_segment(path: Path, fragments: FragmentLine | None) -> SegmentReading | None:
    """Hashes a segment, and each of its fragments where their hashes are known; None
    where it cannot be read.
    """
    descriptor = _open_regular(path)
    if descriptor is None:
        return None
    try:
        return _hash_segment(descriptor, fragments)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _hash_segment(descriptor: int, fragments: FragmentLine | None) -> SegmentReading:
    whole = hashlib.sha256()
    size = 0
    fault_at: int | None = None
    sizes = fragments.bytes if fragments is not None else []
    hashes = fragments.sha256 if fragments is not None else []
    for fragment_bytes, digest in zip(sizes, hashes, strict=True):
        piece = _read_exactly(descriptor, fragment_bytes)
        whole.update(piece)
        if fault_at is None and hashlib.sha256(piece).hexdigest() != digest:
            fault_at = size
        size += len(piece)
        if len(piece) < fragment_bytes:
            break
    while piece := os.read(descriptor, _READ_BYTES):
        whole.update(piece)
        size += len(piece)
    return SegmentReading(whole.hexdigest(), size, fault_at)


def _read_exactly(descriptor: int, size: int) -> bytes:
    """``size`` bytes, or what there is up to the end of the file."""
    pieces: list[bytes] = []
    while size > 0:
        piece = os.read(descriptor, min(size, _READ_BYTES))
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _open_regular(path: Path) -> int | None:
    """A descriptor of a regular file, never of a link, device or pipe (which could lead
    elsewhere or never end).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None
