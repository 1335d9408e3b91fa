"""The manifest: what a sealed recording consists of, as canonical JSON (RFC 8785), and its detached
signature.

Two sidecars keep it small: ``events.jsonl`` (the manifest names its chain's head and count) and
``fragments.jsonl`` (the hash of each fragment, one line a segment; the manifest names its hash).
docs/RECORDING_FORMAT.md tells all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recording.book import RecordingBook, SegmentBook, TrackBook
from recording.canonical import canonical_json, parse_canonical
from recording.event_chain import ChainHead, split_lines
from recording.signing import Signer

MANIFEST_FILE = "manifest.json"
SIGNATURE_FILE = "manifest.sig"
EVENTS_FILE = "events.jsonl"
FRAGMENTS_FILE = "fragments.jsonl"

Milliseconds: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]
Count: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
SegmentFile: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}-[0-9]{4,9}\.(webm|mp4)$")]


class _Part(BaseModel):
    """Exactly these fields, exactly these types: a manifest with anything else is not one of ours."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


_AnyPart = TypeVar("_AnyPart", bound=_Part)


class ManifestParticipant(_Part):
    """Somebody who took part."""

    identity: str
    name: str
    from_ms: Milliseconds
    to_ms: Milliseconds


class ManifestSegment(_Part):
    """A segment file. Fragments are counted through the track from 1; sizes in pixels are 0 for sound."""

    file: SegmentFile
    codec: str
    bytes: Count
    sha256: Sha256
    from_ms: Milliseconds
    to_ms: Milliseconds
    first_fragment: Count
    last_fragment: Count
    starts_with_keyframe: bool
    width: Count
    height: Count


class ManifestGap(_Part):
    """Media that is missing, and why: cause codes in ``gaps.Cause``."""

    from_ms: Milliseconds
    to_ms: Milliseconds
    cause: str
    lost_packets: Count


class ManifestTrack(_Part):
    """A recorded track from the beginning to the end of its life."""

    track: str
    identity: str
    kind: Literal["audio", "video"]
    source: str
    from_ms: Milliseconds
    to_ms: Milliseconds
    end_cause: str
    segments: list[ManifestSegment]
    gaps: list[ManifestGap]


class ManifestEvents(_Part):
    """The chain in ``events.jsonl``: its last event's hash and how many there are."""

    count: Count
    head: Sha256


class ManifestFragments(_Part):
    """The sidecar ``fragments.jsonl``."""

    bytes: Count
    sha256: Sha256


class Manifest(_Part):
    """The whole manifest. ``duration_ms`` ends at the stop or at the last sign of life."""

    format: Literal["lianzhen-recording/1"]
    suite: str
    key: str
    recording: str
    room: str
    title: str
    started_by: str
    state: Literal["sealed", "interrupted"]
    started_at_ms: Milliseconds
    monotonic_start_ms: Milliseconds
    duration_ms: Milliseconds
    end_cause: str
    participants: list[ManifestParticipant]
    tracks: list[ManifestTrack]
    events: ManifestEvents
    fragments: ManifestFragments


