"""Who may declare the rest of an ECG lost, from when on, and how it is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinical.ids import PersonId
from media_server.ecg.spans import Span
from signaling.auth.rights import Caller, Role
from signaling.ecg.ecg_rights import OpenedEcg
from signaling.ecg.given_up import (
    GIVE_UP_AFTER_MS,
    MAX_MISSING,
    GivenUp,
    MissingStretch,
    given_up_from_json,
    given_up_to_json,
    longest,
    missing_from_json,
    missing_to_json,
)
from signaling.ecg.giving_up import give_up_from_ms, refusal_of_giving_up
from tests.support.api import person
from tests.unit.signaling.ecg.test_ecg_rights import ECG

GIVEN_UP = GivenUp(5, PersonId("pe_a"), "网关“坏”了", 3_000)
READER = person(Role.SPECIALIST, institution="in_a")


@pytest.mark.parametrize(
    ("caller", "refusal"),
    [
        (READER, ""),
        (person(Role.CLINIC_DOCTOR, institution="in_a"), "not_permitted"),
        (person(Role.SPECIALIST, institution="in_b"), "not_permitted"),
    ],
)
def test_without_a_case_who_reads_it_where_it_is_taken(caller: Caller, refusal: str) -> None:
    assert refusal_of_giving_up(OpenedEcg(ECG, None), caller) == refusal


def test_once_and_not_of_what_is_complete() -> None:
    for settled in (replace(ECG, is_complete=True), replace(ECG, given_up=GIVEN_UP)):
        assert refusal_of_giving_up(OpenedEcg(settled, None), READER) == "ecg_not_missing"
        assert give_up_from_ms(settled) == 0
    assert give_up_from_ms(replace(ECG, heard_at_ms=7)) == 7 + GIVE_UP_AFTER_MS


def test_it_is_kept_as_it_was() -> None:
    assert given_up_from_json(given_up_to_json(GIVEN_UP)) == GIVEN_UP
    missing = (MissingStretch(0, Span(5, 9)), MissingStretch(2, Span(0, 1)))
    assert missing_from_json(missing_to_json(missing)) == missing
    assert missing_from_json("[]") == ()


def test_of_very_many_stretches_the_longest_are_named_in_order() -> None:
    stretches = [MissingStretch(at % 2, Span(10 * at, 10 * at + 1 + at % 7)) for at in range(1_000)]
    named = longest(reversed(stretches))
    assert len(named) == MAX_MISSING
    assert min(each.span.length for each in named) == 7
    assert list(named) == sorted(named, key=lambda each: (each.epoch, each.span))
