"""ECG frames: whatever goes in comes out, and whatever is no frame is refused."""

from __future__ import annotations

import zlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.ecg.errors import MalformedFrame
from media_server.ecg.frame import (
    MAX_COUNT,
    MAX_LEADS,
    MAX_MESSAGE_FRAMES,
    MAX_SAMPLES,
    MAX_VALUE,
    Frame,
    FrameFlag,
    cut_frame,
    decode_frame,
    decode_message,
    encode_frame,
    encode_message,
    read_envelope,
    with_flags,
)
from media_server.errors import MisuseError


def frame_of(rows: list[list[int]], **fields: object) -> Frame:
    return replace(Frame(7, 1, 1_000, 1_800_000_000_000_000, np.array(rows, np.int32)), **fields)


def head(frame: Frame) -> tuple[object, ...]:
    return (
        frame.stream,
        frame.epoch,
        frame.first_sample,
        frame.taken_us,
        frame.lead_off,
        frame.flags,
        frame.samples.tolist(),
    )


def sealed(body: bytes) -> bytes:
    return body + zlib.crc32(body).to_bytes(4, "little")


def altered(at: int, value: bytes) -> bytes:
    body = encode_frame(frame_of([[1, 2], [3, 2], [0, 2]]))[:-4]
    return sealed(body[:at] + value + body[at + len(value) :])


def refused(content: bytes) -> str:
    with pytest.raises(MalformedFrame) as refusal:
        decode_frame(content)
    return refusal.value.code


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    leads = draw(st.integers(1, MAX_LEADS))
    # The samples come from a seed: hypothesis would take long to draw each by itself.
    near, seed = draw(st.sampled_from([0, 1, 300, MAX_VALUE])), draw(st.integers(0, 2**32))
    size = (draw(st.integers(1, 30)), leads)
    return Frame(
        draw(st.integers(0, 65_535)),
        draw(st.integers(0, 65_535)),
        draw(st.integers(0, MAX_COUNT)),
        draw(st.integers(0, MAX_COUNT)),
        np.random.default_rng(seed).integers(-near, near, size, np.int32, endpoint=True),
        draw(st.integers(0, 2**leads - 1)),
        FrameFlag(draw(st.integers(0, 15))),
    )


@given(frames())
def test_what_goes_in_comes_out(frame: Frame) -> None:
    content = encode_frame(frame)
    found, end = decode_frame(b"\x00" + content + b"\x00", 1)
    assert head(found) == head(frame)
    assert end == 1 + len(content)
    assert found.end_sample == frame.first_sample + len(frame.samples)
    assert encode_frame(found) == content
    told = read_envelope(b"\x00" + content, 1)
    assert (told.start, told.end, told.end_sample) == (1, end, frame.end_sample)
    assert (told.samples, told.leads) == frame.samples.shape
    with pytest.raises(ValueError, match="read-only"):
        found.samples[0, 0] = 1


def test_the_bytes_are_those_of_the_format() -> None:
    frame = frame_of([[-2, 5], [1, 5], [0, 5]], lead_off=2, flags=FrameFlag.LATE | FrameFlag.SIMULATED)
    body = bytes.fromhex(
        "ec01 0900 0700 0100 e803000000000000 0080 9828 1765 0600 0300 02 01 0200"
        "feffffff 05000000"  # first values
        "03 00"  # bits a delta: 3 zig-zag coded is 6, and -1 is 1
        "0e"  # 110 and 001, the lowest bit first
    )
    assert encode_frame(frame) == sealed(body)


@pytest.mark.parametrize("rows", [[[MAX_VALUE], [-MAX_VALUE], [MAX_VALUE]], [[0] * MAX_LEADS] * MAX_SAMPLES])
def test_the_limits_themselves_are_taken(rows: list[list[int]]) -> None:
    frame = frame_of(rows)
    assert head(decode_frame(encode_frame(frame))[0]) == head(frame)


@given(st.binary(max_size=200), st.booleans())
def test_bytes_at_random_are_refused_by_code(content: bytes, begins_well: bool) -> None:
    start = encode_frame(frame_of([[1]]))[:3] if begins_well else b""
    assert refused(start + content).startswith("frame_")


