"""The hash chain: golden hashes, and whatever is changed in a line is seen."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.errors import MisuseError
from recording.event_chain import (
    BrokenEvent,
    ChainHead,
    NewEvent,
    chain,
    genesis,
    parse_event,
    split_lines,
)

NEW = NewEvent("mark.added", "li", 1_500, 1_800_000_001_500, {"text": "室颤"})


def test_the_first_event_follows_its_streams_own_genesis() -> None:
    event = chain("RC_one", genesis("RC_one"), NEW)
    assert event.event.sequence == 1
    assert event.previous == hashlib.sha256(b"lianzhen-chain-1\nRC_one").hexdigest()
    assert genesis("RC_one") != genesis("RC_two")


def test_an_events_line_and_hash_are_these_bytes_for_ever() -> None:
    event = chain("RC_one", ChainHead(6, "00" * 32), NEW)
    unhashed = (
        '{"actor":"li","at_ms":1800000001500,"detail":{"text":"室颤"},"kind":"mark.added","offset_ms":1500,'
        f'"previous":"{"00" * 32}","sequence":7,"stream":"RC_one","v":1}}'
    ).encode()
    assert event.hash == hashlib.sha256(unhashed).hexdigest()
    assert event.line == unhashed.replace(b'"kind"', f'"hash":"{event.hash}","kind"'.encode())
    assert event.head == ChainHead(7, event.hash)


def test_a_line_gives_its_event_back() -> None:
    event = chain("RC_one", genesis("RC_one"), NEW)
    assert parse_event(event.line) == event


@given(st.data())
def test_no_single_byte_can_be_changed(data: st.DataObject) -> None:
    line = bytearray(chain("RC_one", genesis("RC_one"), NEW).line)
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BrokenEvent):
        parse_event(bytes(line))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b'{"v":2}',
        chain("s", genesis("s"), NEW).line.replace(b'"v":1', b'"v":2'),
        chain("s", genesis("s"), NEW).line.replace(b'"v":1', b'"v":true'),
        chain("s", genesis("s"), NEW).line.replace(b'"v":1}', b'"v":1,"w":1}'),
        chain("s", genesis("s"), NEW).line.replace(b'"sequence":1', b'"sequence":true'),
    ],
)
def test_what_is_no_event_of_this_version_is_broken(line: bytes) -> None:
    with pytest.raises(BrokenEvent):
        parse_event(line)


def test_a_detail_without_canonical_json_is_our_bug() -> None:
    with pytest.raises(MisuseError):
        chain("s", genesis("s"), NewEvent("k", "a", 0, 0, {"x": "\ud800"}))


def test_lines_are_split_with_their_offsets_and_a_torn_last_line_is_left_out() -> None:
    assert split_lines(b"") == []
    assert split_lines(b"ab\n\ncd\ne") == [(0, b"ab"), (3, b""), (4, b"cd")]
