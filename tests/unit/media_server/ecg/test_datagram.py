"""Datagrams of live frames: sealed for one reader, opened by nobody else, and nothing told in clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from media_server.ecg import datagram as d
from media_server.errors import MisuseError

KEY, KEY_ID = bytes(range(16)), 0xA1B2C3D4
FRAMES = [b"newest frame", b"the one before"]


def _open(sealed: bytes, key: bytes = KEY) -> bytes | None:
    head = d.read_head(sealed)
    return None if head is None else d.DatagramOpener(key).open(head, sealed)


def test_what_was_sealed_comes_out() -> None:
    sealer = d.DatagramSealer(KEY_ID, KEY)
    first, second = sealer.seal(FRAMES), sealer.seal(FRAMES)
    assert d.read_head(first) == (KEY_ID, 1)
    assert d.read_head(second) == (KEY_ID, 2)
    assert _open(first) == _open(second) == b"".join(FRAMES)
    assert len(first) == len(b"".join(FRAMES)) + d.OVERHEAD_BYTES


def test_the_same_frames_never_look_the_same_and_nothing_of_them_is_in_clear() -> None:
    sealer = d.DatagramSealer(KEY_ID, KEY)
    first, second = sealer.seal(FRAMES)[13:], sealer.seal(FRAMES)[13:]
    assert first != second
    assert not any(frame in first for frame in FRAMES)


def test_the_bytes_are_those_of_the_document() -> None:
    document = (Path(__file__).parents[4] / "docs" / "ECG_FORMAT.md").read_text()
    sealed = d.DatagramSealer(KEY_ID, KEY).seal(FRAMES).hex()
    assert sealed.startswith("01d4c3b2a10100000000000000")
    assert f"`{sealed}`" in document


def test_whoever_changes_a_byte_or_lacks_the_key_opens_nothing() -> None:
    sealed = d.DatagramSealer(KEY_ID, KEY).seal(FRAMES)
    assert _open(sealed, bytes(16)) is None
    for at in range(len(sealed)):
        bent = bytearray(sealed)
        bent[at] ^= 1
        assert _open(bytes(bent)) is None, at


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x01" * (d.OVERHEAD_BYTES),
        b"\x02" + b"\x01" * 60,
        b"\x01" + bytes(60),
        b"\x01" + b"\xff" * 60,
        d.DatagramSealer(KEY_ID, KEY).seal([bytes(d.MAX_DATAGRAM_BYTES - d.OVERHEAD_BYTES + 1)]),
    ],
    ids=["empty", "nothing in it", "another version", "number nought", "number beyond", "too long"],
)
def test_what_cannot_be_one_is_none(junk: bytes) -> None:
    assert d.read_head(junk) is None


def test_the_longest_is_one() -> None:
    sealed = d.DatagramSealer(KEY_ID, KEY).seal([bytes(d.MAX_DATAGRAM_BYTES - d.OVERHEAD_BYTES)])
    assert d.read_head(sealed) == (KEY_ID, 1)


def test_no_nonce_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(d, "MAX_NUMBER", 2)
    sealer = d.DatagramSealer(KEY_ID, KEY)
    sealer.seal(FRAMES)
    assert not sealer.is_used_up
    sealer.seal(FRAMES)
    assert sealer.is_used_up
    with pytest.raises(MisuseError):
        sealer.seal(FRAMES)
