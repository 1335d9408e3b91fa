"""Secrets at rest."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from recording.errors import UnusableKey
from signaling.store.secret_box import KEY_FILE, BoxBroken, SecretBox, load_or_create_box


def test_what_was_sealed_opens_for_its_context_only() -> None:
    box = SecretBox(bytes(32))
    sealed = box.seal(b"JBSWY3DPEHPK3PXP", "ac_1")
    assert b"JBSWY" not in sealed
    assert box.open(sealed, "ac_1") == b"JBSWY3DPEHPK3PXP"
    for broken, context in (
        (sealed, "ac_2"),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), "ac_1"),
        (b"\x02" + sealed[1:], "ac_1"),
        (sealed[:10], "ac_1"),
        (b"", "ac_1"),
    ):
        with pytest.raises(BoxBroken):
            box.open(broken, context)
    with pytest.raises(BoxBroken):
        SecretBox(b"\x01" * 32).open(sealed, "ac_1")


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    box = SecretBox(bytes(32))
    assert box.seal(b"x", "") != box.seal(b"x", "")


def test_a_folder_keeps_its_key_where_only_its_owner_reads_it(tmp_path: Path) -> None:
    sealed = load_or_create_box(tmp_path).seal(b"secret", "a")
    assert load_or_create_box(tmp_path).open(sealed, "a") == b"secret"
    assert stat.S_IMODE((tmp_path / "keys" / KEY_FILE).stat().st_mode) == 0o600


def test_a_key_of_another_length_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / KEY_FILE).write_bytes(b"short")
    with pytest.raises(UnusableKey):
        load_or_create_box(tmp_path)
