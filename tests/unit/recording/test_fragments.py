"""Bytes of fragments: RFC 9559 for WebM, ISO/IEC 14496-12 for MP4; each test plays what was made."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import pytest

from recording.errors import BadMedia
from recording.fragments import file_suffix, mux_fragment, ticks
from recording.h264 import parameter_sets
from recording.segments import PlacedFrame, SegmentFormat
from tests.support.tap_records import EncodedFrame, h264_frames, opus_frames, vp8_frames

MS = 1_000_000
START_NS = 61_000 * MS
CLUSTER = bytes.fromhex("1f43b675")


def placed(codec: str, frames: Sequence[EncodedFrame], *, start_ns: int = START_NS) -> list[PlacedFrame]:
    duration_ns = 20 * MS if codec == "opus" else 33_333_333
    return [
        PlacedFrame(start_ns + one.at_ns, duration_ns, 0, one.is_keyframe, codec, None, one.data)
        for one in frames
    ]


def made(codec: str) -> tuple[SegmentFormat, list[PlacedFrame]]:
    if codec == "opus":
        return SegmentFormat("opus"), placed(codec, opus_frames(2))
    frames = {"VP8": vp8_frames, "H264": h264_frames}[codec](2)
    sets = parameter_sets(frames[0].data) if codec == "H264" else b""
    return SegmentFormat(codec, 160, 120, sets), placed(codec, frames)


def muxed(segment: SegmentFormat, frames: list[PlacedFrame], *, size: int = 12) -> bytes:
    pieces = [frames[at : at + size] for at in range(0, len(frames), size)]
    return b"".join(
        mux_fragment(segment, piece, index=index, number=index + 1) for index, piece in enumerate(pieces)
    )


def demuxed(content: bytes) -> list[tuple[int, bytes, bool]]:
    """(time in µs, data, is key) of each packet."""
    with av.open(io.BytesIO(content), "r") as container:
        return [
            (int(packet.pts * packet.time_base * 1_000_000), bytes(packet), packet.is_keyframe)
            for packet in container.demux(container.streams[0])
            if packet.pts is not None
        ]


@pytest.mark.parametrize("codec", ["VP8", "opus"])
def test_webm_gives_back_the_same_packets_at_the_same_milliseconds(codec: str) -> None:
    segment, frames = made(codec)
    packets = demuxed(muxed(segment, frames))
    assert [data for _, data, _ in packets] == [one.data for one in frames]
    assert [key for _, _, key in packets] == [one.is_keyframe for one in frames]
    for (at_us, _, _), one in zip(packets, frames, strict=True):
        assert abs(at_us - one.time_ns // 1_000) <= 500


def test_mp4_gives_back_the_same_access_units_to_the_tick() -> None:
    segment, frames = made("H264")
    packets = demuxed(muxed(segment, frames))
    assert len(packets) == len(frames)
    assert [key for _, _, key in packets] == [one.is_keyframe for one in frames]
    for (at_us, _, _), one in zip(packets, frames, strict=True):
        assert abs(at_us - one.time_ns // 1_000) <= 12


@pytest.mark.parametrize("codec", ["VP8", "H264", "opus"])
def test_every_frame_decodes(codec: str) -> None:
    segment, frames = made(codec)
    with av.open(io.BytesIO(muxed(segment, frames)), "r") as container:
        decoded = list(container.decode(container.streams[0]))
    assert len(decoded) == len(frames)


@pytest.mark.parametrize("codec", ["VP8", "H264", "opus"])
def test_a_file_cut_off_after_any_fragment_plays_up_to_there(codec: str) -> None:
    segment, frames = made(codec)
    content = b""
    for index in range(4):
        piece = frames[index * 10 : index * 10 + 10]
        content += mux_fragment(segment, piece, index=index, number=index + 1)
        assert len(demuxed(content)) == (index + 1) * 10


@pytest.mark.parametrize("codec", ["VP8", "H264", "opus"])
def test_a_file_torn_within_a_fragment_keeps_the_ones_before(codec: str) -> None:
    segment, frames = made(codec)
    whole = muxed(segment, frames[:20], size=10)
    torn = whole + mux_fragment(segment, frames[20:30], index=2, number=3)[:50]
    assert len(demuxed(torn)) >= 20


@pytest.mark.parametrize("codec", ["VP8", "H264", "opus"])
def test_the_same_frames_make_the_same_bytes(codec: str) -> None:
    segment, frames = made(codec)
    assert muxed(segment, frames) == muxed(segment, frames)


def test_a_webm_fragment_is_one_cluster_of_known_size() -> None:
    segment, frames = made("opus")
    fragment = mux_fragment(segment, frames[:20], index=1, number=2)
    assert fragment.startswith(CLUSTER)
    assert fragment.count(CLUSTER) == 1
    size_octets = 2 if fragment[4] & 0x40 else 1
    size = int.from_bytes(fragment[4 : 4 + size_octets], "big") & ~(
        0x80 << 8 * (size_octets - 1) >> (size_octets - 1)
    )
    assert len(fragment) == 4 + size_octets + size


def test_an_mp4_fragment_is_one_moof_with_its_number_and_one_mdat() -> None:
    segment, frames = made("H264")
    fragment = mux_fragment(segment, frames[:10], index=1, number=7)
    moof_bytes = int.from_bytes(fragment[:4], "big")
    assert fragment[4:8] == b"moof"
    assert fragment[12:16] == b"mfhd"
    assert int.from_bytes(fragment[20:24], "big") == 7
    mdat_bytes = int.from_bytes(fragment[moof_bytes : moof_bytes + 4], "big")
    assert fragment[moof_bytes + 4 : moof_bytes + 8] == b"mdat"
    assert len(fragment) == moof_bytes + mdat_bytes


def test_mp4_has_avcc_and_length_prefixed_nal_units_whatever_the_start_codes() -> None:
    segment, frames = made("H264")
    short = [
        PlacedFrame(
            one.time_ns,
            one.duration_ns,
            0,
            one.is_keyframe,
            "H264",
            None,
            one.data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01"),
        )
        for one in frames
    ]
    content = muxed(segment, short)
    assert b"avcC\x01\x42" in content  # configurationVersion 1, baseline
    for _, data, _ in demuxed(content):
        at = 0
        while at < len(data):
            at += 4 + int.from_bytes(data[at : at + 4], "big")
        assert at == len(data)


def test_opus_has_no_pre_skip_that_would_shift_time_stamps() -> None:
    segment, frames = made("opus")
    content = mux_fragment(segment, frames[:5], index=0, number=1)
    at = content.index(b"OpusHead")
    assert content[at + 8 : at + 12] == b"\x01\x02\x00\x00"


def test_an_mp4_that_starts_between_key_frames_has_the_parameter_sets_of_the_one_before() -> None:
    segment, frames = made("H264")
    content = mux_fragment(segment, frames[10:20], index=0, number=1)
    assert b"avcC\x01\x42" in content
    assert len(demuxed(content)) == 10


@pytest.mark.parametrize(
    "segment",
    [SegmentFormat("VP8"), SegmentFormat("H264"), SegmentFormat("H264", 160, 120)],
    ids=["VP8 without a size", "H264 without a size", "H264 without parameter sets"],
)
def test_media_that_is_not_its_codec_is_refused_or_kept_out_of_headers(segment: SegmentFormat) -> None:
    frames = [PlacedFrame(START_NS, 20 * MS, 0, True, segment.codec, None, b"")]
    with pytest.raises(BadMedia):
        mux_fragment(segment, frames, index=0, number=1)


def test_times_that_go_back_are_refused() -> None:
    segment, frames = made("VP8")
    with pytest.raises(BadMedia):
        mux_fragment(segment, [frames[5], frames[1]], index=0, number=1)


def test_suffixes() -> None:
    assert [file_suffix(codec) for codec in ("VP8", "opus", "H264")] == [".webm", ".webm", ".mp4"]


def test_ticks_are_rounded_to_the_nearest() -> None:
    assert [ticks(at, Fraction(1, 1000)) for at in (499_999, 500_000, 1_499_999)] == [0, 1, 1]
    assert ticks(33_333_333, Fraction(1, 90_000)) == 3_000
