"""Who is speaking, from RFC 6464 levels."""

from __future__ import annotations

from media_server.ids import ParticipantSid
from media_server.rooms.speakers import Speaker, Speakers, loudness

A, B = ParticipantSid("PA_a"), ParticipantSid("PA_b")


def test_loudness_is_one_at_full_scale_and_nothing_at_silence() -> None:
    assert [loudness(0), loudness(20), loudness(127)] == [1.0, 0.1, 0.0]


def test_a_voice_begins_and_ends_and_only_changes_are_told() -> None:
    speakers = Speakers()
    assert speakers.receive_levels({A: 20, B: 60}) == [Speaker(A, 0.1, True)]
    assert speakers.receive_levels({A: 20, B: 60}) == []
    assert speakers.receive_levels({A: 60}) == [Speaker(A, 0.0, False)]
    assert speakers.receive_levels({}) == []


def test_a_pause_between_words_does_not_flicker() -> None:
    speakers = Speakers()
    assert speakers.receive_levels({A: 36}) == []
    speakers.receive_levels({A: 35})
    assert not [speaker for speaker in speakers.receive_levels({A: 42}) if not speaker.is_active]
    assert speakers.receive_levels({A: 43}) == [Speaker(A, 0.0, False)]


def test_somebody_who_sends_nothing_any_more_is_quiet() -> None:
    speakers = Speakers()
    speakers.receive_levels({A: 10})
    assert speakers.receive_levels({}) == [Speaker(A, 0.0, False)]


def test_changes_of_loudness_are_told_in_steps() -> None:
    speakers = Speakers()
    speakers.receive_levels({A: 10})
    assert speakers.receive_levels({A: 11}) == []
    assert speakers.receive_levels({A: 14}) == [Speaker(A, loudness(14), True)]
    assert speakers.active() == [Speaker(A, loudness(14), True)]


def test_those_who_have_left_are_forgotten() -> None:
    speakers = Speakers()
    speakers.receive_levels({A: 10})
    speakers.forget([A, B])
    assert speakers.active() == []
