"""Refusals per address."""

from __future__ import annotations

from signaling import pacing
from signaling.pacing import Pacer


def test_refusals_are_counted_and_forgiven_with_time() -> None:
    pacer = Pacer(burst=3, refill_ns=10)
    for _ in range(3):
        assert pacer.allows("a", 0)
        pacer.charge("a", 0)
    assert not pacer.allows("a", 0)
    assert pacer.allows("b", 0)
    assert pacer.allows("a", 10)
    pacer.charge("a", 10)
    assert not pacer.allows("a", 10)
    assert pacer.allows("a", 1_000)


def test_addresses_are_bounded_in_number(monkeypatch) -> None:
    monkeypatch.setattr(pacing, "MAX_ADDRESSES", 2)
    pacer = Pacer(burst=1, refill_ns=10**9)
    for address in "abc":
        pacer.charge(address, 0)
    assert [pacer.allows(address, 0) for address in "abc"] == [True, False, False]
