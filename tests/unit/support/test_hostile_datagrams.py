"""The attack is the same for the same seed, and every kind is in it."""

from __future__ import annotations

from collections import Counter

from tests.support.hostile_datagrams import hostile_datagrams


def test_the_same_seed_sends_the_same_datagrams() -> None:
    assert list(hostile_datagrams(200, seed=1)) == list(hostile_datagrams(200, seed=1))
    assert list(hostile_datagrams(200, seed=1)) != list(hostile_datagrams(200, seed=2))


def test_every_kind_is_sent_often() -> None:
    kinds = Counter(kind for kind, _ in hostile_datagrams(2_000, seed=1, known_ufrags=["abcd"]))
    assert len(kinds) == 17
    assert min(kinds.values()) > 50


def test_some_checks_name_a_user_fragment_that_exists() -> None:
    assert any(b"abcd:" in datagram for _, datagram in hostile_datagrams(500, seed=1, known_ufrags=["abcd"]))
    assert not any(b"abcd:" in datagram for _, datagram in hostile_datagrams(500, seed=1))
