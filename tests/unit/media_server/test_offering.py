"""Our offers to a subscriber, and its answers."""

import pytest

from media_server.errors import SdpRefused
from media_server.ids import ParticipantSid, PeerNumber, TrackNumber, TrackSid
from media_server.offering import OfferingSections
from media_server.plans import MediaKind, SubscriptionPlan
from media_server.ports import AddOutput, OutputCodec, RemoveOutput, RouteChange, SetExtensions
from media_server.sdp.limits import MAX_SECTIONS
from media_server.sdp.negotiate import LocalSection
from media_server.sdp.parse import parse_description
from media_server.sdp.write import LocalTransport, Origin, write_description
from tests.support.counting_numbers import CountingNumbers
from tests.support.offers import FINGERPRINT

TRANSPORT = LocalTransport("u", "p", ("sha-256", FINGERPRINT), (("192.0.2.1", 1),), dtls_role="client")
OPPOSITE = {"sendonly": "recvonly", "inactive": "inactive"}


def plan(number: int, kind: MediaKind = "video") -> SubscriptionPlan:
    return SubscriptionPlan(ParticipantSid("PA_b"), TrackSid(f"TR_{number}"), TrackNumber(number), kind)


def all_live(track: TrackNumber) -> bool:
    return True


def answer_to(sections: tuple[LocalSection, ...], *refused: str, only_format: str | None = None) -> str:
    """Returns a client's answer: everything accepted but the mids in ``refused``."""
    answered = [
        LocalSection(
            kind=section.kind,
            mid=section.mid,
            profile=section.profile,
            is_rejected=section.mid in refused,
            formats=("96",),
            direction=OPPOSITE[section.direction],
            codecs=tuple(c for c in section.codecs if only_format in (None, c.format)),
            extensions=section.extensions,
        )
        for section in sections
    ]
    return write_description(Origin(1, 1), TRANSPORT, answered)


def negotiate(side: OfferingSections, *refused: str, only_format: str | None = None) -> list[RouteChange]:
    sections = side.next_offer(all_live)
    return side.receive_answer(parse_description(answer_to(sections, *refused, only_format=only_format)))


def side_with(*plans: SubscriptionPlan) -> OfferingSections:
    side = OfferingSections(PeerNumber(1), CountingNumbers())
    for item in plans:
        side.subscribe(item)
    return side


def test_the_first_offer_may_be_the_data_section_alone() -> None:
    side = side_with()
    assert [section.kind for section in side.next_offer(all_live)] == ["application"]
    assert negotiate(side) == []


def test_subscriptions_are_offered_and_flow_once_answered() -> None:
    side = side_with(plan(1), plan(2, "audio"))
    sections = side.next_offer(all_live)
    assert [(s.mid, s.kind, s.direction) for s in sections] == [
        ("0", "application", "inactive"),
        ("1", "audio", "sendonly"),
        ("2", "video", "sendonly"),
    ]
    changes = side.receive_answer(parse_description(answer_to(sections)))
    assert changes[0] == SetExtensions(
        peer=1,
        mid=1,
        rid=0,
        repaired_rid=0,
        audio_level=2,
        transport_cc=3,
        video_orientation=4,
        playout_delay=5,
    )
    assert [(c.mid, c.track) for c in changes if isinstance(c, AddOutput)] == [("1", 2), ("2", 1)]
    assert side.outputs.mid_to_track() == {"1": "TR_2", "2": "TR_1"}


def test_only_what_the_answer_accepts_is_sent() -> None:
    (_ids, added) = negotiate(side_with(plan(1)), only_format="H264/1/42e0")
    assert isinstance(added, AddOutput)
    assert added.codecs == (OutputCodec(format="H264/1/42e0", payload_type=98, rtx_payload_type=99),)


def test_a_section_the_answer_refuses_never_flows_and_is_not_offered_over_and_over() -> None:
    side = side_with(plan(1))
    assert negotiate(side, "1") == []
    assert [s.direction for s in side.next_offer(all_live)] == ["inactive", "sendonly"]
    assert side.outputs.unplaced("video", all_live) == []


def test_a_second_answer_adds_only_what_is_new() -> None:
    side = side_with(plan(1))
    negotiate(side)
    side.subscribe(plan(2))
    (added,) = negotiate(side)
    assert isinstance(added, AddOutput) and added.mid == "2"


def test_a_section_is_used_again_only_after_an_answered_offer_had_it_inactive() -> None:
    side = side_with(plan(1))
    negotiate(side)
    assert side.unsubscribe(TrackSid("TR_1")) == [RemoveOutput(output=1)]
    side.subscribe(plan(2))
    assert [s.direction for s in side.next_offer(all_live)] == ["inactive", "inactive", "sendonly"]
    negotiate(side)
    side.subscribe(plan(3))
    assert [s.direction for s in side.next_offer(all_live)] == ["inactive", "sendonly", "sendonly"]
    assert side.outputs.mid_to_track() == {"2": "TR_2", "1": "TR_3"}


def test_a_section_of_another_kind_is_not_used() -> None:
    side = side_with(plan(1))
    negotiate(side)
    side.unsubscribe(TrackSid("TR_1"))
    negotiate(side)
    side.subscribe(plan(2, "audio"))
    assert [s.kind for s in side.next_offer(all_live)] == ["application", "video", "audio"]


def test_unsubscribed_before_the_answer_it_never_flows() -> None:
    side = side_with(plan(1))
    sections = side.next_offer(all_live)
    side.unsubscribe(TrackSid("TR_1"))
    changes = side.receive_answer(parse_description(answer_to(sections)))
    assert not any(isinstance(change, AddOutput) for change in changes)


def test_a_track_that_ends_before_the_answer_never_flows() -> None:
    side = side_with(plan(1))
    sections = side.next_offer(all_live)
    side.track_ended(TrackNumber(1))
    changes = side.receive_answer(parse_description(answer_to(sections)))
    assert not any(isinstance(change, AddOutput) for change in changes)


def test_there_are_never_more_sections_than_we_would_take() -> None:
    side = side_with(*(plan(number) for number in range(MAX_SECTIONS + 3)))
    assert len(side.next_offer(all_live)) == MAX_SECTIONS
    assert len(side.outputs.unplaced("video", all_live)) == 4


def test_an_answer_with_other_sections_is_refused_and_changes_nothing() -> None:
    side = side_with(plan(1))
    sections = side.next_offer(all_live)
    for wrong in (sections[:1], (sections[1], sections[0])):
        with pytest.raises(SdpRefused) as caught:
            side.receive_answer(parse_description(answer_to(wrong)))
        assert caught.value.code == "sdp_sections_changed"
    assert len(side.receive_answer(parse_description(answer_to(sections)))) == 2
