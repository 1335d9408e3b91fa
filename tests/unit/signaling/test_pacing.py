"""Refusals per address."""

from __future__ import annotations

from signaling import pacing
from signaling.pacing import Pacer, site_of


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


def test_ipv6_is_counted_by_its_network_and_ipv4_by_its_address() -> None:
    assert site_of("192.0.2.7") == site_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert site_of("2001:db8:1:2:3:4:5:6") == site_of("2001:db8:1:2::1") == "2001:db8:1:2::"
    assert site_of("2001:db8:1:3::1") == "2001:db8:1:3::"
    assert site_of("") == ""
