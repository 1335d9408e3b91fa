"""A stay's life, by its table, and its bounds."""

from __future__ import annotations

import pytest

from media_server.ids import ParticipantIdentity, ParticipantSid
from media_server.rooms import Grant, JoinIntent, LimitExceeded, TransitionRefused
from media_server.rooms.participants import (
    TRANSITIONS,
    Participant,
    ParticipantEvent,
    ParticipantState,
    check_intent,
)


def _intent(**fields: object) -> JoinIntent:
    return JoinIntent(**{"identity": ParticipantIdentity("zhou"), "grant": Grant(), **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("state", list(ParticipantState))
@pytest.mark.parametrize("event", list(ParticipantEvent))
def test_what_the_table_does_not_list_is_refused(state: ParticipantState, event: ParticipantEvent) -> None:
    participant = Participant(sid=ParticipantSid("PA_1"), intent=_intent(), now_ns=0, wall_ms=0)
    participant.state = state
    if event in TRANSITIONS[state]:
        participant.receive(event)
        assert participant.state is TRANSITIONS[state][event]
    else:
        with pytest.raises(TransitionRefused):
            participant.receive(event)
        assert participant.state is state


@pytest.mark.parametrize(
    "wrong",
    [
        {"identity": "i" * 257},
        {"name": "字" * 257},
        {"metadata": "字" * 22_000},
        {"attributes": {"k" * 40_000: "v" * 40_000}},
    ],
)
def test_intents_that_are_too_long_are_refused(wrong: dict) -> None:
    with pytest.raises(LimitExceeded):
        check_intent(_intent(**wrong))


def test_the_longest_names_pass() -> None:
    check_intent(_intent(identity="i" * 256, name="字" * 256, metadata="m" * 65_536))


def test_attributes_without_a_value_are_none() -> None:
    intent = _intent(attributes={"a": "1", "b": ""})
    participant = Participant(sid=ParticipantSid("PA_1"), intent=intent, now_ns=0, wall_ms=0)
    assert participant.view().attributes == (("a", "1"),)
