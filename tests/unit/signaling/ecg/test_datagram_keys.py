"""Keys of gateways' datagrams: one a connection, each datagram once, nothing under a key that has ended."""

from __future__ import annotations

import pytest

from media_server.ecg.datagram import DatagramSealer
from signaling.ecg import datagram_keys
from signaling.ecg.datagram_keys import DatagramKeys


def test_what_its_owner_sealed_is_opened_once() -> None:
    keys: DatagramKeys[str] = DatagramKeys()
    key = keys.issue("box")
    sealer = DatagramSealer(key.id, key.secret)
    first, second = sealer.seal([b"one"]), sealer.seal([b"two"])
    assert keys.open(second) == ("box", b"two")
    assert keys.open(first) == ("box", b"one")
    assert keys.open(first) is None
    assert (key.window.highest, key.window.came) == (2, 2)
    assert keys.stats() == {
        "datagram_keys": 1,
        "datagrams_opened": 2,
        "datagrams_junk_foreign": 0,
        "datagrams_junk_known": 1,
        "datagrams_junk_forged": 0,
    }


def test_junk_is_counted_by_what_it_is() -> None:
    keys: DatagramKeys[str] = DatagramKeys()
    key = keys.issue("box")
    forged = DatagramSealer(key.id, bytes(16)).seal([b"one"])
    for junk in (b"", b"junk" * 20, DatagramSealer(key.id ^ 1, key.secret).seal([b"one"]), forged):
        assert keys.open(junk) is None
    assert (keys.counts.junk_foreign, keys.counts.junk_forged) == (3, 1)
    # What was forged has taken no number from the one that is right.
    assert keys.open(DatagramSealer(key.id, key.secret).seal([b"one"])) == ("box", b"one")


def test_a_key_that_has_ended_opens_nothing() -> None:
    keys: DatagramKeys[str] = DatagramKeys()
    key, other = keys.issue("box"), keys.issue("other")
    sealed = DatagramSealer(key.id, key.secret).seal([b"one"])
    keys.revoke(key)
    keys.revoke(key)
    assert keys.open(sealed) is None
    assert (len(keys), keys.counts.junk_foreign) == (1, 1)
    assert keys.open(DatagramSealer(other.id, other.secret).seal([b"two"])) == ("other", b"two")


def test_no_two_have_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr(datagram_keys.secrets, "randbits", lambda _: next(drawn))
    keys: DatagramKeys[str] = DatagramKeys()
    assert (keys.issue("box").id, keys.issue("other").id) == (7, 8)


def test_a_key_is_not_told_by_what_prints_it() -> None:
    key = DatagramKeys[str]().issue("box")
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)
