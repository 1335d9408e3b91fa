"""Which layers a publisher is told to send: more at once, less after a while."""

from __future__ import annotations

from media_server.ids import ParticipantSid, TrackSid
from media_server.rooms.demand import LESS_AFTER_NS, NO_QUALITY, UNWATCHED_QUALITY, LayerDemand
from media_server.rooms.layers import QUALITY_HIGH, QUALITY_LOW, QUALITY_MEDIUM


def demand(told: int = QUALITY_HIGH) -> LayerDemand:
    return LayerDemand(ParticipantSid("PA_1"), TrackSid("TR_1"), "video/VP8", told)


def test_a_publisher_begins_with_all_layers_and_need_not_be_told_so() -> None:
    fresh = demand()
    assert not fresh.rise(QUALITY_HIGH)
    assert not fresh.review(QUALITY_HIGH, 0)


def test_less_is_told_once_after_it_was_enough_for_a_while() -> None:
    one = demand()
    assert not one.review(QUALITY_LOW, 1)
    assert not one.review(QUALITY_LOW, LESS_AFTER_NS)
    assert one.review(QUALITY_LOW, LESS_AFTER_NS + 1)
    assert one.told == QUALITY_LOW
    assert not one.review(QUALITY_LOW, 3 * LESS_AFTER_NS)


def test_who_wants_again_what_there_was_begins_the_wait_anew() -> None:
    one = demand()
    one.review(QUALITY_LOW, 0)
    one.review(QUALITY_HIGH, LESS_AFTER_NS - 1)
    assert not one.review(NO_QUALITY, LESS_AFTER_NS)
    assert not one.review(NO_QUALITY, 2 * LESS_AFTER_NS - 1)
    assert one.review(NO_QUALITY, 2 * LESS_AFTER_NS)


def test_more_is_told_at_once() -> None:
    one = demand(told=NO_QUALITY)
    assert one.rise(UNWATCHED_QUALITY)
    assert one.review(QUALITY_MEDIUM, 0)
    assert one.told == QUALITY_MEDIUM
    assert not one.rise(QUALITY_LOW)
