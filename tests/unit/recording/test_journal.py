"""Journal lines: each entry and its line are one another's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    entry_line,
    parse_entry,
)

ENTRIES: list[Entry] = [
    RecordingBegun("RC_one", "room", "标题", "li", 1_800_000_000_000, 5_000),
    ParticipantSeen("li", "李", 0),
    ParticipantGone("li", 10),
    TrackBegun("TR_a", "li", "video", "camera", 0),
    TrackEnded("TR_a", 10, "left"),
    SegmentBegun("TR_a-0001.webm", "TR_a", "VP8", 640, 480, True),
    FragmentWritten("TR_a-0001.webm", 1, 500, "00" * 32, 0, 400),
    SegmentSealed("TR_a-0001.webm", 1, 500, "00" * 32),
    GapFound("TR_a", 1, 2, "packets_lost", 3),
    GapPending("TR_a", 1, 2, "silent", 0),
    Alive(12),
    Stopped(13, "asked"),
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: type(entry).__name__)
def test_an_entry_comes_back_from_its_line(entry: Entry) -> None:
    line = entry_line(entry)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert parse_entry(line[:-1]) == entry


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"{}",
        b'{"entry":"unknown"}',
        b'{"entry":"alive"}',
        b'{"at_ms":1,"entry":"alive","x":1}',
        b"[]",
    ],
)
def test_what_is_no_entry_is_none(line: bytes) -> None:
    assert parse_entry(line) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_an_entry_or_none(line: bytes) -> None:
    parse_entry(line)
