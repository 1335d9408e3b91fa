"""Playable files from a sealed recording, by remuxing: no picture and no sound is decoded.

Gaps stay on the time line: the last picture stands, and silence is put where sound is missing. A file begins
with the participant's first media; where that is on the recording's time line is returned.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.error import FFmpegError

from recording.errors import BadRecording
from recording.export_plan import PlannedFile, plan_export
from recording.files import PART_SUFFIX, PRIVATE_FILE_MODE, make_private_folder, sync_folder
from recording.fragments import add_opus_stream, ticks
from recording.manifest import MANIFEST_FILE, Malformed, Manifest, parse_manifest
from recording.opus import OPUS_RATE_HZ
from recording.sound import Packet, without_holes

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.stream import Stream

NS_PER_MS = 1_000_000

_WEBM_TIME_BASE = Fraction(1, 1000)
_MP4_VIDEO_TIME_BASE = Fraction(1, 90_000)
_MP4_AUDIO_TIME_BASE = Fraction(1, OPUS_RATE_HZ)

_OPTIONS = {
    # The index in front: a player can seek before it has the whole file.
    "webm": {"cues_to_front": "1", "fflags": "+bitexact"},
    "mp4": {"movflags": "+faststart", "fflags": "+bitexact"},
}


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A playable file.

    ``starts_at_ms`` is where its beginning lies on the recording's time line. ``is_main`` is False for a
    shared screen. ``part`` counts from 1; there are more where the video codec changed.
    """

    path: Path
    identity: str
    is_main: bool
    part: int
    media_type: str
    starts_at_ms: int
    duration_ms: int


def export_folder(folder: Path, out: Path, *, identity: str | None = None) -> list[ExportedFile]:
    """Makes one file for each participant of a sealed recording (with ``identity``: of one) in the folder
    ``out``.

    A participant without media has none; more than one are made for a shared screen or a change of codec.
    Files of these names that are there are replaced, each as a whole. ``out`` must not be the recording's
    folder. Raises BadRecording (no manifest of ours), OSError.
    """
    manifest = read_manifest(folder)
    if out.resolve() == folder.resolve():
        raise BadRecording("an export into the recording's own folder would spoil it")
    make_private_folder(out)
    exported = [_export_file(folder, out, planned) for planned in plan_export(manifest, identity=identity)]
    return [file for file in exported if file is not None]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a sealed recording, its signature unchecked. Raises BadRecording."""
    try:
        return parse_manifest((folder / MANIFEST_FILE).read_bytes())
    except (Malformed, OSError):
        raise BadRecording("no readable manifest") from None


def _export_file(folder: Path, out: Path, planned: PlannedFile) -> ExportedFile | None:
    """Makes one file; None where its segments hold nothing that can be read."""
    first_picture, first_sound = next(_video(folder, planned), None), next(_audio(folder, planned), None)
    firsts = [packet.time_ns for packet in (first_picture, first_sound) if packet is not None]
    if not firsts:
        return None
    start_ns = min(firsts) // NS_PER_MS * NS_PER_MS
    if first_picture is None:
        planned = replace(planned, video_files=())
    if first_sound is None:
        planned = replace(planned, audio_files=())
    path = out / planned.name
    part = path.with_name(path.name + PART_SUFFIX)
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE_MODE))
    try:
        try:
            end_ns = _mux(folder, part, planned, start_ns)
        except FFmpegError as error:
            if isinstance(error, OSError):
                raise
            raise BadRecording(f"{planned.name} cannot be muxed") from error
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(out)
    return ExportedFile(
        path=path,
        identity=planned.identity,
        is_main=planned.is_main,
        part=planned.part,
        media_type=planned.media_type,
        starts_at_ms=start_ns // NS_PER_MS,
        duration_ms=(end_ns - start_ns) // NS_PER_MS,
    )


def _mux(folder: Path, part: Path, planned: PlannedFile, start_ns: int) -> int:
    """Writes the file; returns where its media ends on the recording's time line."""
    is_mp4 = planned.container == "mp4"
    sources: list[Iterator[tuple[int, int, Packet]]] = []
    streams: list[Stream] = []
    bases: list[Fraction] = []
    end_ns = start_ns
    with av.open(str(part), "w", format=planned.container, options=_OPTIONS[planned.container]) as container:
        if planned.video_files:
            streams.append(_add_video_stream(container, folder, planned))
            bases.append(_MP4_VIDEO_TIME_BASE if is_mp4 else _WEBM_TIME_BASE)
            sources.append(_numbered(0, _video(folder, planned)))
        if planned.audio_files:
            streams.append(add_opus_stream(container))
            bases.append(_MP4_AUDIO_TIME_BASE if is_mp4 else _WEBM_TIME_BASE)
            sources.append(_numbered(len(streams) - 1, without_holes(_audio(folder, planned))))
        for stream, base in zip(streams, bases, strict=True):
            stream.time_base = base
        for _, index, packet in heapq.merge(*sources, key=lambda entry: entry[0]):
            time_ns = max(packet.time_ns - start_ns, 0)
            muxed: av.Packet[Stream] = av.Packet(packet.data)
            muxed.stream = streams[index]
            muxed.time_base = bases[index]
            muxed.pts = muxed.dts = ticks(time_ns, bases[index])
            muxed.duration = max(ticks(packet.duration_ns, bases[index]), 1)
            muxed.is_keyframe = packet.is_keyframe
            container.mux_one(muxed)
            end_ns = max(end_ns, packet.time_ns + packet.duration_ns)
    return end_ns


def _add_video_stream(container: OutputContainer, folder: Path, planned: PlannedFile) -> Stream:
    """A stream like that of the first segment that can be read: size, and for H.264 its avcC."""
    for name in planned.video_files:
        try:
            with av.open(str(folder / name), "r") as segment:
                return container.add_stream_from_template(segment.streams.video[0])
        except (FFmpegError, OSError, IndexError):
            continue
    raise BadRecording("no video segment can be read")


def _numbered(index: int, packets: Iterator[Packet]) -> Iterator[tuple[int, int, Packet]]:
    for packet in packets:
        yield packet.time_ns, index, packet


def _video(folder: Path, planned: PlannedFile) -> Iterator[Packet]:
    """Video in order of time, from a key frame on. Of two tracks at once the one that began later goes on."""
    last_ns = -1
    for packet in _packets(folder, planned.video_files):
        if packet.time_ns > last_ns and (last_ns >= 0 or packet.is_keyframe):
            yield packet
            last_ns = packet.time_ns


def _audio(folder: Path, planned: PlannedFile) -> Iterator[Packet]:
    for packet in _packets(folder, planned.audio_files):
        time_ms = packet.time_ns // NS_PER_MS
        if time_ms >= planned.from_ms and (planned.to_ms is None or time_ms < planned.to_ms):
            yield packet


def _packets(folder: Path, names: Sequence[str]) -> Iterator[Packet]:
    """The packets of segment files; one that cannot be read is a gap (``verify`` names it)."""
    for name in names:
        try:
            with av.open(str(folder / name), "r") as segment:
                stream = segment.streams[0]
                for packet in segment.demux(stream):
                    if packet.pts is None or packet.size == 0:
                        continue
                    scale = packet.time_base * 1_000_000_000
                    yield Packet(
                        time_ns=int(packet.pts * scale),
                        duration_ns=int((packet.duration or 0) * scale),
                        is_keyframe=packet.is_keyframe,
                        data=bytes(packet),
                    )
        except (FFmpegError, OSError, IndexError):
            continue
