"""What is answered to one offered section."""

from dataclasses import replace

import pytest

from media_server.sdp.description import RemoteSection, SimulcastLayer
from media_server.sdp.negotiate import Stream, answer_section, asks_again, merged_extensions, preferred_first
from media_server.sdp.parse import parse_description
from tests.support.offers import (
    LEVEL,
    MID,
    ORIENTATION,
    PLAYOUT_DELAY,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
    audio,
    data,
    describe,
    simulcast,
    video,
)

STREAM = Stream(stream_id="PA_a|TR_b", track_id="TR_b", ssrc=11, rtx_ssrc=12)
IDS = {MID: 4, TRANSPORT_CC: 3, RID: 10, REPAIRED_RID: 11, ORIENTATION: 13}


def section(lines: list[str]) -> RemoteSection:
    return parse_description(describe(lines, data("d"))).sections[0]


def test_a_published_simulcast_section_is_received_with_its_layers() -> None:
    answer = answer_section(section(simulcast("0")), extensions=IDS, is_published=True)
    assert answer.direction == "recvonly"
    assert answer.layers == (SimulcastLayer("q"), SimulcastLayer("h"), SimulcastLayer("f"))
    assert {uri: i for i, uri in answer.extensions} == IDS


def test_rid_extensions_are_answered_on_sections_that_receive_nothing() -> None:
    for direction in ("recvonly", "inactive", "sendonly"):
        answer = answer_section(section(video("0", direction)), extensions=IDS)
        assert answer.direction == "inactive"
        assert {RID, REPAIRED_RID} <= {uri for _id, uri in answer.extensions}
        assert answer.layers == ()


def test_a_recvonly_section_with_a_stream_is_sent() -> None:
    answer = answer_section(section(video("0")), extensions=IDS, stream=STREAM)
    assert (answer.direction, answer.stream) == ("sendonly", STREAM)


def test_a_section_may_go_both_ways() -> None:
    answer = answer_section(section(video("0", "sendrecv")), extensions=IDS, is_published=True, stream=STREAM)
    assert answer.direction == "sendrecv"


def test_the_preferred_codec_comes_first_and_the_order_of_others_stays() -> None:
    offered = section(video("0", "sendonly"))
    answer = answer_section(offered, extensions=IDS, preferred_codec="H264", is_published=True)
    assert [codec.name for codec in answer.codecs] == ["H264", "VP8"]
    assert preferred_first(offered.codecs, None) == offered.codecs
    assert preferred_first(offered.codecs, "AV1") == offered.codecs


def test_opus_parameters_are_answered_as_offered_and_unknown_ones_dropped() -> None:
    lines = [
        line.replace("minptime=10", "minptime=10;usedtx=1;stereo=1;x-google=9")
        for line in audio("0", "sendonly")
    ]
    (opus,) = answer_section(section(lines), extensions=IDS, is_published=True).codecs
    assert opus.parameters == (("minptime", "10"), ("usedtx", "1"), ("stereo", "1"), ("useinbandfec", "1"))


def test_h264_keeps_its_profile_and_vp8_has_no_parameters() -> None:
    vp8, h264 = answer_section(section(video("0", "recvonly", "a=fmtp:96 max-fs=12")), extensions=IDS).codecs
    assert vp8.parameters == ()
    assert dict(h264.parameters) == {
        "level-asymmetry-allowed": "1",
        "packetization-mode": "1",
        "profile-level-id": "42e01f",
    }


def test_an_extension_under_another_id_than_the_groups_is_not_answered() -> None:
    answer = answer_section(section(video("0")), extensions={**IDS, MID: 5})
    assert MID not in {uri for _id, uri in answer.extensions}


def test_an_unusable_section_is_rejected_with_its_first_format() -> None:
    answer = answer_section(section(audio("0", port=0)), extensions=IDS)
    assert (answer.is_rejected, answer.formats, answer.mid) == (True, ("111",), "0")


def test_the_data_section_is_answered_as_it_is() -> None:
    offered = parse_description(describe(data("0"))).sections[0]
    answer = answer_section(offered, extensions={})
    assert (answer.kind, answer.mid, answer.is_rejected) == ("application", "0", False)


def test_reduced_size_rtcp_is_answered_where_offered() -> None:
    assert answer_section(section(audio("0")), extensions=IDS).has_reduced_size
    assert not answer_section(section(video("0")), extensions=IDS).has_reduced_size


def test_extension_ids_merge_over_the_group_and_the_first_use_holds() -> None:
    first, second = section(audio("0")), section(video("1"))
    assert merged_extensions({}, [first, second]) == {LEVEL: 1, **IDS}
    assert merged_extensions({MID: 9}, [first]) == {LEVEL: 1, TRANSPORT_CC: 3, MID: 9}
    assert merged_extensions({ORIENTATION: 4}, [first]) == {ORIENTATION: 4, LEVEL: 1, TRANSPORT_CC: 3}


@pytest.mark.parametrize(
    ("direction", "feedback", "is_asked", "has_numbers"),
    [
        ("sendonly", ("nack",), True, False),
        ("recvonly", ("transport-cc", "nack"), False, True),
        ("inactive", ("transport-cc", "nack"), False, True),
        ("sendrecv", ("transport-cc",), False, True),
    ],
)
@pytest.mark.parametrize("offered_nack", [(), ("a=rtcp-fb:111 nack",)])
def test_lost_sound_is_asked_for_where_its_repeat_is_the_same_bytes(
    direction: str,
    feedback: tuple[str, ...],
    is_asked: bool,
    has_numbers: bool,
    offered_nack: tuple[str, ...],
) -> None:
    offered = section(audio("0", direction, *offered_nack))
    answer = answer_section(offered, extensions=IDS, is_published=offered.sends)
    assert answer.codecs[0].feedback == feedback
    assert asks_again(offered, offered.codecs[0]) == is_asked
    assert (TRANSPORT_CC in {uri for _id, uri in answer.extensions}) == has_numbers


@pytest.mark.parametrize(
    ("direction", "is_told"), [("sendonly", False), ("recvonly", True), ("sendrecv", True)]
)
def test_a_client_that_plays_pictures_is_told_how_long_to_keep_them(direction: str, is_told: bool) -> None:
    offered = section(video("0", direction, f"a=extmap:14 {PLAYOUT_DELAY}"))
    answer = answer_section(offered, extensions={**IDS, PLAYOUT_DELAY: 14}, is_published=offered.sends)
    assert ((14, PLAYOUT_DELAY) in answer.extensions) == is_told


def test_lost_pictures_are_asked_for_where_the_client_says_so() -> None:
    offered = section(simulcast("0"))
    assert asks_again(offered, offered.codecs[0])
    assert not asks_again(offered, replace(offered.codecs[0], feedback=()))
