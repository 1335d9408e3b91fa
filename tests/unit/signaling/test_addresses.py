"""Which addresses are advertised."""

from __future__ import annotations

from signaling.addresses import MAX_ADDRESSES, choose_addresses, media_addresses
from signaling.settings import Settings


def test_addresses_that_others_can_reach_are_chosen() -> None:
    found = ["127.0.0.1", "169.254.1.1", "192.168.1.10", "fd00::1", "fe80::1", "10.0.0.1", "10.0.0.1", "::1"]
    assert choose_addresses(found, versions=(4,)) == ("192.168.1.10", "10.0.0.1")
    assert choose_addresses(found, versions=(6,)) == ("fd00::1",)


def test_of_two_versions_neither_is_crowded_out() -> None:
    found = [*(f"fd00::{number}" for number in range(1, 20)), "10.0.0.1", "10.0.0.2"]
    chosen = choose_addresses(found, versions=(6, 4))
    assert chosen[:5] == ("fd00::1", "10.0.0.1", "fd00::2", "10.0.0.2", "fd00::3")
    assert len(chosen) == MAX_ADDRESSES
    assert choose_addresses(["10.0.0.1"], versions=(6, 4)) == ("10.0.0.1",)


def test_without_a_network_loopback_is_all_there_is() -> None:
    assert choose_addresses(["127.0.0.1"], versions=(4,)) == ("127.0.0.1",)


def test_their_number_is_bounded() -> None:
    found = [f"10.0.0.{number}" for number in range(1, 50)]
    assert len(choose_addresses(found, versions=(4,))) == MAX_ADDRESSES


def test_settings_come_first_then_the_bound_address() -> None:
    assert media_addresses(Settings(media_addresses=("10.0.0.1:7",))) == ("10.0.0.1:7",)
    assert media_addresses(Settings(media_bind="10.9.9.9")) == ("10.9.9.9",)
    assert media_addresses(Settings())
    assert set(media_addresses(Settings())) <= set(media_addresses(Settings(media_bind="::")))