@given(frames(), st.data())
def test_one_byte_changed_or_cut_off_is_found(frame: Frame, data: st.DataObject) -> None:
    content = encode_frame(frame)
    at = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[at] ^= data.draw(st.integers(1, 255))
    assert refused(bytes(changed)).startswith("frame_")
    assert refused(content[:at]) == "frame_truncated"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (altered(0, b"\xed"), "frame_foreign"),
        (altered(1, b"\x02"), "frame_version_unknown"),
        (altered(27, b"\x00"), "frame_version_unknown"),
        (altered(2, b"\x10"), "frame_size_wrong"),
        (altered(8, b"\xff" * 8), "frame_size_wrong"),
        (altered(16, b"\xff" * 8), "frame_size_wrong"),
        (altered(24, b"\x00\x00"), "frame_size_wrong"),
        (altered(24, b"\xff\xff"), "frame_size_wrong"),
        (altered(26, b"\x00"), "frame_size_wrong"),
        (altered(26, b"\x11"), "frame_size_wrong"),
        (altered(28, b"\x04"), "frame_size_wrong"),
        (altered(30, b"\xff\xff\xff\x7f"), "frame_size_wrong"),
        (altered(38, b"\x21" + bytes(10)), "frame_size_wrong"),
        (altered(38, b"\x20" + bytes(8)), "frame_truncated"),
        (altered(40, b"\xff"), "frame_size_wrong"),
        (altered(40, b"\x00")[:-1] + b"\x00", "frame_altered"),
    ],
)
def test_a_frame_that_says_what_cannot_be_is_refused(content: bytes, code: str) -> None:
    assert refused(content) == code


@pytest.mark.parametrize(
    "fields",
    [
        {"samples": np.array([1], np.int32)},
        {"samples": np.array([[1]], np.int16)},
        {"samples": np.zeros((0, 1), np.int32)},
        {"samples": np.zeros((MAX_SAMPLES + 1, 1), np.int32)},
        {"samples": np.zeros((1, 0), np.int32)},
        {"samples": np.zeros((1, MAX_LEADS + 1), np.int32)},
        {"samples": np.array([[-(2**30)]], np.int32)},
        {"samples": np.array([[2**30]], np.int32)},
        {"stream": 65_536},
        {"epoch": -1},
        {"lead_off": 2},
        {"first_sample": -1},
        {"first_sample": MAX_COUNT + 1},
        {"taken_us": MAX_COUNT + 1},
    ],
)
def test_a_frame_beyond_the_limits_is_not_made(fields: dict[str, object]) -> None:
    with pytest.raises(MisuseError):
        encode_frame(frame_of([[1]], **fields))


def test_a_message_holds_up_to_three_frames() -> None:
    told = [frame_of([[number]]) for number in range(MAX_MESSAGE_FRAMES)]
    content = encode_message(told)
    assert [head(frame) for frame in decode_message(content)] == [head(frame) for frame in told]
    for wrong in (b"", content + encode_frame(told[0]), content + b"\xec"):
        with pytest.raises(MalformedFrame):
            decode_message(wrong)


def test_frames_of_one_stream_join_by_their_numbers() -> None:
    told = [frame_of([[1]] * 20, first_sample=20 * number) for number in range(3)]
    assert all(before.end_sample == after.first_sample for before, after in pairwise(told))


def test_flags_are_added_and_nothing_else_changes() -> None:
    frame = frame_of([[1, -2], [3, 400]], flags=FrameFlag.SIMULATED, lead_off=2)
    marked, end = decode_frame(with_flags(encode_frame(frame), FrameFlag.LATE | FrameFlag.SIMULATED))
    assert marked.flags == FrameFlag.LATE | FrameFlag.SIMULATED
    assert head(replace(marked, flags=frame.flags)) == head(frame)
    assert marked.samples.tolist() == frame.samples.tolist()
    assert end == len(encode_frame(frame))


@pytest.mark.parametrize("content", [encode_frame(frame_of([[1]])) * 2, encode_frame(frame_of([[1]]))[:-1]])
def test_flags_are_added_to_one_whole_frame_only(content: bytes) -> None:
    with pytest.raises(MalformedFrame):
        with_flags(content, FrameFlag.LATE)


def test_a_part_of_a_frame_is_a_frame_with_its_samples_and_their_time() -> None:
    frame = frame_of([[1, 10], [2, 20], [3, 30]], lead_off=2, flags=FrameFlag.LATE | FrameFlag.GAP_BEFORE)
    content = encode_frame(frame)
    at = frame.first_sample
    assert cut_frame(content, at, at + 3, 500) == content
    head, _ = decode_frame(cut_frame(content, at, at + 1, 500))
    assert (head.flags, head.taken_us, head.samples.tolist()) == (frame.flags, frame.taken_us, [[1, 10]])
    tail, _ = decode_frame(cut_frame(content, at + 1, at + 3, 500))
    assert tail.samples.tolist() == [[2, 20], [3, 30]]
    assert (tail.first_sample, tail.taken_us, tail.lead_off) == (at + 1, frame.taken_us + 2_000, 2)
    assert tail.flags == FrameFlag.LATE
    for start, end in ((at - 1, at + 1), (at, at + 4), (at + 1, at + 1)):
        with pytest.raises(MisuseError):
            cut_frame(content, start, end, 500)
