"""Recordings as people see them: the list, one with its lanes and events, its verification and its media."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import structlog
from aiohttp import web

from media_server.ids import RoomName
from recording import event_kinds
from recording.errors import BadRecording, RecordingError, UnknownRecording
from recording.export import ExportedFile, export_folder
from recording.keys import load_public_key, trusted_key_path
from recording.recorder import Recorder
from recording.summary import Lane, LoggedEvent, RecordingDetail, RecordingId, RecordingSummary
from recording.verify import Fault, Verdict, verify_folder
from signaling.rest.answers import ApiRefusal, answer, api
from signaling.rest.callers import Caller, Callers
from signaling.standing_rooms import StandingRooms

EXPORTS_FOLDER: Final = "exports"
MAX_JOBS_AT_ONCE: Final = 1
"""Verifying and exporting read whole recordings; calls that are going on come first."""
_EVENT_KINDS: Final[Mapping[str, str]] = {
    event_kinds.RECORDING_STARTED: "recording_started",
    event_kinds.RECORDING_STOPPED: "recording_stopped",
    event_kinds.RECORDING_INTERRUPTED: "recording_interrupted",
    event_kinds.RECORDING_TROUBLE: "recording_trouble",
    event_kinds.RECORDING_TROUBLE_OVER: "recording_trouble_over",
    event_kinds.PARTICIPANT_JOINED: "joined",
    event_kinds.PARTICIPANT_LEFT: "left",
    event_kinds.PARTICIPANT_LOST: "link_lost",
    event_kinds.PARTICIPANT_RESUMED: "link_back",
    event_kinds.TRACK_MUTED: "muted",
    event_kinds.TRACK_UNMUTED: "unmuted",
    event_kinds.MARK_ADDED: "mark",
}
"""What people read beside a recording; the rest of the chain is for verifiers."""
_log = structlog.get_logger("recording")


class RecordingPages:
    """The handlers of /api/v1/recordings."""

    def __init__(
        self, *, recorder: Recorder, callers: Callers, standing: StandingRooms, data_dir: Path
    ) -> None:
        self._recorder = recorder
        self._callers = callers
        self._standing = standing
        self._exports = data_dir / EXPORTS_FOLDER
        self._jobs = asyncio.Semaphore(MAX_JOBS_AT_ONCE)
        self._exported: dict[RecordingId, dict[str, ExportedFile]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application."""
        return [
            web.get("/api/v1/recordings", self.recordings),
            web.get("/api/v1/recordings/{recording}", self.recording),
            web.get("/api/v1/recordings/{recording}/verification", self.verification),
            web.get("/api/v1/recordings/{recording}/media/{identity}", self.media),
        ]

    @api
    async def recordings(self, request: web.Request) -> web.StreamResponse:
        """Lists the recordings in which the caller took part, newest first."""
        caller = self._callers.caller(request)
        summaries = [summary for summary in self._recorder.list() if _may_see(caller, summary)]
        return answer({"recordings": [self._line(summary) for summary in summaries]})

    @api
    async def recording(self, request: web.Request) -> web.StreamResponse:
        """Shows one recording: lanes, gaps and events on its time line."""
        detail = self._detail(request)
        names = {lane.identity: lane.name for lane in detail.lanes}
        for event in detail.events:
            name = event.detail.get("name")
            if event.actor and isinstance(name, str):
                names.setdefault(event.actor, name)
        body = {
            **self._line(detail.summary),
            "lanes": [_lane(detail.summary.recording_id, lane) for lane in detail.lanes],
            "events": [_event(event, names) for event in detail.events if event.kind in _EVENT_KINDS],
        }
        return answer(body)

    @api
    async def verification(self, request: web.Request) -> web.StreamResponse:
        """Checks a recording now, from its files and the trusted key, and says both verdicts."""
        folder = self._recorder.folder(self._detail(request).summary.recording_id)
        async with self._jobs:
            verdict = await asyncio.to_thread(_verify, folder)
        return answer(verdict_lines(verdict))

    @api
    async def media(self, request: web.Request) -> web.StreamResponse:
        """Sends one participant's file; it is made the first time it is asked for. Ranges are served."""
        summary = self._detail(request).summary
        if summary.state == "recording":
            raise ApiRefusal("media_unready")
        recording_id = summary.recording_id
        async with self._jobs:
            files = self._exported.get(recording_id)
            if files is None or not all(file.path.exists() for file in files.values()):
                files = await asyncio.to_thread(self._export, recording_id)
                self._exported[recording_id] = files
        file = files.get(request.match_info["identity"])
        if file is None:
            raise ApiRefusal("media_missing")
        headers = {"Content-Type": file.media_type, "Cache-Control": "private, no-store"}
        return web.FileResponse(file.path, headers=headers)

    # ---- inside -----------------------------------------------------------------------------------------

    def _detail(self, request: web.Request) -> RecordingDetail:
        caller = self._callers.caller(request)
        try:
            detail = self._recorder.detail(RecordingId(request.match_info["recording"]))
        except UnknownRecording:
            raise ApiRefusal("recording_missing") from None
        if not _may_see(caller, detail.summary):
            # The same answer as for one that does not exist (reliability.md §2, row 9).
            raise ApiRefusal("recording_missing")
        return detail

    def _export(self, recording_id: RecordingId) -> dict[str, ExportedFile]:
        out = self._exports / recording_id
        try:
            exported = export_folder(self._recorder.folder(recording_id), out)
        except (BadRecording, OSError) as error:
            _log.error("export_failed", error=type(error).__name__, recording=recording_id)
            raise ApiRefusal("media_missing") from None
        return {file.identity: file for file in exported if file.is_main and file.part == 1}

    def _line(self, summary: RecordingSummary) -> dict[str, Any]:
        room = self._standing.find(RoomName(summary.room))
        return {
            "recording_id": summary.recording_id,
            "room": summary.room,
            "title": room.titles() if room is not None else {"zh": summary.title, "en": summary.title},
            "state": summary.state,
            "started_at_ms": summary.started_at_ms,
            "duration_ms": summary.duration_ms,
            "participants": list(summary.participants),
            "gap_count": summary.gap_count,
            "trouble": summary.trouble,
        }


