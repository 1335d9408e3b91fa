"""Which looks at a case are chained: each once in a while, and none is taken for another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signaling.consult.recent_looks import EVERY_MS, MAX_KEPT, Look, RecentLooks

LOOK = Look("ca_1", "pe_wang", "record")


def test_a_look_is_new_once_in_a_while() -> None:
    looks = RecentLooks()
    assert looks.receive_look(LOOK, 1_000)
    assert not looks.receive_look(LOOK, 1_000)
    assert not looks.receive_look(LOOK, 999 + EVERY_MS)
    assert looks.receive_look(LOOK, 1_000 + EVERY_MS)
    assert not looks.receive_look(LOOK, 1_001 + EVERY_MS)


@pytest.mark.parametrize(
    "other", [{"case": "ca_2"}, {"person": "pe_li"}, {"what": "opinion"}, {"attachment": "at_1"}]
)
def test_another_case_person_or_thing_is_another_look(other: dict[str, str]) -> None:
    looks = RecentLooks()
    assert looks.receive_look(LOOK, 1)
    assert looks.receive_look(replace(LOOK, **other), 1)


def test_what_was_not_chained_is_asked_for_again() -> None:
    looks = RecentLooks()
    looks.forget(LOOK)
    assert looks.receive_look(LOOK, 1)
    looks.forget(LOOK)
    assert looks.receive_look(LOOK, 1)


def test_the_oldest_look_makes_room() -> None:
    looks = RecentLooks()
    assert looks.receive_look(LOOK, 1)
    for number in range(MAX_KEPT):
        assert looks.receive_look(replace(LOOK, case=f"ca_x{number}"), 2)
    assert not looks.receive_look(replace(LOOK, case="ca_x1"), 2)
    assert looks.receive_look(LOOK, 2)
