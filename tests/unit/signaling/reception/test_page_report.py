"""What a page says it received: believed within bounds, refused whole otherwise."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.errors import PeerProtocolError
from signaling.reception.page_report import MAX_REPORT_BYTES, MAX_TRACKS, parse_report

PICTURE: dict[str, Any] = {
    "track": "TR_a",
    "is_main": True,
    "width": 1280,
    "height": 720,
    "frames": 125,
    "freezes": 1,
    "frozen_ms": 400,
    "packets": 900,
    "lost": 3,
}
VOICE: dict[str, Any] = {"track": "TR_b", "samples": 240_000, "concealed": 480, "buffer_ms": 62}


def _report(*tracks: dict[str, Any], **fields: Any) -> bytes:
    return orjson.dumps({"span_ms": 5_000, "round_trip_ms": 45, "tracks": list(tracks), **fields})


def _code(payload: bytes) -> str:
    with pytest.raises(PeerProtocolError) as caught:
        parse_report(payload)
    return caught.value.code


def test_a_report_is_read_and_what_a_newer_page_adds_is_passed_over() -> None:
    report = parse_report(_report(PICTURE | {"mood": "good"}, VOICE, version=9))
    picture, voice = report.tracks
    assert (report.span_ms, report.round_trip_ms) == (5_000, 45)
    assert (picture.height, picture.frozen_ms, voice.concealed) == (720, 400, 480)
    assert parse_report(_report(round_trip_ms=None)).round_trip_ms is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        b"{",
        _report(span_ms=0),
        _report(span_ms=10**9),
        _report(span_ms="5000"),
        _report(span_ms=5_000.5),
        _report(round_trip_ms=-1),
        _report(tracks=None),
        _report(*[PICTURE] * (MAX_TRACKS + 1)),
        _report(PICTURE | {"track": "张三"}),
        _report(PICTURE | {"height": 10**6}),
        _report(PICTURE | {"frames": -1}),
        _report(VOICE | {"concealed": True}),
    ],
)
def test_what_cannot_be_read_is_refused(payload: bytes) -> None:
    assert _code(payload) == "report_malformed"


@pytest.mark.parametrize(
    "track",
    [
        PICTURE | {"frames": 5_000},
        PICTURE | {"freezes": 126},
        VOICE | {"samples": 1_000_000},
        VOICE | {"concealed": 240_001},
    ],
)
def test_what_cannot_be_true_is_refused(track: dict[str, Any]) -> None:
    assert _code(_report(track)) == "report_untrue"


def test_a_report_that_is_too_large_is_not_even_read() -> None:
    assert _code(b" " * (MAX_REPORT_BYTES + 1)) == "report_too_large"


@given(st.binary(max_size=200))
def test_nothing_but_a_refusal_comes_of_rubbish(payload: bytes) -> None:
    try:
        parse_report(payload)
    except PeerProtocolError as refusal:
        assert refusal.code in ("report_malformed", "report_untrue")