class Malformed(ValueError):  # noqa: N818  (a fact about bytes, told by its offset)
    """Bytes that are not what they should be; ``offset`` is where that shows first."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Signature(_Part):
    """What stands in ``manifest.sig``: the signature is over the bytes of ``manifest.json``, base64 (RFC 4648
    §4).

    The manifest's hash is there to tell which of the two files was changed.
    """

    suite: str
    key: str
    manifest_sha256: Sha256
    signature: str

    def signature_bytes(self) -> bytes:
        """The signature itself. Raises Malformed."""
        try:
            content = base64.b64decode(self.signature, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed(0) from None
        if base64.b64encode(content).decode() != self.signature:
            raise Malformed(0)
        return content


class FragmentLine(_Part):
    """One line of ``fragments.jsonl``: sizes and hashes of a segment's fragments, in order; they tile the
    file.
    """

    file: SegmentFile
    bytes: list[Count]
    sha256: list[Sha256]


def parse_manifest(content: bytes) -> Manifest:
    """The manifest in the bytes of ``manifest.json``. Raises Malformed."""
    return _parse(Manifest, content)


def parse_signature(content: bytes) -> Signature:
    """The signature in the bytes of ``manifest.sig``. Raises Malformed."""
    return _parse(Signature, content)


def parse_fragments(content: bytes) -> dict[str, FragmentLine]:
    """The lines of ``fragments.jsonl`` by file. Raises Malformed."""
    lines: dict[str, FragmentLine] = {}
    for offset, line in split_lines(content):
        try:
            parsed = _parse(FragmentLine, line)
        except Malformed as error:
            raise Malformed(offset + error.offset) from None
        if len(parsed.bytes) != len(parsed.sha256):
            raise Malformed(offset)
        lines[parsed.file] = parsed
    return lines


def fragment_index(book: RecordingBook) -> bytes:
    """The content of ``fragments.jsonl``."""
    lines: list[bytes] = []
    for segment in book.segments():
        line = FragmentLine(
            file=segment.begun.file,
            bytes=[fragment.bytes for fragment in segment.fragments],
            sha256=[fragment.sha256 for fragment in segment.fragments],
        )
        lines.append(canonical_json(line.model_dump()) + b"\n")
    return b"".join(lines)


def build_manifest(
    book: RecordingBook,
    *,
    state: Literal["sealed", "interrupted"],
    end_ms: int,
    end_cause: str,
    events: ChainHead,
    fragments: bytes,
    signer: Signer,
) -> bytes:
    """The bytes of ``manifest.json``. Every track in ``book`` has ended and every segment is sealed."""
    manifest = Manifest(
        format="lianzhen-recording/1",
        suite=signer.suite,
        key=signer.key_fingerprint,
        recording=book.begun.recording,
        room=book.begun.room,
        title=book.begun.title,
        started_by=book.begun.started_by,
        state=state,
        started_at_ms=book.begun.started_at_ms,
        monotonic_start_ms=book.begun.monotonic_start_ms,
        duration_ms=end_ms,
        end_cause=end_cause,
        participants=[
            ManifestParticipant(
                identity=person.identity,
                name=person.name,
                from_ms=person.from_ms,
                to_ms=end_ms if person.to_ms is None else person.to_ms,
            )
            for person in book.participants.values()
        ],
        tracks=[_track(track) for track in book.tracks.values()],
        events=ManifestEvents(count=events.sequence, head=events.hash),
        fragments=ManifestFragments(bytes=len(fragments), sha256=hashlib.sha256(fragments).hexdigest()),
    )
    return canonical_json(manifest.model_dump())


def sign_manifest(manifest: bytes, signer: Signer) -> bytes:
    """The bytes of ``manifest.sig``."""
    signature = Signature(
        suite=signer.suite,
        key=signer.key_fingerprint,
        manifest_sha256=hashlib.sha256(manifest).hexdigest(),
        signature=base64.b64encode(signer.sign(manifest)).decode(),
    )
    return canonical_json(signature.model_dump())


def _track(track: TrackBook) -> ManifestTrack:
    assert track.ended is not None, "a manifest is built when every track has ended"
    kind: Literal["audio", "video"] = "audio" if track.begun.kind == "audio" else "video"
    return ManifestTrack(
        track=track.begun.track,
        identity=track.begun.identity,
        kind=kind,
        source=track.begun.source,
        from_ms=track.begun.from_ms,
        to_ms=track.ended.to_ms,
        end_cause=track.ended.cause,
        segments=[_segment(segment) for segment in track.segments],
        gaps=[
            ManifestGap(from_ms=gap.from_ms, to_ms=gap.to_ms, cause=gap.cause, lost_packets=gap.lost_packets)
            for gap in sorted(track.gaps, key=lambda gap: (gap.from_ms, gap.to_ms, gap.cause))
        ],
    )


def _segment(segment: SegmentBook) -> ManifestSegment:
    assert segment.sealed is not None and segment.fragments, "every segment is sealed and has media"
    return ManifestSegment(
        file=segment.begun.file,
        codec=segment.begun.codec,
        bytes=segment.sealed.bytes,
        sha256=segment.sealed.sha256,
        from_ms=segment.from_ms,
        to_ms=segment.to_ms,
        first_fragment=segment.fragments[0].number,
        last_fragment=segment.fragments[-1].number,
        starts_with_keyframe=segment.begun.starts_with_keyframe,
        width=segment.begun.width,
        height=segment.begun.height,
    )


def _parse(part: type[_AnyPart], content: bytes) -> _AnyPart:
    fields = parse_canonical(content)
    if isinstance(fields, int):
        raise Malformed(fields)
    try:
        return part.model_validate(fields)
    except (ValidationError, RecursionError):
        raise Malformed(0) from None
