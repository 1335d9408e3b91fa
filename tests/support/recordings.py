"""What a test asks of a recording: does each file play, what does its manifest say, what is in it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.support.numbered_video import SAMPLE_RATE_HZ, Sound, find_marks, read_number

SEGMENT_SUFFIXES = (".webm", ".mp4", ".mkv")


@dataclass
class Played:
    """Everything decoded from one file, on the file's own time line."""

    pictures: list[tuple[float, int | None]] = field(default_factory=list)  # seconds, number
    sizes: list[tuple[int, int]] = field(default_factory=list)
    marks_s: list[float] = field(default_factory=list)
    sound_s: float = 0.0
    errors: int = 0

    @property
    def numbers(self) -> list[int | None]:
        """The pictures' numbers in the order they play."""
        return [number for _, number in self.pictures]


def play(path: Path) -> Played:
    """Decodes a file from end to end; damaged packets are counted, not raised."""
    played = Played()
    sound: list[tuple[float, Sound]] = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE_HZ)
        streams = [stream for stream in container.streams if stream.type in ("audio", "video")]
        for packet in container.demux(streams):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                played.errors += 1
                continue
            for frame in frames:
                if isinstance(frame, av.VideoFrame):
                    luma = np.ascontiguousarray(frame.reformat(format="gray").to_ndarray())
                    played.pictures.append((float(frame.time), read_number(luma)))
                    played.sizes.append((frame.width, frame.height))
                elif isinstance(frame, av.AudioFrame) and frame.time is not None:
                    at_s = float(frame.time)
                    sound.extend((at_s, part.to_ndarray().reshape(-1)) for part in resampler.resample(frame))
    played.marks_s, played.sound_s = _marks_on_time_line(sound)
    return played


def _marks_on_time_line(parts: list[tuple[float, Sound]]) -> tuple[list[float], float]:
    """Puts each piece of sound where its time says, silence in the gaps, and looks for marks in the whole."""
    if not parts:
        return [], 0.0
    start_s = min(at_s for at_s, _ in parts)
    end_s = max(at_s + len(samples) / SAMPLE_RATE_HZ for at_s, samples in parts)
    whole = np.zeros(round((end_s - start_s) * SAMPLE_RATE_HZ) + SAMPLE_RATE_HZ, np.int16)
    for at_s, samples in parts:
        first = round((at_s - start_s) * SAMPLE_RATE_HZ)
        whole[first : first + len(samples)] = samples
    return [start_s + at_s for at_s in find_marks(whole)], end_s - start_s


def segments(folder: Path) -> list[Path]:
    """The media files of a recording, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in SEGMENT_SUFFIXES)


def manifest(folder: Path) -> dict[str, Any]:
    """The signed manifest."""
    return dict(json.loads((folder / "manifest.json").read_bytes()))


def ffprobe(path: Path) -> dict[str, Any]:
    """What ffprobe says of a file after reading every packet; AssertionError when it cannot."""
    done = subprocess.run(
        [
            *("ffprobe", "-v", "error", "-of", "json", "-count_packets", "-show_format"),
            *("-show_entries", "stream=codec_name,codec_type,nb_read_packets,start_time", str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"ffprobe {path.name}: {done.stderr.strip()}"
    return dict(json.loads(done.stdout))


def last_packet_s(path: Path) -> float:
    """Where the last packet of a file ends on its own time line, in seconds; 0.0 without packets."""
    latest = 0.0
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                latest = max(latest, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return latest
