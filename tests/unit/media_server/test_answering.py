"""Offers of a peer: publications, subscriptions in recvonly sections, mids over many rounds."""

from dataclasses import replace

import pytest

from media_server.answering import AnsweringSections, AnswerStep, media_kind
from media_server.errors import SdpRefused
from media_server.ids import ParticipantSid, PeerNumber, TrackNumber, TrackSid
from media_server.plans import MediaKind, PublicationPlan, PublishedMedia, SubscriptionPlan
from media_server.ports import (
    AddInput,
    AddOutput,
    InputCodec,
    RemoveInput,
    RemoveOutput,
    SetExtensions,
)
from media_server.sdp.parse import parse_description
from tests.support.counting_numbers import CountingNumbers
from tests.support.offers import audio, data, describe, simulcast, vector, video

PEER = PeerNumber(1)
CAMERA = PublicationPlan(TrackSid("TR_cam"), TrackNumber(5), "VP8")
VOICE = PublicationPlan(TrackSid("TR_mic"), TrackNumber(6))
THEIR_CAMERA = SubscriptionPlan(ParticipantSid("PA_b"), TrackSid("TR_bc"), TrackNumber(15), "video")
THEIR_SCREEN = SubscriptionPlan(ParticipantSid("PA_b"), TrackSid("TR_bs"), TrackNumber(17), "video")
THEIR_VOICE = SubscriptionPlan(ParticipantSid("PA_b"), TrackSid("TR_bv"), TrackNumber(16), "audio")


class Side:
    """One side of a connection under test, with the tracks that are live."""

    def __init__(self) -> None:
        self.sections = AnsweringSections(PEER, CountingNumbers())
        self.plans: dict[str, PublicationPlan] = {}
        self.asked: list[tuple[str, str]] = []
        self.live: set[int] = {15, 16, 17}

    def plan(self, kind: MediaKind, msid_track_id: str) -> PublicationPlan | None:
        self.asked.append((kind, msid_track_id))
        return self.plans.get(kind)

    def is_live(self, track: TrackNumber) -> bool:
        return track in self.live

    def offer(self, *sections: list[str]) -> AnswerStep:
        return self.offer_text(describe(*sections, data("d")))

    def offer_text(self, sdp: str) -> AnswerStep:
        return self.sections.receive_offer(
            parse_description(sdp), plan_publication=self.plan, is_live=self.is_live
        )

    def missing(self) -> tuple[int, int]:
        return (
            self.sections.missing_sections("audio", self.is_live),
            self.sections.missing_sections("video", self.is_live),
        )


def directions(step: AnswerStep) -> list[str]:
    return [section.direction for section in step.sections if section.kind != "application"]


def changes_of(step: AnswerStep, kind: type) -> list[object]:
    return [change for change in step.changes if isinstance(change, kind)]


