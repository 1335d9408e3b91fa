"""Clients' requests in the words of rooms."""

from __future__ import annotations

import pytest
from livekit.protocol import models, rtc

from media_server.ids import ParticipantIdentity, TrackSid
from media_server.rooms import Audience, Grant, OfferedCodec, TrackKind, TrackSource, VideoLayer
from media_server.rooms.layers import LayerWish
from signaling.errors import PeerProtocolError
from signaling.livekit import requests


def test_a_publication_is_read() -> None:
    message = rtc.AddTrackRequest(
        cid="c",
        name="camera",
        type=models.TrackType.VIDEO,
        source=models.TrackSource.CAMERA,
        width=1280,
        height=720,
        muted=True,
        layers=[
            models.VideoLayer(quality=models.VideoQuality.HIGH, width=1280, height=720, bitrate=9),
            models.VideoLayer(quality=models.VideoQuality.LOW, width=320, height=180),
        ],
        simulcast_codecs=[rtc.SimulcastCodec(codec="h264", cid="d"), rtc.SimulcastCodec(codec="video/VP8")],
        audio_features=[models.AudioTrackFeature.TF_NO_DTX],
    )
    track = requests.track_request(message)
    assert (track.kind, track.source, track.is_muted) == (TrackKind.VIDEO, TrackSource.CAMERA, True)
    assert track.layers == (VideoLayer(0, 320, 180), VideoLayer(2, 1280, 720, 9))
    assert track.codecs == (OfferedCodec("video/H264", "d"), OfferedCodec("video/VP8"))
    assert track.audio_features == (1,)


def test_codecs_are_named_by_kind() -> None:
    message = rtc.AddTrackRequest(
        type=models.TrackType.AUDIO,
        simulcast_codecs=[rtc.SimulcastCodec(codec="OPUS"), rtc.SimulcastCodec(codec="")],
    )
    assert [codec.mime_type for codec in requests.track_request(message).codecs] == ["audio/opus", ""]


@pytest.mark.parametrize(
    "message",
    [
        rtc.AddTrackRequest(type=models.TrackType.DATA),
        rtc.AddTrackRequest(cid="c" * 257),
        rtc.AddTrackRequest(name="n" * 257),
        rtc.AddTrackRequest(simulcast_codecs=[rtc.SimulcastCodec(codec="x" * 257)]),
        rtc.AddTrackRequest(layers=[models.VideoLayer()] * 65),
        rtc.AddTrackRequest(audio_features=[models.AudioTrackFeature.TF_STEREO] * 65),
    ],
)
def test_publications_beyond_all_bounds_are_refused(message: rtc.AddTrackRequest) -> None:
    with pytest.raises(PeerProtocolError):
        requests.track_request(message)


def test_subscriptions_name_each_track_once() -> None:
    message = rtc.UpdateSubscription(
        track_sids=["TR_1"],
        subscribe=True,
        participant_tracks=[models.ParticipantTracks(track_sids=["TR_1", "TR_2"])],
    )
    assert requests.subscription_change(message) == ([TrackSid("TR_1"), TrackSid("TR_2")], True)


def test_wishes_are_read() -> None:
    message = rtc.UpdateTrackSettings(disabled=True, quality=models.VideoQuality.MEDIUM, width=5, height=6)
    assert requests.layer_wish(message) == LayerWish(1, 5, 6, is_disabled=True)


def test_an_audience_is_named_by_identity_or_by_sid() -> None:
    message = rtc.SubscriptionPermission(
        track_permissions=[
            rtc.TrackPermission(participant_identity="a", all_tracks=True),
            rtc.TrackPermission(participant_sid="PA_b", track_sids=["TR_1"]),
            rtc.TrackPermission(participant_sid="PA_gone", all_tracks=True),
        ]
    )
    found = requests.audience(message, {"PA_b": ParticipantIdentity("b")})
    assert found == Audience(
        is_everyone=False,
        all_tracks=frozenset({ParticipantIdentity("a")}),
        some_tracks=frozenset({(ParticipantIdentity("b"), TrackSid("TR_1"))}),
    )


def test_grants_keep_what_the_message_cannot_say() -> None:
    message = models.ParticipantPermission(
        can_publish=True, can_publish_sources=[models.TrackSource.CAMERA], can_update_metadata=True
    )
    before = Grant(hidden=True, recorder=True)
    assert requests.grant_from(message, before) == Grant(
        can_publish=True,
        sources=frozenset({TrackSource.CAMERA}),
        can_subscribe=False,
        can_publish_data=False,
        can_update_own_metadata=True,
        hidden=True,
        recorder=True,
    )
