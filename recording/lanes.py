"""What a page shows of a recording: one lane a participant, from an open book or a sealed manifest alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from recording.book import RecordingBook
from recording.gaps import NOTICEABLE_NS, Cause
from recording.manifest import Manifest
from recording.summary import (
    Lane,
    LaneGap,
    LoggedEvent,
    RecordingDetail,
    RecordingId,
    RecordingSummary,
    Span,
)

NOTICEABLE_MS = NOTICEABLE_NS // 1_000_000
"""Shorter gaps are neither counted nor drawn; neither is mute: that is an event, nothing is lost."""

MAIN_SOURCES = ("camera", "microphone", "", "unknown")
"""What a participant's own file and lane is made of; a shared screen is a file of its own."""


@dataclass(frozen=True, slots=True)
class TrackView:
    """What lanes need to know of a track."""

    identity: str
    source: str
    codecs: tuple[str, ...]
    spans: tuple[Span, ...]
    gaps: tuple[LaneGap, ...]


def detail_of_manifest(manifest: Manifest, events: Sequence[LoggedEvent]) -> RecordingDetail:
    """The detail of a sealed recording."""
    views = [
        TrackView(
            track.identity,
            track.source,
            tuple(segment.codec for segment in track.segments),
            tuple(Span(segment.from_ms, segment.to_ms) for segment in track.segments),
            tuple(LaneGap(gap.from_ms, gap.to_ms, gap.cause) for gap in track.gaps),
        )
        for track in manifest.tracks
    ]
    people = [(person.identity, person.name) for person in manifest.participants]
    lanes = _lanes(people, views)
    summary = RecordingSummary(
        recording_id=RecordingId(manifest.recording),
        room=manifest.room,
        title=manifest.title,
        state=manifest.state,
        started_by=manifest.started_by,
        started_at_ms=manifest.started_at_ms,
        duration_ms=manifest.duration_ms,
        participants=tuple(name or identity for identity, name in people),
        identities=tuple(identity for identity, _ in people),
        gap_count=sum(len(lane.gaps) for lane in lanes),
        trouble=None,
    )
    return RecordingDetail(summary, lanes, tuple(events))


def detail_of_book(
    book: RecordingBook, events: Sequence[LoggedEvent], *, now_ms: int, trouble: str | None
) -> RecordingDetail:
    """The detail of a recording that is still open, as of ``now_ms`` on its time line."""
    views: list[TrackView] = []
    for track in book.tracks.values():
        segments = [segment for segment in track.segments if segment.fragments]
        gaps = [LaneGap(gap.from_ms, gap.to_ms, gap.cause) for gap in track.gaps]
        if track.pending is not None:
            gaps.append(LaneGap(track.pending.from_ms, track.pending.to_ms, track.pending.cause))
        views.append(
            TrackView(
                track.begun.identity,
                track.begun.source,
                tuple(segment.begun.codec for segment in segments),
                tuple(Span(segment.from_ms, segment.to_ms) for segment in segments),
                tuple(gaps),
            )
        )
    people = [(person.identity, person.name) for person in book.participants.values()]
    lanes = _lanes(people, views)
    summary = RecordingSummary(
        recording_id=RecordingId(book.begun.recording),
        room=book.begun.room,
        title=book.begun.title,
        state="recording",
        started_by=book.begun.started_by,
        started_at_ms=book.begun.started_at_ms,
        duration_ms=now_ms if book.stopped is None else book.stopped.at_ms,
        participants=tuple(name or identity for identity, name in people),
        identities=tuple(identity for identity, _ in people),
        gap_count=sum(len(lane.gaps) for lane in lanes),
        trouble=trouble,
    )
    return RecordingDetail(summary, lanes, tuple(events))


def main_media_type(codecs: Iterable[str]) -> str | None:
    """MIME type of a file with the first video codec among ``codecs``, or of sound alone;
    None for nothing.
    """
    has_sound = False
    for codec in codecs:
        if codec == "VP8":
            return "video/webm"
        if codec == "H264":
            return "video/mp4"
        has_sound = True
    return "audio/webm" if has_sound else None


def is_noticeable(gap: LaneGap) -> bool:
    """Whether the gap is drawn and counted."""
    return gap.cause != Cause.MUTED and gap.to_ms - gap.from_ms >= NOTICEABLE_MS


def _lanes(people: Sequence[tuple[str, str]], views: Sequence[TrackView]) -> tuple[Lane, ...]:
    lanes: list[Lane] = []
    for identity, name in people:
        own = [view for view in views if view.identity == identity]
        main = [view for view in own if view.source in MAIN_SOURCES]
        spans = _joined([span for view in own for span in _heard(view)])
        starts = [span.from_ms for view in main for span in view.spans]
        lanes.append(
            Lane(
                identity=identity,
                name=name or identity,
                starts_at_ms=min(starts, default=0),
                media_type=main_media_type(codec for view in main for codec in view.codecs),
                spans=tuple(spans),
                gaps=_joined_gaps(own),
            )
        )
    return tuple(lanes)


def _heard(view: TrackView) -> list[Span]:
    """A track's media: its segments less its noticeable gaps and mutes."""
    holes = sorted(
        (gap for gap in view.gaps if gap.to_ms - gap.from_ms >= NOTICEABLE_MS),
        key=lambda gap: gap.from_ms,
    )
    heard: list[Span] = []
    for span in view.spans:
        from_ms = span.from_ms
        for hole in holes:
            if hole.from_ms >= span.to_ms or hole.to_ms <= from_ms:
                continue
            if hole.from_ms > from_ms:
                heard.append(Span(from_ms, hole.from_ms))
            from_ms = hole.to_ms
        if from_ms < span.to_ms:
            heard.append(Span(from_ms, span.to_ms))
    return heard


def _joined_gaps(views: Sequence[TrackView]) -> tuple[LaneGap, ...]:
    """The noticeable gaps of several tracks, those of one cause that touch made one, in order of time."""
    by_cause: dict[str, list[LaneGap]] = {}
    for view in views:
        for gap in view.gaps:
            if is_noticeable(gap):
                by_cause.setdefault(gap.cause, []).append(gap)
    joined = [gap for gaps in by_cause.values() for gap in _joined(gaps)]
    return tuple(sorted(joined, key=lambda gap: (gap.from_ms, gap.to_ms, gap.cause)))


_Stretch = TypeVar("_Stretch", Span, LaneGap)


def _joined(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """Stretches in order of time; those less than 200 ms apart made one."""
    joined: list[_Stretch] = []
    for stretch in sorted(stretches, key=lambda stretch: stretch.from_ms):
        if joined and stretch.from_ms - joined[-1].to_ms < NOTICEABLE_MS:
            if stretch.to_ms > joined[-1].to_ms:
                joined[-1] = replace(joined[-1], to_ms=stretch.to_ms)
        else:
            joined.append(stretch)
    return joined