class TestPublishing:
    def test_a_planned_section_becomes_an_input_with_all_its_payload_types(self) -> None:
        side = Side()
        side.plans = {"video": CAMERA}
        step = side.offer(simulcast("0"))
        assert side.asked == [("video", "camera")]
        assert step.changes == (
            SetExtensions(
                peer=1, mid=4, rid=10, repaired_rid=11, transport_cc=3, video_orientation=13, audio_level=0
            ),
            AddInput(
                track=5,
                peer=1,
                mid="0",
                kind="video",
                clock_rate_hz=90000,
                codecs=(
                    InputCodec(
                        codec="VP8", format="VP8", payload_type=96, rtx_payload_type=97, has_nack=True
                    ),
                    InputCodec(
                        codec="H264",
                        format="H264/1/42e0",
                        payload_type=102,
                        rtx_payload_type=103,
                    ),
                ),
                ssrcs=(),
            ),
        )
        assert step.started == (
            PublishedMedia(TrackSid("TR_cam"), TrackNumber(5), "0", "video", "video/VP8", ("q", "h", "f")),
        )
        assert directions(step) == ["recvonly"]

    @pytest.mark.parametrize(("is_red_disabled", "payload_type"), [(False, 63), (True, None)])
    def test_sound_comes_with_copies_unless_its_publisher_wants_none(
        self, is_red_disabled: bool, payload_type: int | None
    ) -> None:
        side = Side()
        side.plans = {"audio": replace(VOICE, is_red_disabled=is_red_disabled)}
        red = ("a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "a=rtcp-fb:111 nack")
        step = side.offer(audio("0", "sendonly", *red))
        added = changes_of(step, AddInput)
        assert [item.codecs for item in added if isinstance(item, AddInput)] == [
            (
                InputCodec(
                    codec="opus",
                    format="opus",
                    payload_type=111,
                    red_payload_type=payload_type,
                    has_nack=True,
                ),
            )
        ]
        assert [codec.red_payload_type for codec in step.sections[0].codecs] == [payload_type]
        assert step.started[0].codec == "audio/opus"

    def test_the_preferred_codec_names_the_publication(self) -> None:
        side = Side()
        side.plans = {"video": PublicationPlan(TrackSid("TR_cam"), TrackNumber(5), "H264")}
        step = side.offer(simulcast("0"))
        assert step.started[0].codec == "video/H264"
        assert step.sections[0].codecs[0].name == "H264"

    def test_an_announced_source_goes_to_the_core_with_its_repair(self) -> None:
        side = Side()
        side.plans = {"audio": VOICE, "video": CAMERA}
        step = side.offer_text(vector("chromium-publish-plain"))
        voice, camera = changes_of(step, AddInput)
        assert isinstance(voice, AddInput) and isinstance(camera, AddInput)
        assert list(voice.ssrcs) == [(3582777501, None)]
        assert list(camera.ssrcs) == [(2157805986, 109051439)]

    def test_a_source_announced_in_two_sections_belongs_to_the_first(self) -> None:
        side = Side()
        side.plans = {"audio": VOICE, "video": CAMERA}
        step = side.offer(
            audio("0", "sendonly", "a=ssrc:7 cname:x"), video("1", "sendonly", "a=ssrc:7 cname:x")
        )
        first, second = changes_of(step, AddInput)
        assert isinstance(first, AddInput) and isinstance(second, AddInput)
        assert (list(first.ssrcs), list(second.ssrcs)) == ([(7, None)], [])

    def test_a_section_that_is_not_planned_is_inactive_and_asked_for_again(self) -> None:
        side = Side()
        assert directions(side.offer(audio("0", "sendonly", "a=msid:s m"))) == ["inactive"]
        side.plans = {"audio": VOICE}
        assert directions(side.offer(audio("0", "sendonly", "a=msid:s m"))) == ["recvonly"]
        assert side.asked == [("audio", "m"), ("audio", "m")]

    def test_a_known_publication_is_neither_asked_for_nor_added_again(self) -> None:
        side = Side()
        side.plans = {"audio": VOICE}
        side.offer(audio("0", "sendonly"))
        step = side.offer(audio("0", "sendonly"))
        assert (step.changes, step.started, step.ended) == ((), (), ())
        assert directions(step) == ["recvonly"]
        assert len(side.asked) == 1

    @pytest.mark.parametrize("after", [audio("0", "inactive"), audio("0", "sendonly", port=0)])
    def test_a_section_that_sends_no_more_ends_its_publication(self, after: list[str]) -> None:
        side = Side()
        side.plans = {"audio": VOICE}
        side.offer(audio("0", "sendonly"))
        step = side.offer(after)
        assert step.ended == ((TrackSid("TR_mic"), TrackNumber(6)),)
        assert changes_of(step, RemoveInput) == [RemoveInput(track=6)]
        assert side.sections.published_tracks() == []

    def test_another_track_id_in_the_same_section_is_another_publication(self) -> None:
        side = Side()
        side.plans = {"video": CAMERA}
        side.offer(video("0", "sendonly", "a=msid:s one"))
        side.plans = {"video": PublicationPlan(TrackSid("TR_scr"), TrackNumber(9))}
        step = side.offer(video("0", "sendonly", "a=msid:s two"))
        assert [sid for sid, _track in step.ended] == ["TR_cam"]
        assert [media.track_sid for media in step.started] == ["TR_scr"]
        assert [type(change) for change in step.changes] == [RemoveInput, AddInput]

    def test_a_recycled_section_has_a_new_mid_and_its_old_publication_ends(self) -> None:
        side = Side()
        side.plans = {"video": CAMERA}
        side.offer(video("0", "sendonly"))
        side.plans = {"video": PublicationPlan(TrackSid("TR_new"), TrackNumber(9))}
        step = side.offer(video("7", "sendonly"))
        assert [sid for sid, _track in step.ended] == ["TR_cam"]
        assert [media.mid for media in step.started] == ["7"]

    def test_a_publication_ended_from_above_is_asked_for_again(self) -> None:
        side = Side()
        side.plans = {"audio": VOICE}
        side.offer(audio("0", "sendonly"))
        assert side.sections.published_tracks() == [6]
        side.sections.track_ended(TrackNumber(6))
        side.plans = {}
        step = side.offer(audio("0", "sendonly"))
        assert step.ended == ()
        assert directions(step) == ["inactive"]

    def test_extensions_are_told_once_and_again_when_there_are_more(self) -> None:
        side = Side()
        assert len(changes_of(side.offer(audio("0")), SetExtensions)) == 1
        assert changes_of(side.offer(audio("0")), SetExtensions) == []
        step = side.offer(audio("0"), video("1"))
        assert changes_of(step, SetExtensions) == [
            SetExtensions(
                peer=1, mid=4, rid=10, repaired_rid=11, audio_level=1, transport_cc=3, video_orientation=13
            )
        ]

    def test_a_known_section_of_another_kind_is_refused_and_changes_nothing(self) -> None:
        side = Side()
        side.plans = {"audio": VOICE}
        side.offer(audio("0", "sendonly"))
        with pytest.raises(SdpRefused) as caught:
            side.offer(video("0", "sendonly"))
        assert (caught.value.code, caught.value.section) == ("sdp_sections_changed", 0)
        assert side.sections.published_tracks() == [6]


class TestSubscribing:
    def test_subscriptions_are_placed_in_recvonly_sections_of_their_kind(self) -> None:
        side = Side()
        side.sections.subscribe(THEIR_CAMERA)
        side.sections.subscribe(THEIR_VOICE)
        step = side.offer_text(vector("chromium-single-join"))
        assert directions(step) == ["sendonly", "inactive", "inactive", "sendonly", "inactive", "inactive"]
        assert side.sections.outputs.mid_to_track() == {"0": "TR_bv", "3": "TR_bc"}
        voice, camera = changes_of(step, AddOutput)
        assert isinstance(voice, AddOutput) and isinstance(camera, AddOutput)
        assert (voice.mid, voice.track, voice.rtx_ssrc) == ("0", 16, None)
        assert (camera.mid, camera.track, camera.rtx_ssrc is not None) == ("3", 15, True)
        assert step.sections[3].stream is not None
        assert step.sections[3].stream.stream_id == "PA_b|TR_bc"

    def test_a_subscription_keeps_its_section_over_offers(self) -> None:
        side = Side()
        side.sections.subscribe(THEIR_CAMERA)
        first = side.offer(video("0"), video("1"))
        again = side.offer(video("0"), video("1"))
        assert again.changes == ()
        assert again.sections[0].stream == first.sections[0].stream
        assert directions(again) == ["sendonly", "inactive"]

    def test_without_a_section_it_waits_and_one_is_missing(self) -> None:
        side = Side()
        side.sections.subscribe(THEIR_CAMERA)
        side.sections.subscribe(THEIR_SCREEN)
        side.sections.subscribe(THEIR_VOICE)
        assert side.missing() == (1, 2)
        side.offer(video("0"))
        assert side.missing() == (1, 1)
        side.offer(video("0"), audio("1"), video("2"))
        assert side.missing() == (0, 0)

    def test_a_free_section_of_the_last_offer_is_not_missing(self) -> None:
        side = Side()
        side.offer(video("0"), audio("1"))
        side.sections.subscribe(THEIR_CAMERA)
        side.sections.subscribe(THEIR_SCREEN)
        side.sections.subscribe(THEIR_VOICE)
        assert side.missing() == (0, 1)

    def test_a_track_that_is_not_live_is_neither_placed_nor_missing(self) -> None:
        side = Side()
        side.live = set()
        side.sections.subscribe(THEIR_CAMERA)
        assert directions(side.offer(video("0"))) == ["inactive"]
        assert side.missing() == (0, 0)

    def test_an_emptied_section_is_inactive_once_before_it_is_used_again(self) -> None:
        side = Side()
        side.sections.subscribe(THEIR_CAMERA)
        side.offer(video("0"))
        assert side.sections.unsubscribe(THEIR_CAMERA.track_sid) == [RemoveOutput(output=1)]
        side.sections.subscribe(THEIR_SCREEN)
        assert side.missing() == (0, 1)
        assert directions(side.offer(video("0"), video("1"))) == ["inactive", "sendonly"]
        side.sections.subscribe(THEIR_CAMERA)
        assert side.missing() == (0, 0)
        assert directions(side.offer(video("0"), video("1"))) == ["sendonly", "sendonly"]

    def test_unsubscribing_what_was_never_placed_changes_nothing(self) -> None:
        side = Side()
        side.sections.subscribe(THEIR_CAMERA)
        assert side.sections.unsubscribe(THEIR_CAMERA.track_sid) == []
        assert side.missing() == (0, 0)

    @pytest.mark.parametrize("after", [video("0", "inactive"), video("0", port=0), video("9")])
    def test_a_section_the_peer_withdraws_gives_its_subscription_back(self, after: list[str]) -> None:
        side = Side()
        side.sections.subscribe(THEIR_CAMERA)
        side.offer(video("0"))
        step = side.offer(after, video("1"))
        assert changes_of(step, RemoveOutput) == [RemoveOutput(output=1)]
        assert len(changes_of(step, AddOutput)) == 1
        assert side.sections.outputs.mid_to_track() != {"0": "TR_bc"}

    def test_a_track_that_ends_empties_its_section_without_a_word_to_the_core(self) -> None:
        side = Side()
        side.sections.subscribe(THEIR_CAMERA)
        side.offer(video("0"))
        side.live.discard(15)
        side.sections.track_ended(TrackNumber(15))
        step = side.offer(video("0"))
        assert step.changes == ()
        assert directions(step) == ["inactive"]
        assert side.sections.unsubscribe(THEIR_CAMERA.track_sid) == []

    def test_recvonly_sections_are_used_before_those_that_also_send(self) -> None:
        side = Side()
        side.sections.subscribe(THEIR_VOICE)
        assert directions(side.offer(audio("0", "sendrecv"), audio("1"))) == ["inactive", "sendonly"]

    def test_a_section_may_carry_a_publication_and_a_subscription(self) -> None:
        side = Side()
        side.plans = {"audio": VOICE}
        side.sections.subscribe(THEIR_VOICE)
        step = side.offer(audio("0", "sendrecv"))
        assert directions(step) == ["sendrecv"]
        assert [type(change) for change in step.changes] == [SetExtensions, AddInput, AddOutput]

    def test_a_rejected_section_carries_nothing(self) -> None:
        side = Side()
        side.sections.subscribe(THEIR_CAMERA)
        step = side.offer(video("0", port=0))
        assert step.sections[0].is_rejected
        assert side.missing() == (0, 1)


def test_kinds_are_audio_or_video() -> None:
    assert (media_kind("audio"), media_kind("video")) == ("audio", "video")