def _may_see(caller: Caller, summary: RecordingSummary) -> bool:
    took_part = caller.identity == summary.started_by or caller.identity in summary.identities
    return took_part or caller.sees_recordings_of(summary.room)


def _lane(recording_id: RecordingId, lane: Lane) -> dict[str, Any]:
    has_media = lane.media_type is not None
    url = f"/api/v1/recordings/{recording_id}/media/{quote(lane.identity, safe='')}"
    return {
        "identity": lane.identity,
        "name": lane.name,
        "media_url": url if has_media else "",
        "media_type": lane.media_type or "",
        "starts_at_ms": lane.starts_at_ms,
        "spans": [{"from_ms": span.from_ms, "to_ms": span.to_ms} for span in lane.spans],
        "gaps": [{"from_ms": gap.from_ms, "to_ms": gap.to_ms, "cause": gap.cause} for gap in lane.gaps],
    }


def _event(event: LoggedEvent, names: Mapping[str, str]) -> dict[str, Any]:
    text = event.detail.get("text", "")
    return {
        "sequence": event.sequence,
        "offset_ms": event.offset_ms,
        "at_ms": event.at_ms,
        "kind": _EVENT_KINDS[event.kind],
        "actor_name": names.get(
            event.actor, "" if event.actor == event_kinds.ACTOR_RECORDER else event.actor
        ),
        "text": text if isinstance(text, str) else "",
    }


def _verify(folder: Path) -> Verdict:
    try:
        return verify_folder(folder, load_public_key(trusted_key_path(folder)))
    except (RecordingError, OSError) as error:
        _log.error("verify_failed", error=type(error).__name__)
        raise ApiRefusal("unavailable") from None


def verdict_lines(verdict: Verdict) -> dict[str, Any]:
    """Returns both verdicts as the API and pages know them."""
    integrity, completeness = verdict.integrity, verdict.completeness
    return {
        "integrity": {
            "verdict": integrity.verdict,
            "segments": integrity.segments,
            "signature": integrity.signature,
            "fault": _fault(integrity.fault),
        },
        "completeness": {
            "verdict": completeness.verdict,
            "events_from": completeness.events_from,
            "events_to": completeness.events_to,
            "known_gaps": [
                {
                    "track": gap.track,
                    "identity": gap.identity,
                    "from_ms": gap.from_ms,
                    "to_ms": gap.to_ms,
                    "cause": gap.cause,
                }
                for gap in completeness.known_gaps
            ],
            "fault": _fault(completeness.fault),
        },
    }


def _fault(fault: Fault | None) -> dict[str, Any] | None:
    return None if fault is None else {"file": fault.file, "offset": fault.offset, "code": fault.code}
