"""Which recordings there are: open ones by their last snapshot, sealed ones by what their folders say.

The recorder's thread puts in, any thread reads: every change replaces one value in a dictionary.
"""

from __future__ import annotations

from pathlib import Path

from recording.event_chain import BrokenEvent, parse_event, split_lines
from recording.lanes import detail_of_manifest
from recording.manifest import EVENTS_FILE, MANIFEST_FILE, Malformed, parse_manifest
from recording.summary import LoggedEvent, RecordingDetail, RecordingId, RecordingSummary

CACHED_DETAILS = 16
"""Details of sealed recordings kept in memory: a page asks for one several times in a row."""


class Catalogue:
    """All recordings under one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[RecordingId, RecordingDetail] = {}
        self._sealed: dict[RecordingId, RecordingSummary] = {}
        self._details: dict[RecordingId, RecordingDetail] = {}

    def publish(self, detail: RecordingDetail) -> None:
        """Puts in the present state of an open recording."""
        self._open[detail.summary.recording_id] = detail

    def forget_open(self, recording_id: RecordingId) -> None:
        """The recording is open no more."""
        self._open.pop(recording_id, None)

    def remember_sealed(self, recording_id: RecordingId) -> bool:
        """Reads what a sealed folder says; False where it holds no manifest that can be read."""
        try:
            manifest = parse_manifest((self._root / recording_id / MANIFEST_FILE).read_bytes())
        except (OSError, Malformed):
            return False
        self._sealed[recording_id] = detail_of_manifest(manifest, ()).summary
        return True

    def summaries(self) -> list[RecordingSummary]:
        """All recordings, in no order."""
        merged = {**self._sealed, **{key: detail.summary for key, detail in list(self._open.items())}}
        return list(merged.values())

    def detail(self, recording_id: RecordingId) -> RecordingDetail | None:
        """A recording in full; None for one that is not known, or whose files cannot be read any more."""
        known = self._open.get(recording_id) or self._details.get(recording_id)
        if known is not None:
            return known
        if recording_id not in self._sealed:
            return None
        folder = self._root / recording_id
        try:
            manifest = parse_manifest((folder / MANIFEST_FILE).read_bytes())
            detail = detail_of_manifest(manifest, _read_events(folder / EVENTS_FILE))
        except (OSError, Malformed, BrokenEvent):
            return None
        if len(self._details) >= CACHED_DETAILS:
            self._details = {}
        self._details[recording_id] = detail
        return detail

    def knows(self, recording_id: RecordingId) -> bool:
        """Whether there is such a recording."""
        return recording_id in self._open or recording_id in self._sealed

    def folder(self, recording_id: RecordingId) -> Path:
        """Where a recording's files lie."""
        return self._root / recording_id


def _read_events(path: Path) -> list[LoggedEvent]:
    return [parse_event(line).event for _, line in split_lines(path.read_bytes())]
