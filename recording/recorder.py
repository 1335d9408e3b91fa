"""The recorder as the server sees it: begins, feeds and finishes recordings, and tells what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from recording.clock import Clock
from recording.ledger import Ledger
from recording.signing import Signer
from recording.summary import JsonValue, RecordingDetail, RecordingId, RecordingSummary, RecoveredRecording
from recording.tap_records import RecordedTap

MediaKind: TypeAlias = Literal["audio", "video"]
Codec: TypeAlias = Literal["VP8", "H264", "opus"]


class Recorder:
    """One per process. Everything is called on the event loop's thread; files and taps belong to its own
    thread.
    """

    def __init__(self, *, data_dir: Path, ledger: Ledger, signer: Signer, clock: Clock) -> None:
        raise NotImplementedError

    async def start(self) -> list[RecoveredRecording]:
        """Starts the thread; seals recordings that were cut off. Raises FolderUnwritable."""
        raise NotImplementedError

    async def begin(self, *, room: str, title: str, started_by: str) -> RecordingId:
        """Opens a recording; its time line is zero now. Raises FolderUnwritable, LedgerUnavailable,
        RecorderStopped.
        """
        raise NotImplementedError

    def add_track(
        self,
        recording_id: RecordingId,
        *,
        track_sid: str,
        participant_identity: str,
        participant_name: str,
        kind: MediaKind,
        source: str,
        codec: Codec,
        tap: RecordedTap,
        request_keyframe: Callable[[], None] | None = None,
    ) -> None:
        """Records a track from now on.

        ``source`` is LiveKit's word ("camera", "microphone", "screen_share", "screen_share_audio").
        ``request_keyframe`` is called on the event loop's thread when a video segment is due to be cut:
        without it a browser sends no key frame for minutes. Raises UnknownRecording.
        """
        raise NotImplementedError

    def end_track(self, recording_id: RecordingId, track_sid: str, *, cause: str) -> None:
        """Ends a track: cause "unpublished", "left", "link_lost" ... An unknown track is ignored."""
        raise NotImplementedError

    def note_event(
        self, recording_id: RecordingId, kind: str, detail: Mapping[str, JsonValue], *, actor: str
    ) -> None:
        """Appends an event at the present time.

        These kinds explain gaps and need a key in ``detail``: "track.muted" and "track.unmuted"
        ("track_sid"), "participant.lost" and "participant.resumed" ("identity"). Raises UnknownRecording.
        """
        raise NotImplementedError

    async def finish(self, recording_id: RecordingId, *, cause: str) -> None:
        """Stops and seals: manifest written and signed when this returns. Raises UnknownRecording,
        FolderUnwritable.
        """
        raise NotImplementedError

    def list(self, *, identity: str | None = None) -> list[RecordingSummary]:
        """Recordings, newest first; with ``identity`` only those the participant took part in or started."""
        raise NotImplementedError

    def detail(self, recording_id: RecordingId) -> RecordingDetail:
        """Lanes, spans, gaps and events of an open or sealed recording. Raises UnknownRecording."""
        raise NotImplementedError

    def folder(self, recording_id: RecordingId) -> Path:
        """Where the files of a recording lie, for verify and export. Raises UnknownRecording."""
        raise NotImplementedError

    def stats(self) -> Mapping[str, int]:
        """Counters since the start, for metrics."""
        raise NotImplementedError

    async def close(self) -> None:
        """Finishes all recordings (cause "server_stopped") and ends the thread. Closing twice is harmless."""
        raise NotImplementedError
