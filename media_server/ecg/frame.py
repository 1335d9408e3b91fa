"""An ECG frame: some tens of milliseconds of all leads, whole by itself; to bytes and back, without loss.

::

     0      1      2          4          6         8                16               24
    +------+------+----------+----------+---------+----------------+----------------+
    | 0xEC | ver  |  flags   |  stream  |  epoch  |  first_sample  |    taken_us    |
    +------+------+----------+----------+---------+----------------+----------------+
    24        26       27      28         30
    +---------+--------+-----+----------+------------------+--------------+---------+-------+
    | samples | leads  | enc | lead_off | i32 × leads      | u8 × leads   | deltas  | crc32 |
    +---------+--------+-----+----------+------------------+--------------+---------+-------+
                                         first values       bits a delta   packed

All numbers are little endian. ``deltas`` are each sample's difference from the one before, zig-zag coded,
lead after lead in one run of bits, least significant bit first, the last byte filled up with zeros. A lead
that does not move takes no bits.

``first_sample`` counts the sampling instants since the device began to count (``epoch`` + 1 whenever it
begins anew): it is the sequence number, and what is missing is a subtraction, not a time-out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from media_server.ecg.errors import MalformedFrame
from media_server.errors import MisuseError

Samples: TypeAlias = npt.NDArray[np.int32]
"""One row a sampling instant, one column a lead, in steps of the device's resolution."""

MAGIC: Final = 0xEC
VERSION: Final = 1
PACKED: Final = 1
"""The only coding there is; 0 is kept for samples that are not packed."""
MAX_LEADS: Final = 16
"""``lead_off`` has a bit for each; 12 and the three of Frank or of the right and the back make 15."""
MAX_SAMPLES: Final = 2_000
"""Two seconds of the fastest devices: more in a frame would wait too long for its end."""
MAX_VALUE: Final = 2**30 - 1
"""Devices have 24 bits; up to here no difference needs more than 32."""
MAX_COUNT: Final = 2**53 - 1
"""Of ``first_sample`` and ``taken_us``: what a page's numbers hold exactly."""
MAX_MESSAGE_FRAMES: Final = 3
"""The newest and the two before it: that mends the loss of two messages in a row and still fits a packet."""

_HEADER: Final = struct.Struct("<BBHHHQQHBBH")
_FLAGS: Final = struct.Struct("<H")
_FLAGS_AT: Final = 2
_CHECK: Final = struct.Struct("<I")
_MAX_BITS: Final = 32


class FrameFlag(IntFlag):
    """What is to be known of a frame before its samples are looked at."""

    LATE = 1
    """Filled in afterwards from what was kept."""
    GAP_BEFORE = 2
    """The device lost samples just before this frame."""
    PACING = 4
    """The device saw a pacemaker's spike in it."""
    SIMULATED = 8
    """Made, not measured."""


NO_FLAGS: Final = FrameFlag(0)
_ALL_FLAGS: Final = sum(FrameFlag)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Consecutive samples of all leads of a device."""

    stream: int
    """Which of a session's devices, 0 to 65,535."""
    epoch: int
    """How often the device's counter began anew, 0 to 65,535."""
    first_sample: int
    """Number of the first sampling instant."""
    taken_us: int
    """When that was, on the gateway's clock, microseconds since the Unix epoch."""
    samples: Samples
    lead_off: int = 0
    """A bit for each lead, the first the lowest: its electrode has no contact."""
    flags: FrameFlag = NO_FLAGS

    @property
    def end_sample(self) -> int:
        """Number of the first sampling instant after this frame."""
        return self.first_sample + len(self.samples)


