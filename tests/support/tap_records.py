"""Tap records and taps as the packet core makes them, and real encoded media to put into them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import av
import numpy as np

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


@dataclass(slots=True)
class TapFrame:
    """Shaped like ``lianzhen_core.TapFrame``."""

    codec: str
    rtp_timestamp: int
    arrival_ns: int
    is_keyframe: bool
    data: bytes
    lost_packets: int = 0
    width: int = 0
    height: int = 0


@dataclass(slots=True)
class TapClock:
    """Shaped like ``lianzhen_core.TapClock``."""

    rtp_timestamp: int
    ntp_ns: int
    arrival_ns: int


@dataclass(slots=True)
class TapOverflow:
    """Shaped like ``lianzhen_core.TapOverflow``."""

    frames: int
    arrival_ns: int


@dataclass(slots=True)
class TapEnd:
    """Shaped like ``lianzhen_core.TapEnd``."""

    arrival_ns: int


AnyRecord: TypeAlias = TapFrame | TapClock | TapOverflow | TapEnd


class ListTap:
    """A tap that delivers what was put into it."""

    def __init__(self, records: Iterable[AnyRecord] = ()) -> None:
        self._records: deque[AnyRecord] = deque(records)
        self.is_closed = False

    def put(self, *records: AnyRecord) -> None:
        self._records.extend(records)

    def read(self, max_records: int) -> Sequence[AnyRecord]:
        return [self._records.popleft() for _ in range(min(max_records, len(self._records)))]

    def close(self) -> None:
        self.is_closed = True
        self._records.clear()


class TimedTap:
    """A tap whose records appear when their time of arrival has come on ``clock``."""

    def __init__(self, records: Iterator[AnyRecord], clock) -> None:
        self._records = records
        self._clock = clock
        self._next: AnyRecord | None = next(records, None)

    def read(self, max_records: int) -> Sequence[AnyRecord]:
        out: list[AnyRecord] = []
        now_ns = self._clock.monotonic_ns()
        while self._next is not None and self._next.arrival_ns <= now_ns and len(out) < max_records:
            out.append(self._next)
            self._next = next(self._records, None)
        return out

    def close(self) -> None:
        self._next = None


class ManualClock:
    """A clock that stands until it is moved."""

    def __init__(self, monotonic_ns: int = 1_000 * NS_PER_S, wall_ns: int = 1_800_000_000 * NS_PER_S) -> None:
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def wall_ns(self) -> int:
        return self._wall_ns

    def advance(self, duration_ns: int) -> None:
        self._monotonic_ns += duration_ns
        self._wall_ns += duration_ns


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One frame of encoded media, ``at_ns`` after the beginning."""

    at_ns: int
    is_keyframe: bool
    data: bytes


def _pictures(count: int, width: int, height: int) -> Iterator[av.VideoFrame]:
    for index in range(count):
        picture = np.full((height, width, 3), 16, np.uint8)
        x = index * 4 % width
        picture[:, x : x + 8] = (index * 7 % 256, 200, 90)
        yield av.VideoFrame.from_ndarray(picture, format="rgb24")


def _video(
    codec: str, options: dict[str, str], count: int, fps: int, size: tuple[int, int]
) -> tuple[EncodedFrame, ...]:
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, fps)
    encoder.framerate = Fraction(fps)
    encoder.bit_rate = 300_000
    encoder.options = options
    frames: list[EncodedFrame] = []
    pictures = list(_pictures(count, *size))
    for index, picture in enumerate(pictures):
        picture.pts = index
        frames += [
            EncodedFrame(packet.pts * NS_PER_S // fps, packet.is_keyframe, bytes(packet))
            for packet in encoder.encode(picture)
        ]
    frames += [
        EncodedFrame(packet.pts * NS_PER_S // fps, packet.is_keyframe, bytes(packet))
        for packet in encoder.encode(None)
    ]
    return tuple(frames)


@cache
def vp8_frames(
    seconds: int, *, fps: int = 30, keyframe_every: int = 60, size: tuple[int, int] = (160, 120)
) -> tuple[EncodedFrame, ...]:
    """VP8 as a browser would send it, but with regular key frames."""
    options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": str(keyframe_every)}
    return _video("libvpx", options, seconds * fps, fps, size)


@cache
def h264_frames(
    seconds: int, *, fps: int = 30, keyframe_every: int = 60, size: tuple[int, int] = (160, 120)
) -> tuple[EncodedFrame, ...]:
    """Constrained baseline H.264 in Annex B, parameter sets before each key frame."""
    options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "g": str(keyframe_every),
        "x264-params": "repeat-headers=1:scenecut=0:sliced-threads=0",
    }
    return _video("libx264", options, seconds * fps, fps, size)


@cache
def opus_frames(seconds: int, *, tone_hz: int = 440) -> tuple[EncodedFrame, ...]:
    """A tone in 20 ms packets."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = 48_000
    encoder.layout = "stereo"
    encoder.format = "s16"
    encoder.bit_rate = 32_000
    encoder.open()
    packets: list[bytes] = []
    for index in range(seconds * 50):
        at = np.arange(index * 960, (index + 1) * 960) / 48_000
        tone = (np.sin(2 * np.pi * tone_hz * at) * 8_000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[np.newaxis], format="s16", layout="stereo")
        frame.sample_rate = 48_000
        frame.pts = index * 960
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(EncodedFrame(index * 20 * NS_PER_MS, True, data) for index, data in enumerate(packets))


def tap_frames(
    codec: str,
    frames: Iterable[EncodedFrame],
    *,
    start_ns: int,
    size: tuple[int, int] = (160, 120),
    first_rtp: int = 0,
    delay_ns: int = 0,
) -> Iterator[TapFrame]:
    """The frames as a tap delivers them: the first taken at ``start_ns``, each ``delay_ns`` on its way."""
    rate_hz = 48_000 if codec == "opus" else 90_000
    for frame in frames:
        is_key = frame.is_keyframe
        yield TapFrame(
            codec=codec,
            rtp_timestamp=first_rtp + frame.at_ns * rate_hz // NS_PER_S,
            arrival_ns=start_ns + frame.at_ns + delay_ns,
            is_keyframe=is_key,
            data=frame.data,
            width=size[0] if is_key and codec != "opus" else 0,
            height=size[1] if is_key and codec != "opus" else 0,
        )
