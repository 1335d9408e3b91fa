"""A track's life, by its table."""

from __future__ import annotations

import pytest

from media_server.ids import TrackNumber, TrackSid
from media_server.rooms import OfferedCodec, TrackKind, TrackRequest, TransitionRefused
from media_server.rooms.tracks import TRANSITIONS, AnsweredSection, Track, TrackEvent, TrackState


def _track(**fields: object) -> Track:
    request = TrackRequest(**{"cid": "c", "kind": TrackKind.VIDEO, **fields})  # type: ignore[arg-type]
    return Track(sid=TrackSid("TR_1"), number=TrackNumber(1), request=request)


@pytest.mark.parametrize("state", list(TrackState))
@pytest.mark.parametrize("event", list(TrackEvent))
def test_what_the_table_does_not_list_is_refused_and_changes_nothing(
    state: TrackState, event: TrackEvent
) -> None:
    track = _track()
    track.state, version = state, track.version
    if event in TRANSITIONS[state]:
        track.receive(event)
        assert (track.state, track.version) == (TRANSITIONS[state][event], version + 1)
    else:
        with pytest.raises(TransitionRefused) as refused:
            track.receive(event)
        assert (track.state, track.version) == (state, version)
        assert (refused.value.state, refused.value.event) == (state.value, event.value)


def test_the_preferred_codec_is_the_first_offered() -> None:
    assert _track().mime_type == "video/VP8"
    assert _track(kind=TrackKind.AUDIO).mime_type == "audio/opus"
    assert _track(codecs=(OfferedCodec("video/H264"),)).mime_type == "video/H264"
    assert _track(codecs=(OfferedCodec(""),)).mime_type == "video/VP8"


def test_a_track_answers_to_its_ids() -> None:
    request = TrackRequest(cid="a", kind=TrackKind.VIDEO, codecs=(OfferedCodec("video/VP8", cid="b"),))
    assert [request.answers_to(cid) for cid in ("a", "b", "c", "")] == [True, True, False, False]


def test_binding_keeps_the_asked_codec_where_none_was_answered() -> None:
    track = _track()
    track.bind(AnsweredSection("1", "", ("q",)))
    view = track.view()
    assert (view.mid, view.mime_type, view.rids) == ("1", "video/VP8", ("q",))