def encode_frame(frame: Frame) -> bytes:
    """Returns the frame's bytes; the same frame always gives the same.

    Raises MisuseError: a number beyond its limit above.
    """
    _check(frame)
    count, leads = frame.samples.shape
    wide = frame.samples.astype(np.int64)
    deltas = wide[1:] - wide[:-1]
    coded = ((deltas << 1) ^ (deltas >> 63)).astype(np.uint64)
    widths = [int(top).bit_length() for top in coded.max(axis=0, initial=0)]
    bits = [
        (coded[:, lead, None] >> np.arange(width, dtype=np.uint64) & 1).astype(np.uint8).ravel()
        for lead, width in enumerate(widths)
    ]
    body = b"".join(
        (
            _HEADER.pack(
                MAGIC,
                VERSION,
                frame.flags,
                frame.stream,
                frame.epoch,
                frame.first_sample,
                frame.taken_us,
                count,
                leads,
                PACKED,
                frame.lead_off,
            ),
            frame.samples[0].astype("<i4").tobytes(),
            bytes(widths),
            np.packbits(np.concatenate(bits), bitorder="little").tobytes(),
        )
    )
    return body + _CHECK.pack(zlib.crc32(body))


class Envelope(NamedTuple):
    """What a frame says of itself; its bytes are as they were sealed, its samples are not looked at."""

    stream: int
    epoch: int
    first_sample: int
    taken_us: int
    samples: int
    leads: int
    lead_off: int
    flags: FrameFlag
    start: int
    """Of its bytes."""
    end: int
    """The first byte that is not the frame's."""

    @property
    def end_sample(self) -> int:
        """Number of the first sampling instant after this frame."""
        return self.first_sample + self.samples


def read_envelope(content: bytes, offset: int = 0) -> Envelope:
    """Returns what the frame that begins at ``offset`` says of itself: all that who keeps frames must know.

    Raises MalformedFrame: cut off, altered, or of a kind that this version does not know.
    """
    if len(content) < offset + _HEADER.size:
        raise MalformedFrame("frame_truncated")
    magic, version, flags, stream, epoch, first_sample, taken_us, count, leads, coding, lead_off = (
        _HEADER.unpack_from(content, offset)
    )
    if magic != MAGIC:
        raise MalformedFrame("frame_foreign")
    if version != VERSION or coding != PACKED:
        raise MalformedFrame("frame_version_unknown")
    if not 1 <= leads <= MAX_LEADS or not 1 <= count <= MAX_SAMPLES:
        raise MalformedFrame("frame_size_wrong")
    at_widths = offset + _HEADER.size + 4 * leads
    widths = content[at_widths : at_widths + leads]
    at_check = at_widths + leads + (sum(widths) * (count - 1) + 7) // 8
    if len(content) < at_check + _CHECK.size:
        raise MalformedFrame("frame_truncated")
    if _CHECK.unpack_from(content, at_check)[0] != zlib.crc32(memoryview(content)[offset:at_check]):
        raise MalformedFrame("frame_altered")
    is_possible = flags <= _ALL_FLAGS and not lead_off >> leads and max(first_sample, taken_us) <= MAX_COUNT
    if not is_possible or max(widths) > _MAX_BITS:
        raise MalformedFrame("frame_size_wrong")
    end = at_check + _CHECK.size
    return Envelope(
        stream, epoch, first_sample, taken_us, count, leads, lead_off, FrameFlag(flags), offset, end
    )


def with_flags(content: bytes, flags: FrameFlag) -> bytes:
    """Returns the bytes of one frame with these flags besides its own; its samples stay as they are packed.

    Raises MalformedFrame: no frame, or more than one.
    """
    envelope = read_envelope(content)
    if envelope.end != len(content):
        raise MalformedFrame("frame_size_wrong")
    marked = bytearray(content[: -_CHECK.size])
    _FLAGS.pack_into(marked, _FLAGS_AT, envelope.flags | flags)
    return bytes(marked) + _CHECK.pack(zlib.crc32(marked))


