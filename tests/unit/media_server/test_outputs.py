"""Wanted, placed, flowing."""

import pytest

from media_server.errors import MisuseError
from media_server.ids import OutputNumber, ParticipantSid, PeerNumber, TrackNumber, TrackSid
from media_server.outputs import Outputs, Selection
from media_server.plans import SubscriptionPlan
from media_server.ports import AddOutput, OutputCodec, RemoveOutput, SelectLayer
from media_server.sdp.negotiate import Stream
from media_server.sdp.subscriber_offer import OFFERED_CODECS
from tests.support.counting_numbers import CountingNumbers

CAMERA = SubscriptionPlan(ParticipantSid("PA_a"), TrackSid("TR_c"), TrackNumber(5), "video")
VOICE = SubscriptionPlan(ParticipantSid("PA_a"), TrackSid("TR_v"), TrackNumber(6), "audio")
VP8 = OFFERED_CODECS["video"][:1]


def all_live(track: TrackNumber) -> bool:
    return True


def flowing() -> Outputs:
    outputs = Outputs(PeerNumber(1), CountingNumbers())
    outputs.add(CAMERA)
    (camera,) = outputs
    outputs.place(camera, "3", has_rtx=True)
    outputs.flow(camera, VP8)
    return outputs


def test_a_track_wanted_twice_is_misuse() -> None:
    outputs = Outputs(PeerNumber(1), CountingNumbers())
    outputs.add(CAMERA)
    with pytest.raises(MisuseError):
        outputs.add(CAMERA)


def test_unplaced_are_those_of_the_kind_whose_track_is_live() -> None:
    outputs = Outputs(PeerNumber(1), CountingNumbers())
    outputs.add(CAMERA)
    outputs.add(VOICE)
    assert [item.plan for item in outputs.unplaced("audio", all_live)] == [VOICE]
    assert outputs.unplaced("video", lambda track: False) == []


def test_a_placed_subscription_has_names_that_clients_can_split() -> None:
    outputs = Outputs(PeerNumber(1), CountingNumbers())
    outputs.add(CAMERA)
    (camera,) = outputs
    outputs.place(camera, "3", has_rtx=True)
    assert camera.stream == Stream("PA_a|TR_c", "TR_c", ssrc=101, rtx_ssrc=102)
    assert outputs.in_section("3") is camera
    assert outputs.in_section("4") is None
    assert outputs.mid_to_track() == {"3": "TR_c"}
    assert outputs.unplaced("video", all_live) == []


def test_without_retransmission_there_is_one_source() -> None:
    outputs = Outputs(PeerNumber(1), CountingNumbers())
    outputs.add(VOICE)
    (voice,) = outputs
    outputs.place(voice, "0", has_rtx=False)
    assert voice.stream == Stream("PA_a|TR_v", "TR_v", ssrc=101, rtx_ssrc=None)


def test_flowing_tells_the_core_the_payload_types() -> None:
    outputs = Outputs(PeerNumber(1), CountingNumbers())
    outputs.add(CAMERA)
    (camera,) = outputs
    outputs.place(camera, "3", has_rtx=True)
    assert outputs.flow(camera, VP8) == [
        AddOutput(
            output=1,
            track=5,
            peer=1,
            mid="3",
            codecs=(OutputCodec(format="VP8", payload_type=96, rtx_payload_type=97),),
            ssrc=101,
            rtx_ssrc=102,
            layer=None,
        )
    ]


def test_what_was_selected_before_it_flows_holds_from_the_start() -> None:
    outputs = Outputs(PeerNumber(1), CountingNumbers())
    outputs.add(CAMERA)
    assert outputs.select_layer(CAMERA.track_sid, Selection(layer="q", is_paused=True)) == []
    (camera,) = outputs
    outputs.place(camera, "3", has_rtx=True)
    _added, selected = outputs.flow(camera, VP8)
    assert selected == SelectLayer(output=1, layer="q", is_paused=True)


def test_selecting_a_layer_of_what_flows_tells_the_core() -> None:
    selection = Selection(layer="h", priority=21, max_fps=15)
    assert flowing().select_layer(CAMERA.track_sid, selection) == [
        SelectLayer(output=1, layer="h", is_paused=False, priority=21, max_fps=15)
    ]


def test_what_flows_is_found_by_its_output() -> None:
    outputs = flowing()
    found = outputs.of_output(OutputNumber(1))
    assert found is not None
    assert found.plan == CAMERA
    assert outputs.of_output(OutputNumber(2)) is None


def test_selecting_a_layer_of_an_unknown_track_is_ignored() -> None:
    assert flowing().select_layer(TrackSid("TR_x"), Selection(layer="h")) == []


def test_removing_what_flows_leaves_its_section_and_tells_the_core() -> None:
    outputs = flowing()
    assert outputs.remove(CAMERA.track_sid) == ("3", [RemoveOutput(output=1)])
    assert outputs.remove(CAMERA.track_sid) == (None, [])
    assert list(outputs) == []


def test_removing_what_is_only_wanted_tells_nobody() -> None:
    outputs = Outputs(PeerNumber(1), CountingNumbers())
    outputs.add(CAMERA)
    assert outputs.remove(CAMERA.track_sid) == (None, [])


def test_the_end_of_its_track_leaves_a_subscription_wanted_without_a_word_to_the_core() -> None:
    outputs = flowing()
    outputs.add(VOICE)
    assert outputs.track_ended(VOICE.track) == []
    assert outputs.track_ended(CAMERA.track) == ["3"]
    assert outputs.remove(CAMERA.track_sid) == (None, [])


def test_a_new_place_has_new_numbers() -> None:
    outputs = flowing()
    (camera,) = outputs
    outputs.displace(camera)
    outputs.place(camera, "3", has_rtx=True)
    (added,) = outputs.flow(camera, VP8)
    assert camera.stream is not None and camera.stream.ssrc == 103
    assert camera.output == 2
    assert isinstance(added, AddOutput)
