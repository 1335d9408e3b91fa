"""What is known of one recording: a fold over the entries of its journal, live and after a crash."""

from __future__ import annotations

from dataclasses import dataclass, field

from recording.journal import (
    Alive,
    Entry,
    FragmentWritten,
    GapFound,
    GapPending,
    ParticipantGone,
    ParticipantSeen,
    RecordingBegun,
    SegmentBegun,
    SegmentSealed,
    Stopped,
    TrackBegun,
    TrackEnded,
)


@dataclass(slots=True)
class SegmentBook:
    """One segment file; ``sealed`` is None while it is written to."""

    begun: SegmentBegun
    fragments: list[FragmentWritten] = field(default_factory=list)
    sealed: SegmentSealed | None = None

    @property
    def from_ms(self) -> int:
        """Start of the first fragment."""
        return self.fragments[0].from_ms

    @property
    def to_ms(self) -> int:
        """End of the last fragment."""
        return self.fragments[-1].to_ms


@dataclass(slots=True)
class TrackBook:
    """One track; ``ended`` is None while it is recorded. Segments without a fragment are not kept."""

    begun: TrackBegun
    segments: list[SegmentBook] = field(default_factory=list)
    gaps: list[GapFound] = field(default_factory=list)
    pending: GapPending | None = None
    ended: TrackEnded | None = None

    @property
    def covered_until_ms(self) -> int:
        """Up to here media is written or its absence explained."""
        ends = [segment.to_ms for segment in self.segments if segment.fragments]
        return max([self.begun.from_ms, *ends, *(gap.to_ms for gap in self.gaps)])


@dataclass(slots=True)
class ParticipantBook:
    """Somebody who took part; ``to_ms`` is None while there."""

    identity: str
    name: str
    from_ms: int
    to_ms: int | None = None


class RecordingBook:
    """The state of one recording. Entries about unknown tracks or files are ignored: a journal may be
    damaged.
    """

    def __init__(self, begun: RecordingBegun) -> None:
        self.begun = begun
        self.participants: dict[str, ParticipantBook] = {}
        self.tracks: dict[str, TrackBook] = {}
        self.stopped: Stopped | None = None
        self.last_sign_ms = 0
        self._segments: dict[str, SegmentBook] = {}

    def apply(self, entry: Entry) -> None:
        """Takes the next entry of the journal."""
        match entry:
            case ParticipantSeen():
                self._see(entry)
            case ParticipantGone():
                if entry.identity in self.participants:
                    self.participants[entry.identity].to_ms = entry.to_ms
            case TrackBegun():
                self.tracks.setdefault(entry.track, TrackBook(entry))
            case TrackEnded() | GapFound() | GapPending():
                self._apply_to_track(entry)
            case Stopped():
                self.stopped = entry
            case SegmentBegun() | FragmentWritten() | SegmentSealed():
                self._apply_to_segment(entry)
            case _:
                pass  # a beginning or a sign of life tells its time only
        self.last_sign_ms = max(self.last_sign_ms, _sign_ms(entry))

    def segments(self) -> list[SegmentBook]:
        """All segments of all tracks, in the order in which they began."""
        return list(self._segments.values())

    def drop_segment(self, file: str) -> None:
        """Forgets a segment of which nothing is on disk."""
        segment = self._segments.pop(file)
        self.tracks[segment.begun.track].segments.remove(segment)

    def _see(self, entry: ParticipantSeen) -> None:
        known = self.participants.setdefault(
            entry.identity, ParticipantBook(entry.identity, entry.name, entry.from_ms)
        )
        known.name = entry.name or known.name
        known.to_ms = None

    def _apply_to_track(self, entry: TrackEnded | GapFound | GapPending) -> None:
        track = self.tracks.get(entry.track)
        if track is None:
            return
        if isinstance(entry, GapPending):
            track.pending = entry
            return
        track.pending = None
        if isinstance(entry, GapFound):
            track.gaps.append(entry)
        else:
            track.ended = entry

    def _apply_to_segment(self, entry: SegmentBegun | FragmentWritten | SegmentSealed) -> None:
        if isinstance(entry, SegmentBegun):
            if entry.track in self.tracks and entry.file not in self._segments:
                segment = SegmentBook(entry)
                self._segments[entry.file] = segment
                self.tracks[entry.track].segments.append(segment)
            return
        known = self._segments.get(entry.file)
        if known is None:
            return
        if isinstance(entry, FragmentWritten):
            known.fragments.append(entry)
            self.tracks[known.begun.track].pending = None
        else:
            known.sealed = entry
            del known.fragments[entry.fragments :]


def _sign_ms(entry: Entry) -> int:
    """The time of day, so to speak, at which the entry was written, as far as it tells."""
    match entry:
        case Alive() | Stopped():
            return entry.at_ms
        case ParticipantSeen() | TrackBegun():
            return entry.from_ms
        case ParticipantGone() | TrackEnded() | FragmentWritten() | GapFound() | GapPending():
            return entry.to_ms
        case _:
            return 0
