"""Frames to the bytes of one fragment of a segment file, by PyAV's muxers, without transcoding.

Each fragment is muxed on its own: what a muxer makes of its frames is a file of header and media, and the
header is kept for the first fragment of a segment only. So a fragment is complete when it is made, nothing
lingers in a muxer's buffers for a kill to lose, and its bytes depend on nothing but its frames.

* WebM (VP8, Opus): one cluster a fragment, of known size, in a segment of unknown size (RFC 9559 §5.1.3,
  §6.2).
* MP4 (H.264): one moof and mdat a fragment, ``tfdt`` on the recording's time line (ISO/IEC 14496-12 §8.8.12).
  Annex B goes in; the muxer writes avcC and length-prefixed NAL units.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import av
from av.error import FFmpegError

from recording.errors import BadMedia
from recording.h264 import parameter_sets
from recording.opus import OPUS_RATE_HZ
from recording.segments import PlacedFrame, SegmentFormat

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

_WEBM_TIME_BASE = Fraction(1, 1000)
_MP4_TIME_BASE = Fraction(1, 90_000)

_CLUSTER_ID = bytes.fromhex("1f43b675")
_BITEXACT = "+bitexact"
"""No version of the library in the file: the same frames give the same bytes."""

_WEBM_OPTIONS = {"fflags": _BITEXACT, "cluster_time_limit": "30000"}
_MP4_OPTIONS = {
    "fflags": _BITEXACT,
    "movflags": "+frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer",
    # Without these two the muxer moves the first time stamp to zero and ties it to an edit list.
    "use_editlist": "0",
    "avoid_negative_ts": "disabled",
}


class _Sink:
    """Collects what a muxer writes; cannot seek, so that nothing written is changed later."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, data: bytes) -> int:
        self.content += data
        return len(data)


def file_suffix(codec: str) -> str:
    """The suffix of segment files of a codec: ``.webm`` or ``.mp4``."""
    return ".mp4" if codec == "H264" else ".webm"


def mux_fragment(segment: SegmentFormat, frames: Sequence[PlacedFrame], *, index: int, number: int) -> bytes:
    """The bytes of fragment ``index`` (from 0) of a segment; the first begins with the file's header.

    ``number`` is the fragment's number in its track, from 1; MP4 writes it as sequence number. ``frames`` is
    not empty and in order of time. Raises BadMedia.
    """
    try:
        if segment.codec == "H264":
            content, media_at = _mux_mp4(segment, frames, number)
        else:
            content, media_at = _mux_webm(segment, frames)
    except (FFmpegError, ValueError) as error:
        raise BadMedia(type(error).__name__) from error
    if media_at < 0:
        raise BadMedia("the muxer wrote no media")
    return content if index == 0 else content[media_at:]


def _mux_webm(segment: SegmentFormat, frames: Sequence[PlacedFrame]) -> tuple[bytes, int]:
    sink = _Sink()
    with av.open(sink, "w", format="webm", options=_WEBM_OPTIONS) as container:
        stream: Stream
        if segment.codec == "opus":
            stream = add_opus_stream(container)
        else:
            stream = container.add_mux_stream("vp8", width=segment.width, height=segment.height)
        stream.time_base = _WEBM_TIME_BASE
        payloads = [frame.data for frame in frames]
        _mux_frames(container, stream, frames, payloads, _WEBM_TIME_BASE)
    content = bytes(sink.content)
    return content, content.find(_CLUSTER_ID)


def _mux_mp4(segment: SegmentFormat, frames: Sequence[PlacedFrame], number: int) -> tuple[bytes, int]:
    sink = _Sink()
    options = {**_MP4_OPTIONS, "fragment_index": str(number)}
    payloads = [frame.data for frame in frames]
    if not parameter_sets(payloads[0]):
        # A file that starts between key frames: its header needs the sets of the key frame before.
        payloads[0] = segment.parameter_sets + payloads[0]
    with av.open(sink, "w", format="mp4", options=options) as container:
        stream = container.add_mux_stream("h264", width=segment.width, height=segment.height)
        stream.time_base = _MP4_TIME_BASE
        _mux_frames(container, stream, frames, payloads, _MP4_TIME_BASE)
    content = bytes(sink.content)
    return content, _find_box(content, b"moof")


def _mux_frames(
    container: OutputContainer,
    stream: Stream,
    frames: Sequence[PlacedFrame],
    payloads: Sequence[bytes],
    time_base: Fraction,
) -> None:
    for frame, data in zip(frames, payloads, strict=True):
        packet: av.Packet[Stream] = av.Packet(data)
        packet.stream = stream
        packet.time_base = time_base
        packet.pts = packet.dts = ticks(frame.time_ns, time_base)
        packet.duration = max(ticks(frame.duration_ns, time_base), 1)
        packet.is_keyframe = frame.is_keyframe
        container.mux_one(packet)


def ticks(time_ns: int, time_base: Fraction) -> int:
    """``time_ns`` in units of ``time_base``, rounded to the nearest."""
    units = time_ns * time_base.denominator
    step = time_base.numerator * 1_000_000_000
    return (units + step // 2) // step


def _find_box(content: bytes, kind: bytes) -> int:
    """Offset of the first top-level box of a kind; -1 where there is none (ISO/IEC 14496-12 §4.2)."""
    offset = 0
    while offset + 8 <= len(content):
        size = int.from_bytes(content[offset : offset + 4], "big")
        if content[offset + 4 : offset + 8] == kind:
            return offset
        offset += max(size, 8)
    return -1


def add_opus_stream(container: OutputContainer) -> Stream:
    """Adds an Opus stream with a header of pre-skip 0: time stamps stay those of RTP, to the sample.

    PyAV takes codec headers from an encoder or another file only, and libopus's encoder would ask players to
    skip its first 6.5 ms in each segment. So the header comes from a small file made here.
    """
    return container.add_stream_from_template(_opus_template().streams.audio[0])


@cache
def _opus_template() -> InputContainer:
    # RFC 7845 §5.1: version 1, two channels, pre-skip 0, input rate, gain 0, mapping family 0.
    opus_head = b"OpusHead\x01\x02\x00\x00" + OPUS_RATE_HZ.to_bytes(4, "little") + b"\x00\x00\x00"
    audio = _element("b5", b"\x47\x3b\x80\x00") + _element("9f", b"\x02")
    track = b"".join(
        (
            _element("d7", b"\x01"),
            _element("73c5", b"\x01"),
            _element("83", b"\x02"),
            _element("86", b"A_OPUS"),
            _element("63a2", opus_head),
            _element("e1", audio),
        )
    )
    silence = b"\x81\x00\x00\x80\xfc\xff\xfe"
    segment = b"".join(
        (
            _element("1549a966", _element("2ad7b1", (1_000_000).to_bytes(3, "big"))),
            _element("1654ae6b", _element("ae", track)),
            _element("1f43b675", _element("e7", b"\x00") + _element("a3", silence)),
        )
    )
    head = _element("4282", b"webm") + _element("4287", b"\x02") + _element("4285", b"\x02")
    return av.open(io.BytesIO(_element("1a45dfa3", head) + _element("18538067", segment)), "r")


def _element(element_id: str, payload: bytes) -> bytes:
    """An EBML element with a 4-byte size (RFC 8794 §6)."""
    return bytes.fromhex(element_id) + (0x10000000 | len(payload)).to_bytes(4, "big") + payload
