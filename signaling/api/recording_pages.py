"""Recordings as people see them: the list, one with its lanes and events, its verification and its media."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import structlog
from aiohttp import web

from clinical.ids import InstitutionId
from media_server.ids import RoomName
from recording import event_kinds
from recording.errors import BadRecording, RecordingError, UnknownRecording
from recording.export import ExportedFile, export_folder
from recording.keys import load_public_key, trusted_key_path
from recording.recorder import Recorder
from recording.summary import Lane, LoggedEvent, RecordingDetail, RecordingId, RecordingSummary
from recording.verify import Fault, Verdict, verify_folder
from signaling.api.recording_models import (
    CompletenessLine,
    EcgClockLine,
    FaultLine,
    GapLine,
    IntegrityLine,
    KnownGapLine,
    LaneLine,
    PictureClockLine,
    RecordedClocks,
    RecordedEventLine,
    RecordingLine,
    RecordingList,
    RecordingView,
    SpanLine,
    VerdictView,
)
from signaling.api.room_models import Titles
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.rights import Action, State, Subject
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
    """The handlers of /recordings."""

    def __init__(self, *, recorder: Recorder, standing: StandingRooms, data_dir: Path) -> None:
        self._recorder = recorder
        self._standing = standing
        self._exports = data_dir / EXPORTS_FOLDER
        self._jobs = asyncio.Semaphore(MAX_JOBS_AT_ONCE)
        self._exported: dict[RecordingId, dict[str, ExportedFile]] = {}

    def routes(self) -> list[Route]:
        """Returns the routes to serve."""
        return [
            Route(
                "GET",
                "/recordings",
                Action.RECORDING_LIST,
                "Lists the recordings in which the caller took part, newest first.",
                self.recordings,
                answer=RecordingList,
                accepts_room_tokens=True,
            ),
            Route(
                "GET",
                "/recordings/{recording}",
                Action.RECORDING_PLAY,
                "Shows one recording: lanes, gaps and events on its time line.",
                self.recording,
                answer=RecordingView,
                find=self.find,
                missing="recording_missing",
                accepts_room_tokens=True,
            ),
            Route(
                "GET",
                "/recordings/{recording}/verification",
                Action.RECORDING_VERIFY,
                "Checks a recording now, from its files and the trusted key, and says both verdicts.",
                self.verification,
                answer=VerdictView,
                find=self.find,
                missing="recording_missing",
                accepts_room_tokens=True,
            ),
            Route(
                "GET",
                "/recordings/{recording}/media/{identity}",
                Action.RECORDING_PLAY,
                "Sends one participant's file; it is made the first time it is asked for.",
                self.media,
                find=self.find,
                missing="recording_missing",
                refusals=("media_missing", "media_unready"),
                media_type="*/*",
                serves_ranges=True,
                accepts_room_tokens=True,
            ),
        ]

    async def find(self, call: Call) -> Found | None:
        """Finds a recording. Whoever took part is party to it, and the administrator of its room."""
        try:
            detail = self._recorder.detail(RecordingId(call.path["recording"]))
        except UnknownRecording:
            return None
        parties = frozenset({call.caller.actor} if _may_see(call, detail.summary) else ())
        state = State.ACTIVE if detail.summary.state == "recording" else State.ENDED
        return Found(Subject(InstitutionId(""), parties=parties, state=state), detail)

    async def recordings(self, call: Call) -> RecordingList:
        """Lists them."""
        summaries = [summary for summary in self._recorder.list() if _may_see(call, summary)]
        return RecordingList(recordings=[RecordingLine(**self._facts(summary)) for summary in summaries])

    async def recording(self, call: Call) -> RecordingView:
        """Shows it."""
        detail: RecordingDetail = call.found
        names = {lane.identity: lane.name for lane in detail.lanes}
        for event in detail.events:
            name = event.detail.get("name")
            if event.actor and isinstance(name, str):
                names.setdefault(event.actor, name)
        return RecordingView(
            **self._facts(detail.summary),
            lanes=[_lane(detail.summary.recording_id, lane) for lane in detail.lanes],
            events=[_event(event, names) for event in detail.events if event.kind in _EVENT_KINDS],
            clocks=_clocks(detail.events),
        )

    async def verification(self, call: Call) -> VerdictView:
        """Checks it."""
        detail: RecordingDetail = call.found
        folder = self._recorder.folder(detail.summary.recording_id)
        async with self._jobs:
            return verdict_view(await asyncio.to_thread(_verify, folder))

    async def media(self, call: Call) -> web.StreamResponse:
        """Sends it. Ranges are served."""
        detail: RecordingDetail = call.found
        if detail.summary.state == "recording":
            raise Refusal("media_unready")
        recording_id = detail.summary.recording_id
        async with self._jobs:
            files = self._exported.get(recording_id)
            if files is None or not all(file.path.exists() for file in files.values()):
                files = await asyncio.to_thread(self._export, recording_id)
                self._exported[recording_id] = files
        file = files.get(call.path["identity"])
        if file is None:
            raise Refusal("media_missing")
        headers = {"Content-Type": file.media_type, "Cache-Control": "private, no-store"}
        return web.FileResponse(file.path, headers=headers)

    # ---- inside -----------------------------------------------------------------------------------------

    def _export(self, recording_id: RecordingId) -> dict[str, ExportedFile]:
        out = self._exports / recording_id
        try:
            exported = export_folder(self._recorder.folder(recording_id), out)
        except (BadRecording, OSError) as error:
            _log.error("export_failed", error=type(error).__name__, recording=recording_id)
            raise Refusal("media_missing") from None
        return {file.identity: file for file in exported if file.is_main and file.part == 1}

    def _facts(self, summary: RecordingSummary) -> dict[str, Any]:
        room = self._standing.find(RoomName(summary.room))
        titles = {"zh": summary.title, "en": summary.title} if room is None else room.titles()
        return {
            "recording_id": summary.recording_id,
            "room": summary.room,
            "title": Titles(**titles),
            "state": summary.state,
            "started_at_ms": summary.started_at_ms,
            "duration_ms": summary.duration_ms,
            "participants": list(summary.participants),
            "gap_count": summary.gap_count,
            "trouble": summary.trouble,
        }


def _may_see(call: Call, summary: RecordingSummary) -> bool:
    identity = call.caller.login
    if identity == summary.started_by or identity in summary.identities:
        return True
    claims = call.claims
    if claims is None or not claims.api.is_room_admin:
        return False
    return claims.room == summary.room or claims.api.may_list_rooms


def _lane(recording_id: RecordingId, lane: Lane) -> LaneLine:
    has_media = lane.media_type is not None
    url = f"/api/v1/recordings/{recording_id}/media/{quote(lane.identity, safe='')}"
    return LaneLine(
        identity=lane.identity,
        name=lane.name,
        media_url=url if has_media else "",
        media_type=lane.media_type or "",
        starts_at_ms=lane.starts_at_ms,
        spans=[SpanLine(from_ms=span.from_ms, to_ms=span.to_ms) for span in lane.spans],
        gaps=[GapLine(from_ms=gap.from_ms, to_ms=gap.to_ms, cause=gap.cause) for gap in lane.gaps],
    )


def _event(event: LoggedEvent, names: Mapping[str, str]) -> RecordedEventLine:
    text = event.detail.get("text", "")
    nobody = "" if event.actor == event_kinds.ACTOR_RECORDER else event.actor
    return RecordedEventLine(
        sequence=event.sequence,
        offset_ms=event.offset_ms,
        at_ms=event.at_ms,
        kind=_EVENT_KINDS[event.kind],
        actor_name=names.get(event.actor, nobody),
        text=text if isinstance(text, str) else "",
    )


def _clocks(events: Iterable[LoggedEvent]) -> RecordedClocks:
    told = [event for event in events if event.kind in (event_kinds.CLOCK_PICTURE, event_kinds.CLOCK_ECG)]
    return RecordedClocks(
        pictures=[
            PictureClockLine.model_validate({**event.detail, "offset_ms": event.offset_ms})
            for event in told
            if event.kind == event_kinds.CLOCK_PICTURE
        ],
        ecgs=[
            EcgClockLine.model_validate({**event.detail, "offset_ms": event.offset_ms})
            for event in told
            if event.kind == event_kinds.CLOCK_ECG
        ],
    )


def _verify(folder: Path) -> Verdict:
    try:
        return verify_folder(folder, load_public_key(trusted_key_path(folder)))
    except (RecordingError, OSError) as error:
        _log.error("verify_failed", error=type(error).__name__)
        raise Refusal("store_unavailable") from None


def verdict_view(verdict: Verdict) -> VerdictView:
    """Returns both verdicts as the API and pages know them."""
    integrity, completeness = verdict.integrity, verdict.completeness
    return VerdictView(
        integrity=IntegrityLine(
            verdict=integrity.verdict,
            segments=integrity.segments,
            signature=integrity.signature,
            fault=_fault(integrity.fault),
        ),
        completeness=CompletenessLine(
            verdict=completeness.verdict,
            events_from=completeness.events_from,
            events_to=completeness.events_to,
            known_gaps=[
                KnownGapLine(
                    track=gap.track,
                    identity=gap.identity,
                    from_ms=gap.from_ms,
                    to_ms=gap.to_ms,
                    cause=gap.cause,
                )
                for gap in completeness.known_gaps
            ],
            fault=_fault(completeness.fault),
        ),
    )


def _fault(fault: Fault | None) -> FaultLine | None:
    return None if fault is None else FaultLine(file=fault.file, offset=fault.offset, code=fault.code)
