"""What the server knows of what it sent to a client that says nothing of itself."""

from __future__ import annotations

from typing import Any

from media_server.ids import TrackNumber, TrackSid
from media_server.rooms import TrackKind
from signaling.reception.line import Reception
from signaling.reception.sent import SentTally

TRACKS = {
    TrackNumber(1): (TrackSid("TR_voice"), TrackKind.AUDIO),
    TrackNumber(2): (TrackSid("TR_small"), TrackKind.VIDEO),
    TrackNumber(3): (TrackSid("TR_large"), TrackKind.VIDEO),
}


def _output(track: int, packets: int, **fields: Any) -> dict[str, Any]:
    told = {"layer": "", "grant": "everything", "is_paused": False, "fraction_lost": 0.0}
    return {"peer": 9, "track": track, "packets": packets, "bytes": 100 * packets, **told, **fields}


def _stats(*outputs: dict[str, Any]) -> dict[str, Any]:
    small, large = {"width": 320, "height": 180}, {"width": 1280, "height": 720}
    return {
        "peers": {9: {"rtt_ms": 45.4}, 10: {"rtt_ms": None}},
        "tracks": {1: {"layers": {"": {}}}, 2: {"layers": {"": small}}, 3: {"layers": {"f": large}}},
        "outputs": dict(enumerate(outputs, 70)),
    }


def _take(tally: SentTally, stats: dict[str, Any]) -> Reception:
    return tally.receive_stats(stats, peers=(9, 10), tracks=TRACKS, span_ms=5_000)


def test_what_was_sent_since_the_last_beat() -> None:
    tally = SentTally()
    _take(tally, _stats(_output(1, 100)))
    sent = _take(tally, _stats(_output(1, 350, fraction_lost=0.1), _output(3, 900, layer="f")))
    assert (sent.voices, sent.pictures, sent.picture, sent.height) == (1, 1, "TR_large", 720)
    assert (sent.packets, sent.lost, sent.sent_bytes, sent.round_trip_ms) == (1_125, 25, 115_000, 45)
    assert (sent.frames, sent.concealed) == (None, None)


def test_the_largest_picture_is_told_of_and_what_the_link_holds_back_is_counted() -> None:
    held = _output(3, 0, layer=None, grant="nothing")
    sent = _take(SentTally(), _stats(_output(2, 10), held))
    assert (sent.picture, sent.height, sent.pictures, sent.paused) == ("TR_small", 180, 2, 1)


def test_other_people_s_streams_unknown_tracks_and_what_is_turned_off_do_not_count() -> None:
    others = (_output(1, 9, peer=4), _output(8, 9), _output(2, 9, is_paused=True))
    assert _take(SentTally(), _stats(*others)).is_empty


def test_without_figures_nothing_is_known() -> None:
    sent = _take(SentTally(), {})
    assert sent.is_empty and sent.round_trip_ms is None
