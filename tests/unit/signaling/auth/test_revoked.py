"""What an act revokes, and how long it is remembered."""

from __future__ import annotations

import pytest

from signaling.auth import revoked
from signaling.auth.revoked import ENDING, MEMORY_MS, Revoked, RevokedTokens, revoked_by
from signaling.tokens import LEEWAY_S, REFRESH_TTL_S, Binding

NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize("kind", ENDING)
def test_every_ending_act_ends_what_its_subject_names(kind: str) -> None:
    to = ENDING[kind]
    subject = {"session": "s", "person": "p", "device": "d", "invitation": "i", "admission": "a"}
    ended = revoked_by(kind, subject, NOW_MS)
    assert ended == Revoked(to, subject[to], NOW_MS)
    assert ended.covers(Binding(**{to: subject[to]}, issued_at_ms=NOW_MS))
    assert not ended.covers(Binding(**{to: subject[to]}, issued_at_ms=NOW_MS + 1))
    assert not ended.covers(Binding(**{to: "another"}, issued_at_ms=NOW_MS))
    assert revoked_by(kind, {}, NOW_MS) is None


def test_other_acts_end_nothing() -> None:
    assert revoked_by("session.opened", {"session": "s"}, NOW_MS) is None


def test_tokens_of_before_are_refused_and_those_of_after_are_not() -> None:
    tokens = RevokedTokens()
    tokens.add(Revoked("person", "p", NOW_MS))
    assert tokens.covers(Binding(session="s", person="p", issued_at_ms=NOW_MS))
    assert not tokens.covers(Binding(session="s", person="p", issued_at_ms=NOW_MS + 1))
    assert not tokens.covers(Binding(session="s", person="q", issued_at_ms=NOW_MS))
    assert not tokens.covers(Binding(session="s"))
    assert not tokens.covers(Binding())
    for to in ("session", "device", "invitation"):
        tokens.add(Revoked(to, "x", NOW_MS))
        assert tokens.covers(Binding(**{to: "x"}))  # type: ignore[arg-type]


def test_hearing_of_it_again_later_does_not_move_it_back() -> None:
    tokens = RevokedTokens()
    tokens.add(Revoked("person", "p", NOW_MS))
    tokens.add(Revoked("person", "p", NOW_MS - 5_000))
    assert tokens.covers(Binding(person="p", issued_at_ms=NOW_MS))
    assert len(tokens) == 1


def test_it_is_remembered_for_as_long_as_a_token_lives() -> None:
    assert MEMORY_MS == (REFRESH_TTL_S + LEEWAY_S) * 1000
    tokens = RevokedTokens()
    tokens.add(Revoked("session", "old", NOW_MS))
    tokens.add(Revoked("session", "new", NOW_MS + MEMORY_MS))
    assert tokens.covers(Binding(session="old"))
    tokens.add(Revoked("session", "newer", NOW_MS + MEMORY_MS + 1))
    assert not tokens.covers(Binding(session="old"))
    assert tokens.covers(Binding(session="new"))


def test_never_more_than_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revoked, "MAX_REMEMBERED", 3)
    tokens = RevokedTokens()
    for number in range(5):
        tokens.add(Revoked("session", str(number), NOW_MS))
    assert len(tokens) == 3
    assert tokens.covers(Binding(session="4"))
