"""Seals a recording whose process ended in the middle: everything on disk is kept, everything missing is
named.

The journal says what was written; the files say what arrived. A fragment counts when its bytes are there with
the hash that the journal announced. Bytes after the last such fragment are a torn fragment: they are taken
off, and an event says how many and what their hash was. Each track that was still recorded gets a gap
"process_ended" from where it is known to the last moment at which the process can have lived. A file of which
the journal knows nothing (after a power cut: the disk kept the file and lost the line) is set aside, out of
the recording, and an event names it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from recording.book import RecordingBook, SegmentBook
from recording.canonical import first_difference
from recording.event_chain import BrokenEvent, ChainedEvent, NewEvent, genesis, parse_event, split_lines
from recording.event_kinds import ACTOR_RECORDER, FILE_SET_ASIDE, RECORDING_INTERRUPTED, TAIL_REMOVED
from recording.files import PART_SUFFIX, AppendFile, make_private_folder
from recording.gaps import Cause
from recording.journal import (
    JOURNAL_FILE,
    GapFound,
    RecordingBegun,
    SegmentSealed,
    TrackEnded,
    parse_entry,
)
from recording.ledger import Ledger
from recording.manifest import EVENTS_FILE, FRAGMENTS_FILE, MANIFEST_FILE, SIGNATURE_FILE
from recording.sealing import seal_folder
from recording.signing import Signer
from recording.summary import JsonValue, RecordingId, RecoveredRecording

UNACCOUNTED_FOLDER = "unaccounted"

LIFE_MARGIN_MS = 300
"""A process lives at most this long after its last sign of life: signs come each 200 ms,
passes each 100 ms.
"""


@dataclass(frozen=True, slots=True)
class _Torn:
    """Bytes that were taken off the end of a file."""

    file: str
    offset: int
    content: bytes


def needs_recovery(folder: Path) -> bool:
    """Whether the folder holds a recording that was never sealed."""
    return (folder / JOURNAL_FILE).is_file()


def recover_folder(
    folder: Path, *, ledger: Ledger, signer: Signer, wall_ms: int
) -> RecoveredRecording | None:
    """Seals the folder; None where its journal tells nothing, and then it is left as it is.

    A recording that was stopped, and only not sealed in time, becomes "sealed", any other "interrupted".
    Raises OSError, LedgerUnavailable; it can be tried again.
    """
    book = read_book((folder / JOURNAL_FILE).read_bytes())
    if book is None:
        return None
    for part in folder.glob("*" + PART_SUFFIX):
        part.unlink()
    torn = _settle_segments(folder, book)
    end_ms = book.last_sign_ms + LIFE_MARGIN_MS if book.stopped is None else book.stopped.at_ms
    for track in book.tracks.values():
        if track.ended is not None:
            continue
        sid = track.begun.track
        if track.pending is not None:
            gap = track.pending
            book.apply(GapFound(sid, gap.from_ms, gap.to_ms, gap.cause, gap.lost_packets))
        if track.covered_until_ms < end_ms:
            book.apply(GapFound(sid, track.covered_until_ms, end_ms, Cause.PROCESS_ENDED, 0))
        book.apply(TrackEnded(sid, end_ms, Cause.PROCESS_ENDED))
    recording_id = RecordingId(book.begun.recording)
    new_events = [_file_event(TAIL_REMOVED, tail, end_ms, wall_ms) for tail in torn]
    new_events += [_file_event(FILE_SET_ASIDE, file, end_ms, wall_ms) for file in _set_aside(folder, book)]
    if book.stopped is None:
        facts: dict[str, JsonValue] = {"last_sign_ms": book.last_sign_ms}
        new_events.append(NewEvent(RECORDING_INTERRUPTED, ACTOR_RECORDER, end_ms, wall_ms, facts))
    _settle_events(folder, recording_id, ledger, new_events)
    seal_folder(
        folder,
        book,
        state="interrupted" if book.stopped is None else "sealed",
        end_ms=end_ms,
        end_cause="process_ended" if book.stopped is None else book.stopped.cause,
        events=ledger.head(recording_id),
        ledger=ledger,
        signer=signer,
        wall_ms=wall_ms,
    )
    return RecoveredRecording(recording_id, book.begun.room, end_ms)


def read_book(journal: bytes) -> RecordingBook | None:
    """What a journal tells; None where its first line is not the beginning of a recording.

    A last line without its end was being written when the process ended; lines that are none are passed over.
    """
    entries = [parse_entry(line) for _, line in split_lines(journal)]
    if not entries or not isinstance(entries[0], RecordingBegun):
        return None
    book = RecordingBook(entries[0])
    for entry in entries[1:]:
        if entry is not None:
            book.apply(entry)
    return book


def _settle_segments(folder: Path, book: RecordingBook) -> list[_Torn]:
    """Makes files and book agree; returns what had to be taken off files."""
    torn: list[_Torn] = []
    for segment in book.segments():
        path = folder / segment.begun.file
        if segment.sealed is not None and path.is_file() and path.stat().st_size == segment.sealed.bytes:
            # Sealed, synced and hashed while it was recorded: what it was then is what the manifest has to
            # say.
            continue
        content = path.read_bytes() if path.is_file() else b""
        good_bytes = _keep_whole_fragments(segment, content)
        if good_bytes < len(content):
            torn.append(_Torn(path.name, good_bytes, content[good_bytes:]))
            os.truncate(path, good_bytes)
        if not segment.fragments:
            path.unlink(missing_ok=True)
            book.drop_segment(segment.begun.file)
            continue
        _sync(path)
        digest = hashlib.sha256(content[:good_bytes]).hexdigest()
        book.apply(SegmentSealed(path.name, len(segment.fragments), good_bytes, digest))
    return torn


def _keep_whole_fragments(segment: SegmentBook, content: bytes) -> int:
    """Drops the fragments that are not in ``content``; returns how many bytes the others have."""
    offset = 0
    for index, fragment in enumerate(segment.fragments):
        piece = content[offset : offset + fragment.bytes]
        if len(piece) != fragment.bytes or hashlib.sha256(piece).hexdigest() != fragment.sha256:
            del segment.fragments[index:]
            break
        offset += fragment.bytes
    return offset


def _settle_events(
    folder: Path, recording_id: RecordingId, ledger: Ledger, new_events: list[NewEvent]
) -> None:
    """Makes ledger and ``events.jsonl`` agree, each filled up from the other, and appends
    ``new_events`` to both.
    """
    path = folder / EVENTS_FILE
    content = path.read_bytes() if path.is_file() else b""
    in_file = _sound_events(content, recording_id)
    in_ledger = ledger.read(recording_id)
    if len(in_file) > len(in_ledger) and in_file[: len(in_ledger)] == in_ledger:
        ledger.adopt(in_file[len(in_ledger) :])
    ledger.append(recording_id, new_events)
    wanted = b"".join(event.line + b"\n" for event in ledger.read(recording_id))
    if not wanted.startswith(content):
        # Not what the ledger says (a torn line, or a power cut): the ledger is what was promised.
        os.truncate(path, first_difference(wanted, content))
    file = AppendFile.reopen(path)
    try:
        file.append(wanted[file.length_bytes :])
        file.sync()
    finally:
        file.close()


def _sound_events(content: bytes, recording_id: RecordingId) -> list[ChainedEvent]:
    """The events of a file as far as its chain holds."""
    events: list[ChainedEvent] = []
    head = genesis(recording_id)
    for _, line in split_lines(content):
        try:
            event = parse_event(line)
        except BrokenEvent:
            break
        if event.previous != head.hash or event.event.sequence != head.sequence + 1:
            break
        events.append(event)
        head = event.head
    return events


def _set_aside(folder: Path, book: RecordingBook) -> list[_Torn]:
    """Moves files that the journal does not know to ``DATA/unaccounted/<recording>``;
    returns what they were.
    """
    known = {JOURNAL_FILE, EVENTS_FILE, FRAGMENTS_FILE, MANIFEST_FILE, SIGNATURE_FILE}
    known.update(segment.begun.file for segment in book.segments())
    moved: list[_Torn] = []
    for path in sorted(folder.iterdir()):
        if path.name in known:
            continue
        moved.append(_Torn(path.name, 0, path.read_bytes()))
        target = folder.parent.parent / UNACCOUNTED_FOLDER / folder.name
        make_private_folder(target)
        path.rename(target / path.name)
    return moved


def _file_event(kind: str, torn: _Torn, end_ms: int, wall_ms: int) -> NewEvent:
    digest = hashlib.sha256(torn.content).hexdigest()
    facts: dict[str, JsonValue] = {
        "file": torn.file,
        "offset": torn.offset,
        "bytes": len(torn.content),
        "sha256": digest,
    }
    return NewEvent(kind, ACTOR_RECORDER, end_ms, wall_ms, facts)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