def cut_frame(content: bytes, start: int, end: int, rate_hz: int) -> bytes:
    """Returns the samples from ``start`` to before ``end`` of one frame, as a frame of their own.

    Raises MalformedFrame, as decode_frame does, and MisuseError: not all of them are in it, or none.
    """
    frame, _ = decode_frame(content)
    if not frame.first_sample <= start < end <= frame.end_sample:
        raise MisuseError("the samples are not the frame's")
    before = start - frame.first_sample
    # What was lost before the frame was lost before its first sample.
    flags = frame.flags if not before else frame.flags & ~FrameFlag.GAP_BEFORE
    return encode_frame(
        replace(
            frame,
            first_sample=start,
            taken_us=frame.taken_us + before * 1_000_000 // rate_hz,
            samples=frame.samples[before : end - frame.first_sample],
            flags=flags,
        )
    )


def decode_frame(content: bytes, offset: int = 0) -> tuple[Frame, int]:
    """Returns the frame that begins at ``offset`` and the offset of the first byte after it.

    Raises MalformedFrame, as read_envelope does, and where the samples leave their range.
    """
    envelope = read_envelope(content, offset)
    count, leads = envelope.samples, envelope.leads
    at_widths = offset + _HEADER.size + 4 * leads
    at_deltas, at_check = at_widths + leads, envelope.end - _CHECK.size
    bits = np.unpackbits(np.frombuffer(content, np.uint8, at_check - at_deltas, at_deltas), bitorder="little")
    samples = np.zeros((count, leads), np.int64)
    samples[0] = np.frombuffer(content, "<i4", leads, offset + _HEADER.size)
    at = 0
    for lead, width in enumerate(content[at_widths:at_deltas]):
        if width:
            taken = width * (count - 1)
            rows = bits[at : at + taken].reshape(count - 1, width)
            coded = rows @ (np.int64(1) << np.arange(width, dtype=np.int64))
            samples[1:, lead] = (coded >> 1) ^ -(coded & 1)
            at += taken
    np.cumsum(samples, axis=0, out=samples)
    if bits[at:].any() or np.abs(samples).max() > MAX_VALUE:
        raise MalformedFrame("frame_size_wrong")
    kept = samples.astype(np.int32)
    kept.setflags(write=False)
    frame = Frame(
        envelope.stream,
        envelope.epoch,
        envelope.first_sample,
        envelope.taken_us,
        kept,
        envelope.lead_off,
        envelope.flags,
    )
    return frame, envelope.end


def encode_message(frames: Iterable[Frame]) -> bytes:
    """Returns a message of the live lane: the newest frame first, then those before it, repeated."""
    return b"".join(map(encode_frame, frames))


def decode_message(content: bytes) -> list[Frame]:
    """Returns the frames of a message, one to ``MAX_MESSAGE_FRAMES``. Raises MalformedFrame."""
    frames: list[Frame] = []
    offset = 0
    while offset < len(content) or not frames:
        if len(frames) == MAX_MESSAGE_FRAMES:
            raise MalformedFrame("frame_size_wrong")
        frame, offset = decode_frame(content, offset)
        frames.append(frame)
    return frames


def _check(frame: Frame) -> None:
    samples = frame.samples
    if samples.ndim != 2 or samples.dtype != np.int32:
        raise MisuseError("samples are no table of int32")
    count, leads = samples.shape
    if not (1 <= leads <= MAX_LEADS and 1 <= count <= MAX_SAMPLES):
        raise MisuseError("samples are too few or too many")
    if max(int(samples.max()), -int(samples.min())) > MAX_VALUE:
        raise MisuseError("a sample is beyond its limit")
    if not (0 <= frame.first_sample <= MAX_COUNT and 0 <= frame.taken_us <= MAX_COUNT):
        raise MisuseError("a count is beyond its limit")
    if not (0 <= frame.stream < 2**16 and 0 <= frame.epoch < 2**16 and 0 <= frame.lead_off < 2**leads):
        raise MisuseError("a frame's head is beyond its limit")
