"""Which files an export makes of a recording: decides from the manifest, reads no media.

One file a participant, of camera and microphone; a shared screen with its sound is a file of its own. A file
has one video codec (no common container takes a change of it): where the codec changes, the next part begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recording.lanes import MAIN_SOURCES
from recording.manifest import Manifest, ManifestSegment, ManifestTrack

_SUFFIX_OF = {"VP8": ".webm", "H264": ".mp4", "": ".webm"}
_MEDIA_TYPE_OF = {"VP8": "video/webm", "H264": "video/mp4", "": "audio/webm"}


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file to be made: names of segment files in order of time, and the stretch of sound that belongs to
    it.

    ``video_codec`` is empty for a file of sound alone. Sound counts from ``from_ms`` (inside) to ``to_ms``
    (not; None: to the end).
    """

    name: str
    identity: str
    is_main: bool
    part: int
    video_codec: str
    video_files: tuple[str, ...]
    audio_files: tuple[str, ...]
    from_ms: int
    to_ms: int | None

    @property
    def container(self) -> str:
        """The muxer's name."""
        return "mp4" if self.video_codec == "H264" else "webm"

    @property
    def media_type(self) -> str:
        """MIME type of the file."""
        return _MEDIA_TYPE_OF[self.video_codec]


def plan_export(manifest: Manifest, *, identity: str | None = None) -> list[PlannedFile]:
    """The files to make, in order of participants; with ``identity`` those of one participant only."""
    planned: list[PlannedFile] = []
    for number, person in enumerate(manifest.participants, start=1):
        if identity is not None and person.identity != identity:
            continue
        stem = f"{number:02d}-{_safe(person.identity)}"
        own = [track for track in manifest.tracks if track.identity == person.identity]
        main = [track for track in own if track.source in MAIN_SOURCES]
        screen = [track for track in own if track.source not in MAIN_SOURCES]
        planned += _plan(stem, person.identity, main, is_main=True)
        planned += _plan(stem + "-screen", person.identity, screen, is_main=False)
    return planned


def _plan(stem: str, identity: str, tracks: Sequence[ManifestTrack], *, is_main: bool) -> list[PlannedFile]:
    video = _in_order(tracks, "video")
    audio = _in_order(tracks, "audio")
    runs: list[list[ManifestSegment]] = []
    for segment in video:
        if runs and runs[-1][0].codec == segment.codec:
            runs[-1].append(segment)
        else:
            runs.append([segment])
    if not runs:
        runs = [[]] if audio else []
    planned: list[PlannedFile] = []
    for index, run in enumerate(runs):
        codec = run[0].codec if run else ""
        from_ms = run[0].from_ms if index else 0
        to_ms = runs[index + 1][0].from_ms if index + 1 < len(runs) else None
        sound = [
            segment.file
            for segment in audio
            if segment.to_ms > from_ms and (to_ms is None or segment.from_ms < to_ms)
        ]
        part = "" if len(runs) == 1 else f"-part{index + 1}"
        planned.append(
            PlannedFile(
                name=stem + part + _SUFFIX_OF[codec],
                identity=identity,
                is_main=is_main,
                part=index + 1,
                video_codec=codec,
                video_files=tuple(segment.file for segment in run),
                audio_files=tuple(sound),
                from_ms=from_ms,
                to_ms=to_ms,
            )
        )
    return planned


def _in_order(tracks: Sequence[ManifestTrack], kind: str) -> list[ManifestSegment]:
    segments = [segment for track in tracks if track.kind == kind for segment in track.segments]
    return sorted(segments, key=lambda segment: (segment.from_ms, segment.file))


def _safe(identity: str) -> str:
    """An identity as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", identity)[:48].strip("-") or "participant"
